"""Renders every concept in every style to sprites: `cache/sprites/<style>.npz`.

A sprite is 96 x 96 RGBA (straight alpha), its drawing cropped to what is visible and centred. A style (`hand` in the code) is one
artist's drawings of the whole set. Run as `python -m emoji.render`; styles that are already rendered are skipped.
"""

import io
import json
from collections.abc import Callable
from multiprocessing import Pool

import cv2
import numpy as np
import resvg_py
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

from .concepts import load_concepts, slug
from .paths import CACHE, NODE_MODULES, SYMBOLA

SPRITE = 96
DRAWN_AT = 192

TRAINING_HANDS = [
    "noto", "flat", "modern", "high_contrast", "fluent_3d", "emojione", "noto_line", "symbola",
    "openmoji", "noto_blob", "emojione_old", "emojione_mono", "streamline",
]  # fmt: skip
OUTLINED = ["noto", "flat", "emojione"]  # styles whose edges give the pen styles
HELD_OUT_HANDS = ["twemoji", "fxemoji"]

RENAMED = {  # where a set's name for a drawing is Unicode's name for another: its name for what Unicode calls so, or None
    "fxemoji": {
        "keyboard": "wiredkeyboard", "sunglasses": "darksunglasses", "smilingfacewithsunglasses": "sunglasses",
        "construction": "constructionsign", "buildingconstruction": "construction", "closedumbrella": "umbrella",
        "umbrella": None, "window": None,
    },
    "emojione": {"cricket": None},  # the game
    "emojione-monotone": {"cricket": None},
    "noto-v1": {"cricket": None},
    "emojione-v1": {"keyboard": "wired-keyboard", "window": None},
    "streamline-emojis": {"turkey": None},  # the flag
}  # fmt: skip

Source = Callable[[dict], "np.ndarray | None"]  # an emoji's {"hexcode", "label"} -> RGBA drawing of any size, or None


def draw_svg(svg: str | None = None, path: str | None = None, size: int = DRAWN_AT) -> np.ndarray:
    """One SVG as RGBA pixels [size, size, 4]."""
    png = resvg_py.svg_to_bytes(svg_string=svg, svg_path=path, width=size, height=size, skip_system_fonts=True)
    return np.array(Image.open(io.BytesIO(bytes(png))).convert("RGBA"))


def hexcodes(emoji: dict) -> list[str]:
    """The spellings of an emoji's code points that packages use in file names, most specific first."""
    code = emoji["hexcode"].lower()
    return [code, code.replace("-fe0f", ""), f"{code}-fe0f"]


def iconify_source(package: str, size: int = DRAWN_AT, squashed: bool = False) -> Source:
    """Drawings of an Iconify set, found by name; `squashed` sets write their names without any separator."""
    data = json.loads((NODE_MODULES / "@iconify-json" / package / "icons.json").read_text())
    width, height = data.get("width", 16), data.get("height", 16)
    renamed = RENAMED.get(package, {})
    squash = (lambda name: name.replace("-", "")) if squashed else (lambda name: name)
    icons = {squash(name): icon for name, icon in data["icons"].items()}
    for alias, target in data.get("aliases", {}).items():
        if set(target) == {"parent"} and target["parent"] in data["icons"]:
            icons.setdefault(squash(alias), data["icons"][target["parent"]])

    def draw(emoji: dict) -> np.ndarray | None:
        name = squash(slug(emoji["label"]))
        icon = icons.get(renamed.get(name, name))
        if icon is None:
            return None
        w, h = icon.get("width", width), icon.get("height", height)
        head = f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 {w} {h}">'
        return draw_svg(head + icon["body"] + "</svg>", size=size)

    return draw


def fluent_source(style: str, size: int = DRAWN_AT) -> Source:
    """Microsoft's Fluent drawings in one style, found by name; people are drawn in the default skin tone."""
    folder = NODE_MODULES / "fluentui-emoji" / "icons" / style

    def draw(emoji: dict) -> np.ndarray | None:
        name = slug(emoji["label"])
        paths = [folder / f"{name}{suffix}.svg" for suffix in ("", "-default")]
        found = next((p for p in paths if p.exists()), None)
        return draw_svg(path=str(found), size=size) if found else None

    return draw


def file_source(folder: str, extension: str, size: int = DRAWN_AT) -> Source:
    """Drawings kept one file an emoji, named by code points."""
    root = NODE_MODULES / folder

    def draw(emoji: dict) -> np.ndarray | None:
        for code in hexcodes(emoji):
            path = root / f"{code}.{extension}"
            if path.exists():
                return draw_svg(path=str(path), size=size) if extension == "svg" else np.array(Image.open(path).convert("RGBA"))
        return None

    return draw


