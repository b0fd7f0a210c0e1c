"""Writes several hundred varied images and what Hugging Face makes of them, for `tests/image/survey.rs` to compare.

    python tests/golden/images/survey.py FOLDER [--photos PHOTOS]
    CLIP_WASM_SURVEY=FOLDER cargo test --release --test image survey -- --ignored --nocapture

An image `FAMILY~KIND~NUMBER` gets a neighbour `….expected`: width and height as little-endian u32, then what
`CLIPImageProcessorPil` makes of the upright image, as RGB and as f32 pixels; and a neighbour `….torchvision`: the f32
pixels of `CLIPImageProcessor`, which is torchvision's, then those of a square by the bilinear filter. That one needs a
CPU with AVX2.
"""

import argparse
import pathlib

import numpy as np
import torch
from PIL import Image
from transformers import CLIPImageProcessor
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
    assert torch.backends.cpu.get_cpu_capability() in ("AVX2", "AVX512"), "this CPU has no AVX2"
    torchvision = [CLIPImageProcessor(), CLIPImageProcessor(size={"height": 224, "width": 224}, resample=2)]
    for number, (family, kind, data) in enumerate(files):
        path = arguments.folder / f"{family}~{kind}~{number:04}"
        path.write_bytes(data)
        width, height, rgb, pixels = variants.expected(path, processor)
        size = width.to_bytes(4, "little") + height.to_bytes(4, "little")
        path.with_name(path.name + ".expected").write_bytes(size + rgb + pixels)
        upright = Image.frombytes("RGB", (width, height), rgb)
        pixels = [each(images=upright, return_tensors="np")["pixel_values"] for each in torchvision]
        path.with_name(path.name + ".torchvision").write_bytes(np.concatenate(pixels).astype("<f4").tobytes())
    print(f"{len(files)} images in {arguments.folder}")


if __name__ == "__main__":
    main()
