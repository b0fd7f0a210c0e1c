"""Makes the golden images and what Pillow and Hugging Face make of them.

    python tests/golden/images/make.py

`files/` holds one small file of every variant, `files.json` hashes of what comes out of them. `resize.json` and
`preprocessing.json` hold hashes of what comes out of pictures that a formula gives (`formula`, here and in the tests).
"""

import hashlib
import itertools
import json
import pathlib
import shutil

import numpy as np
from PIL import Image
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

import variants

HERE = pathlib.Path(__file__).parent
SIZES = [(17, 13), (33, 20), (24, 31), (16, 16), (29, 9), (8, 27)]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def formula(width: int, height: int) -> Image.Image:
    """A picture of numbers: even rows are smooth, odd rows are noise, and a quarter of the noise is black or white."""
    i = np.arange(width * height * 3, dtype=np.uint64)
    noise = (i * 2654435761 % 2**32 >> 11) & 255
    noise = np.where(noise < 32, 0, np.where(noise > 223, 255, noise))
    smooth = (i % (width * 3) * 255 // (width * 3) + i // (width * 3)) & 255
    samples = np.where(i // (width * 3) % 2 == 0, smooth, noise)
    return Image.fromarray(samples.astype(np.uint8).reshape(height, width, 3))


def write(name: str, records: list[dict]):
    lines = ",\n".join(json.dumps(record) for record in records)
    (HERE / name).write_text(f"[\n{lines}\n]\n")


def files():
    """The first file of each kind; of orientations, all."""
    folder = HERE / "files"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    kinds = {}
    for family, kind, data in variants.variants(variants.Pictures(SIZES, 32, [])):
        kinds.setdefault(f"{family}-{kind}", data)
    processor = CLIPImageProcessorPil()
    for name, data in kinds.items():
        path = folder / name
        path.write_bytes(data)
        width, height, rgb, pixels = variants.expected(path, processor)
        yield {"name": name, "width": width, "height": height, "rgb": sha256(rgb), "pixels": sha256(pixels)}


def resizes():
    """Every filter over shapes that shrink, grow, keep a side, and have sides of one pixel."""
    shapes = [(1, 1, 1, 1), (1, 1, 7, 5), (7, 5, 1, 1), (1, 9, 4, 3), (9, 1, 3, 4), (10, 10, 10, 10), (10, 10, 10, 7),
              (10, 10, 7, 10), (64, 48, 298, 224), (640, 480, 298, 224), (480, 640, 224, 298), (223, 225, 224, 226),
              (1000, 3, 224, 1), (3, 1000, 2, 224), (333, 251, 32, 32), (37, 41, 336, 372), (500, 375, 64, 48),
              (47, 47, 40, 24), (60, 200, 30, 60), (60, 200, 30, 139), (60, 200, 30, 140), (60, 200, 90, 100)]
    for (width, height, to_width, to_height), resample in itertools.product(shapes, range(6)):
        resized = formula(width, height).resize((to_width, to_height), resample)
        yield {"from": [width, height], "to": [to_width, to_height], "resample": resample, "rgb": sha256(resized.tobytes())}


def preprocessings():
    """Records, old and new, over pictures that are wide, high, small and tiny."""
    clip = [
        {},
        {"size": 32, "crop_size": 32, "feature_extractor_type": "CLIPFeatureExtractor"},
        {"size": {"shortest_edge": 33}, "crop_size": {"height": 20, "width": 31}},
        {"size": {"shortest_edge": 20}, "crop_size": {"height": 41, "width": 36}},
        {"size": {"height": 24, "width": 40}, "do_center_crop": False, "resample": 2},
        {"size": [18, 26], "crop_size": [17, 17], "resample": 1},
        {"do_resize": False, "crop_size": 50},
        {"size": 48, "crop_size": 48, "do_rescale": False},
        {"size": 48, "crop_size": 48, "do_normalize": False},
        {"size": 48, "crop_size": 48, "rescale_factor": 0.00784313725490196, "image_mean": [1.0, 1.0, 1.0], "image_std": 1.0},
        {"size": 48, "crop_size": 48, "image_mean": [0.1, 0.2, 0.3], "image_std": [0.5, 0.25, 0.3], "resample": 0},
    ]
    siglip = [{}, {"size": {"height": 30, "width": 30}, "resample": 2}, {"size": 28}]
    shapes = [(61, 40), (40, 61), (47, 47), (5, 3), (1, 2), (300, 7)]
    classes = [("CLIPImageProcessor", CLIPImageProcessorPil, clip), ("SiglipImageProcessor", SiglipImageProcessorPil, siglip)]
    for name, processor_class, records in classes:
        for record, (width, height) in itertools.product(records, shapes):
            pixels = processor_class(**record)(images=formula(width, height), return_tensors="np")["pixel_values"][0]
            named = record if "feature_extractor_type" in record else {"image_processor_type": name, **record}
            pixels = np.ascontiguousarray(pixels, "<f4")
            yield {"record": named, "from": [width, height], "shape": pixels.shape, "pixels": sha256(pixels.tobytes())}


if __name__ == "__main__":
    write("files.json", list(files()))
    write("resize.json", list(resizes()))
    write("preprocessing.json", list(preprocessings()))
