"""The teacher: a small residual network that names the concept of a scene; the vision tower learns from it.

Run as `python -m emoji_clip.teacher`; writes `out/teacher.pt` and resumes from `out/teacher-state.pt`.
"""

import argparse
import time

import torch
import torch.nn.functional as F
from torch import nn

from .batches import ALL_TRAINING_HANDS, SceneBatches, loader, normalised
from .optimiser import cosine, optimisers
from .paths import OUT
from .scenes import Sprites

SIDE = 64
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
            convolution(3, 32, 2), convolution(32, 64, 2), Residual(64),
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


def train(pictures: int, batch: int, lr: float, seed: int, workers: int) -> Teacher:
    """Trains for about `pictures` scenes and saves every 200 steps."""
    torch.manual_seed(seed)
    sprites = Sprites(ALL_TRAINING_HANDS)
    teacher = Teacher(len(sprites.concepts)).to(memory_format=torch.channels_last)
    optims = optimisers(teacher, lr, 0.05)
    state_file, first, total = OUT / "teacher-state.pt", 0, pictures // batch
    OUT.mkdir(exist_ok=True)
    if state_file.exists():
        state = torch.load(state_file)
        first = state["step"]
        teacher.load_state_dict(state["teacher"])
        for optim, saved in zip(optims, state["optims"]):
            optim.load_state_dict(saved)
    batches = SceneBatches(sprites, SIDE, batch, 4, twins=1, composed=0.3, seed=seed + first)
    started, right = time.time(), 0.0
    for step, scenes in zip(range(first, total), loader(batches, workers)):
        for optim in optims:
            for group in optim.param_groups:
                group["lr"] = lr * cosine(step / total)
            optim.zero_grad()
        target = torch.tensor([s.concept for s in scenes.scenes])
        with torch.autocast("cpu", torch.bfloat16):
            embeddings = teacher(normalised(scenes.pictures))
        logits = teacher.logits(embeddings)
        F.cross_entropy(logits, target, label_smoothing=0.05).backward()
        for optim in optims:
            optim.step()
        right = 0.95 * right + 0.05 * (logits.argmax(1) == target).float().mean().item()
        if step % 50 == 0 or step == total - 1:
            print(f"step {step}/{total} top-1 {right:.3f} {(step - first + 1) * batch / (time.time() - started):.0f} pictures/s", flush=True)
        if step % 200 == 199:
            torch.save({"step": step + 1, "teacher": teacher.state_dict(), "optims": [o.state_dict() for o in optims]}, state_file)
            torch.save(teacher.state_dict(), OUT / "teacher.pt")
    torch.save(teacher.state_dict(), OUT / "teacher.pt")
    return teacher


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=250_000)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--lr", type=float, default=4e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    train(options.pictures, options.batch, options.lr, options.seed, options.workers)


if __name__ == "__main__":
    main()
