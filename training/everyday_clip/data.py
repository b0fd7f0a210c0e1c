"""Concepts, photographs and drawings as `material.pack` listed them."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SPRITE = 96  # pixels of a drawing's side


@dataclass
class Concepts:
    """What there is: names (the first is the main one), parents from near to far, keywords, visitors' words, and which data has it."""

    names: list[list[str]]
    parents: list[list[str]]
    keywords: list[list[str]]
    words: list[list[str]]
    photo: np.ndarray
    drawing: np.ndarray
    classes: np.ndarray  # the concept of each of ImageNet's classes
    scenes: dict[str, list[list]]  # label of a scene -> [concept, weight] of what looks so

    def __len__(self) -> int:
        return len(self.names)

    def taught(self) -> np.ndarray:
        """bool [n]: the concepts that the model learns, from pictures or from ImageNet's classifier."""
        known = self.photo | self.drawing
        known[self.classes] = True
        return known


@dataclass
class Photos:
    """Every photograph: its concept, source, split and git blob."""

    concept: np.ndarray
    source: np.ndarray
    split: np.ndarray  # index into `splits`
    blob: list[str]
    sources: list[str]
    splits: list[str]

    def of(self, split: str) -> np.ndarray:
        """Indices of the photographs of a split."""
        return np.flatnonzero(self.split == self.splits.index(split))


@dataclass
class Drawings:
    """Every drawing: pixels, concept, style (`hand`)."""

    pixels: np.ndarray  # uint8 [n, 96, 96, 5]: colour, opacity, opacity with the regions that strokes enclose filled
    concept: np.ndarray
    hand: np.ndarray
    hands: list[str]
    is_test: np.ndarray  # per style


def clean(texts: list[str]) -> list[str]:
    """Lower case, spaces for underscores, each text once."""
    return list(dict.fromkeys(" ".join(t.replace("_", " ").lower().split()) for t in texts if t.strip()))


def load_concepts(folder: Path) -> Concepts:
    entries, phrases = json.loads((folder / "concepts.json").read_text()), json.loads((folder / "phrases.json").read_text())
    texts = ([clean(entry.get(key, [])) for entry in entries] for key in ("names", "parents", "keywords", "words"))
    flags = (np.array([bool(entry.get(key)) for entry in entries]) for key in ("photo", "drawing"))
    return Concepts(*texts, *flags, np.array(phrases["classes"]), phrases["scenes"])


def load_photos(folder: Path) -> Photos:
    index = json.loads((folder / "photos.json").read_text())
    concept, source, split, blob = zip(*index["photos"])
    return Photos(np.array(concept), np.array(source), np.array(split), list(blob), index["sources"], index["splits"])


def load_drawings(folder: Path) -> Drawings:
    data = np.load(folder / "sprites.npz")
    return Drawings(data["pixels"], data["concept"], data["hand"], [str(hand) for hand in data["hands"]], data["is_test"])
