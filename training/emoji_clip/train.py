"""Trains the CLIP: the vision tower is taught concepts by the teacher, and both towers meet in captions, at once.

Run as `python -m emoji_clip.train`; writes the Hugging Face folder `out/export` every few minutes and
resumes from `out/state.pt`. The loss is a sum of
  - concept: the image embedding against a table of concept directions, with the teacher's beliefs as soft labels;
  - words: the caption's embedding against the same table, where the caption names a concept;
  - contrast: images against captions in the batch, where several captions may be true of one image;
  - attributes: linear read-outs of ground, count, place and size from the image embedding.
"""

import argparse
import time
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import nn

from .batches import ALL_TRAINING_HANDS, Batch, SceneBatches, loader, normalised
from .captions import Truth, caption_for
from .clip import GRID, SIDE, WIDTH, export, image_embeddings, new_model, text_embeddings, token_ids
from .optimiser import cosine, optimisers
from .paths import OUT
from .scenes import COLOUR_NAMES, PLACES, Scene, Sprites
from .teacher import SIDE as TEACHER_SIDE
from .teacher import Teacher
from .tokens import train_tokenizer

NO_PLACE, NO_GROUND = len(PLACES), len(COLOUR_NAMES)
ATTRIBUTES = {"ground": NO_GROUND + 1, "count": 4, "place": NO_PLACE + 1, "size": 3}
WEIGHTS = {"concept": 1.0, "words": 0.3, "contrast": 0.5, "attributes": 0.15}
AVERAGE = 0.995  # of the weights, per step


class Student(nn.Module):
    """The CLIP and what only training needs: the concept table and the attribute read-outs."""

    def __init__(self, tokenizer: Tokenizer, concepts: int):
        super().__init__()
        self.clip = new_model(tokenizer)
        self.table = nn.Parameter(F.normalize(torch.randn(concepts, WIDTH), dim=-1))
        self.table_scale = nn.Parameter(torch.tensor(16.0).log())
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
    """Both directions of image-text contrast [n, n], where any true pair counts as found."""
    hidden = logits.masked_fill(~true, -1e4)
    rows = logits.logsumexp(1) - hidden.logsumexp(1)
    columns = logits.logsumexp(0) - hidden.logsumexp(0)
    return (rows.mean() + columns.mean()) / 2


@dataclass
class Lesson:
    """Everything a step needs besides the batch."""

    student: Student
    teacher: Teacher | None
    tokenizer: Tokenizer
    truth: Truth
    sprites: Sprites
    rng: np.random.Generator

    def teacher_beliefs(self, pictures: torch.Tensor) -> torch.Tensor:
        """The teacher's probabilities [n, concepts]."""
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            small = F.interpolate(pictures, size=TEACHER_SIDE, mode="bilinear", antialias=True, align_corners=False)
            return self.teacher.logits(self.teacher(small)).float().softmax(1)

    def losses(self, batch: Batch, patches: int) -> tuple[dict[str, torch.Tensor], float]:
        """The loss terms of a batch, and the share of images whose concept was found in the table."""
        student, scenes = self.student, batch.scenes
        pictures = normalised(batch.pictures)
        captions = [caption_for(self.rng, scene, self.sprites.concepts) for scene in scenes]
        ids = token_ids(self.tokenizer, [c.text for c in captions])
        with torch.autocast("cpu", torch.bfloat16):
            seen = image_embeddings(student.clip, pictures, patches_to_keep(batch.cover, patches)).float()
            read = text_embeddings(student.clip, ids).float()
        image, text = F.normalize(seen, dim=-1), F.normalize(read, dim=-1)
        concept = torch.tensor([s.concept for s in scenes])
        logits = student.concept_logits(image)
        target = F.one_hot(concept, logits.shape[1]).float()
        if self.teacher is not None:
            target = 0.4 * target + 0.6 * self.teacher_beliefs(pictures)
        named = torch.tensor([c.concept for c in captions])
        true = torch.from_numpy(self.truth.matrix(scenes, captions))
        targets = attribute_targets(scenes)
        return {
            "concept": F.cross_entropy(logits, target),
            "words": F.cross_entropy(student.concept_logits(text), named, ignore_index=-1),
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


def load_teacher(concepts: int) -> Teacher | None:
    if not (OUT / "teacher.pt").exists():
        return None
    teacher = Teacher(concepts).to(memory_format=torch.channels_last)
    teacher.load_state_dict(torch.load(OUT / "teacher.pt"))
    return teacher.eval()


def train(options: argparse.Namespace) -> None:
    torch.manual_seed(options.seed)
    sprites = Sprites(ALL_TRAINING_HANDS)
    tokenizer = train_tokenizer(sprites.concepts)
    student, teacher = Student(tokenizer, len(sprites.concepts)), load_teacher(len(sprites.concepts))
    if teacher is not None:
        student.table.data.copy_(F.normalize(teacher.table.data, dim=-1))
    run, state_file = Run(student, options.lr), OUT / "state.pt"
    OUT.mkdir(exist_ok=True)
    if state_file.exists():
        run.load(state_file)
        print(f"resumed at step {run.step}, {run.pictures} pictures", flush=True)
    rng = np.random.default_rng([options.seed, run.step])
    lesson = Lesson(student, None if options.no_beliefs else teacher, tokenizer, Truth(sprites.concepts), sprites, rng)
    print(f"teacher: {'yes' if lesson.teacher else 'no'}; {sum(w.numel() for w in student.clip.parameters()) / 1e6:.2f} M weights", flush=True)
    batches = SceneBatches(sprites, SIDE, options.batch, GRID, twins=2, composed=options.composed, seed=options.seed + 1000 + run.step)
    began = last_save = last_line = time.time()
    before, smooth = run.seconds, {}
    for batch in loader(batches, options.workers):
        progress = run.seconds / options.seconds if options.seconds else run.pictures / options.pictures
        if progress >= 1:
            break
        run.set_rate(cosine(progress))
        patches = GRID * GRID if progress > options.all_patches_from else options.patches
        terms, found = lesson.losses(batch, patches)
        run.update(sum(WEIGHTS[name] * term for name, term in terms.items()))
        run.pictures += options.batch
        run.seconds = before + time.time() - began
        for name, value in {**{n: t.item() for n, t in terms.items()}, "found": found}.items():
            smooth[name] = 0.95 * smooth.get(name, value) + 0.05 * value
        if time.time() - last_line > 30:
            last_line = time.time()
            figures = " ".join(f"{n} {v:.3f}" for n, v in smooth.items())
            print(f"{progress:.3f} step {run.step} pictures {run.pictures} {figures} scale {student.clip.logit_scale.exp().item():.1f}", flush=True)
        if time.time() - last_save > options.save_every:
            last_save = time.time()
            run.save(state_file)
            run.export(tokenizer)
    run.save(state_file)
    run.export(tokenizer)
    print("finished", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=3_000_000, help="how many scenes the schedule spans")
    parser.add_argument("--seconds", type=float, default=0, help="let the schedule span this time instead")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--patches", type=int, default=20, help="of 36 that are looked at, at first")
    parser.add_argument("--all-patches-from", type=float, default=0.85, help="progress from which all are")
    parser.add_argument("--composed", type=float, default=0.4, help="share of scenes with a count, place or size")
    parser.add_argument("--no-beliefs", action="store_true", help="take only the table from the teacher, not its soft labels")
    parser.add_argument("--save-every", type=float, default=180)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
