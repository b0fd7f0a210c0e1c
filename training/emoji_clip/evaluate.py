"""Measures a model on scenes it never saw: `training/evaluate [MODEL]`, one line a figure, with 95 % intervals.

MODEL is a Hugging Face folder (PyTorch, f32; by default `out/export`) or a .gguf (run by our own command line).
Intervals are Wilson's. Every set is drawn from a fixed seed.
"""

import argparse
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .batches import ALL_TRAINING_HANDS, taught_concepts
from .captions import TEMPLATE, plural
from .doodles import STROKES, doodle
from .embedders import CommandLineEmbedder, TorchEmbedder
from .paths import OUT, TRAINING
from .render import HELD_OUT_HANDS
from .scenes import COLOUR_NAMES, COLOURS, Painter, Sprites, is_held_out_pair, place_sprite

NUMBER_WORDS = ["one", "two", "three", "four"]
SIDE = 96
COMPOSED = 0.4  # share of "any scene of training" with two to four drawings, a small one at a place, or a big one
KEYWORD_CONCEPTS = range(5, 41)  # how many concepts a keyword must describe to be asked about


@dataclass
class Figure:
    """A share of `n` trials that went right, or a plain value where `n` is 0; `key` names it in a GGUF."""

    key: str
    name: str
    value: float
    n: int = 0

    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval."""
        z, n, p = 1.96, self.n, self.value
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return middle - half, middle + half

    def __str__(self) -> str:
        if not self.n:
            return f"{self.name:<52} {self.value:.3f}"
        low, high = self.interval()
        return f"{self.name:<52} {100 * self.value:5.1f} %  [{100 * low:.1f}, {100 * high:.1f}]  n={self.n}"


def above(scores: np.ndarray, right: np.ndarray) -> np.ndarray:
    """How many columns are higher than the right one, per row."""
    return (scores > scores[np.arange(len(right)), right][:, None]).sum(1)


def top(scores: np.ndarray, right: np.ndarray, k: int) -> np.ndarray:
    """Whether the right column is among the k highest, per row."""
    return above(scores, right) < k


def chance_among(labels: int, above: int, others: int) -> float:
    """How often the right label wins among `labels` of which the rest are drawn from `others`, `above` of them higher."""
    return math.comb(others - above, labels - 1) / math.comb(others, labels - 1)


def plain_picture(rng: np.random.Generator, sprite: np.ndarray) -> np.ndarray:
    """A drawing as its artist left it, centred on a plain ground, half of them white."""
    canvas = np.empty((SIDE, SIDE, 3), np.float32)
    canvas[:] = 255 if rng.random() < 0.5 else COLOURS[COLOUR_NAMES[rng.integers(12)]]
    place_sprite(canvas, np.zeros((SIDE, SIDE), np.float32), sprite, (0.5, 0.5), rng.uniform(0.7, 0.9), 0, flip=False, shear=0)
    return canvas.clip(0, 255).astype(np.uint8)


class Evaluation:
    """The embedder, the labels and the drawings."""

    def __init__(self, embedder, pictures: int, seed: int = 2026):
        self.embedder, self.pictures, self.seed = embedder, pictures, seed
        self.trained = Sprites(ALL_TRAINING_HANDS)
        self.taught = taught_concepts(self.trained)
        self.names = [self.trained.concepts[i].name for i in self.taught]
        self.column = {int(concept): column for column, concept in enumerate(self.taught)}
        self.labels = embedder.texts([TEMPLATE.format(name) for name in self.names])

    def figures(self) -> Iterator[Figure]:
        yield Figure("concepts", "concepts", len(self.names))
        yield from self.on_trained_hands()
        for hand in HELD_OUT_HANDS:
            yield from self.on_hand(hand)
        yield from self.on_grounds()
        yield from self.on_counts()
        yield from self.on_doodles()

    def on_trained_hands(self) -> Iterator[Figure]:
        """Drawings of the trained hands, restyled and on grounds as in training: alone, then in scenes of every kind."""
        for key, kind, composed in (("drawings", "new augmentations", 0.0), ("scenes", "any scene of training", COMPOSED)):
            rng = np.random.default_rng(self.seed)
            painter = Painter(self.trained, SIDE, composed)
            chosen = rng.choice(self.taught, self.pictures)
            scores = self.embedder.images([painter.paint(rng, int(c))[0] for c in chosen]) @ self.labels.T
            right = np.array([self.column[int(c)] for c in chosen])
            yield Figure(f"trained.{key}.top1", f"trained hands, {kind}: top-1", top(scores, right, 1).mean(), len(right))
            yield Figure(f"trained.{key}.top5", f"trained hands, {kind}: top-5", top(scores, right, 5).mean(), len(right))

    def on_hand(self, hand: str) -> Iterator[Figure]:
        rng = np.random.default_rng(self.seed + 1)
        drawings = Sprites([hand])
        drawn = [i for i in self.taught if drawings.of_concept[i]]
        images = self.embedder.images([plain_picture(rng, drawings.choose(rng, int(i))[1]) for i in drawn])
        scores, right = images @ self.labels.T, np.array([self.column[int(i)] for i in drawn])
        yield Figure(f"{hand}.top1", f"{hand}, never trained on: top-1 of {len(self.names)}", top(scores, right, 1).mean(), len(right))
        yield Figure(f"{hand}.top5", f"{hand}, never trained on: top-5", top(scores, right, 5).mean(), len(right))
        won = [chance_among(10, int(higher), len(self.names) - 1) for higher in above(scores, right)]
        yield Figure(f"{hand}.of10", f"{hand}, never trained on: top-1 of 10 random labels", np.mean(won), len(won))
        yield self.on_keywords(hand, images, drawn)

    def on_keywords(self, hand: str, images: np.ndarray, drawn: list) -> Figure:
        """Each keyword ranks all pictures of the hand; the figure is the mean rank of those it describes, 0 best."""
        described: dict[str, list[int]] = {}
        for row, concept in enumerate(drawn):
            for word in self.trained.concepts[concept].keywords:
                described.setdefault(word, []).append(row)
        asked = [word for word, rows in described.items() if len(rows) in KEYWORD_CONCEPTS]
        ranks = (images @ self.embedder.texts([TEMPLATE.format(word) for word in asked]).T).argsort(0).argsort(0)
        means = [1 - ranks[described[word], column].mean() / (len(drawn) - 1) for column, word in enumerate(asked)]
        return Figure(f"{hand}.keyword_rank", f"{hand}: mean rank of what {len(asked)} keywords describe, 0..1", float(np.mean(means)))

    def on_grounds(self) -> Iterator[Figure]:
        rng = np.random.default_rng(self.seed + 2)
        painter = Painter(self.trained, SIDE, composed=0, hold_pairs_out=False)
        seen, unseen = [], []
        chosen, grounds = rng.choice(self.taught, self.pictures // 2), rng.integers(12, size=self.pictures // 2)
        rare = [(int(c), g) for c in rng.choice(self.taught, self.pictures) for g in range(12) if is_held_out_pair(int(c), g)]
        pairs = [(int(c), int(g)) for c, g in zip(chosen, grounds)] + rare[: self.pictures // 2]
        images = self.embedder.images([painter.paint(rng, c, ground=g)[0] for c, g in pairs])
        texts = [f"{TEMPLATE.format(self.trained.concepts[c].name)} on a {name} background" for c, _ in pairs for name in COLOUR_NAMES]
        scores = np.einsum("nd,nkd->nk", images, self.embedder.texts(texts).reshape(len(pairs), 12, -1))
        for (concept, ground), found in zip(pairs, scores.argmax(1)):
            (unseen if is_held_out_pair(concept, ground) else seen).append(found == ground)
        yield Figure("ground.seen", "ground colour of 12, pairs seen in training", np.mean(seen), len(seen))
        yield Figure("ground.unseen", "ground colour of 12, pairs never seen", np.mean(unseen), len(unseen))

    def on_counts(self) -> Iterator[Figure]:
        rng = np.random.default_rng(self.seed + 3)
        painter = Painter(self.trained, SIDE, composed=0.6)
        chosen, counts = rng.choice(self.taught, self.pictures // 2), rng.integers(1, 5, size=self.pictures // 2)
        images = self.embedder.images([painter.paint(rng, int(c), count=int(k))[0] for c, k in zip(chosen, counts)])
        names = [self.trained.concepts[c].name for c in chosen]
        texts = [f"{word} {name if k == 0 else plural(name)}" for name in names for k, word in enumerate(NUMBER_WORDS)]
        scores = np.einsum("nd,nkd->nk", images, self.embedder.texts(texts).reshape(len(names), 4, -1))
        yield Figure("count", "count, one to four", np.mean(scores.argmax(1) == counts - 1), len(counts))

    def on_doodles(self, each: int = 10) -> Iterator[Figure]:
        rng = np.random.default_rng(self.seed + 4)
        names = list(STROKES)
        images = self.embedder.images([doodle(rng, name) for name in names for _ in range(each)])
        scores = images @ self.labels[[self.names.index(name) for name in names]].T
        right = np.repeat(np.arange(len(names)), each)
        yield Figure("doodles", f"doodles of {len(names)} concepts, {each} each: top-1", top(scores, right, 1).mean(), len(right))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", type=Path, default=OUT / "export")
    parser.add_argument("--pictures", type=int, default=2000, help="scenes per set drawn at random")
    parser.add_argument("--program", type=Path, default=TRAINING.parent / "target" / "release" / "clip-wasm")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    options = parser.parse_args()
    is_gguf = options.model.suffix == ".gguf"
    embedder = CommandLineEmbedder(options.program, options.model) if is_gguf else TorchEmbedder(options.model)
    figures = []
    for figure in Evaluation(embedder, options.pictures).figures():
        print(figure, flush=True)
        figures.append({"key": figure.key, "name": figure.name, "value": round(float(figure.value), 4), "n": figure.n})
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
