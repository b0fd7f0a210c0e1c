"""Trains the CLIP: the vision tower is taught concepts by the teacher, and both towers meet in captions, at once.

Run as `python -m emoji_clip.train`; writes the Hugging Face folder `out/export` every few minutes and
resumes from `out/state.pt`. The loss is a sum of
  - concept: the image embedding against a table of concept directions, with the teacher's beliefs as soft labels;
  - features: a read-out of every patch against what the teacher sees there;
  - words: the caption's embedding against the same table, where the caption names a concept;
  - names: the angle between a concept's bare name and its row of the table, which alone brings the two together:
    a name is nearest to its own row long before it points where the images of that concept are;
  - keywords: a keyword's embedding against the same table, where all concepts that carry it count alike;
  - contrast: images against captions in the batch, where several captions may be true of one image;
  - attributes: linear read-outs of ground, count, place and size from the image embedding.
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import nn

from .batches import ALL_TRAINING_HANDS, SceneBatches, loader, normalised
from .captions import Truth, caption_for, label_for
from .clip import GRID, SIDE, WIDTH, export, look, new_model, text_embeddings, token_ids
from .optimiser import cosine, optimisers
from .paths import OUT
from .scenes import COLOUR_NAMES, PLACES, Scene, Sprites
from .study import Studied, StudiedBatches, load_teacher, replayed
from .teacher import Teacher
from .tokens import train_tokenizer

NO_PLACE, NO_GROUND = len(PLACES), len(COLOUR_NAMES)
ATTRIBUTES = {"ground": NO_GROUND + 1, "count": 4, "place": NO_PLACE + 1, "size": 3}
WEIGHTS = {"concept": 1.0, "features": 1.0, "words": 0.3, "names": 2.0, "keywords": 0.3, "contrast": 0.5, "attributes": 0.15}
TWINS = 2  # scenes of one concept in a batch
STATE = "state.pt"
AVERAGE = 0.995  # of the weights, per step


class Student(nn.Module):
    """The CLIP and what only training needs: the concept table and the attribute read-outs."""

    def __init__(self, tokenizer: Tokenizer, concepts: int):
        super().__init__()
        self.clip = new_model(tokenizer)
        self.table = nn.Parameter(F.normalize(torch.randn(concepts, WIDTH), dim=-1))
        self.table_scale = nn.Parameter(torch.tensor(16.0).log())
        self.features_embed = nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, WIDTH))
        self.read_embed = nn.ModuleDict({name: nn.Linear(WIDTH, classes) for name, classes in ATTRIBUTES.items()})

    def concept_logits(self, embeddings: torch.Tensor) -> torch.Tensor:
        """Unit embeddings [n, 256] -> logits [n, concepts]."""
        return self.table_scale.exp() * embeddings @ F.normalize(self.table, dim=-1).T


def attribute_targets(scenes: list[Scene]) -> dict[str, torch.Tensor]:
    sizes = {None: 0, "small": 1, "big": 2}
    return {
        "ground": torch.tensor([NO_GROUND if s.ground is None else s.ground for s in scenes]),
        "count": torch.tensor([s.count - 1 for s in scenes]),
        "place": torch.tensor([NO_PLACE if s.place is None else PLACES.index(s.place) for s in scenes]),
        "size": torch.tensor([sizes[s.size] for s in scenes]),
    }


def patches_to_keep(cover: torch.Tensor, count: int) -> torch.Tensor | None:
    """Indices [n, count]: patches that show a drawing first, then empty ones, at random among equals."""
    if count >= GRID * GRID:
        return None
    return (torch.rand_like(cover) + (cover > 0.01).float() * 0.8).topk(count, dim=1).indices


def contrast_loss(logits: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
    """Both directions of contrast, images [n] by captions [m], where any true pair counts as found.

    Images of which no caption is true only take part as negatives of captions.
    """
    hidden = logits.masked_fill(~true, -1e4)
    rows = (logits.logsumexp(1) - hidden.logsumexp(1))[true.any(1)]
    columns = logits.logsumexp(0) - hidden.logsumexp(0)
    return (rows.mean() + columns.mean()) / 2


@dataclass
class Lesson:
    """Everything a step needs besides the batch."""

    student: Student
    tokenizer: Tokenizer
    truth: Truth
    sprites: Sprites
    rng: np.random.Generator

    def losses(self, studied: Studied, patches: int, captioned: int, keyworded: int) -> tuple[dict[str, torch.Tensor], float]:
        """The loss terms, and the share of images whose concept was found in the table.

        `patches` of every image are looked at; the first `captioned` images get captions, new ones every time,
        and `keyworded` keywords are read besides.
        """
        student, batch, scenes = self.student, studied.batch, studied.batch.scenes
        pictures = normalised(batch.pictures)
        captions = [caption_for(self.rng, scene, self.sprites.concepts) for scene in scenes[:captioned]]
        keywords, carriers = self.truth.keyword_texts(self.rng, keyworded)
        concept = torch.tensor([s.concept for s in scenes])
        labels = [label_for(self.rng, self.sprites.concepts[s.concept]) for s in scenes[::TWINS]]
        ids, short_ids = token_ids(self.tokenizer, [c.text for c in captions]), token_ids(self.tokenizer, keywords + labels)
        kept = patches_to_keep(batch.cover, patches)
        with torch.autocast("cpu", torch.bfloat16):
            seen, states = look(student.clip, pictures, kept)
            read, short_read = (text_embeddings(student.clip, rows).float() for rows in (ids, short_ids))
            local = student.features_embed(states)
        seen = seen.float()
        image, text, short = (F.normalize(rows, dim=-1) for rows in (seen, read, short_read))
        word, label = short.split([len(keywords), len(labels)])
        logits = student.concept_logits(image)
        target = 0.4 * F.one_hot(concept, logits.shape[1]).float() + 0.6 * studied.beliefs
        taught = studied.local if kept is None else studied.local.gather(1, kept[..., None].expand(-1, -1, WIDTH))
        named = torch.tensor([c.concept for c in captions])
        true = torch.from_numpy(self.truth.matrix(scenes, captions))
        targets = attribute_targets(scenes)
        return {
            "concept": F.cross_entropy(logits, target),
            "features": F.mse_loss(local.float(), taught.float()),
            "words": F.cross_entropy(student.concept_logits(text), named, ignore_index=-1),
            "names": 1 - F.cosine_similarity(label, student.table.detach()[concept[::TWINS]]).mean(),
            "keywords": F.cross_entropy(student.concept_logits(word), torch.from_numpy(carriers)),
            "contrast": contrast_loss(student.clip.logit_scale.exp() * image @ text.T, true),
            "attributes": sum(F.cross_entropy(head(seen), targets[name]) for name, head in student.read_embed.items()),
        }, (logits.argmax(1) == concept).float().mean().item()


class Run:
    """The state that survives a restart: weights, their average, optimisers, clock."""

    def __init__(self, student: Student, lr: float):
        self.student, self.lr = student, lr
        self.optims = optimisers(student, lr, 0.05)
        self.average = {name: w.detach().clone() for name, w in student.state_dict().items()}
        self.step, self.pictures, self.seconds = 0, 0, 0.0

    def set_rate(self, factor: float) -> None:
        for optim in self.optims:
            for group in optim.param_groups:
                group["lr"] = self.lr * factor

    def update(self, loss: torch.Tensor) -> None:
        for optim in self.optims:
            optim.zero_grad()
        loss.backward()
        for optim in self.optims:
            optim.step()
        with torch.no_grad():
            self.student.clip.logit_scale.clamp_(max=float(np.log(100)))
            keep = min(AVERAGE, (1 + self.step) / (10 + self.step))
            for name, weight in self.student.state_dict().items():
                self.average[name].lerp_(weight, 1 - keep)
        self.step += 1

    def save(self, path) -> None:
        state = {
            "student": self.student.state_dict(), "average": self.average, "optims": [o.state_dict() for o in self.optims],
            "step": self.step, "pictures": self.pictures, "seconds": self.seconds,
        }  # fmt: skip
        torch.save(state, path.with_suffix(".new"))
        path.with_suffix(".new").rename(path)

    def load(self, path) -> None:
        state = torch.load(path)
        self.student.load_state_dict(state["student"])
        self.average = state["average"]
        for optim, saved in zip(self.optims, state["optims"]):
            optim.load_state_dict(saved)
        self.step, self.pictures, self.seconds = state["step"], state["pictures"], state["seconds"]

    def export(self, tokenizer: Tokenizer) -> None:
        """Writes the averaged model to `out/export`."""
        clip = new_model(tokenizer)
        prefix = "clip."
        clip.load_state_dict({n.removeprefix(prefix): w for n, w in self.average.items() if n.startswith(prefix)})
        export(clip, tokenizer, OUT / "export")


class Journal:
    """Prints the terms of the loss, smoothed, twice a minute."""

    def __init__(self):
        self.smooth: dict[str, float] = {}
        self.printed = time.time()

    def note(self, figures: dict[str, float], where: str) -> None:
        for name, value in figures.items():
            self.smooth[name] = 0.95 * self.smooth.get(name, value) + 0.05 * value
        if time.time() - self.printed > 30:
            self.printed = time.time()
            print(where, " ".join(f"{name} {value:.3f}" for name, value in self.smooth.items()), flush=True)


def phase(options: argparse.Namespace, progress: float) -> tuple[int, float]:
    """How many patches are looked at and what share of scenes is composed: easy pictures first, all patches last."""
    if progress < options.simple_until:
        return options.patches, options.composed / 3
    if progress < options.all_patches_from:
        return (GRID * GRID + options.patches) // 2, options.composed
    return GRID * GRID, options.composed


def begin(options: argparse.Namespace, sprites: Sprites, tokenizer: Tokenizer, teacher: Teacher) -> Run:
    """A run at its start, or where its last checkpoint left it."""
    student = Student(tokenizer, len(sprites.concepts))
    student.table.data.copy_(F.normalize(teacher.table.data, dim=-1))
    if options.start_from:
        student.load_state_dict(torch.load(options.start_from))
    run = Run(student, options.lr)
    if (OUT / STATE).exists():
        run.load(OUT / STATE)
        print(f"resumed at step {run.step}, {run.pictures} pictures", flush=True)
    print(f"{sum(w.numel() for w in student.clip.parameters()) / 1e6:.2f} M weights", flush=True)
    return run


def train(options: argparse.Namespace) -> None:
    torch.manual_seed(options.seed)
    OUT.mkdir(exist_ok=True)
    sprites = Sprites(ALL_TRAINING_HANDS)
    tokenizer, teacher = train_tokenizer(sprites.concepts), load_teacher(len(sprites.concepts))
    run = begin(options, sprites, tokenizer, teacher)
    rng = np.random.default_rng([options.seed, run.step])
    lesson = Lesson(run.student, tokenizer, Truth(sprites.concepts), sprites, rng)
    batches = SceneBatches(sprites, SIDE, options.batch, GRID, twins=TWINS, composed=options.composed, seed=options.seed + 1000 + run.step)
    began, before, saved, journal = time.process_time(), run.seconds, time.time(), Journal()
    for studied in replayed(loader(StudiedBatches(batches, teacher), options.workers), options.uses, rng):
        progress = run.seconds / options.seconds if options.seconds else run.pictures / options.pictures
        if progress >= 1:
            break
        run.set_rate(cosine(progress))
        patches, composed = phase(options, progress)
        batches.composed.fill_(composed)
        terms, found = lesson.losses(studied, patches, options.captioned, options.keyworded)
        run.update(sum(WEIGHTS[name] * term for name, term in terms.items()))
        run.pictures += options.batch
        run.seconds = before + time.process_time() - began
        figures = {name: term.item() for name, term in terms.items()} | {"found": found, "scale": run.student.clip.logit_scale.exp().item()}
        journal.note(figures, f"{progress:.3f} step {run.step} pictures {run.pictures}")
        if time.time() - saved > options.save_every:
            saved = time.time()
            run.save(OUT / STATE)
            run.export(tokenizer)
    run.save(OUT / STATE)
    run.export(tokenizer)
    print("finished", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=1_000_000, help="how many scenes the schedule spans")
    parser.add_argument("--seconds", type=float, default=0, help="let the schedule span this processor time of the trainer instead")
    parser.add_argument("--batch", type=int, default=192)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--patches", type=int, default=22, help="of 36 that are looked at, at first")
    parser.add_argument("--captioned", type=int, default=48, help="images of a batch that get a caption")
    parser.add_argument("--keyworded", type=int, default=32, help="keywords read in a step")
    parser.add_argument("--uses", type=int, default=3, help="how often a painted batch is learnt from")
    parser.add_argument("--all-patches-from", type=float, default=0.85, help="progress from which all are")
    parser.add_argument("--composed", type=float, default=0.3, help="share of scenes with a count, place or size")
    parser.add_argument("--simple-until", type=float, default=0.45, help="progress until which only a third of those are")
    parser.add_argument("--start-from", type=Path, help="weights to begin with, where no state is to be resumed")
    parser.add_argument("--save-every", type=float, default=150)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
