"""What the teacher says of painted batches, asked in the painting processes, and how often a batch is learnt from."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch.utils.data import IterableDataset

from .batches import Batch, SceneBatches, normalised
from .paths import OUT
from .teacher import SIDE, WIDTH, Teacher

POOL = 64  # batches that are kept to be learnt from again
FIRST_REPLAY = 8  # a pool of fewer is not drawn from


@dataclass
class Studied:
    """A batch and what the teacher says of it: beliefs [n, concepts] and local features [n, patches, 256], in bf16."""

    batch: Batch
    beliefs: torch.Tensor
    local: torch.Tensor


def load_teacher(concepts: int) -> Teacher:
    """The trained teacher, ready to be asked."""
    teacher = Teacher(concepts).to(memory_format=torch.channels_last)
    teacher.load_state_dict(torch.load(OUT / "teacher.pt"))
    return teacher.eval()


class StudiedBatches(IterableDataset):
    """Painted batches with the teacher's word on them."""

    def __init__(self, batches: SceneBatches, teacher: Teacher):
        self.batches, self.teacher = batches, teacher

    def __iter__(self) -> Iterator[Studied]:
        return map(self.study, self.batches)

    def study(self, batch: Batch) -> Studied:
        """Asks the teacher, who sees the scenes at its own size."""
        pictures, grid = normalised(batch.pictures), self.batches.patch_grid
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            small = F.interpolate(pictures, size=SIDE, mode="bilinear", antialias=True, align_corners=False)
            features = self.teacher.features(small)
            beliefs = self.teacher.logits(self.teacher.embed(features)).float().softmax(1)
        local = F.interpolate(features.float(), size=grid, mode="bilinear", align_corners=False).flatten(2).transpose(1, 2)
        return Studied(batch, beliefs.bfloat16(), F.layer_norm(local, (WIDTH,)).bfloat16())


def replayed(studied: Iterator[Studied], uses: int, rng: np.random.Generator) -> Iterator[Studied]:
    """Every batch `uses` times on average, between others: painting and the teacher cost half of a step."""
    pool: list[Studied] = []
    for fresh in studied:
        pool = [*pool[1 - POOL :], fresh]
        yield fresh
        for _ in range(uses - 1 if len(pool) > FIRST_REPLAY else 0):
            yield pool[rng.integers(len(pool))]
