"""Single drawings on plain grounds, composited with OpenCV: what the samples and the data set of the guided study are made of.

All randomness comes from the generator that is passed in, so that the same seed gives the same bytes.
"""

import cv2
import numpy as np

from .concepts import load_concepts
from .paths import CACHE
from .styles import COLOUR_NAMES, COLOURS, INK_HANDS, INK_SHARE, PEN_SHARE

cv2.setNumThreads(0)

SIDE = 96


def hand_share(hand: str, named_by_colour: bool) -> float:
    """How often a style is chosen: a concept that is named by a colour ("blue heart") is never drawn in ink."""
    if hand in INK_HANDS or hand.endswith("_pen"):
        return 1e-6 if named_by_colour else PEN_SHARE if hand.endswith("_pen") else INK_SHARE
    return 1.0


class Sprites:
    """The drawings in some styles, by concept."""

    def __init__(self, hands: list[str]):
        self.concepts = load_concepts()
        names = [concept.name for concept in self.concepts]
        self.by_hand: dict[str, np.ndarray] = {}
        self.of_concept: list[list[tuple[str, int]]] = [[] for _ in self.concepts]
        for hand in hands:
            with np.load(CACHE / "sprites" / f"{hand}.npz") as file:
                if file["names"].tolist() != names:
                    raise ValueError(f"{CACHE}/sprites/{hand}.npz was rendered for other concepts: remove the folder and render it again")
                self.by_hand[hand] = file["sprites"]
                for row, concept in enumerate(file["concepts"]):
                    self.of_concept[concept].append((hand, row))
        self.named_by_colour = np.array([any(c in concept.name.split() for c in COLOUR_NAMES) for concept in self.concepts])
        self.shares = [
            np.array([hand_share(hand, bool(named)) for hand, _ in drawings]) for drawings, named in zip(self.of_concept, self.named_by_colour)
        ]

    def choose(self, rng: np.random.Generator, concept: int, hands: set[str] | None = None) -> tuple[str, np.ndarray]:
        """A random drawing of the concept: its style and RGBA pixels [96, 96, 4]."""
        drawings, shares = self.of_concept[concept], self.shares[concept]
        if hands is not None:
            shares = shares * [hand in hands for hand, _ in drawings]
        bounds = shares.cumsum()
        hand, row = drawings[int(np.searchsorted(bounds, rng.random() * bounds[-1], side="right"))]
        return hand, self.by_hand[hand][row]


def place_sprite(canvas: np.ndarray, cover: np.ndarray, sprite: np.ndarray, centre, scale: float, angle: float, flip: bool, shear: float) -> None:
    """Composites a straight-alpha sprite onto `canvas` in place and marks `cover` [side, side] with its opacity."""
    side = canvas.shape[0]
    wanted = scale * side
    if wanted < 0.75 * sprite.shape[0]:
        shrunk = max(8, round(wanted * 1.1))
        sprite = cv2.resize(sprite, (shrunk, shrunk), interpolation=cv2.INTER_AREA)
    half = (sprite.shape[0] - 1) / 2
    zoom = wanted / sprite.shape[0]
    c, s = np.cos(np.radians(angle)) * zoom, np.sin(np.radians(angle)) * zoom
    linear = np.array([[c, -s + shear * zoom], [s, c]]) @ np.diag([-1.0 if flip else 1.0, 1.0])
    target = np.array(centre) * side - 0.5
    matrix = np.hstack([linear, (target - linear @ [half, half])[:, None]])
    warped = cv2.warpAffine(sprite, matrix, (side, side), flags=cv2.INTER_LINEAR, borderValue=(0, 0, 0, 0))
    share = warped[..., 3:].astype(np.float32) * (1 / 255)
    canvas += (warped[..., :3] - canvas) * share
    np.maximum(cover, share[..., 0], out=cover)


def plain_picture(rng: np.random.Generator, sprite: np.ndarray) -> np.ndarray:
    """A drawing as its artist left it, centred on a plain ground, half of them white."""
    canvas = np.empty((SIDE, SIDE, 3), np.float32)
    canvas[:] = 255 if rng.random() < 0.5 else COLOURS[COLOUR_NAMES[rng.integers(12)]]
    place_sprite(canvas, np.zeros((SIDE, SIDE), np.float32), sprite, (0.5, 0.5), rng.uniform(0.7, 0.9), 0, flip=False, shear=0)
    return canvas.clip(0, 255).astype(np.uint8)
