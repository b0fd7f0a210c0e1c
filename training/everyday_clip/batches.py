"""The student's batches: photographs and drawn scenes from the bank, what the teacher believes of them, and captions that are true of them."""

import random
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from . import texts
from .augment import chance, uniform
from .data import SIDE
from .scenes import INK, PEN, Plan
from .teacher import FEATURES, Bank, cut_and_mix, sample_cells
from .teacher import GRID as CELLS

PARENTS, KEYWORDS = 0.3, 0.3  # shares of captions that say a parent or a keyword


class Cycle:
    """Rows in random order, over and over."""

    def __init__(self, rows: torch.Tensor):
        self.rows, self.at, self.order = rows, len(rows), None

    def next(self, n: int) -> torch.Tensor:
        if n > len(self.rows):
            return self.rows[torch.randint(len(self.rows), (n,), device=self.rows.device)]
        if self.at + n > len(self.rows):
            self.order, self.at = self.rows[torch.randperm(len(self.rows), device=self.rows.device)], 0
        self.at += n
        return self.order[self.at - n : self.at]


@dataclass
class Scenes:
    """What is known of every planned scene, on the GPU."""

    attributes: torch.Tensor  # int64 [n, 5]: ground, count, place, size, in lines
    ids: torch.Tensor  # int16 [n, each, 32]
    said: torch.Tensor  # int16 [n, each, 7]

    @staticmethod
    def of(plan: Plan, ids: np.ndarray, said: np.ndarray, device) -> "Scenes":
        lines = np.isin(plan.style, (INK, PEN)).astype(np.int64)
        attributes = np.stack([plan.ground, plan.count, plan.place, plan.size, lines], 1)
        return Scenes(*(torch.from_numpy(np.ascontiguousarray(a)).to(device) for a in (attributes, ids, said)))


class Batches:
    """Draws batches of `batch` pictures from the bank, part photographs and part scenes, and writes captions of half of them."""

    def __init__(self, bank: Bank, scenes: Scenes | None, tables: texts.TextTables, trained: torch.Tensor, batch: int, dtype: torch.dtype):
        self.bank, self.scenes, self.tables, self.dtype = bank, scenes, tables, dtype
        self.untaught = ~trained
        self.photo_cycle, self.scene_cycle = Cycle(bank.photo_rows), Cycle(bank.scene_rows)
        drawn = round(0.36 * batch) if len(bank.scene_rows) else 0
        self.counts = (batch - drawn, drawn)
        self.captioned = (batch // 2 - drawn // 2, drawn // 2)  # images that meet captions; the others may be mixed
        device = bank.pictures.device
        parts = (self.captioned[0], self.captioned[1], self.counts[0] - self.captioned[0], self.counts[1] - self.captioned[1])
        self.is_photo = torch.cat([torch.full((n,), kind, device=device) for n, kind in zip(parts, (True, False, True, False))])
        self.device, self.batch, self.plain = device, batch, parts[0] + parts[1]

    def _rows(self) -> torch.Tensor:
        photos = self.photo_cycle.next(self.counts[0])
        if not self.counts[1]:
            return photos
        scenes = self.scene_cycle.next(self.counts[1])
        p, s = self.captioned
        return torch.cat([photos[:p], scenes[:s], photos[p:], scenes[s:]])

    def _targets(self, rows: torch.Tensor, concept: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The true label with the teacher's beliefs [n, concepts], and which names are no wrong answers."""
        bank = self.bank
        odds = bank.odds[rows].float()
        beliefs = torch.zeros(len(rows), len(self.untaught), device=self.device).scatter_add_(1, bank.index[rows].long(), odds)
        beliefs = beliefs / beliefs.sum(1, keepdim=True).clamp(min=1e-6)
        trusted = (beliefs.gather(1, concept[:, None])[:, 0] / 0.2).clamp(0.25, 1)  # of drawings the teacher may know little
        weight = 0.6 * torch.where(self.is_photo, torch.ones_like(trusted), trusted)
        target = weight[:, None] * beliefs
        target.scatter_add_(1, concept[:, None], (1 - weight)[:, None])
        banned = self.tables.also_true[concept] | (self.untaught[None] & ~bank.first[rows][:, None])
        return target, banned

    def next(self) -> dict[str, torch.Tensor]:
        """Pictures, features and targets of a batch: photos mirrored, half of the uncaptioned ones mixed."""
        bank, device, dtype, n = self.bank, self.device, self.dtype, self.batch
        rows = self._rows()
        concept = bank.concept[rows]
        pictures, local = bank.pictures[rows], bank.local[rows].to(dtype)
        flip = chance(n, 0.5, device) & self.is_photo
        pictures = torch.where(flip[:, None, None, None], pictures.flip(-1), pictures)
        mirrored = local.view(n, CELLS, CELLS, FEATURES).flip(2).reshape(n, CELLS * CELLS, FEATURES)
        local = torch.where(flip[:, None, None], mirrored, local)
        target, banned = self._targets(rows, concept)
        plain, rest = self.plain, n - self.plain
        partner = torch.cat([torch.arange(plain, device=device), plain + torch.randperm(rest, device=device)])
        mixed = chance(n, 0.5, device) & (torch.arange(n, device=device) >= plain)
        cells = sample_cells(n, device) & mixed[:, None, None]
        pictures, share = cut_and_mix(pictures, pictures[partner], cells)
        local = torch.where(cells.view(n, -1, 1), local[partner], local)
        target = share[:, None] * target + (1 - share)[:, None] * target[partner]
        banned = banned & (banned[partner] | ~mixed[:, None])
        target = target.masked_fill(banned, 0)
        target = target / target.sum(1, keepdim=True).clamp(min=1e-6)
        x = pictures.to(dtype).mul_(1 / 127.5).sub_(1)
        light = chance(n, 0.4, device).to(dtype)
        x = x * (1 + light * uniform(n, -0.2, 0.2, device).to(dtype)).view(n, 1, 1, 1) + (light * uniform(n, -0.15, 0.15, device).to(dtype)).view(n, 1, 1, 1)
        down, right = random.randrange(5), random.randrange(5)  # the whole batch moves by up to two pixels
        x = F.pad(x, (2, 2, 2, 2), mode="reflect")[:, :, down : down + SIDE, right : right + SIDE].contiguous()
        return {"rows": rows, "concept": concept, "pictures": x, "local": local, "target": target, "banned": banned, "mixed": mixed}

    def captions(self, rows: torch.Tensor, concept: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Captions of the first pictures, what they say, and what is known of the scenes [n, 5]."""
        photos, plain = self.captioned[0], self.plain
        ids, said = self.tables.captions(concept[:plain], self.is_photo[:plain], PARENTS, KEYWORDS)
        known = torch.full((plain, 5), -2, device=self.device)
        if self.scenes is not None and plain > photos:
            scene = self.bank.scene_of[rows[photos:plain]]
            known[photos:] = self.scenes.attributes[scene]
            pick = torch.randint(self.scenes.ids.shape[1], (len(scene),), device=self.device)
            composed = chance(len(scene), 0.6, self.device)[:, None]
            ids[photos:] = torch.where(composed, self.scenes.ids[scene, pick].long(), ids[photos:])
            said[photos:] = torch.where(composed, self.scenes.said[scene, pick].long(), said[photos:])
        return ids, said, known
