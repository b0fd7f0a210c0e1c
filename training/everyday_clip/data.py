"""Concepts, photographs and sprites as the collector packed them, decoded by forked processes before CUDA is touched.

photos.json, sprites.json and concepts.json are described in README.md. Files that have not arrived are skipped.
"""

import io
import json
import math
import mmap
import multiprocessing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

SIDE = 64  # of the student's pictures, and of a sprite
SPLITS = ("train", "test", "samples")


@dataclass
class Concepts:
    """What there is: names (the first is the main one), parents from near to far, keywords, and which data has it."""

    names: list[list[str]]
    parents: list[list[str]]
    keywords: list[list[str]]
    photo: np.ndarray
    drawing: np.ndarray
    samples_only: np.ndarray

    def __len__(self) -> int:
        return len(self.names)


@dataclass
class Photos:
    """Every photo: which array of `tiles` (by side) and which row there, its concept, source and split."""

    tiles: dict[int, np.ndarray]  # side -> uint8 [n, side, side, 3]
    side: np.ndarray
    row: np.ndarray
    concept: np.ndarray
    source: np.ndarray
    split: np.ndarray  # index into SPLITS
    sources: list[str]

    def __len__(self) -> int:
        return len(self.concept)

    def of(self, split: str, source: int | None = None) -> np.ndarray:
        """Indices of the photos of a split, and of a source where one is named."""
        chosen = self.split == SPLITS.index(split)
        return np.flatnonzero(chosen if source is None else chosen & (self.source == source))


@dataclass
class Drawings:
    """Every sprite: RGBA pixels, concept, style (`hand`)."""

    pixels: np.ndarray  # uint8 [n, 64, 64, 5]: colour, opacity, opacity with the regions that strokes enclose filled
    concept: np.ndarray
    hand: np.ndarray
    hands: list[str]
    is_test: np.ndarray  # per style
    tested: list[str] = field(default_factory=list)


def clean(texts: list[str]) -> list[str]:
    """Lower case, spaces for underscores, each text once."""
    return list(dict.fromkeys(" ".join(t.replace("_", " ").lower().split()) for t in texts if t.strip()))


def load_concepts(folder: Path) -> Concepts:
    entries = json.loads((folder / "concepts.json").read_text())
    flags = {key: np.array([bool(e.get(key)) for e in entries]) for key in ("photo", "drawing", "samples_only")}
    return Concepts(
        [clean(e["names"]) for e in entries], [clean(e.get("parents", [])) for e in entries], [clean(e.get("keywords", [])) for e in entries], **flags
    )  # fmt: skip


def shared_array(shape: tuple[int, ...]) -> np.ndarray:
    """Memory that forked processes write into."""
    return np.frombuffer(mmap.mmap(-1, max(1, math.prod(shape))), np.uint8)[: math.prod(shape)].reshape(shape)


_TARGETS: dict[str, np.ndarray] = {}  # where decoded tiles go; set before the fork


def filled_shapes(alpha: np.ndarray) -> np.ndarray:
    """Opacity uint8 [n, s, s] with the regions that strokes enclose filled: all that cannot be reached from outside."""
    walls = np.pad(alpha > 96, ((0, 0), (1, 1), (1, 1)))
    outside = np.zeros_like(walls)
    outside[:, [0, -1]] = outside[:, :, [0, -1]] = True
    while True:
        grown = outside.copy()
        grown[:, 1:] |= outside[:, :-1]
        grown[:, :-1] |= outside[:, 1:]
        grown[..., 1:] |= grown[..., :-1]
        grown[..., :-1] |= grown[..., 1:]
        grown &= ~walls
        if np.array_equal(grown, outside):
            return np.where(outside[:, 1:-1, 1:-1], alpha, np.uint8(255))
        outside = grown


def _decode(job: tuple) -> int:
    """Decodes one mosaic into its rows of the shared array; how many tiles it held."""
    path, offset, length, tile, columns, count, key, first = job
    with open(path, "rb") as file:
        file.seek(offset)
        data = file.read(length)
    target = _TARGETS[key]
    pixels = np.asarray(Image.open(io.BytesIO(data)).convert("RGBA" if key == "sprites" else "RGB"))
    for i in range(count):
        y, x = i // columns * tile, i % columns * tile
        target[first + i, :, :, : pixels.shape[-1]] = pixels[y : y + tile, x : x + tile]
    if key == "sprites":
        target[first : first + count, :, :, 4] = filled_shapes(target[first : first + count, :, :, 3])
    return count


