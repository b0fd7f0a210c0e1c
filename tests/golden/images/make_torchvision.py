"""Makes what torchvision and Hugging Face's processors over it make of pictures that a formula gives.

    python tests/golden/images/make_torchvision.py

`torchvision_resize.json` holds hashes of torchvision's `resize` on 8-bit tensors, `torchvision.json` hashes of the f32
pixels of `CLIPImageProcessor` and `SiglipImageProcessor`. Needs a CPU with AVX2: without it torchvision resizes by the
bilinear filter in floating point, with other results.
"""

import itertools

import numpy as np
import torch
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional
from transformers import CLIPImageProcessor, SiglipImageProcessor

from make import formula, sha256, write

MODES = {0: InterpolationMode.NEAREST_EXACT, 1: InterpolationMode.LANCZOS, 2: InterpolationMode.BILINEAR,
         3: InterpolationMode.BICUBIC}


def resizes():
    """Every method over shapes that shrink, grow, keep a side, and have sides of one pixel, to the sizes of CLIP's and
    SigLIP's towers."""
    shapes = [(1, 1, 1, 1), (1, 1, 7, 5), (7, 5, 1, 1), (1, 9, 4, 3), (9, 1, 3, 4), (10, 10, 10, 10), (10, 10, 10, 7),
              (10, 10, 7, 10), (64, 48, 298, 224), (640, 480, 298, 224), (480, 640, 224, 298), (223, 225, 224, 226),
              (1000, 3, 224, 1), (3, 1000, 2, 224), (333, 251, 32, 32), (37, 41, 336, 372), (500, 375, 64, 48),
              (47, 47, 40, 24), (60, 200, 30, 60), (60, 200, 30, 139), (60, 200, 30, 140), (60, 200, 90, 100),
              (4, 3, 218, 246), (1301, 977, 384, 384), (511, 383, 336, 336), (211, 97, 256, 256), (3000, 5, 11, 1)]
    for (width, height, to_width, to_height), (number, mode) in itertools.product(shapes, MODES.items()):
        tensor = torch.from_numpy(np.array(formula(width, height))).permute(2, 0, 1).contiguous()
        try:
            resized = functional.resize(tensor, [to_height, to_width], interpolation=mode, antialias=True)
        except RuntimeError as error:
            # PyTorch 2.15 fails an assertion of its own where one pixel is to come out.
            assert (to_width, to_height) == (1, 1) and "INTERNAL ASSERT" in str(error), error
            continue
        rgb = np.ascontiguousarray(resized.permute(1, 2, 0).numpy())
        yield {"from": [width, height], "to": [to_width, to_height], "resample": number, "rgb": sha256(rgb.tobytes())}


def preprocessings():
    """The configurations of `make.py`, and the sizes of larger towers, over pictures that are wide, high, small and tiny."""
    clip = [
        {},
        {"size": {"shortest_edge": 336}, "crop_size": 336},
        {"size": {"height": 384, "width": 384}, "do_center_crop": False},
        {"size": {"height": 384, "width": 384}, "do_center_crop": False, "resample": 2, "image_mean": [0.5, 0.5, 0.5],
         "image_std": [0.5, 0.5, 0.5]},
        {"size": {"shortest_edge": 33}, "crop_size": {"height": 20, "width": 31}},
        {"size": {"shortest_edge": 20}, "crop_size": {"height": 41, "width": 36}},
        {"size": {"shortest_edge": 21}, "crop_size": {"height": 40, "width": 12}, "resample": 2},
        {"size": [18, 26], "crop_size": [17, 17], "resample": 1},
        {"do_resize": False, "crop_size": 50},
        {"size": 48, "crop_size": 48, "do_rescale": False},
        {"size": 48, "crop_size": 48, "do_normalize": False},
        {"size": 48, "crop_size": 48, "do_normalize": False, "do_rescale": False},
        {"size": 48, "crop_size": 48, "rescale_factor": 0.00784313725490196, "image_mean": [1.0, 1.0, 1.0], "image_std": 1.0},
        {"size": 48, "crop_size": 48, "rescale_factor": 0.0031, "image_mean": [0.1, 0.2, 0.3], "image_std": [0.5, 0.25, 0.3],
         "resample": 0},
    ]
    siglip = [{}, {"size": {"height": 30, "width": 30}, "resample": 2}, {"size": 28}]
    shapes = [(61, 40), (40, 61), (47, 47), (5, 3), (1, 2), (300, 7), (641, 479)]
    classes = [("CLIPImageProcessorFast", CLIPImageProcessor, clip), ("SiglipImageProcessorFast", SiglipImageProcessor, siglip)]
    for name, processor_class, records in classes:
        for record, (width, height) in itertools.product(records, shapes):
            processor = processor_class(**record)
            assert processor.backend == "torchvision"
            pixels = processor(images=formula(width, height), return_tensors="np")["pixel_values"][0]
            pixels = np.ascontiguousarray(pixels, "<f4")
            named = {"image_processor_type": name, **record}
            yield {"record": named, "from": [width, height], "shape": pixels.shape, "pixels": sha256(pixels.tobytes())}


if __name__ == "__main__":
    assert torch.backends.cpu.get_cpu_capability() in ("AVX2", "AVX512"), "this CPU has no AVX2"
    write("torchvision_resize.json", list(resizes()))
    write("torchvision.json", list(preprocessings()))
