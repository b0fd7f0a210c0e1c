"""Endless batches of scenes, painted in background processes."""

from dataclasses import dataclass

import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset

from .render import OUTLINED, TRAINING_HANDS
from .scenes import Painter, Scene, Sprites

FEWEST_HANDS = 5  # a concept that fewer training hands draw is left out
ALL_TRAINING_HANDS = TRAINING_HANDS + [f"{hand}_pen" for hand in OUTLINED]


@dataclass
class Batch:
    """Pictures uint8 [n, side, side, 3], the share of each patch that is drawn on [n, patches], and the scenes."""

    pictures: torch.Tensor
    cover: torch.Tensor
    scenes: list[Scene]


def taught_concepts(sprites: Sprites) -> np.ndarray:
    """Indices of the concepts that enough training hands draw."""
    hands = [len({h for h, _ in drawings if not h.endswith("_pen")}) for drawings in sprites.of_concept]
    return np.flatnonzero(np.array(hands) >= FEWEST_HANDS)


class SceneBatches(IterableDataset):
    """Batches where every concept comes `twins` times, so that only colour, count, place or style tells twins apart."""

    def __init__(self, sprites: Sprites, side: int, size: int, patch_grid: int, twins: int, composed: float, seed: int):
        self.painter = Painter(sprites, side, composed)
        self.composed = torch.tensor(composed).share_memory_()  # may be changed while workers paint
        self.taught = taught_concepts(sprites)
        self.size, self.patch_grid, self.twins, self.seed = size, patch_grid, twins, seed

    def __iter__(self):
        worker = torch.utils.data.get_worker_info()
        rng = np.random.default_rng([self.seed, worker.id if worker else 0])
        while True:
            self.painter.composed = float(self.composed)
            chosen = rng.choice(self.taught, self.size // self.twins, replace=False)
            yield self._paint(rng, np.repeat(chosen, self.twins))

    def _paint(self, rng: np.random.Generator, concepts: np.ndarray) -> Batch:
        side, grid = self.painter.side, self.patch_grid
        pictures = np.empty((len(concepts), side, side, 3), np.uint8)
        cover = np.empty((len(concepts), grid, grid), np.float32)
        scenes = []
        for i, concept in enumerate(concepts):
            picture, drawn, scene = self.painter.paint(rng, int(concept))
            pictures[i] = picture
            cover[i] = drawn.reshape(grid, side // grid, grid, side // grid).mean((1, 3))
            scenes.append(scene)
        return Batch(torch.from_numpy(pictures), torch.from_numpy(cover).flatten(1), scenes)


def loader(batches: IterableDataset, workers: int) -> DataLoader:
    return DataLoader(batches, batch_size=None, num_workers=workers, prefetch_factor=4 if workers else None)


def normalised(pictures: torch.Tensor) -> torch.Tensor:
    """uint8 [n, side, side, 3] to float32 [n, 3, side, side] in -1..1, as the exported preprocessing does."""
    return pictures.permute(0, 3, 1, 2).float().div_(127.5).sub_(1)
