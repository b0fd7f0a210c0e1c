"""Every variant of every format that is decoded: what the goldens are made of, and the survey.

The reference is Pillow's `exif_transpose` followed by Hugging Face's `CLIPImageProcessorPil`.
"""

import io
import pathlib
import struct

import numpy as np
from PIL import Image, ImageDraw, ImageOps
from transformers.image_transforms import convert_to_rgb
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

import encoders

RNG = np.random.default_rng(20260112)


def drawing(width: int, height: int) -> Image.Image:
    """A synthetic picture: smooth gradients, hard edges, lines and noise."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [np.sin(x / RNG.uniform(2, 40) + RNG.uniform(0, 6)) * np.cos(y / RNG.uniform(2, 40)) for _ in range(3)]
    base = np.clip(128 + 120 * np.stack(planes, -1) + RNG.normal(0, RNG.choice([0, 4, 30]), (height, width, 3)), 0, 255)
    image = Image.fromarray(base.astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for _ in range(6):
        corners = [int(RNG.integers(0, side + 1)) for side in (width, height, width, height)]
        draw.line(corners, fill=tuple(int(level) for level in RNG.integers(0, 256, 3)), width=int(RNG.integers(1, 5)))
    return image


class Pictures:
    """An endless supply of pictures of the given sizes and of random ones: drawings, and photographs between them."""

    def __init__(self, sizes: list[tuple[int, int]], largest: int, photos: list[Image.Image]):
        self.sizes, self.largest, self.photos, self.count = sizes, largest, photos, 0

    def next(self) -> Image.Image:
        self.count += 1
        random = RNG.integers(2, self.largest, 2).tolist()
        width, height = self.sizes[self.count % len(self.sizes)] if self.count % 3 else random
        if not self.photos or self.count % 2:
            return drawing(width, height)
        return self.photos[self.count // 2 % len(self.photos)].resize((width, height), Image.BILINEAR)


def saved(image: Image.Image, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, **options)
    return buffer.getvalue()


def mask(image: Image.Image) -> Image.Image:
    """Alpha with full, no and partial transparency."""
    return image.convert("L").point(lambda level: 0 if level < 70 else 255 if level > 180 else level)


def with_alpha(image: Image.Image) -> Image.Image:
    image = image.copy()
    image.putalpha(mask(image))
    return image


def pngs(pictures: Pictures):
    for _ in range(12):
        yield "rgb", saved(pictures.next(), format="PNG")
        yield "rgba", saved(with_alpha(pictures.next()), format="PNG")
        yield "la", saved(with_alpha(pictures.next()).convert("LA"), format="PNG")
        yield "grey", saved(pictures.next().convert("L"), format="PNG")
        yield "bilevel", saved(pictures.next().convert("1"), format="PNG")
        for colors in (2, 4, 13, 256):
            palette = pictures.next().quantize(colors)
            yield f"palette{colors}", saved(palette, format="PNG", bits=max(1, (colors - 1).bit_length()))
    for _ in range(3):
        rgb = np.asarray(pictures.next())
        deep = rgb.astype(np.uint16) * 257 ^ RNG.integers(0, 256, rgb.shape).astype(np.uint16)
        grey = deep[..., 0]
        yield "rgb16", encoders.png(deep, encoders.RGB, 16)
        yield "rgba16", encoders.png(np.dstack([deep, grey]), encoders.RGBA, 16)
        yield "la16", encoders.png(deep[..., :2], encoders.GREY_ALPHA, 16)
        yield "grey16", encoders.png(grey, encoders.GREY, 16)
        yield "grey16-low", encoders.png(grey >> 7, encoders.GREY, 16)
        yield "grey2", encoders.png(rgb[..., 0] >> 6, encoders.GREY, 2)
        yield "grey4", encoders.png(rgb[..., 0] >> 4, encoders.GREY, 4)
        yield "rgb-trns", encoders.png(rgb, encoders.RGB, 8, before=[(b"tRNS", struct.pack(">HHH", *map(int, rgb[0, 0])))])
        yield "grey-trns", encoders.png(rgb[..., 0], encoders.GREY, 8, before=[(b"tRNS", struct.pack(">H", int(rgb[0, 0, 0])))])
        yield "grey16-trns", encoders.png(grey >> 6, encoders.GREY, 16, before=[(b"tRNS", struct.pack(">H", int(grey[0, 0] >> 6)))])
        yield "rgb16-trns", encoders.png(deep, encoders.RGB, 16, before=[(b"tRNS", struct.pack(">HHH", *map(int, deep[0, 0])))])
        yield "grey4-trns", encoders.png(rgb[..., 0] >> 4, encoders.GREY, 4, before=[(b"tRNS", struct.pack(">H", 85))])
        yield "bilevel-trns", encoders.png(rgb[..., 0] >> 7, encoders.GREY, 1, before=[(b"tRNS", struct.pack(">H", 1))])
        colors = RNG.integers(0, 256, (16, 3))
        yield "palette-trns", encoders.png(rgb[..., 0] >> 4, encoders.INDEXED, 4, palette=colors, before=[(b"tRNS", bytes(range(0, 160, 16)))])
        yield "interlaced", encoders.png(rgb, encoders.RGB, 8, interlaced=True)
        yield "interlaced-palette", encoders.png(rgb[..., 0] >> 4, encoders.INDEXED, 4, palette=colors, interlaced=True)
        yield "interlaced-bilevel", encoders.png(rgb[..., 0] >> 7, encoders.GREY, 1, interlaced=True)
    yield "short-palette", encoders.png(rgb[..., 0] >> 4, encoders.INDEXED, 4, palette=colors[:12])
    frames = [pictures.next().resize((24, 18)) for _ in range(3)]
    yield "animated", saved(frames[0], format="PNG", save_all=True, append_images=frames[1:])


def gifs(pictures: Pictures):
    for _ in range(6):
        yield "gif", saved(pictures.next(), format="GIF")
        yield "grey", saved(pictures.next().convert("L"), format="GIF")
        yield "transparent", saved(with_alpha(pictures.next()), format="GIF")
        yield "progressive", saved(pictures.next(), format="GIF", interlace=1)
        frames = [pictures.next().resize((26, 19)) for _ in range(3)]
        yield "animated", saved(frames[0], format="GIF", save_all=True, append_images=frames[1:], disposal=2)
    for transparency in (None, 3):
        options = {} if transparency is None else {"transparency": transparency}
        whole = saved(pictures.next().resize((40, 30)).quantize(8), format="GIF", **options)
        screen = bytearray(whole)
        screen[6:10] = struct.pack("<HH", 61, 47)
        at = screen.index(b"\x2c", 13 + 3 * 8)
        screen[at + 1 : at + 5] = struct.pack("<HH", 9, 5)
        yield "small-frame", bytes(screen)
        screen[6:10] = struct.pack("<HH", 20, 17)
        yield "large-frame", bytes(screen)


def bmps(pictures: Pictures):
    for _ in range(5):
        yield "rgb", saved(pictures.next(), format="BMP")
        yield "rgba", saved(with_alpha(pictures.next()), format="BMP")
        yield "palette", saved(pictures.next().quantize(200), format="BMP")
        yield "grey", saved(pictures.next().convert("L"), format="BMP")
        yield "bilevel", saved(pictures.next().convert("1"), format="BMP")
        rgb = np.asarray(pictures.next()).astype(np.uint32)
        height, width = rgb.shape[:2]
        red, green, blue = (rgb[..., channel] for channel in range(3))
        five = blue >> 3 | green >> 3 << 5 | red >> 3 << 10
        six = blue >> 3 | green >> 2 << 5 | red >> 3 << 11
        colors = np.insert(RNG.integers(0, 256, (256, 3)), 3, 0, axis=1).astype(np.uint8).tobytes()
        fields = encoders.BI_BITFIELDS
        yield "555", encoders.bmp(encoders.bmp_rows(five, 16), width, height, 16)
        yield "565", encoders.bmp(encoders.bmp_rows(six, 16), width, height, 16, compression=fields, masks=struct.pack("<III", 0xF800, 0x7E0, 0x1F))
        yield "32", encoders.bmp(encoders.bmp_rows(blue | green << 8 | red << 16, 32), width, height, 32)
        yield "32-fields", encoders.bmp(encoders.bmp_rows(blue << 8 | green << 16 | red << 24, 32), width, height, 32, compression=fields, masks=struct.pack("<III", 0xFF000000, 0xFF0000, 0xFF00))
        yield "4", encoders.bmp(encoders.bmp_rows(red >> 4, 4), width, height, 4, palette=colors[:64])
        yield "rle8", encoders.bmp(encoders.rle8(red >> 3 << 3), width, height, 8, compression=encoders.BI_RLE8, palette=colors)
        yield "rle4", encoders.bmp(encoders.rle4(red >> 4), width, height, 4, compression=encoders.BI_RLE4, palette=colors[:64])
        yield "top-down", encoders.bmp(encoders.bmp_rows(red[::-1], 8), width, -height, 8, palette=colors)


def webps(pictures: Pictures):
    for _ in range(10):
        yield "lossless", saved(pictures.next(), format="WebP", lossless=True)
        yield "lossless-alpha", saved(with_alpha(pictures.next()), format="WebP", lossless=True, exact=True)
        yield "lossless-palette", saved(pictures.next().quantize(11).convert("RGB"), format="WebP", lossless=True)
        for quality in (5, 40, 80, 100):
            yield "lossy", saved(pictures.next(), format="WebP", quality=quality)
        yield "lossy-alpha", saved(with_alpha(pictures.next()), format="WebP", quality=70)
    frames = [pictures.next().resize((28, 17)) for _ in range(3)]
    yield "animated", saved(frames[0], format="WebP", save_all=True, append_images=frames[1:])
    frames = [with_alpha(pictures.next().resize((28, 17))) for _ in range(3)]
    yield "animated-alpha", saved(frames[0], format="WebP", save_all=True, append_images=frames[1:], lossless=True)


def jpegs(pictures: Pictures):
    for quality in (5, 30, 75, 90, 95, 100):
        for subsampling in ("4:4:4", "4:2:2", "4:2:0"):
            for _ in range(3):
                yield subsampling, saved(pictures.next(), format="JPEG", quality=quality, subsampling=subsampling)
                yield f"progressive {subsampling}", saved(pictures.next(), format="JPEG", quality=quality, subsampling=subsampling, progressive=True)
        yield "grey", saved(pictures.next().convert("L"), format="JPEG", quality=quality)
        yield "cmyk", saved(pictures.next().convert("CMYK"), format="JPEG", quality=quality)
        yield "restarts", saved(pictures.next(), format="JPEG", quality=quality, restart_marker_rows=1)
        yield "stored as rgb", saved(pictures.next(), format="JPEG", quality=quality, keep_rgb=True)


def oriented(pictures: Pictures):
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        for kind in ("JPEG", "PNG", "WebP"):
            options = {"lossless": True} if kind == "WebP" else {}
            yield f"{kind}-{orientation}", saved(pictures.next(), format=kind, exif=exif, **options)
    xmp = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    yield "JPEG-xmp", saved(pictures.next(), format="JPEG", xmp=xmp)
    yield "PNG-xmp", encoders.png(np.asarray(pictures.next()), encoders.RGB, 8, after=[(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp)])
    exif[0x0112] = 8
    profile = b"\nexif\n%8d\n%s\n" % (len(exif.tobytes()), exif.tobytes().hex().encode())
    yield "PNG-profile", encoders.png(np.asarray(pictures.next()), encoders.RGB, 8, before=[(b"tEXt", b"Raw profile type exif\0" + profile)])


def tiny(pictures: Pictures):
    dot = Image.new("RGB", (1, 1), (200, 100, 50))
    for kind in ("PNG", "GIF", "BMP", "WebP", "JPEG"):
        yield kind, saved(dot, format=kind)


FAMILIES = {"png": pngs, "gif": gifs, "bmp": bmps, "webp": webps, "jpeg": jpegs, "exif": oriented, "tiny": tiny}


def variants(pictures: Pictures):
    """(family, kind, file) of every variant; a kind comes more than once, each time of another picture."""
    for family, make in FAMILIES.items():
        for kind, data in make(pictures):
            yield family, kind.replace(":", "").replace(" ", "-"), data


def expected(path: pathlib.Path, processor: CLIPImageProcessorPil) -> tuple[int, int, bytes, bytes]:
    """Width, height and RGB of the upright image, and its pixels as little-endian f32."""
    image = ImageOps.exif_transpose(Image.open(path))
    rgb = convert_to_rgb(image, return_numpy=True)
    pixels = processor(images=image, return_tensors="np")["pixel_values"][0]
    assert pixels.dtype == np.float32 and pixels.shape == (3, 224, 224)
    return *image.size, rgb.tobytes(), pixels.astype("<f4").tobytes()
