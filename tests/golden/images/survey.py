"""Writes several hundred varied images and what Hugging Face makes of them, for `tests/image/survey.rs` to compare.

    python tests/golden/images/survey.py FOLDER [--photos PHOTOS]
    CLIP_WASM_SURVEY=FOLDER cargo test --release --test image survey -- --ignored --nocapture

An image `FAMILY~KIND~NUMBER` gets a neighbour `….expected`: width and height as little-endian u32, then what
`CLIPImageProcessorPil` makes of the upright image, as RGB and as f32 pixels.
"""

import argparse
import pathlib

from PIL import Image
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

import variants

SIZES = [(1, 1), (1, 37), (53, 1), (2, 3), (7, 9), (16, 16), (17, 33), (64, 48), (101, 67), (224, 224), (225, 223),
         (250, 180), (333, 500), (640, 427), (31, 700), (511, 96)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--photos", type=pathlib.Path, help="a folder of photographs, used whole and as material")
    arguments = parser.parse_args()
    photos = sorted(arguments.photos.iterdir()) if arguments.photos else []
    pictures = variants.Pictures(SIZES, 420, [Image.open(photo).convert("RGB") for photo in photos])
    files = [("photo", photo.stem, photo.read_bytes()) for photo in photos] + list(variants.variants(pictures))
    arguments.folder.mkdir(parents=True, exist_ok=True)
    processor = CLIPImageProcessorPil()
    for number, (family, kind, data) in enumerate(files):
        path = arguments.folder / f"{family}~{kind}~{number:04}"
        path.write_bytes(data)
        width, height, rgb, pixels = variants.expected(path, processor)
        size = width.to_bytes(4, "little") + height.to_bytes(4, "little")
        path.with_name(path.name + ".expected").write_bytes(size + rgb + pixels)
    print(f"{len(files)} images in {arguments.folder}")


if __name__ == "__main__":
    main()
