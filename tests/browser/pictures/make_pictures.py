"""Makes the pictures of this folder: drawn, seeded, one for each format that the engine decodes and one that it does not.

usage: python make_pictures.py      (Python 3.11, Pillow 13.0, numpy)
"""

import numpy as np
from PIL import Image, ImageDraw

WIDTH, HEIGHT = 120, 84
ORIENTATION = 0x0112


def scene() -> Image.Image:
    """A red disc and a green triangle on a blue gradient, with seeded noise: edges, slopes and texture."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    gradient = np.stack([40 + 0 * x, 60 + x, 120 + y], axis=-1)
    noise = np.random.default_rng(7).integers(-12, 13, gradient.shape)
    image = Image.fromarray((gradient + noise).clip(0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    draw.ellipse((14, 16, 62, 64), fill=(214, 48, 40))
    draw.polygon([(70, 70), (92, 18), (112, 70)], fill=(40, 160, 70))
    return image


def main() -> None:
    image = scene()
    image.save("scene.png", optimize=True)
    image.save("scene.bmp")
    image.save("scene.webp", quality=80)
    image.quantize(32).save("scene.gif")
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # the camera was held upright: to be turned by a quarter
    image.save("scene-turned.jpg", quality=85, exif=exif)
    Image.new("RGB", (24, 16), (200, 60, 40)).save("plain-24x16.avif", quality=60)


main()
