"""Goes on training a model from its weights, without a GPU, a teacher or a bank: `python -m everyday_clip.finetune --start FOLDER --data DATA --out OUT`.

The same command again resumes from OUT/state.pt. OUT/export is an ordinary Hugging Face folder of the averaged weights, refreshed with every save.
The rate rises, stays, and falls over the last quarter of `--pictures`; more pictures may be asked for until it falls.
"""

import argparse
import json
import math
import os
import random
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from . import texts
from .augment import chance
from .data import photo_shares
from .evaluate import COMMON, NUMBER_WORDS
from .model import GRID, Clip, Optimisers, say
from .plurals import plural
from .scenes import INK, PEN
from .teacher import cut_and_mix, sample_cells
from .texts import contrast
from .weights import load_folder, save_folder
from .workshop import OFTEN, Workshop

AVERAGE = 0.9993  # of the weights, per step
CONTRAST_SCALE = 60.0
COUNTED = 24  # scenes a batch that are asked for their count
WEIGHTS = {"concept": 1.0, "contrast": 0.7, "common": 0.4, "count": 0.3}
FALLS = 0.25  # share of the pictures over which the rate falls, and all patches are looked at


class Lesson:
    """Batches of fresh views and scenes, and the terms of the loss."""

    def __init__(self, shop: Workshop, clip: Clip, options):
        self.shop, self.clip, self.options = shop, clip, options
        self.items = torch.from_numpy(shop.trained_items)
        shares = photo_shares(shop.photos, shop.trained_items)
        self.shares = torch.from_numpy(shares * np.where(shop.often_shown(), OFTEN, 1.0)).float()
        self.drawn = round(options.drawn * options.batch)
        self.mixed = (options.batch - self.drawn) // 3
        self.taught = shop.trained_on_device.nonzero()[:, 0]
        self.column = torch.full((len(shop.concepts),), -1).index_put((self.taught,), torch.arange(len(self.taught)))
        self.also_true = shop.tables.also_true[:, self.taught]
        asked = [w for w in COMMON if w in shop.phrases.row]
        self.common = torch.tensor([shop.phrases.row[w] for w in asked])
        self.labels: torch.Tensor | None = None
        self.steps = 0

    def pictures(self) -> dict[str, torch.Tensor]:
        """Photos (the last ones mixed), then scenes, with what is known of them."""
        shop, n = self.shop, self.options.batch - self.drawn
        items = self.items[torch.multinomial(self.shares, n, replacement=True)]
        plan = shop.planner.plan(shop.rng, shop.rng.choice(shop.planner.drawn, self.drawn), self.options.composed)
        photos, scenes = shop.views.random(items), shop.painter.paint(plan.to(shop.device))
        first, share = n - self.mixed, torch.ones(n + self.drawn)
        partner = torch.arange(n + self.drawn)
        partner[first:n] = first + torch.randperm(self.mixed)
        mixed, kept = cut_and_mix(photos[first:], photos[partner[first:n]], sample_cells(self.mixed, shop.device))
        share[first:n] = kept
        concept = torch.cat([shop.concept_of[items], torch.from_numpy(plan.concept)])
        lines = np.isin(plan.style, (INK, PEN)).astype(np.int64)
        known = torch.from_numpy(np.stack([plan.ground, plan.count, plan.place, plan.size, lines], 1))
        pictures = torch.cat([photos[:first], mixed, scenes])
        light = 1 + 0.15 * torch.randn(len(pictures), 1, 1, 1) * chance(len(pictures), 0.3, shop.device).view(-1, 1, 1, 1)
        return {"pictures": (pictures.float() / 127.5 - 1) * light, "concept": concept, "partner": partner, "share": share, "known": known, "plan": plan}

    def _captions(self, batch: dict, whole: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """A caption of each picture `whole` (photos, then scenes): ids, what they say, what is known."""
        concept, photos = batch["concept"][whole], len(whole) - self.drawn
        is_photo = torch.arange(len(whole)) < photos
        ids, said = self.shop.tables.captions(concept, is_photo, self.options.parents, self.options.keywords)
        known = torch.full((len(whole), 5), -2)
        known[photos:] = batch["known"]
        plan, concepts = batch["plan"], self.shop.concepts
        chosen = np.flatnonzero(self.shop.rng.random(self.drawn) < 0.55)
        columns = [c[chosen].tolist() for c in (plan.concept, plan.ground, plan.count, plan.place, plan.size, plan.style)]
        written = [texts.scene_caption(self.shop.rng, c, concepts.names, concepts.keywords, self.shop.phrases.row, *rest) for c, *rest in zip(*columns)]
        rows = photos + torch.from_numpy(chosen)
        ids[rows] = torch.from_numpy(texts.token_ids(self.shop.tokenizer, [text for text, _ in written])).long()
        said[rows] = torch.tensor([says for _, says in written])
        return ids, said, known

    def _counts(self, batch: dict, image: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
        """Which of four counts is said of a scene."""
        plan = batch["plan"]
        order = np.argsort(-(plan.count > 1).astype(float) + self.shop.rng.random(self.drawn))[:COUNTED]
        names = [self.shop.concepts.names[c][0] for c in plan.concept[order]]
        shapes = self.shop.rng.choice(["{}", "{}", "a drawing of {}", "a picture of {}"], len(order))
        said = [str(shape).format(f"{word} {name if k == 0 else plural(name)}") for name, shape in zip(names, shapes) for k, word in enumerate(NUMBER_WORDS)]
        ids = torch.from_numpy(texts.token_ids(self.shop.tokenizer, said)).long()
        options = say(self.clip, ids, dtype).view(len(order), 4, -1)
        scores = torch.einsum("nd,nkd->nk", image[len(image) - self.drawn :][torch.from_numpy(order)], options)
        return F.cross_entropy(CONTRAST_SCALE * scores, torch.from_numpy(plan.count[order] - 1))

    def losses(self, keep: int, dtype: torch.dtype) -> dict[str, torch.Tensor]:
        """The terms of the loss when `keep` patches are looked at; the table of names is learnt from in every other step, and only looked at in the others."""
        clip, shop, batch = self.clip, self.shop, self.pictures()
        n, photos = len(batch["concept"]), len(batch["concept"]) - self.drawn
        kept = None if keep >= GRID * GRID else torch.rand(n, GRID * GRID).topk(keep, 1).indices
        image = F.normalize(clip.look(batch["pictures"].to(dtype), kept)[0].float(), dim=-1)
        if self.steps % 2 == 0 or self.labels is None:
            labels = say(clip, shop.tables.labels()[self.taught], dtype)
            self.labels = labels.detach()
        else:
            labels = self.labels
        concept, partner, share = batch["concept"], batch["partner"], batch["share"]
        banned = self.also_true[concept] & self.also_true[concept[partner]] | (self.also_true[concept] & (share == 1)[:, None])
        logits = (clip.logit_scale.exp() * image @ labels.T).masked_fill(banned, -1e4)
        logs = logits.log_softmax(1)
        hard = share * logs.gather(1, self.column[concept][:, None])[:, 0] + (1 - share) * logs.gather(1, self.column[concept[partner]][:, None])[:, 0]
        smooth = logs.masked_fill(banned, 0).sum(1) / (~banned).sum(1)
        right = (logits.argmax(1) == self.column[concept]) & (share == 1)
        whole = torch.cat([torch.arange(photos - self.mixed), torch.arange(photos, n)])
        ids, said, known = self._captions(batch, whole)
        is_photo = torch.arange(len(whole)) < photos - self.mixed
        true, unknown = shop.tables.truth(concept[whole], is_photo, known, said)
        pairs = CONTRAST_SCALE * image[whole] @ say(clip, ids, dtype).T
        applies = shop.tables.true[self.common][:, concept[whole]].T
        asked = clip.logit_scale.exp() * image[whole] @ say(clip, shop.tables.neutral(self.common), dtype).T
        some = applies.any(1)
        common = (asked.logsumexp(1) - asked.masked_fill(~applies, -1e4).logsumexp(1))[some].mean()
        self.steps += 1
        return {
            "concept": -(0.95 * hard + 0.05 * smooth).mean(),
            "contrast": contrast(pairs, true, unknown),
            "common": common,
            "count": self._counts(batch, image, dtype),
            "right_photos": right[: photos - self.mixed].float().mean(),
            "right_scenes": right[photos:].float().mean(),
            "right_common": applies.gather(1, asked.argmax(1, keepdim=True))[some].float().mean(),
        }


def rate(progress: float, warm_up: float) -> float:
    """The schedule's factor: rises, stays at 1, falls to nothing over the last share FALLS."""
    return min(1.0, max(progress, 1e-4) / warm_up, max((1 - progress) / FALLS, 0.003))


class Run:
    """The weights, their average and the optimisers, and all of it on disk."""

    def __init__(self, clip: Clip, lr: float):
        self.clip, self.optimisers = clip, Optimisers(clip, lr)
        self.live = [w.data for w in clip.parameters()]
        self.average = [w.clone() for w in self.live]
        self.steps, self.pictures = 0, 0

    def step(self, lesson: Lesson, keep: int, factor: float, dtype: torch.dtype) -> dict[str, torch.Tensor]:
        terms = lesson.losses(keep, dtype)
        total = sum(WEIGHTS[name] * term for name, term in terms.items() if name in WEIGHTS)
        total.backward()
        if not math.isfinite(total.item()):
            raise FloatingPointError(f"the loss is {total.item()} at step {self.steps}: resume from the last state with a lower --lr")
        torch.nn.utils.clip_grad_norm_(self.optimisers.adam.param_groups[0]["params"], 1.0)
        self.optimisers.step(factor)
        self.clip.zero_grad(set_to_none=True)
        with torch.no_grad():
            self.clip.logit_scale.clamp_(max=math.log(100))
            torch._foreach_lerp_(self.average, self.live, 1 - min(AVERAGE, (1 + self.steps) / (10 + self.steps)))
        self.steps, self.pictures = self.steps + 1, self.pictures + lesson.options.batch
        return {name: term.detach() for name, term in terms.items()}

    def averaged(self) -> Clip:
        """The averaged model."""
        fresh = Clip(len(self.clip.token_embed), self.clip.end)
        fresh.load_state_dict(dict(zip((name for name, _ in self.clip.named_parameters()), self.average)))
        return fresh.eval()

    def save(self, path: Path) -> None:
        """Writes the state whole or not at all."""
        muon = {str(shape): state for shape, state in self.optimisers.muon.state.items()}
        state = {"clip": self.clip.state_dict(), "average": self.average, "adam": self.optimisers.adam.state_dict(), "muon": muon, "steps": self.steps, "pictures": self.pictures}
        torch.save(state, path.with_suffix(".new"))
        os.replace(path.with_suffix(".new"), path)

    def load(self, path: Path) -> None:
        state = torch.load(path, weights_only=True)
        self.clip.load_state_dict(state["clip"])
        self.optimisers.adam.load_state_dict(state["adam"])
        for shape, moments in self.optimisers.muon.state.items():
            torch._foreach_copy_(moments, state["muon"][str(shape)])
        torch._foreach_copy_(self.average, state["average"])
        self.steps, self.pictures = state["steps"], state["pictures"]


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--start", type=Path, required=True, help="the Hugging Face folder to begin with")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--pictures", type=int, default=400_000, help="to learn from, in all")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--lr", type=float, default=3e-4)
    parser.add_argument("--keep", type=float, default=0.6, help="share of patches looked at until the rate falls")
    parser.add_argument("--warm-up", type=int, default=8_000, help="pictures over which the rate rises")
    parser.add_argument("--drawn", type=float, default=0.4, help="share of scenes in a batch")
    parser.add_argument("--composed", type=float, default=0.45, help="share of scenes with a count, place or size")
    parser.add_argument("--parents", type=float, default=0.35, help="share of captions that say a parent")
    parser.add_argument("--keywords", type=float, default=0.35, help="share of captions that say a keyword")
    parser.add_argument("--f32", action="store_true", help="compute in f32: for processors without bf16")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--save-every", type=float, default=300, help="seconds")
    parser.add_argument("--show-every", type=int, default=20, help="steps")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main() -> None:
    options = parsed()
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    log_file = open(options.out / "train.log", "a")

    def log(line: str) -> None:
        line = f"{time.strftime('%H:%M:%S')} {line}"
        print(line, flush=True)
        log_file.write(line + "\n")
        log_file.flush()

    clip, tokenizer = load_folder(options.start)
    template = json.loads((options.start / "record.json").read_text())["default_template"]
    state = options.out / "state.pt"
    run = Run(clip, options.lr)
    if state.exists():
        run.load(state)
        log(f"resumed at step {run.steps}, {run.pictures} pictures")
    seed = options.seed + run.steps
    torch.manual_seed(seed)
    random.seed(seed)
    shop = Workshop(options.data, options.threads, seed, log, tokenizer, keep=True)
    shop.pool.close()
    lesson = Lesson(shop.to(torch.device("cpu")), clip, options)
    dtype = torch.float32 if options.f32 else torch.bfloat16

    def save() -> None:
        run.save(state)
        save_folder(run.averaged(), tokenizer, template, options.out / "export")

    saved, shown, sums, count = time.time(), time.time(), {}, 0
    while run.pictures < options.pictures:
        progress = run.pictures / options.pictures
        keep = GRID * GRID if progress >= 1 - FALLS else round(options.keep * GRID * GRID)
        terms = run.step(lesson, keep, rate(progress, options.warm_up / options.pictures), dtype)
        sums, count = {name: sums.get(name, 0.0) + term.item() for name, term in terms.items()}, count + 1
        if run.steps % options.show_every == 0:
            speed = count * options.batch / (time.time() - shown)
            log(f"step {run.steps} {run.pictures} pictures {speed:.0f}/s " + " ".join(f"{k} {v / count:.3f}" for k, v in sums.items()))
            shown, sums, count = time.time(), {}, 0
        if time.time() - saved > options.save_every:
            save()
            saved = time.time()
    save()
    log(f"finished: {run.steps} steps, {run.pictures} pictures")


if __name__ == "__main__":
    main()
