"""Renders the drawings among the sample pictures of the page, `www/samples/`, and their entries of `samples.json`.

Run as `training/samples`. Each entry has the file, an alt text, and labels that suit it. Entries of other pictures (photographs)
and the order of all stay as they are.
"""

import json

import numpy as np
from PIL import Image

from .composing import place_sprite
from .concepts import load_concepts
from .paths import TRAINING
from .render import fit, pen_drawing, sources

SIDE = 448
SAMPLES = TRAINING.parent / "www" / "samples"

# file, style, the emoji's label, ground, [(x, y, scale, angle)], alt text, labels (the right one first)
PICTURES = [
    ("red-car", "emojione", "automobile", (255, 214, 64), [(0.5, 0.5, 0.72, 0)], "A red car on a yellow background",
     ["car on a yellow background", "car on a blue background", "bicycle on a yellow background", "boat on a yellow background", "airplane"]),
    ("bananas", "noto", "banana", (52, 104, 220), [(0.28, 0.3, 0.44, -6), (0.73, 0.32, 0.44, 5), (0.5, 0.74, 0.44, 0)], "Three bananas on a blue background",
     ["three bananas", "one banana", "two bananas", "three lemons", "three carrots"]),
    ("dog", "fluent_3d", "dog face", (226, 240, 217), [(0.5, 0.5, 0.76, 0)], "The head of a friendly dog", ["dog", "cat", "bear", "mouse", "horse", "rabbit"]),
    ("happy", "fluent_3d", "grinning face", (250, 250, 250), [(0.5, 0.5, 0.74, 0)], "A happy yellow face", ["happy face", "crying face", "angry face", "sleeping face", "ghost"]),
    ("octopus", "noto", "octopus", (60, 200, 195), [(0.5, 0.5, 0.78, 0)], "An octopus on a turquoise background",
     ["octopus", "crab", "fish", "jellyfish", "spider", "turtle"]),
    ("pizza", "flat", "pizza", (250, 250, 250), [(0.5, 0.5, 0.76, -8)], "A slice of pizza", ["pizza", "hamburger", "slice of cake", "sandwich", "taco"]),
    ("rockets", "flat", "rocket", (38, 34, 74), [(0.28, 0.5, 0.44, 0), (0.73, 0.5, 0.44, 0)], "Two rockets on a dark background",
     ["rocket", "airplane", "umbrella", "star", "lighthouse"]),
    ("doodle-cat", "noto_pen", "cat face", (252, 252, 250), [(0.5, 0.5, 0.74, 0)], "A line drawing of the head of a cat", ["cat", "dog", "rabbit", "owl", "house", "tree"]),
    ("doodle-bicycle", "noto_line", "bicycle", (250, 250, 250), [(0.5, 0.5, 0.78, 0)], "A line drawing of a bicycle", ["bicycle", "car", "motorcycle", "glasses", "scissors"]),
    ("hearts", "emojione", "red heart", (250, 186, 210), [(0.28, 0.28, 0.38, 0), (0.72, 0.28, 0.38, 0), (0.28, 0.72, 0.38, 0), (0.72, 0.72, 0.38, 0)],
     "Four red hearts on a pink background", ["four hearts", "two hearts", "one heart", "four stars", "four apples"]),
]  # fmt: skip


def drawing(hand: str, label: str) -> np.ndarray:
    """An emoji in the style `hand`, RGBA [448, 448, 4]."""
    emoji = next(m for c in load_concepts() for m in c.members if m["label"].lower() == label)
    drawn = sources(size=2 * SIDE)[hand.removesuffix("_pen")]()(emoji)
    if hand.endswith("_pen"):
        drawn = pen_drawing(np.array(Image.fromarray(drawn).resize((224, 224), Image.LANCZOS)))
        drawn = np.array(Image.fromarray(drawn).resize((SIDE, SIDE), Image.BICUBIC))
    return fit(drawn, SIDE)


def main() -> None:
    SAMPLES.mkdir(parents=True, exist_ok=True)
    listed = SAMPLES / "samples.json"
    entries = {entry["file"]: entry for entry in json.loads(listed.read_text())} if listed.exists() else {}
    for file, hand, label, ground, places, alt, labels in PICTURES:
        canvas = np.empty((SIDE, SIDE, 3), np.float32)
        canvas[:] = ground
        sprite, cover = drawing(hand, label), np.zeros((SIDE, SIDE), np.float32)
        for x, y, scale, angle in places:
            place_sprite(canvas, cover, sprite, (x, y), scale, angle, flip=False, shear=0)
        Image.fromarray(canvas.clip(0, 255).astype(np.uint8)).save(SAMPLES / f"{file}.webp", quality=88, method=6)
        entries[f"{file}.webp"] = {"file": f"{file}.webp", "alt": alt, "labels": labels}
    listed.write_text(json.dumps(list(entries.values()), indent=2) + "\n")


if __name__ == "__main__":
    main()
