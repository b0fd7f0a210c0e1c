"""Scenes: one concept drawn once or several times on a ground, with everything a caption may say about it.

Sprites come from `render`; a scene is composited with OpenCV in a fraction of a millisecond, so training never
sees the same picture twice. All randomness comes from the generator that is passed in.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from .concepts import load_concepts
from .paths import CACHE

cv2.setNumThreads(0)

COLOURS = {  # name -> sRGB of its middle; every scene jitters around it
    "red": (220, 40, 40), "orange": (250, 145, 30), "yellow": (250, 220, 50), "green": (50, 165, 70),
    "turquoise": (60, 200, 195), "blue": (45, 95, 215), "purple": (135, 60, 175), "pink": (250, 150, 190),
    "brown": (130, 80, 45), "black": (18, 18, 20), "grey": (145, 145, 148), "white": (250, 250, 250),
}  # fmt: skip
COLOUR_NAMES = list(COLOURS)
PLACES = ["centre", "left", "right", "top", "bottom", "top left", "top right", "bottom left", "bottom right"]
PLACE_CENTRES = {
    "centre": (0.5, 0.5), "left": (0.22, 0.5), "right": (0.78, 0.5), "top": (0.5, 0.22), "bottom": (0.5, 0.78),
    "top left": (0.22, 0.22), "top right": (0.78, 0.22), "bottom left": (0.22, 0.78), "bottom right": (0.78, 0.78),
}  # fmt: skip
LAYOUTS = {  # count -> arrangements of centres
    2: [[(0.27, 0.5), (0.73, 0.5)], [(0.5, 0.27), (0.5, 0.73)], [(0.28, 0.3), (0.72, 0.7)], [(0.72, 0.3), (0.28, 0.7)]],
    3: [[(0.27, 0.28), (0.73, 0.28), (0.5, 0.73)], [(0.5, 0.27), (0.27, 0.72), (0.73, 0.72)], [(0.2, 0.5), (0.5, 0.5), (0.8, 0.5)]],
    4: [[(0.27, 0.27), (0.73, 0.27), (0.27, 0.73), (0.73, 0.73)], [(0.5, 0.2), (0.2, 0.5), (0.8, 0.5), (0.5, 0.8)]],
}
INK_HANDS = {"high_contrast", "noto_line", "symbola"}  # black shapes: drawn in any ink
INK_SHARE, PEN_SHARE = 0.45, 0.3  # how often an ink or pen hand is chosen, to a coloured hand's 1
FLIPPABLE = {"animals-nature", "food-drink", "travel-places", "activities", "objects"}
HELD_OUT_PAIRS = 0.1  # share of (concept, ground) pairs that training never shows


@dataclass
class Scene:
    """What is drawn; None where nothing nameable was chosen."""

    concept: int
    hand: str
    ground: int | None  # index into COLOUR_NAMES
    count: int
    place: str | None
    size: str | None  # "small", "big"
    style: str  # "colour", "ink", "pen", "grey"


def hand_share(hand: str, named_by_colour: bool) -> float:
    """How often a hand is chosen: a concept that is named by a colour ("blue heart") is never drawn in ink."""
    if hand in INK_HANDS or hand.endswith("_pen"):
        return 1e-6 if named_by_colour else PEN_SHARE if hand.endswith("_pen") else INK_SHARE
    return 1.0


class Sprites:
    """The drawings of some hands, by concept."""

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
        """A random drawing of the concept: its hand and RGBA pixels [96, 96, 4]."""
        drawings, shares = self.of_concept[concept], self.shares[concept]
        if hands is not None:
            shares = shares * [hand in hands for hand, _ in drawings]
        bounds = shares.cumsum()
        hand, row = drawings[int(np.searchsorted(bounds, rng.random() * bounds[-1], side="right"))]
        return hand, self.by_hand[hand][row]


def is_held_out_pair(concept: int, ground: int) -> bool:
    """Whether training must never show this concept on this ground."""
    return (concept * 2654435761 + ground * 40503 + 12345) % 1000 < HELD_OUT_PAIRS * 1000


def jittered(rng: np.random.Generator, colour: str, amount: float = 18) -> np.ndarray:
    """A shade that still has this name, float32 [3]."""
    middle = np.array(COLOURS[colour], np.float32)
    spread = amount * (0.4 if colour in ("black", "white", "grey") else 1.0)
    grey = rng.normal(0, spread * 0.6)
    return np.clip(middle + grey + rng.normal(0, spread * (0.25 if colour in ("black", "white", "grey") else 0.7), 3), 0, 255).astype(np.float32)


def recoloured(rng: np.random.Generator, sprite: np.ndarray, strength: float) -> np.ndarray:
    """Mixes the colour channels at random; 0 leaves them alone. Straight alpha in and out."""
    mix = np.eye(3) * (1 - strength) + strength * rng.dirichlet([0.6] * 3, 3)
    gain = rng.uniform(1 - 0.3 * strength, 1 + 0.3 * strength, 3)
    rgb = sprite[..., :3].astype(np.float32) @ (mix * gain[:, None]).T.astype(np.float32)
    return np.dstack([rgb.clip(0, 255).astype(np.uint8), sprite[..., 3]])


def wobbled(rng: np.random.Generator, sprite: np.ndarray, amount: float) -> np.ndarray:
    """Bends the drawing smoothly by up to a few pixels, as an unsteady hand would."""
    side = sprite.shape[0]
    field = rng.normal(0, amount, (2, 5, 5)).astype(np.float32)
    dx, dy = (cv2.resize(f, (side, side), interpolation=cv2.INTER_CUBIC) for f in field)
    grid = np.arange(side, dtype=np.float32)
    return cv2.remap(sprite, grid[None, :] + dx, grid[:, None] + dy, cv2.INTER_LINEAR, borderValue=(0, 0, 0, 0))


def inked(rng: np.random.Generator, sprite: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """A black-shape sprite in an ink that stands out from the ground; sometimes thicker, sometimes on paper."""
    for _ in range(6):
        ink = jittered(rng, COLOUR_NAMES[rng.integers(12)]) if rng.random() < 0.5 else np.full(3, rng.uniform(0, 50), np.float32)
        if np.abs(ink - ground).sum() > 170:
            break
    else:
        ink = np.full(3, 250 if ground.mean() < 128 else 10, np.float32)
    alpha = sprite[..., 3]
    if rng.random() < 0.3:
        alpha = cv2.dilate(alpha, np.ones((3, 3), np.uint8))
    rgb = np.broadcast_to(ink.astype(np.uint8), (*alpha.shape, 3))
    if rng.random() < 0.25:
        return on_paper(rng, alpha, ink)
    return np.dstack([rgb, alpha])


def on_paper(rng: np.random.Generator, alpha: np.ndarray, ink: np.ndarray) -> np.ndarray:
    """Strokes whose enclosed regions are filled with a plain tone."""
    side = alpha.shape[0]
    outside = np.zeros((side + 2, side + 2), np.uint8)
    walls = np.pad((alpha > 96).astype(np.uint8), 1)
    cv2.floodFill(walls, np.zeros((side + 4, side + 4), np.uint8), (0, 0), 2)
    outside = walls[1:-1, 1:-1] == 2
    fill = np.full(3, 250, np.float32) if rng.random() < 0.5 else jittered(rng, COLOUR_NAMES[rng.integers(12)])
    if np.abs(fill - ink).sum() < 170:
        fill = np.full(3, 250 if ink.mean() < 128 else 10, np.float32)
    share = alpha[..., None].astype(np.float32) / 255
    rgb = ink * share + fill * (1 - share)
    return np.dstack([rgb.astype(np.uint8), np.where(outside, alpha, 255).astype(np.uint8)])


def bordered(rng: np.random.Generator, sprite: np.ndarray, dark: bool) -> np.ndarray:
    """Adds an outline around the shape, as stickers and line-and-fill hands have."""
    width = int(rng.integers(1, 4))
    small = cv2.resize(sprite, (sprite.shape[1] - 2 * width - 2, sprite.shape[0] - 2 * width - 2), interpolation=cv2.INTER_AREA)
    inner = cv2.copyMakeBorder(small, width + 1, width + 1, width + 1, width + 1, cv2.BORDER_CONSTANT, value=(0, 0, 0, 0))
    around = cv2.dilate(inner[..., 3], cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * width + 1, 2 * width + 1)))
    colour = rng.uniform(0, 45) if dark else rng.uniform(235, 255)
    share = inner[..., 3:].astype(np.float32) / 255
    rgb = inner[..., :3] * share + colour * (1 - share)
    return np.dstack([rgb.astype(np.uint8), around])


def styled(rng: np.random.Generator, hand: str, sprite: np.ndarray, ground: np.ndarray, keep_colours: bool) -> tuple[np.ndarray, str]:
    """A drawing in a random variation of its hand, and the name of the style."""
    if hand.endswith("_pen"):
        return inked(rng, wobbled(rng, sprite, rng.uniform(0.3, 2.0)), ground), "pen"
    if hand in INK_HANDS:
        return inked(rng, wobbled(rng, sprite, rng.uniform(0.2, 1.2)) if rng.random() < 0.4 else sprite, ground), "ink"
    style, chance = "colour", rng.random()
    if chance < 0.08 and not keep_colours:
        grey = cv2.cvtColor(sprite[..., :3], cv2.COLOR_RGB2GRAY)
        sprite, style = np.dstack([grey, grey, grey, sprite[..., 3]]), "grey"
    elif chance < 0.5:
        sprite = recoloured(rng, sprite, rng.uniform(0.02, 0.12) if keep_colours else rng.uniform(0.05, 0.4))
    if rng.random() < 0.15:
        sprite = wobbled(rng, sprite, rng.uniform(0.3, 1.6))
    visible = sprite[..., 3] > 128
    mean = sprite[visible][:, :3].mean(0) if visible.any() else ground
    if np.abs(mean - ground).sum() < 90:
        sprite = bordered(rng, sprite, dark=ground.mean() > 110)
    elif rng.random() < 0.25:
        sprite = bordered(rng, sprite, dark=rng.random() < 0.7)
    return sprite, style


def paint_ground(rng: np.random.Generator, side: int, ground: int | None) -> np.ndarray:
    """A ground [side, side, 3] float32: plain in a named colour, or (None) a gradient, stripes or soft noise."""
    if ground is not None:
        canvas = np.empty((side, side, 3), np.float32)
        canvas[:] = jittered(rng, COLOUR_NAMES[ground])
        return canvas
    one, two = (rng.uniform(0, 255, 3).astype(np.float32) for _ in range(2))
    kind = rng.integers(3)
    if kind == 2:
        noise = rng.uniform(0, 255, (int(rng.integers(2, 9)),) * 2 + (3,)).astype(np.float32)
        return cv2.resize(noise, (side, side), interpolation=cv2.INTER_LINEAR) * 0.5 + one * 0.5
    angle = rng.uniform(0, 2 * np.pi)
    steps = np.linspace(-0.5, 0.5, side, dtype=np.float32)
    ramp = np.cos(angle) * steps[None, :] + np.sin(angle) * steps[:, None]
    if kind == 1:
        ramp = (np.sin(ramp * rng.uniform(15, 60)) > 0).astype(np.float32)
        two = one * 0.6 + two * 0.4
    share = (ramp - ramp.min())[..., None] / max(float(np.ptp(ramp)), 1e-6)
    return (one * share + two * (1 - share)).astype(np.float32)


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


def disturbed(rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """Small damages every real picture has: light, blur, noise."""
    if rng.random() < 0.3:
        picture = (picture - 128) * rng.uniform(0.8, 1.15) + 128 + rng.normal(0, 8)
    if rng.random() < 0.12:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.4, 1.0))
    if rng.random() < 0.15:
        picture = picture + rng.normal(0, rng.uniform(2, 9), picture.shape).astype(np.float32)
    return picture


class Painter:
    """Draws random scenes of given concepts with the sprites of some hands."""

    def __init__(self, sprites: Sprites, side: int = 96, composed: float = 0.4, hold_pairs_out: bool = True):
        """`composed`: share of scenes with a count, a place or a size; the others show one drawing, centred."""
        self.sprites, self.side, self.composed, self.hold_pairs_out = sprites, side, composed, hold_pairs_out
        self.may_flip = np.array([c.group in FLIPPABLE and "left" not in c.name and "right" not in c.name for c in sprites.concepts])

    def choose_ground(self, rng: np.random.Generator, concept: int) -> int | None:
        chance = rng.random()
        if chance < 0.12:
            return None
        ground = COLOUR_NAMES.index("white") if chance < 0.3 else int(rng.integers(12))
        while self.hold_pairs_out and is_held_out_pair(concept, ground):
            ground = int(rng.integers(12))
        return ground

    def arrange(self, rng: np.random.Generator) -> tuple[list, float, int, str | None, str | None]:
        """Centres, scale, count, place and size of a scene."""
        kind = rng.random() / max(self.composed, 1e-9)
        if kind < 0.5:
            count = int(rng.integers(2, 5))
            layouts = LAYOUTS[count]
            centres = layouts[rng.integers(len(layouts))]
            in_line = count == 3 and len({y for _, y in centres}) == 1 or count == 4 and (0.5, 0.2) in centres
            return centres, rng.uniform(0.28, 0.34) if in_line else rng.uniform(0.34, 0.46), count, None, None
        if kind < 0.85:
            place = PLACES[rng.integers(9)]
            return [PLACE_CENTRES[place]], rng.uniform(0.32, 0.44), 1, place, "small"
        if kind < 1:
            return [(0.5, 0.5)], rng.uniform(0.88, 1.0), 1, None, "big"
        return [(0.5, 0.5)], rng.uniform(0.55, 0.88), 1, None, None

    def paint(self, rng: np.random.Generator, concept: int, hands: set[str] | None = None, ground: int | None = -1, count: int = 0):
        """A scene of the concept: picture uint8 [side, side, 3], cover float32 [side, side], and the Scene.

        `ground` and `count` ask for a given ground (index) and number of drawings; by default both are random.
        """
        hand, sprite = self.sprites.choose(rng, concept, hands)
        if ground == -1:
            ground = self.choose_ground(rng, concept)
        canvas = paint_ground(rng, self.side, ground)
        sprite, style = styled(rng, hand, sprite, canvas[self.side // 2, self.side // 2], bool(self.sprites.named_by_colour[concept]))
        arranged = self.arrange(rng)
        while count and arranged[2] != count:
            arranged = self.arrange(rng)
        centres, scale, number, place, size = arranged
        cover = np.zeros((self.side, self.side), np.float32)
        flip = bool(self.may_flip[concept] and rng.random() < 0.5)
        tilt = rng.normal(0, 7)
        slack = 0.02 if number > 1 or place else 0.05 + 0.3 * max(0.0, 0.85 - scale) ** 1.5
        for centre in centres:
            shifted = (centre[0] + rng.uniform(-slack, slack), centre[1] + rng.uniform(-slack, slack))
            turn = tilt + (rng.normal(0, 5) if number > 1 else 0)
            place_sprite(canvas, cover, sprite, shifted, scale * rng.uniform(0.95, 1.05), turn, flip, rng.normal(0, 0.05))
        picture = disturbed(rng, canvas).clip(0, 255).astype(np.uint8)
        return picture, cover, Scene(concept, hand, ground, number, place, size, style)
