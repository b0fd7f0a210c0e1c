"""Packs photographs and drawings: `python -m material.pack --out FOLDER` writes photos.json, sprites.json, concepts.json, their
.bin files and full-size.npz.

Nothing is unpacked: blobs are read from git directories. Debian's `webp` encodes.
"""

import argparse
import io
import json
import random
import subprocess
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from emoji.paths import CACHE
from emoji.render import HELD_OUT_HANDS

from .photographs import SPLITS, Photo, collect
from .sources import BLOBS, SOURCES

GRID = 16


def square(data: bytes, tile: int) -> Image.Image:
    """A photograph as a square: the shortest edge scaled to `tile` (bicubic, antialiased), the centre cut out."""
    image = Image.open(io.BytesIO(data))
    if image.format == "JPEG":
        image.draft("RGB", (tile * 3, tile * 3))
    image = ImageOps.exif_transpose(image).convert("RGB")
    return image if image.size == (tile, tile) else ImageOps.fit(image, (tile, tile), Image.Resampling.BICUBIC)


def encode_mosaic(photos: list[Photo], quality: int) -> bytes:
    """A lossy WebP grid of photographs of one tile size, row by row.

    Debian's cwebp, since Pillow cannot turn off spatial noise shaping and the loop filter: off, the same bytes hold
    1.3 dB more (PSNR) and nothing is smoothed across the borders of tiles.
    """
    tile = photos[0].tile
    canvas = Image.new("RGB", (GRID * tile, -(-len(photos) // GRID) * tile))
    for i, p in enumerate(photos):
        canvas.paste(square(BLOBS.read(p.source, p.blob), tile), (i % GRID * tile, i // GRID * tile))
    out = io.BytesIO()
    canvas.save(out, "PPM")
    command = ["cwebp", "-quiet", "-q", str(quality), "-m", "4", "-sns", "0", "-f", "0", "-o", "-", "--", "-"]
    return subprocess.run(command, input=out.getvalue(), capture_output=True, check=True).stdout


def thumbnail(image: Image.Image) -> np.ndarray:
    """A grey 16 x 16 copy as a vector of length 1 without its mean: the dot product of two is their correlation."""
    grey = np.array(image.convert("L").resize((16, 16), Image.Resampling.BOX), float).ravel()
    grey -= grey.mean()
    return grey / (np.linalg.norm(grey) + 1e-6)


def without_samples(photos: list[Photo], threshold: float = 0.92) -> list[Photo]:
    """Leaves out Tiny ImageNet's copies of the sample photographs, which would else be trained on.

    Of each class the sample is compared, squashed and cut, with all of Tiny ImageNet: copies correlate by 0.94 and
    more, the next best pairs (looked at) by 0.88 and less.
    """
    samples, tiny = defaultdict(list), defaultdict(list)
    for p in photos:
        if SPLITS[p.split] == "samples":
            samples[p.concept].append(p)
        elif SOURCES[p.source] == "tiny-imagenet":
            tiny[p.concept].append(p)
    dropped = set()
    for concept, group in tiny.items():
        vectors = np.stack([thumbnail(Image.open(io.BytesIO(BLOBS.read(p.source, p.blob)))) for p in group])
        for sample in samples[concept]:
            image = Image.open(io.BytesIO(BLOBS.read(sample.source, sample.blob))).convert("RGB")
            alike = np.maximum(vectors @ thumbnail(image), vectors @ thumbnail(ImageOps.fit(image, (64, 64))))
            dropped |= {group[i] for i in np.flatnonzero(alike > threshold)}
    print(f"{len(dropped)} photographs of Tiny ImageNet are sample photographs: left out", flush=True)
    return [p for p in photos if p not in dropped]


def pack_photos(photos: list[Photo], out: Path, quality: dict[int, int]) -> None:
    """Writes photos-1.bin, photos-2.bin and photos.json."""
    rng = random.Random(20261126)
    rng.shuffle(photos)
    batches = []
    for tile in (64, 96):
        group = [p for p in photos if p.tile == tile]
        batches += [group[i : i + GRID * GRID] for i in range(0, len(group), GRID * GRID)]
    rng.shuffle(batches)
    mosaics, half = [], -(-len(batches) // 2)
    with ProcessPoolExecutor(2, initializer=BLOBS.forget) as pool:
        encoded = pool.map(encode_mosaic, batches, [quality[batch[0].tile] for batch in batches])
        for number, start in ((1, 0), (2, half)):
            with (out / f"photos-{number}.bin").open("wb") as file:
                for batch in batches[start : start + half]:
                    data = next(encoded)
                    items = [[p.concept, p.source, p.split] for p in batch]
                    mosaics.append({"file": f"photos-{number}.bin", "offset": file.tell(), "length": len(data), "tile": batch[0].tile,
                                    "columns": GRID, "count": len(batch), "items": items})  # fmt: skip
                    file.write(data)
                    if len(mosaics) % 50 == 0:
                        print(f"{len(mosaics)} of {len(batches)} mosaics", flush=True)
    (out / "photos.json").write_text(json.dumps({"mosaics": mosaics, "sources": SOURCES, "splits": SPLITS}, separators=(",", ":")))


def pack_full_size(photos: list[Photo], out: Path) -> None:
    """Writes full-size.npz: the sample photographs of Tiny ImageNet's classes at 64 pixels, scaled down as CLIPImageProcessor does
    (`smooth`), and by picking pixels (`rough`), with their concepts."""
    tiny = {p.concept for p in photos if SOURCES[p.source] == "tiny-imagenet"}
    samples = [p for p in photos if SPLITS[p.split] == "samples" and p.concept in tiny]
    scaled = {"smooth": [], "rough": []}
    for p in samples:
        image = Image.open(io.BytesIO(BLOBS.read(p.source, p.blob))).convert("RGB")
        width, height = image.size
        size = (64, 64 * height // width) if width <= height else (64 * width // height, 64)
        left, top = (size[0] - 64) // 2, (size[1] - 64) // 2
        for kind, filtered in (("smooth", Image.Resampling.BICUBIC), ("rough", Image.Resampling.NEAREST)):
            scaled[kind].append(np.array(image.resize(size, filtered).crop((left, top, left + 64, top + 64))))
    np.savez(out / "full-size.npz", concept=np.array([p.concept for p in samples]), **{kind: np.stack(pictures) for kind, pictures in scaled.items()})
    print(f"{len(samples)} full-size photographs", flush=True)


def steps(values: np.ndarray, bits: int) -> np.ndarray:
    """Bytes rounded to the nearest of 2 ** bits evenly spaced values."""
    step = 255 / (2**bits - 1)
    return (np.round(values / step) * step).round().astype(np.uint8)


def encode_sprites(sprites: list[np.ndarray], exact: bool) -> bytes:
    """A lossless WebP grid of drawings, scaled to 64 pixels (Pillow scales with the colours premultiplied).

    Unless `exact`, colours keep 5 bits and alpha 4: half the bytes, no difference to the eye.
    """
    canvas = Image.new("RGBA", (GRID * 64, -(-len(sprites) // GRID) * 64))
    for i, sprite in enumerate(sprites):
        canvas.paste(Image.fromarray(sprite).resize((64, 64), Image.Resampling.BICUBIC), (i % GRID * 64, i // GRID * 64))
    pixels = np.array(canvas)
    if not exact:
        pixels = np.dstack([steps(pixels[..., :3], 5), steps(pixels[..., 3:], 4)])
    pixels[pixels[..., 3] == 0] = 0
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "WEBP", lossless=True, quality=75, method=4)
    return out.getvalue()


def pack_sprites(numbers: dict[str, int], out: Path, hands: list[str] | None) -> None:
    """Writes sprites.bin and sprites.json, one style after the other."""
    listed = []
    with (out / "sprites.bin").open("wb") as file, ProcessPoolExecutor(2) as pool:
        for path in sorted((CACHE / "sprites").glob("*.npz")):
            if hands and path.stem not in hands:
                continue
            data = np.load(path)
            items = [numbers[str(data["names"][c])] for c in data["concepts"]]
            sprites, mosaics = data["sprites"], []
            exact = path.stem in HELD_OUT_HANDS
            starts = range(0, len(items), GRID * GRID)
            grids = [list(sprites[s : s + GRID * GRID]) for s in starts]
            for start, image in zip(starts, pool.map(encode_sprites, grids, [exact] * len(grids))):
                mosaics.append({"offset": file.tell(), "length": len(image), "tile": 64, "columns": GRID, "items": items[start : start + GRID * GRID]})
                file.write(image)
            listed.append({"name": path.stem, "split": "test" if exact else "train", "mosaics": mosaics})
            print(f"{path.stem}: {len(items)} drawings, {sum(m['length'] for m in mosaics):,} bytes", flush=True)
    (out / "sprites.json").write_text(json.dumps({"hands": listed}, separators=(",", ":")))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=CACHE / "data")
    parser.add_argument("--photos", type=int, help="only so many, at random")
    parser.add_argument("--hands", type=lambda text: text.split(","), help="only these styles")
    parser.add_argument("--quality-64", type=int, default=60, help="WebP quality of mosaics of 64-pixel tiles")
    parser.add_argument("--quality-96", type=int, default=60, help="WebP quality of mosaics of 96-pixel tiles")
    parser.add_argument("--only", choices=["concepts", "photos", "sprites", "full-size"])
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    concepts, numbers, photos = collect()
    if options.only != "concepts":
        print(f"{len(concepts.all)} concepts, {len(photos)} photographs", flush=True)
    if options.photos:
        photos = random.Random(1).sample(photos, options.photos)
    (options.out / "concepts.json").write_text(json.dumps([vars(c) for c in concepts.all], ensure_ascii=False, separators=(",", ":")))
    if options.only in (None, "full-size"):
        pack_full_size(photos, options.out)
    if options.only in (None, "sprites"):
        pack_sprites(numbers, options.out, options.hands)
    if options.only in (None, "photos"):
        pack_photos(without_samples(photos), options.out, {64: options.quality_64, 96: options.quality_96})


if __name__ == "__main__":
    main()
