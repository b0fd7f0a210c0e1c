"""The student and its lesson: the CLIP with the read-outs that only training needs, and the terms of its loss with their weights."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from . import texts
from .batches import Batches
from .model import GRID, WIDTH, Clip
from .scenes import COLOUR_NAMES, PLACES
from .teacher import FEATURES
from .teacher import GRID as CELLS

ATTRIBUTES = {"ground": len(COLOUR_NAMES) + 1, "count": 4, "place": len(PLACES) + 1, "size": 3}
WEIGHTS = {"concept": 1.0, "features": 1.0, "pooled": 0.5, "contrast": 0.5, "attributes": 0.15}


class Student(nn.Module):
    """The CLIP, and the read-outs that only training needs."""

    def __init__(self, vocabulary: int, end: int):
        super().__init__()
        self.clip = Clip(vocabulary, end)
        self.contrast_scale = nn.Parameter(torch.tensor(math.log(16)))
        self.local_read = nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, FEATURES))
        self.pooled_read = nn.Linear(WIDTH, FEATURES)
        self.attribute_read = nn.ModuleDict({name: nn.Linear(WIDTH, classes) for name, classes in ATTRIBUTES.items()})


class Lesson:
    """The terms of the student's loss on the next batch."""

    def __init__(self, student: Student, batches: Batches):
        self.student, self.batches = student, batches
        self.device, self.batch, self.dtype = batches.device, batches.batch, batches.dtype
        one_axis = F.interpolate(torch.eye(CELLS)[None], size=GRID, mode="linear", align_corners=False)[0].T  # [8, 4]
        self.spread = torch.einsum("ac,bd->abcd", one_axis, one_axis).reshape(GRID * GRID, CELLS * CELLS).to(self.device, self.dtype)

    def losses(self, keep: int) -> dict[str, torch.Tensor]:
        """The terms of the loss when `keep` patches are looked at, and how often the concept was right."""
        student, clip, n, dtype = self.student, self.student.clip, self.batch, self.dtype
        batches, batch = self.batches, self.batches.next()
        plain, photos = batches.plain, batches.captioned[0]
        kept = None if keep >= GRID * GRID else torch.rand(n, GRID * GRID, device=self.device).topk(keep, 1).indices
        ids, said, known = batches.captions(batch["rows"], batch["concept"])
        seen, pooled, states = clip.look(batch["pictures"], kept)
        labels, captions = clip.say(batches.tables.labels(), dtype)[: len(batches.untaught)], clip.say(ids, dtype)
        image, label, caption = (F.normalize(rows.float(), dim=-1) for rows in (seen, labels, captions))
        logits = (clip.logit_scale.exp() * image @ label.T).masked_fill(batch["banned"], -1e4)
        right = (logits.argmax(1) == batch["concept"]) & ~batch["mixed"]
        local, pooled_target = batch["local"], F.layer_norm(batch["local"].float().mean(1), (FEATURES,))
        spread = self.spread.expand(n, -1, -1) if kept is None else self.spread[kept]
        taught = F.layer_norm((spread @ local).float(), (FEATURES,))
        norm, linear = student.local_read
        read_out = F.linear(F.layer_norm(states, (WIDTH,), norm.weight.to(dtype), norm.bias.to(dtype)), linear.weight.to(dtype), linear.bias.to(dtype))
        true, unknown = batches.tables.truth(batch["concept"][:plain], batches.is_photo[:plain], known, said)
        pairs = student.contrast_scale.exp() * image[:plain] @ caption.T
        terms = {
            "concept": -(batch["target"] * logits.log_softmax(1)).sum(1).mean(),
            "features": F.mse_loss(read_out.float(), taught),
            "pooled": F.mse_loss(student.pooled_read(pooled.float()), pooled_target),
            "contrast": texts.contrast(pairs, true, unknown),
            "right_photos": (right & batches.is_photo).sum() / (~batch["mixed"] & batches.is_photo).sum().clamp(min=1),
            "right_scenes": (right & ~batches.is_photo).sum() / (~batch["mixed"] & ~batches.is_photo).sum().clamp(min=1),
        }
        if plain > photos and batches.scenes is not None:
            drawn, facts = seen[photos:plain].float(), known[photos:]
            wanted = {"ground": facts[:, 0] % ATTRIBUTES["ground"], "count": facts[:, 1] - 1, "place": facts[:, 2] % ATTRIBUTES["place"], "size": facts[:, 3] % 3}
            terms["attributes"] = sum(F.cross_entropy(head(drawn), wanted[name]) for name, head in student.attribute_read.items())
        return terms


def total_of(terms: dict[str, torch.Tensor]) -> torch.Tensor:
    """The loss: the weighted sum of those terms that have a weight; the others are figures for the log."""
    return sum(WEIGHTS[name] * term for name, term in terms.items() if name in WEIGHTS)
