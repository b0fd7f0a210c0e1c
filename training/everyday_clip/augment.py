"""Views of photographs, one at a time with Pillow, and small damages to batches of scenes with PyTorch."""

import io
import math

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageEnhance, ImageOps

from .trunk import SIDE

WHOLE, LEAST_AREA = 0.3, 0.3  # the share of views of the whole photograph, and the least area of the others
JITTERED, SOFTENED, GREY = 0.5, 0.2, 0.04  # shares of views


def opened(data: bytes, side: int) -> Image.Image:
    """A photograph in RGB, turned as its EXIF says; a large JPEG is decoded at a fraction of its size, `side` pixels at least."""
    image = Image.open(io.BytesIO(data))
    if image.format == "JPEG":
        image.draft("RGB", (side, side))
    return ImageOps.exif_transpose(image).convert("RGB")


def plain_view(image: Image.Image) -> np.ndarray:
    """As the preprocessing sees a photograph: the shortest edge scaled to 192 pixels (bicubic), the centre cut out. uint8 [192, 192, 3]."""
    width, height = image.size
    size = (SIDE, SIDE * height // width) if width <= height else (SIDE * width // height, SIDE)
    left, top = (size[0] - SIDE) // 2, (size[1] - SIDE) // 2
    return np.asarray(image.resize(size, Image.Resampling.BICUBIC).crop((left, top, left + SIDE, top + SIDE)))


def random_view(image: Image.Image, rng: np.random.Generator) -> np.ndarray:
    """A random part of a photograph, mirrored half of the time, some in other light, some softer. uint8 [192, 192, 3]."""
    width, height = image.size
    if rng.random() < WHOLE:
        wide = high = min(width, height)
    else:
        area, ratio = rng.uniform(LEAST_AREA, 1) * width * height, math.exp(rng.uniform(math.log(3 / 4), math.log(4 / 3)))
        wide, high = min(width, math.sqrt(area * ratio)), min(height, math.sqrt(area / ratio))
    left, top = rng.uniform(0, width - wide), rng.uniform(0, height - high)
    view = image.resize((SIDE, SIDE), Image.Resampling.BICUBIC, (left, top, left + wide, top + high))
    if rng.random() < 0.5:
        view = ImageOps.mirror(view)
    if rng.random() < JITTERED:
        for enhancer in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
            view = enhancer(view).enhance(rng.uniform(0.7, 1.3))
    if rng.random() < GREY:
        view = ImageOps.grayscale(view).convert("RGB")
    if rng.random() < SOFTENED:
        small = int(rng.integers(64, 160))
        view = view.resize((small, small), Image.Resampling.BICUBIC).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    return np.asarray(view)


def uniform(n: int, low: float, high: float, device) -> torch.Tensor:
    return torch.empty(n, device=device).uniform_(low, high)


def chance(n: int, share: float, device) -> torch.Tensor:
    """bool [n]"""
    return torch.rand(n, device=device) < share


def as_bytes(pictures: torch.Tensor) -> torch.Tensor:
    return pictures.mul(255).round_().clamp_(0, 255).to(torch.uint8)


def sampled(pictures: torch.Tensor, theta: torch.Tensor, padding: str = "reflection") -> torch.Tensor:
    """Float pictures [n, c, s, s] through affine maps: [n, c, 192, 192]."""
    grid = F.affine_grid(theta, [len(pictures), 1, SIDE, SIDE], align_corners=False)
    return F.grid_sample(pictures, grid, mode="bilinear", padding_mode=padding, align_corners=False)


def softened(pictures: torch.Tensor, share: float) -> torch.Tensor:
    """Makes some pictures as soft as small ones that were enlarged."""
    some = chance(len(pictures), share, pictures.device).nonzero()[:, 0]
    if len(some):
        small = F.interpolate(pictures[some], size=int(torch.randint(56, 150, ())), mode="bicubic", antialias=True, align_corners=False)
        pictures = pictures.index_copy(0, some, F.interpolate(small, size=SIDE, mode="bicubic", align_corners=False))
    return pictures
