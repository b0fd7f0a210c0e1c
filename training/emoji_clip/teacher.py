"""The teacher: a small residual network that names the concept of a scene; the vision tower learns from it.

Run as `python -m emoji_clip.teacher`; writes `out/teacher.pt` and resumes from `out/teacher-state.pt`.
"""

import argparse
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from .batches import ALL_TRAINING_HANDS, Batch, SceneBatches, loader, normalised
from .optimiser import cosine, optimisers
from .paths import OUT
from .scenes import Sprites

SIDE = 64
AVERAGE = 0.998  # of the weights, per step
WIDTH = 256  # of the embedding


def convolution(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(True))


class Residual(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.branch = nn.Sequential(convolution(width, width), convolution(width, width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.branch(x)


class Teacher(nn.Module):
    """Pictures [n, 3, 64, 64] to embeddings [n, 256] of length one; a concept's direction is a row of `table`."""

    def __init__(self, concepts: int):
        super().__init__()
        self.trunk = nn.Sequential(
            convolution(3, 32, 2), Residual(32), convolution(32, 64, 2), Residual(64),
            convolution(64, 128, 2), Residual(128), convolution(128, WIDTH, 2), Residual(WIDTH),
        )  # fmt: skip
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.BatchNorm1d(WIDTH))
        self.table = nn.Parameter(F.normalize(torch.randn(concepts, WIDTH), dim=-1))
        self.sharpness = nn.Parameter(torch.tensor(16.0))

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return self.embed(self.features(pictures))

    def features(self, pictures: torch.Tensor) -> torch.Tensor:
        """Local features [n, 256, 4, 4]."""
        return self.trunk(pictures.to(memory_format=torch.channels_last))

    def embed(self, features: torch.Tensor) -> torch.Tensor:
        return F.normalize(self.pool(features).float(), dim=-1)

    def logits(self, embeddings: torch.Tensor) -> torch.Tensor:
        return self.sharpness * embeddings @ F.normalize(self.table, dim=-1).T


class Run:
    """The state that survives a restart: weights, their running average, optimisers, how far it is."""

    def __init__(self, teacher: Teacher, lr: float):
        self.teacher, self.lr, self.optims = teacher, lr, optimisers(teacher, lr, 0.05)
        self.average = {name: value.detach().clone() for name, value in teacher.state_dict().items()}
        self.step = self.pictures = 0

    def learn(self, scenes: Batch, progress: float) -> float:
        """One step on a batch; the share of concepts that were named right before it."""
        for optim in self.optims:
            for group in optim.param_groups:
                group["lr"] = self.lr * cosine(progress)
            optim.zero_grad()
        target = torch.tensor([s.concept for s in scenes.scenes])
        with torch.autocast("cpu", torch.bfloat16):
            embeddings = self.teacher(normalised(scenes.pictures))
        logits = self.teacher.logits(embeddings)
        F.cross_entropy(logits, target, label_smoothing=0.05).backward()
        for optim in self.optims:
            optim.step()
        self.step += 1
        self.pictures += len(target)
        self._follow()
        return (logits.argmax(1) == target).float().mean().item()

    @torch.no_grad()
    def _follow(self) -> None:
        keep = min(AVERAGE, self.step / (10 + self.step))
        for name, value in self.teacher.state_dict().items():
            if value.is_floating_point():
                self.average[name].lerp_(value, 1 - keep)

    def save(self) -> None:
        state = {"step": self.step, "pictures": self.pictures, "teacher": self.teacher.state_dict(), "average": self.average}
        _replace(state | {"optims": [o.state_dict() for o in self.optims]}, OUT / "teacher-state.pt")
        _replace(self.average, OUT / "teacher.pt")

    def load(self, path: Path) -> None:
        state = torch.load(path)
        self.step, self.pictures, self.average = state["step"], state["pictures"], state["average"]
        self.teacher.load_state_dict(state["teacher"])
        for optim, saved in zip(self.optims, state["optims"]):
            optim.load_state_dict(saved)


def _replace(state: dict, path: Path) -> None:
    """Writes beside the file and renames, so that readers never see half of one."""
    torch.save(state, path.with_suffix(".new"))
    path.with_suffix(".new").rename(path)


def train(options: argparse.Namespace) -> None:
    """Trains for about `options.pictures` scenes; saves every 200 steps."""
    torch.manual_seed(options.seed)
    sprites = Sprites(ALL_TRAINING_HANDS)
    teacher = Teacher(len(sprites.concepts)).to(memory_format=torch.channels_last)
    OUT.mkdir(exist_ok=True)
    if options.start_from:
        teacher.load_state_dict(torch.load(options.start_from))
    run = Run(teacher, options.lr)
    if (OUT / "teacher-state.pt").exists():
        run.load(OUT / "teacher-state.pt")
        print(f"resumed at step {run.step}, {run.pictures} pictures", flush=True)
    batches = SceneBatches(sprites, SIDE, options.batch, 4, twins=1, composed=options.composed, seed=options.seed + run.step)
    began, before, right = time.time(), run.pictures, 0.0
    for scenes in loader(batches, options.workers):
        if run.pictures >= options.pictures:
            break
        right = 0.98 * right + 0.02 * run.learn(scenes, run.pictures / options.pictures)
        if run.step % 50 == 0:
            speed = (run.pictures - before) / (time.time() - began)
            print(f"step {run.step} pictures {run.pictures}/{options.pictures} top-1 {right:.3f} {speed:.0f} pictures/s", flush=True)
        if run.step % 200 == 0:
            run.save()
    run.save()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=500_000)
    parser.add_argument("--batch", type=int, default=192)
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--composed", type=float, default=0.15, help="share of scenes with a count, place or size")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--start-from", type=Path, help="weights to begin with, where no state is to be resumed")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
