"""Renders the data set of the guided study, `datasets/drawings/`: 24 things, each drawn in six styles.

Run as `training/drawings`. Two styles (Twemoji, FxEmoji) and the doodles were never used for training; the others were, on other
backgrounds. `by-hand.csv` lists the same pictures with their style as the label.
"""

import csv

import cv2
import numpy as np

from .composing import Sprites, plain_picture
from .doodles import doodle
from .paths import TRAINING

FOLDER = TRAINING.parent / "datasets" / "drawings"
SIDE = 96
SEED = 20261123
HANDS = {"twemoji": 2, "fxemoji": 2, "noto": 1, "fluent_3d": 2, "noto_line": 2}  # pictures of each thing
DOODLES = 3
THINGS = [
    "anchor", "balloon", "bicycle", "butterfly", "candle", "car", "cat", "cherries", "clock", "cup of coffee", "envelope", "eye",
    "fish", "guitar", "hammer", "happy face", "key", "light bulb", "mushroom", "rabbit", "sailboat", "scissors", "snail", "umbrella",
]  # fmt: skip


def pictures(rng: np.random.Generator, thing: str, drawings: dict[str, Sprites]):
    """Yields the name and the pixels of each picture of a thing."""
    for hand, count in HANDS.items():
        sprites = drawings[hand]
        concept = next(number for number, concept in enumerate(sprites.concepts) if concept.name == thing)
        if not sprites.of_concept[concept]:
            continue
        for number in range(count):
            yield f"{hand}-{number + 1}", plain_picture(rng, sprites.choose(rng, concept)[1])
    for number in range(DOODLES):
        yield f"doodle-{number + 1}", doodle(rng, thing, SIDE)


def main() -> None:
    drawings = {hand: Sprites([hand]) for hand in HANDS}
    rng = np.random.default_rng(SEED)
    lines = []
    for thing in THINGS:
        folder = FOLDER / thing.replace(" ", "_")
        folder.mkdir(parents=True, exist_ok=True)
        for name, picture in pictures(rng, thing, drawings):
            file = folder / f"{name}.png"
            cv2.imwrite(str(file), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 9])
            lines.append([str(file.relative_to(FOLDER)), name.rsplit("-", 1)[0]])
    with (FOLDER / "by-hand.csv").open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([["file", "label"], *lines])
    print(f"{len(lines)} pictures of {len(THINGS)} things in {FOLDER}")


if __name__ == "__main__":
    main()
