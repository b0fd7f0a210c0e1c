"""Polishes the text tower against finished images: `python -m everyday_clip.polish --start FOLDER --data DATA --out FOLDER`.

The vision tower stays as it is: views and scenes are embedded once, and names, parents, keywords and captions are turned to where
their images are. It takes minutes, where training both towers takes hours.
"""

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from . import texts
from .data import photo_shares
from .evaluate import COMMON, NUMBER_WORDS
from .model import Clip, cosine, say
from .plurals import plural
from .scenes import INK, PEN, Plan
from .weights import load_folder, save_folder
from .workshop import Workshop

NAMES, PHRASES, CAPTIONS, COUNTED, PICTURES = 512, 384, 160, 32, 1536  # read, and looked at, in a step
WEIGHTS = {"names": 1.0, "phrases": 0.5, "common": 0.3, "captions": 0.5, "counts": 0.5}
PHRASE_SCALE = 20.0  # a soft ranking: every picture a phrase is true of counts
CONTRAST_SCALE = 60.0
CHUNK = 256


@dataclass
class Memory:
    """Embedded pictures: photos first, then scenes of one drawing or several."""

    images: torch.Tensor  # unit f32 [n, 256]
    concept: torch.Tensor  # int64 [n]
    photos: int  # how many of them are photos
    plan: Plan  # of the scenes


