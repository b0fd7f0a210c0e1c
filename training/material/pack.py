"""Lists what the recipe learns from: `python -m material.pack --out FOLDER` writes concepts.json, photos.json, phrases.json and sprites.npz.

Photographs are not unpacked: photos.json names the blobs of the git directories, which `everyday_clip.memory` reads.
"""

import argparse
import io
import json
import random
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps

from emoji.paths import CACHE
from emoji.render import HELD_OUT_HANDS

from . import words
from .photographs import SPLITS, Photo, collect
from .sources import BLOBS, SOURCES

ALIKE = 0.92  # correlation of thumbnails from which two photographs are copies


def thumbnail(image: Image.Image) -> np.ndarray:
    """A grey 16 x 16 copy as a vector of length 1 without its mean: the dot product of two is their correlation."""
    grey = np.array(image.convert("L").resize((16, 16), Image.Resampling.BOX), float).ravel()
    grey -= grey.mean()
    return grey / (np.linalg.norm(grey) + 1e-6)


def without_samples(photos: list[Photo]) -> list[Photo]:
    """Leaves out Tiny ImageNet's and Imagenette's copies of the sample photographs, which would else be trained on.

    Of each class the sample is compared, squashed and cut, with all of theirs: Tiny ImageNet's copies correlate by 0.94 and
    more, the next best pairs (looked at) by 0.88 and less. Of Imagenette, 4 of 4,000 are left out.
    """
    samples, suspects = defaultdict(list), defaultdict(list)
    for p in photos:
        if SPLITS[p.split] == "samples":
            samples[p.concept].append(p)
        elif SOURCES[p.source] in ("tiny-imagenet", "imagenette"):
            suspects[p.concept].append(p)
    dropped = set()
    for concept, group in suspects.items():
        vectors = np.stack([thumbnail(Image.open(io.BytesIO(BLOBS.read(p.source, p.blob)))) for p in group])
        for sample in samples[concept]:
            image = Image.open(io.BytesIO(BLOBS.read(sample.source, sample.blob))).convert("RGB")
            alike = np.maximum(vectors @ thumbnail(image), vectors @ thumbnail(ImageOps.fit(image, (64, 64))))
            dropped |= {group[i] for i in np.flatnonzero(alike > ALIKE)}
    print(f"{len(dropped)} photographs of ImageNet's classes are sample photographs: left out", flush=True)
    return [p for p in photos if p not in dropped]


def filled_shape(alpha: np.ndarray) -> np.ndarray:
    """Opacity uint8 [s, s] with the regions that strokes enclose filled: all that cannot be reached from outside."""
    walls = np.pad((alpha > 96).astype(np.uint8), 1)
    cv2.floodFill(walls, None, (0, 0), 2)
    return np.where(walls[1:-1, 1:-1] == 2, alpha, np.uint8(255))


def pack_sprites(numbers: dict[str, int], out: Path, hands: list[str] | None) -> None:
    """Writes sprites.npz: pixels uint8 [n, 96, 96, 5] (colour, opacity, opacity with the regions that strokes enclose filled), concepts and
    styles of all drawings, and which styles are for measuring only."""
    pixels, concepts, styles, names = [], [], [], []
    for path in sorted((CACHE / "sprites").glob("*.npz")):
        if hands and path.stem not in hands:
            continue
        data = np.load(path)
        filled = np.stack([filled_shape(sprite[..., 3]) for sprite in data["sprites"]])
        pixels.append(np.concatenate([data["sprites"], filled[..., None]], 3))
        concepts += [numbers[str(data["names"][c])] for c in data["concepts"]]
        styles += [len(names)] * len(data["sprites"])
        names.append(path.stem)
        print(f"{path.stem}: {len(data['sprites'])} drawings", flush=True)
    is_test = np.array([name in HELD_OUT_HANDS for name in names])
    np.savez(out / "sprites.npz", pixels=np.concatenate(pixels), concept=np.array(concepts, np.int32), hand=np.array(styles, np.int32), hands=names, is_test=is_test)


def pack_phrases(classes: list[int], out: Path) -> None:
    """Writes phrases.json: the concept of each of ImageNet's classes, and what visitors call scenes, with the concepts that look so."""
    scenes = {phrase: [[classes[number], weight] for number, weight in resembled] for phrase, resembled in words.scenes().items()}
    (out / "phrases.json").write_text(json.dumps({"classes": classes, "scenes": scenes}, separators=(",", ":")))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=CACHE / "data")
    parser.add_argument("--photos", type=int, help="only so many, at random")
    parser.add_argument("--hands", type=lambda text: text.split(","), help="only these styles")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    concepts, numbers, classes, photos = collect()
    print(f"{len(concepts.all)} concepts, {len(photos)} photographs", flush=True)
    if options.photos:
        photos = random.Random(1).sample(photos, options.photos)
    pack_phrases(classes, options.out)
    (options.out / "concepts.json").write_text(json.dumps([vars(c) for c in concepts.all], ensure_ascii=False, separators=(",", ":")))
    rows = [[p.concept, p.source, p.split, p.blob] for p in without_samples(photos)]
    (options.out / "photos.json").write_text(json.dumps({"sources": SOURCES, "splits": SPLITS, "photos": rows}, separators=(",", ":")))
    pack_sprites(numbers, options.out, options.hands)


if __name__ == "__main__":
    main()