def font_source(paths: list, size: int = DRAWN_AT) -> Source:
    """Black glyphs of monochrome fonts; web fonts are unpacked into the cache first."""
    fonts = {}
    for path in paths:
        font = TTFont(path)
        font.flavor = None
        plain = CACHE / "fonts" / f"{path.stem}.ttf"
        plain.parent.mkdir(parents=True, exist_ok=True)
        font.save(plain)
        loaded = ImageFont.truetype(str(plain), size * 4 // 5)
        fonts.update({code: loaded for code in font.getBestCmap()})

    def draw(emoji: dict) -> np.ndarray | None:
        codes = [int(c, 16) for c in emoji["hexcode"].split("-") if c != "FE0F"]
        if len(codes) != 1 or codes[0] not in fonts:
            return None
        image = Image.new("L", (size * 2, size * 2), 0)
        ImageDraw.Draw(image).text((size, size), chr(codes[0]), font=fonts[codes[0]], fill=255, anchor="mm")
        alpha = np.array(image)
        return np.dstack([np.zeros((*alpha.shape, 3), np.uint8), alpha])

    return draw


def sources(size: int = DRAWN_AT) -> dict[str, Callable[[], Source]]:
    """The renderer of each style, created on demand: loading a set takes a second."""
    noto_line = sorted((NODE_MODULES / "@fontsource/noto-emoji/files").glob("noto-emoji-[0-9]*-400-normal.woff2"))
    return {
        "noto": lambda: iconify_source("noto", size),
        "flat": lambda: fluent_source("flat", size),
        "modern": lambda: fluent_source("modern", size),
        "high_contrast": lambda: fluent_source("high-contrast", size),
        "fluent_3d": lambda: file_source("@lobehub/fluent-emoji-3d/assets", "webp", size),
        "emojione": lambda: iconify_source("emojione", size),
        "noto_line": lambda: font_source(noto_line, size),
        "symbola": lambda: font_source([SYMBOLA], size),
        "openmoji": lambda: iconify_source("openmoji", size),
        "noto_blob": lambda: iconify_source("noto-v1", size),
        "emojione_old": lambda: iconify_source("emojione-v1", size),
        "emojione_mono": lambda: iconify_source("emojione-monotone", size),
        "streamline": lambda: iconify_source("streamline-emojis", size),
        "twemoji": lambda: file_source("@twemoji/svg", "svg", size),
        "fxemoji": lambda: iconify_source("fxemoji", size, squashed=True),
    }


def fit(drawing: np.ndarray, side: int = SPRITE) -> np.ndarray | None:
    """Crops to the visible part, scales it into a square of `side`, centred; None where nothing is visible."""
    rows, columns = np.where(drawing[..., 3] > 16)
    if len(rows) == 0:
        return None
    part = drawing[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].astype(np.float32)
    part[..., :3] *= part[..., 3:] / 255
    height, width = part.shape[:2]
    scale = (side - 2) / max(height, width)
    part = cv2.resize(part, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA)
    square = np.zeros((side, side, 4), np.float32)
    top, left = (side - part.shape[0]) // 2, (side - part.shape[1]) // 2
    square[top : top + part.shape[0], left : left + part.shape[1]] = part
    alpha = square[..., 3:]
    square[..., :3] = np.where(alpha > 0, square[..., :3] * 255 / np.maximum(alpha, 1), 0)
    return square.clip(0, 255).round().astype(np.uint8)


def pen_drawing(drawing: np.ndarray) -> np.ndarray:
    """The drawing's inner and outer edges as black strokes: what a pen would trace."""
    alpha = drawing[..., 3:].astype(np.float32) / 255
    on_white = (drawing[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)
    inner = cv2.Canny(cv2.GaussianBlur(on_white, (0, 0), 1.2), 60, 140)
    outer = cv2.morphologyEx((drawing[..., 3] > 128).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) * 255
    strokes = cv2.GaussianBlur(cv2.dilate(np.maximum(inner, outer), np.ones((3, 3), np.uint8)), (0, 0), 0.8)
    return np.dstack([np.zeros_like(on_white), strokes])


def render_hand(hand: str) -> dict[str, int]:
    """Draws all concepts in a style and writes `<style>.npz`: sprites [n, 96, 96, 4] uint8, concepts [n] int32 into names."""
    draw = sources()[hand]()
    drawn: dict[str, list] = {hand: []}
    if hand in OUTLINED:
        drawn[f"{hand}_pen"] = []
    concepts = load_concepts()
    names = np.array([concept.name for concept in concepts])
    for number, concept in enumerate(concepts):
        for member in concept.members:
            drawing = draw(member)
            if drawing is None:
                continue
            variants = {hand: drawing, f"{hand}_pen": pen_drawing(drawing)}
            for name in drawn:
                sprite = fit(variants[name])
                if sprite is not None:
                    drawn[name].append((number, sprite))
    folder = CACHE / "sprites"
    folder.mkdir(parents=True, exist_ok=True)
    for name, pairs in drawn.items():
        numbers, sprites = zip(*pairs)
        np.savez(folder / f"{name}.npz", concepts=np.array(numbers, np.int32), sprites=np.stack(sprites), names=names)
    return {name: len({n for n, _ in pairs}) for name, pairs in drawn.items()}


def main() -> None:
    missing = [h for h in TRAINING_HANDS + HELD_OUT_HANDS if not (CACHE / "sprites" / f"{h}.npz").exists()]
    with Pool(2) as pool:
        for counts in pool.imap_unordered(render_hand, missing):
            print(counts, flush=True)


if __name__ == "__main__":
    main()