@torch.no_grad()
def embedded(clip: Clip, pictures: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    return F.normalize(clip.look((pictures.float() / 127.5 - 1).to(dtype))[0].float(), dim=-1)


def remember(shop: Workshop, clip: Clip, photos: int, scenes: int, composed: float, dtype: torch.dtype) -> Memory:
    """Embeds random views of `photos` training photographs, every concept among them, and `scenes` scenes."""
    shares = torch.from_numpy(photo_shares(shop.photos, shop.trained_items, 0.5)).float()
    items = torch.from_numpy(shop.trained_items)[torch.multinomial(shares, photos, replacement=True)].to(shop.device)
    plan = shop.planner.plan(shop.rng, shop.rng.choice(shop.planner.drawn, scenes), composed)
    there, began = plan.to(shop.device), time.time()
    parts = [embedded(clip, shop.views.random(some), dtype) for some in items.split(CHUNK)]
    parts += [embedded(clip, shop.painter.paint(there[rows]), dtype) for rows in torch.arange(scenes, device=shop.device).split(CHUNK)]
    shop.log(f"embedded {photos} views and {scenes} scenes in {time.time() - began:.0f} s")
    return Memory(torch.cat(parts), torch.cat([shop.concept_of[items], there.concept]), photos, plan)


class Polish:
    """The text tower, the memory, and the terms of the loss."""

    def __init__(self, shop: Workshop, clip: Clip, memory: Memory, dtype: torch.dtype):
        self.shop, self.clip, self.memory, self.dtype = shop, clip, memory, dtype
        clip.requires_grad_(False)
        self.weights = [*clip.text.parameters(), clip.token_embed, clip.order_embed, clip.norms_embed, clip.project]
        for weight in self.weights:
            weight.requires_grad_(True)
        self.taught = shop.trained_on_device.nonzero()[:, 0]
        device = self.device = shop.device
        self.column = torch.full((len(shop.concepts),), -1, device=device).index_put((self.taught,), torch.arange(len(self.taught), device=device))
        self.common = torch.tensor([shop.phrases.row[w] for w in COMMON if w in shop.phrases.row], device=device)
        pictured = torch.bincount(memory.concept, minlength=len(shop.concepts)).float()
        self.asked = (shop.tables.true[:-1].float() @ pictured >= 3).nonzero()[:, 0]  # phrases with three pictures at least
        lines = np.isin(memory.plan.style, (INK, PEN)).astype(np.int64)
        plan = memory.plan
        self.known = torch.from_numpy(np.stack([plan.ground, plan.count, plan.place, plan.size, lines], 1)).to(device)
        with torch.no_grad():
            self.labels = say(clip, shop.tables.labels()[self.taught], dtype)

    def _names(self) -> torch.Tensor:
        """Pictures among all names, some of which are read anew."""
        shop, memory = self.shop, self.memory
        some = torch.randperm(len(self.taught), device=self.device)[:NAMES]
        fresh = say(self.clip, shop.tables.labels()[self.taught[some]], self.dtype)
        table = self.labels.index_copy(0, some, fresh)
        self.labels = table.detach()
        wanted = torch.isin(memory.concept, self.taught[some]).nonzero()[:, 0]
        rows = torch.cat([wanted[torch.randperm(len(wanted), device=self.device)[: PICTURES // 2]], torch.randint(len(memory.concept), (PICTURES // 2,), device=self.device)])
        concept = memory.concept[rows]
        logits = (self.clip.logit_scale.exp() * memory.images[rows] @ table.T).masked_fill(shop.tables.also_true[concept][:, self.taught], -1e4)
        return F.cross_entropy(logits, self.column[concept])

    def _phrases(self) -> torch.Tensor:
        """Each phrase ranks the pictures it is true of above the others, photos and scenes apart."""
        memory = self.memory
        rows = self.asked[torch.randint(len(self.asked), (PHRASES,), device=self.device)]
        said = say(self.clip, self.shop.tables.neutral(rows), self.dtype)
        true = self.shop.tables.true[rows][:, memory.concept].float()
        terms = []
        for part in (slice(0, memory.photos), slice(memory.photos, None)):
            share = true[:, part]
            some = share.sum(1) > 0
            logs = (PHRASE_SCALE * said[some] @ memory.images[part].T).log_softmax(1)
            terms.append(-(logs * share[some] / share[some].sum(1, keepdim=True)).sum(1).mean())
        return sum(terms) / 2

    def _common(self) -> torch.Tensor:
        rows = torch.randint(len(self.memory.concept), (PICTURES,), device=self.device)
        applies = self.shop.tables.true[self.common][:, self.memory.concept[rows]].T
        rows, applies = rows[applies.any(1)], applies[applies.any(1)]
        logits = self.clip.logit_scale.exp() * self.memory.images[rows] @ say(self.clip, self.shop.tables.neutral(self.common), self.dtype).T
        return (logits.logsumexp(1) - logits.masked_fill(~applies, -1e4).logsumexp(1)).mean()

    def _captions(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Scenes and captions find each other; and each scene one of four counts."""
        shop, memory, plan = self.shop, self.memory, self.memory.plan
        chosen = shop.rng.choice(len(plan), CAPTIONS, replace=False)
        columns = [c[chosen].tolist() for c in (plan.concept, plan.ground, plan.count, plan.place, plan.size, plan.style)]
        written = [texts.scene_caption(shop.rng, c, shop.concepts.names, shop.concepts.keywords, shop.phrases.row, *rest) for c, *rest in zip(*columns)]
        counted = chosen[np.argsort(-(plan.count[chosen] > 1).astype(float))][:COUNTED]
        names = [shop.concepts.names[c][0] for c in plan.concept[counted]]
        said = [f"{word} {name if k == 0 else plural(name)}" for name in names for k, word in enumerate(NUMBER_WORDS)]
        ids = torch.from_numpy(texts.token_ids(shop.tokenizer, [text for text, _ in written] + said)).long().to(self.device)
        read = say(self.clip, ids, self.dtype)
        rows, concept, of = (torch.from_numpy(a).to(self.device) for a in (chosen, plan.concept[chosen], counted))
        said_of = torch.tensor([says for _, says in written], device=self.device)
        images = memory.images[memory.photos :]
        true, unknown = shop.tables.truth(concept, torch.zeros(CAPTIONS, dtype=torch.bool, device=self.device), self.known[rows], said_of)
        found = texts.contrast(CONTRAST_SCALE * images[rows] @ read[:CAPTIONS].T, true, unknown)
        scores = torch.einsum("nd,nkd->nk", images[of], read[CAPTIONS:].view(COUNTED, 4, -1))
        return found, F.cross_entropy(CONTRAST_SCALE * scores, torch.from_numpy(plan.count[counted] - 1).to(self.device))

    def losses(self) -> dict[str, torch.Tensor]:
        captions, counts = self._captions()
        return {"names": self._names(), "phrases": self._phrases(), "common": self._common(), "captions": captions, "counts": counts}

    def run(self, steps: int, lr: float) -> None:
        frozen = self.clip.norms_embed.detach()[:2].clone(), self.clip.project.detach()[0].clone()  # the vision tower's share of both
        optimiser = torch.optim.AdamW(self.weights, lr, betas=(0.9, 0.98), weight_decay=0.0)
        average, began = [w.detach().clone() for w in self.weights], time.time()
        sums: dict[str, float] = {}
        for step in range(steps):
            terms = self.losses()
            sum(WEIGHTS[name] * term for name, term in terms.items()).backward()
            torch.nn.utils.clip_grad_norm_(self.weights, 1.0)
            for group in optimiser.param_groups:
                group["lr"] = lr * cosine(step / steps)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
            with torch.no_grad():
                self.clip.norms_embed[:2], self.clip.project[0] = frozen
                torch._foreach_lerp_(average, [w.detach() for w in self.weights], 1 - min(0.98, (1 + step) / (10 + step)))
            for name, term in terms.items():
                sums[name] = sums.get(name, 0.0) + term.item()
            if (step + 1) % 25 == 0:
                self.shop.log(f"polish {step + 1} of {steps}, {time.time() - began:.0f} s: " + " ".join(f"{name} {value / 25:.3f}" for name, value in sums.items()))
                sums = {}
        with torch.no_grad():
            torch._foreach_copy_([w.detach() for w in self.weights], average)
            self.clip.norms_embed[:2], self.clip.project[0] = frozen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--start", type=Path, required=True, help="the Hugging Face folder to polish")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="where the polished folder goes")
    parser.add_argument("--photos", type=int, default=12_000, help="views to embed")
    parser.add_argument("--scenes", type=int, default=12_000, help="scenes to embed")
    parser.add_argument("--composed", type=float, default=0.3)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--lr", type=float, default=5e-4)
    parser.add_argument("--f32", action="store_true", help="compute in f32: for processors without bf16")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    clip, tokenizer = load_folder(options.start)
    shop = Workshop(options.data, options.threads, options.seed, lambda line: print(time.strftime("%H:%M:%S"), line, flush=True), tokenizer, keep=True)
    shop.pool.close()
    shop.to(torch.device("cpu"))
    dtype = torch.float32 if options.f32 else torch.bfloat16
    polish = Polish(shop, clip, remember(shop, clip, options.photos, options.scenes, options.composed, dtype), dtype)
    polish.run(options.steps, options.lr)
    save_folder(clip, tokenizer, json.loads((options.start / "record.json").read_text())["default_template"], options.out)


if __name__ == "__main__":
    main()