def _photo_jobs(folder: Path) -> tuple[Photos, list[tuple]]:
    index = json.loads((folder / "photos.json").read_text())
    order = {i: SPLITS.index(name) for i, name in enumerate(index.get("splits", SPLITS))}
    jobs, filled, columns = [], {}, {"side": [], "row": [], "concept": [], "source": [], "split": []}
    for m in index["mosaics"]:
        path = folder / m["file"]
        if not path.exists() or path.stat().st_size < m["offset"] + m["length"]:
            continue
        tile, items = m["tile"], m["items"]
        first = filled.get(tile, 0)
        jobs.append((str(path), m["offset"], m["length"], tile, m.get("columns", 16), len(items), f"photos{tile}", first))
        filled[tile] = first + len(items)
        for i, (concept, source, split) in enumerate(items):
            for key, value in (("side", tile), ("row", first + i), ("concept", concept), ("source", source), ("split", order[split])):
                columns[key].append(value)
    tiles = {tile: shared_array((n, tile, tile, 3)) for tile, n in filled.items()}
    for tile, array in tiles.items():
        _TARGETS[f"photos{tile}"] = array
    return Photos(tiles, *(np.array(columns[k], np.int32) for k in columns), [str(s["name"] if isinstance(s, dict) else s) for s in index["sources"]]), jobs


def _sprite_jobs(folder: Path) -> tuple[Drawings | None, list[tuple]]:
    path = folder / "sprites.bin"
    if not path.exists() or not (folder / "sprites.json").exists():
        return None, []
    index = json.loads((folder / "sprites.json").read_text())
    jobs, concepts, hands, size = [], [], [], path.stat().st_size
    for number, hand in enumerate(index["hands"]):
        for m in hand["mosaics"]:
            if size < m["offset"] + m["length"]:
                continue
            jobs.append((str(path), m["offset"], m["length"], m.get("tile", SIDE), m.get("columns", 16), len(m["items"]), "sprites", len(concepts)))
            concepts += m["items"]
            hands += [number] * len(m["items"])
    pixels = _TARGETS["sprites"] = shared_array((len(concepts), SIDE, SIDE, 5))
    names = [hand["name"] for hand in index["hands"]]
    is_test = np.array([hand["split"] == "test" for hand in index["hands"]])
    return Drawings(pixels, np.array(concepts, np.int32), np.array(hands, np.int32), names, is_test, [n for n, t in zip(names, is_test) if t]), jobs


def load(folder: Path, workers: int, keep: bool = False) -> tuple[Concepts, Photos, Drawings | None, "multiprocessing.pool.Pool"]:
    """Everything, and the pool of processes that decoded it (close it when no more work is for it).

    With `keep`, decoded pictures stay in FOLDER/decoded (3 GB), and later runs map them into memory: at once, and one copy for all.
    """
    concepts = load_concepts(folder)
    photos, jobs = _photo_jobs(folder)
    drawings, more = _sprite_jobs(folder)
    kept = folder / "decoded"
    stamp = json.dumps([[path.name, path.stat().st_size, path.stat().st_mtime] for path in sorted(folder.glob("*.bin"))])
    known = keep and (kept / "stamp").exists() and (kept / "stamp").read_text() == stamp
    pool = multiprocessing.get_context("fork").Pool(workers)
    if not known:
        pool.map(_decode, jobs + more, chunksize=4)
    if keep and not known:
        kept.mkdir(exist_ok=True)
        for key, array in _TARGETS.items():
            np.save(kept / f"{key}.npy", array)
        (kept / "stamp").write_text(stamp)
    if keep:
        photos.tiles = {tile: np.load(kept / f"photos{tile}.npy", mmap_mode="c") for tile in photos.tiles}
        if drawings is not None:
            drawings.pixels = np.load(kept / "sprites.npy", mmap_mode="c")
        _TARGETS.clear()
    return concepts, photos, drawings, pool


def photo_shares(photos: Photos, rows: np.ndarray, power: float = 0.7) -> np.ndarray:
    """How often each photo of `rows` is shown, to an average of 1: a concept of n photos in all counts n ** `power`."""
    counts = np.bincount(photos.concept[rows])
    shares = counts[photos.concept[rows]] ** (power - 1.0)
    return shares / shares.mean()
