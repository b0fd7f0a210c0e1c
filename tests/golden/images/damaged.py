"""Makes files that are damaged or break the rules, and what Pillow makes of them.

    python tests/golden/images/damaged.py

`damaged/` holds the files, `damaged.json` for each the sides of the upright picture and the sha256 of its RGB, or that
Pillow refuses it. Everything is drawn here; needs Pillow and numpy alone.
"""

import hashlib
import io
import json
import pathlib
import shutil
import struct
import warnings
import zlib

import numpy as np
from PIL import Image, ImageOps

HERE = pathlib.Path(__file__).parent
WHITE = (255, 255, 255, 255)
RNG = np.random.default_rng(19)


def picture(width=24, height=16):
    ramps = np.add.outer(np.arange(height) * 9, np.arange(width) * 7)[..., None] + np.array([0, 60, 130])
    return Image.fromarray(((ramps + RNG.integers(0, 30, (height, width, 3))) % 256).astype(np.uint8))


def saved(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


# EXIF and XMP


def tiff(kind=3, count=1, value=struct.pack("<H", 6), extra=b"", before=()):
    entries = [*before, struct.pack("<HHL", 0x0112, kind, count) + value.ljust(4, b"\0")]
    return b"II*\0" + struct.pack("<LH", 8, len(entries)) + b"".join(entries) + bytes(4) + extra


def tiffs():
    end = struct.pack("<L", 8 + 2 + 12 + 4)
    other = struct.pack("<HHLL", 0x010F, 2, 20, 9000)
    yield "short", tiff()
    yield "byte", tiff(1, value=b"\6")
    yield "text", tiff(2, 2, b"6\0")
    yield "long", tiff(4, value=struct.pack("<L", 6))
    yield "signed", tiff(8, value=struct.pack("<h", 6))
    yield "rational", tiff(5, value=end, extra=struct.pack("<LL", 12, 2))
    yield "broken-rational", tiff(5, value=end, extra=struct.pack("<LL", 13, 2))
    yield "double", tiff(12, value=end, extra=struct.pack("<d", 6.0))
    yield "unknown-type", tiff(99)
    yield "count0", tiff(count=0)
    yield "count2", tiff(count=2, value=struct.pack("<HH", 6, 3))
    yield "count3", tiff(count=3, value=end, extra=struct.pack("<HHH", 8, 1, 1))
    yield "twice", tiff(before=[tiff()[10:22], tiff(value=struct.pack("<H", 3))[10:22]])
    yield "behind-cut-off", tiff(before=[other])
    yield "out-of-range", tiff(value=struct.pack("<H", 9))
    yield "prefix", b"Exif\0\0" + tiff()


XMP = b'<x tiff:Orientation="6"/>'


def hexadecimal(exif):
    return b"\nexif\n%8d\n%s\n" % (len(exif), exif.hex().encode())


def exifs():
    jpeg, webp, png = saved(picture(), "JPEG"), saved(picture(), "WebP"), png_chunks(picture())
    for name, exif in tiffs():
        yield f"exif-{name}.jpg", jpeg[:2] + segment(0xE1, b"Exif\0\0" + exif) + jpeg[2:]
    for place, at in (("", b"IDAT"), ("-behind", b"IEND")):
        yield f"exif{place}.png", png_file(inserted(png, at, (b"eXIf", tiff())))
        raw = hexadecimal(tiff())
        yield f"profile-text{place}.png", png_file(inserted(png, at, (b"tEXt", b"Raw profile type exif\0" + raw)))
        yield f"profile-ztxt{place}.png", png_file(inserted(png, at, (b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(raw))))
        yield f"profile-itxt{place}.png", png_file(inserted(png, at, (b"iTXt", b"Raw profile type exif\0\0\0\0\0" + raw)))
        packed = b"Raw profile type exif\0\1\0\0\0" + zlib.compress(raw)
        yield f"profile-itxt-packed{place}.png", png_file(inserted(png, at, (b"iTXt", packed)))
        yield f"xmp-text{place}.png", png_file(inserted(png, at, (b"tEXt", b"XML:com.adobe.xmp\0" + XMP)))
    halves = tiff()[:15], tiff()[15:]
    yield "exif-halves.jpg", jpeg[:2] + b"".join(segment(0xE1, b"Exif\0\0" + half) for half in halves) + jpeg[2:]
    packets = [segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp) for xmp in (XMP, b"none")]
    yield "xmp-twice.jpg", jpeg[:2] + b"".join(packets) + jpeg[2:]
    for name, flags in (("flag", 8), ("no-flag", 0)):
        yield f"exif-{name}.webp", riff([vp8x(flags), *webp_chunks(webp), (b"EXIF", tiff())])


# JPEG


def segment(marker, data):
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def header_and_data(jpeg):
    at = jpeg.index(b"\xff\xda")
    return jpeg[: at + 2 + struct.unpack(">H", jpeg[at + 2 : at + 4])[0]], jpeg[at + 2 + struct.unpack(">H", jpeg[at + 2 : at + 4])[0] :]


def numbered(jpeg, ids):
    """The same file with other numbers of components, in the frame's header and in the scan's."""
    jpeg = bytearray(jpeg)
    frame, scan = jpeg.index(b"\xff\xc0"), jpeg.index(b"\xff\xda")
    for index, number in enumerate(ids):
        jpeg[frame + 10 + 3 * index] = number
        jpeg[scan + 5 + 2 * index] = number
    return bytes(jpeg)


def sampled(jpeg, factors):
    jpeg = bytearray(jpeg)
    frame = jpeg.index(b"\xff\xc0")
    for index, factor in enumerate(factors):
        jpeg[frame + 11 + 3 * index] = factor
    return bytes(jpeg)


def jpegs():
    plain = saved(picture(40, 24), "JPEG", quality=80)
    head, data = header_and_data(plain)
    restarts = saved(picture(40, 24), "JPEG", quality=80, restart_marker_blocks=1)
    head_restarts, with_restarts = header_and_data(restarts)
    middle = len(data) // 2
    yield "spurious-restart.jpg", head + data[:middle] + b"\xff\xd3" + data[middle:]
    first = with_restarts.index(b"\xff\xd0")
    yield "restart-dropped.jpg", head_restarts + with_restarts[:first] + with_restarts[first + 2 :]
    yield "restart-renumbered.jpg", head_restarts + with_restarts.replace(b"\xff\xd0", b"\xff\xd1", 1)
    yield "restart-far-off.jpg", head_restarts + with_restarts.replace(b"\xff\xd1", b"\xff\xd5", 1)
    second = with_restarts.index(b"\xff\xd1")
    yield "restart-swapped.jpg", head_restarts + with_restarts[:first] + b"\xff\xd1" + with_restarts[first + 2 : second] + b"\xff\xd0" + with_restarts[second + 2 :]
    yield "restart-part-missing.jpg", head_restarts + with_restarts[: first + 6] + with_restarts[second:]
    for marker in (0x01, 0x33, 0xC4, 0xCC, 0xD8, 0xD9, 0xDA, 0xE1, 0xFE):
        yield f"marker-{marker:02x}.jpg", head + data[:middle] + bytes([0xFF, marker]) + data[middle:]
    yield "padded-marker.jpg", head + data[:-2] + b"\xff\xff\xff\xd9"
    yield "junk-at-end.jpg", head + data[:-2] + b"junk\xff\x33\xff\xd9"
    yield "two-scans.jpg", plain[:-2] + plain[plain.index(b"\xff\xda") :]
    yield "no-end.jpg", plain[:-2]
    yield "cut.jpg", plain[: -len(data) // 2]
    yield "no-huffman-tables.jpg", head.replace(b"\xff\xc4", b"\xff\xfe") + data
    for name, ids in (("same", (1, 1, 1)), ("rgb", b"RGB"), ("odd", (7, 8, 9))):
        yield f"ids-{name}.jpg", numbered(plain[:2] + plain[20:], ids)
    cmyk = saved(picture(40, 24).convert("CMYK"), "JPEG", quality=80)
    yield "cmyk-same-ids.jpg", numbered(cmyk, (1, 1, 1, 1))
    adobe = cmyk.index(b"Adobe")
    for transform in (0, 1, 2):
        yield f"cmyk-transform{transform}.jpg", cmyk[: adobe + 11] + bytes([transform]) + cmyk[adobe + 12 :]
    yield "cmyk-no-adobe.jpg", cmyk[: adobe - 4] + cmyk[adobe + 12 :]
    for factors in ((0x22, 0x11, 0x11, 0x22), (0x21, 0x11, 0x11, 0x11), (0x11, 0x11, 0x11, 0x22), (0x31, 0x11, 0x11, 0x11)):
        yield f"cmyk-sampled-{bytes(factors).hex()}.jpg", sampled(cmyk, factors)
    for factors in ((0x12, 0x11, 0x11), (0x41, 0x11, 0x11), (0x44, 0x11, 0x11), (0x22, 0x21, 0x12), (0x32, 0x11, 0x11), (0x11, 0x22, 0x11), (0x21, 0x31, 0x11)):
        yield f"sampled-{bytes(factors).hex()}.jpg", sampled(plain, factors)
    progressive = saved(picture(40, 24), "JPEG", quality=80, progressive=True)
    scans = [at for at in range(len(progressive)) if progressive[at : at + 2] == b"\xff\xda"]
    for count in range(1, len(scans)):
        yield f"scans-{count}.jpg", progressive[: scans[count]] + b"\xff\xd9"
    yield "scan-left-out.jpg", progressive[: scans[1]] + progressive[scans[2] :]
    yield "scan-twice.jpg", progressive[: scans[2]] + progressive[scans[1] :]
    yield "progressive-cut.jpg", progressive[:-40]


def lossless(image, predictor, transform=0, restart=False):
    """A lossless JPEG of a picture whose sizes of differences have codes of five bits each."""
    samples = (np.atleast_3d(np.asarray(image)).astype(int) >> transform).transpose(2, 0, 1)
    channels, height, width = samples.shape
    data, bits = b"", []
    for y in range(height):
        first = y == 0 or (restart and y % 4 == 0)
        if first and y > 0:
            data += entropy(bits) + bytes([0xFF, 0xD0 + (y // 4 - 1) % 8])
            bits = []
        for x in range(width):
            for plane in samples:
                a, b, c = (int(plane[y, x - 1]) if x else 0, int(plane[y - 1, x]) if y else 0, int(plane[y - 1, x - 1]) if x and y else 0)
                guesses = (a, b, c, a + b - c, a + (b - c >> 1), b + (a - c >> 1), a + b >> 1)
                guess = (1 << 7 - transform if first else b) if x == 0 else a if first else guesses[predictor - 1]
                difference = int(plane[y, x]) - guess
                size = abs(difference).bit_length()
                bits += [size >> bit & 1 for bit in range(4, -1, -1)]
                value = difference if difference > 0 else difference + (1 << size) - 1
                bits += [value >> bit & 1 for bit in range(size - 1, -1, -1)]
    frame = struct.pack(">BHHB", 8, height, width, channels) + b"".join(bytes([index, 0x11, 0]) for index in range(channels))
    scan = bytes([channels]) + b"".join(bytes([index, 0]) for index in range(channels)) + bytes([predictor, 0, transform])
    table = bytes([0] + [0] * 4 + [17] + [0] * 11) + bytes(range(17))
    head = b"\xff\xd8" + segment(0xC3, frame) + segment(0xC4, table) + (segment(0xDD, struct.pack(">H", 4 * width)) if restart else b"")
    return head + segment(0xDA, scan) + data + entropy(bits) + b"\xff\xd9"


def entropy(bits):
    bits = bits + [1] * (-len(bits) % 8)
    return np.packbits(np.array(bits, np.uint8)).tobytes().replace(b"\xff", b"\xff\0")


def odd_scans():
    """Scans one component each, whose header names coefficients that there are not: of no account outside of progressive
    files."""
    grey = saved(picture(40, 24).convert("L"), "JPEG", quality=80)
    head, data = header_and_data(grey)
    scan = head.index(b"\xff\xda")
    for name, first, last in (("beyond", 255, 255), ("backwards", 63, 1), ("zero", 0, 0)):
        yield f"odd-scan-{name}.jpg", head[: scan + 7] + bytes([first, last, 0]) + data
        three = bytearray(head[:scan].replace(b"\xff\xc0\0\x0b", b"\xff\xc0\0\x11"))
        frame = three.index(b"\xff\xc0")
        three[frame + 9 : frame + 13] = bytes([3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0])
        scans = b"".join(b"\xff\xda\0\x08\1" + bytes([number, 0, first, last, 0]) + data[:-2] for number in (1, 2, 3))
        yield f"odd-scans-{name}.jpg", bytes(three) + scans + b"\xff\xd9"


def lossless_jpegs():
    for predictor in range(1, 8):
        yield f"lossless-{predictor}.jpg", lossless(picture(11, 9), predictor)
    yield "lossless-grey.jpg", lossless(picture(11, 9).convert("L"), 4)
    yield "lossless-transform.jpg", lossless(picture(11, 9), 7, transform=2)
    restarts = lossless(picture(11, 9), 6, restart=True)
    yield "lossless-restarts.jpg", restarts
    first = restarts.index(b"\xff\xd0")
    yield "lossless-restart-dropped.jpg", restarts[:first] + restarts[first + 2 :]
    yield "lossless-part-missing.jpg", restarts[: first - 30] + restarts[first:]
    yield "lossless-predictor-0.jpg", lossless(picture(11, 9), 1).replace(bytes([2, 0, 1, 0, 0]), bytes([2, 0, 0, 0, 0]))
    yield "lossless-jfif.jpg", lossless(picture(11, 9), 1).replace(b"\xff\xd8", b"\xff\xd8" + segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"), 1)


# PNG


def chunk(name, data, checksum=None):
    checksum = zlib.crc32(name + data) if checksum is None else checksum
    return struct.pack(">L", len(data)) + name + data + struct.pack(">L", checksum)


def png_file(chunks):
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*parts) for parts in chunks)


def png_chunks(image):
    file, at, chunks = saved(image, "PNG"), 8, []
    while at < len(file):
        (length,) = struct.unpack(">L", file[at : at + 4])
        chunks.append((file[at + 4 : at + 8], file[at + 8 : at + 8 + length]))
        at += 12 + length
    return chunks


def inserted(chunks, name, *new):
    at = [chunk[0] for chunk in chunks].index(name)
    return [*chunks[:at], *new, *chunks[at:]]


def pngs():
    header, (_, pixels), end = png_chunks(picture())
    rows = zlib.decompress(pixels)
    wrong = pixels[:-1] + bytes([pixels[-1] ^ 1])
    whole = png_file([header, (b"IDAT", pixels), end])
    yield "no-end.png", whole[:-12]
    yield "no-checksum.png", whole[:-16]
    yield "cut.png", whole[:-60]
    yield "idat-checksum.png", png_file([header, (b"IDAT", pixels, 1), end])
    yield "header-checksum.png", png_file([(*header, 1), (b"IDAT", pixels), end])
    yield "text-checksum.png", png_file([header, (b"tEXt", b"a\0b", 1), (b"IDAT", pixels), end])
    yield "text-checksum-behind.png", png_file([header, (b"IDAT", pixels), (b"tEXt", b"a\0b", 1), end])
    yield "adler.png", png_file([header, (b"IDAT", wrong), end])
    yield "pieces.png", png_file([header, (b"IDAT", b""), *((b"IDAT", pixels[at : at + 9]) for at in range(0, len(pixels), 9)), end])
    yield "pieces-apart.png", png_file([header, (b"IDAT", pixels[:50]), (b"tEXt", b"a\0b"), (b"IDAT", pixels[50:]), end])
    yield "rows-missing.png", png_file([header, (b"IDAT", zlib.compress(rows[: -2 * 73])), end])
    yield "row-cut.png", png_file([header, (b"IDAT", zlib.compress(rows[:-10])), end])
    yield "more-pixels.png", png_file([header, (b"IDAT", zlib.compress(rows + rows)), end])
    yield "filter-7.png", png_file([header, (b"IDAT", zlib.compress(rows[:73] + b"\7" + rows[74:])), end])
    yield "long-text.png", png_file([header, (b"zTXt", b"a\0\0" + zlib.compress(bytes(2_000_000))), (b"IDAT", pixels), end])
    yield "tail.png", whole + b"tail"
    palette, alphas = bytes(RNG.integers(0, 256, 48).tolist()), bytes(range(0, 240, 16))
    for interlaced in (0, 1):
        sides = struct.pack(">LLBBBBB", 24, 16, 4, 3, 0, 0, interlaced)
        indices = b"".join(b"\0" + bytes(RNG.integers(0, 256, 12).tolist()) for _ in range(16))
        if interlaced:
            passes = ((3, 2), (3, 2), (6, 2), (6, 4), (12, 4), (12, 8), (24, 8))
            indices = b"".join(b"\2" + bytes(RNG.integers(0, 256, (width + 1) // 2).tolist()) for width, height in passes for _ in range(height))
        colors, trns, idat = (b"PLTE", palette), (b"tRNS", alphas), (b"IDAT", zlib.compress(indices))
        for name, order in (("before", [trns, colors, idat]), ("after", [colors, trns, idat]), ("behind", [colors, idat, trns]), ("twice", [colors, (b"tRNS", b"\0"), trns, idat]), ("no-palette", [trns, idat]), ("palette-behind", [idat, colors]), ("newline", [colors, (b"tRNS", b"\xff\0\n"), idat])):
            yield f"trns-{name}-{interlaced}.png", png_file([(b"IHDR", sides), *order, end])
    for name, trns in (("short", b"\0\1\0\2"), ("deep", b"\1\0\1\x3c\1\x82")):
        yield f"trns-rgb-{name}.png", png_file([header, (b"tRNS", trns), (b"IDAT", pixels), end])


# GIF


def gifs():
    gif = saved(picture().quantize(16), "GIF")
    head, frame = 13 + 48, gif.index(b",", 13 + 48)
    ramp = bytes(level for index in range(16) for level in (index,) * 3)
    yield "no-palette.gif", gif[:10] + bytes([gif[10] & 0x7F]) + gif[11:13] + gif[head:]
    yield "grey-ramp.gif", gif[:13] + ramp + gif[head:]
    yield "local-ramp.gif", gif[: frame + 9] + b"\x83" + ramp + gif[frame + 10 :]
    transparent = b"!\xf9\4\1\0\0\3\0"
    yield "no-palette-transparent.gif", gif[:10] + bytes([gif[10] & 0x7F]) + gif[11:13] + transparent + gif[head:]
    for name, between in (("junk", b"junk"), ("zeros", bytes(3)), ("unknown-extension", b"!\x11\2ab\0"), ("empty-extension", b"!\x11\0"), ("short-control", b"!\xf9\2\1\0\0"), ("two-controls", transparent + b"!\xf9\4\0\0\0\1\0"), ("trailer", b";")):
        yield f"{name}.gif", gif[:head] + between + gif[head:]
    yield "no-trailer.gif", gif[:-1]
    yield "no-terminator.gif", gif[:-2]
    yield "cut.gif", gif[:-30]
    yield "empty-screen.gif", gif[:6] + bytes(4) + gif[10:]
    yield "empty-frame.gif", gif[: frame + 5] + bytes(2) + gif[frame + 7 :]
    yield "more-rows.gif", gif[: frame + 7] + struct.pack("<H", 40) + gif[frame + 9 :]
    yield "fewer-rows.gif", gif[: frame + 7] + struct.pack("<H", 5) + gif[frame + 9 :]
    yield "other-code-size.gif", gif[: frame + 10] + b"\7" + gif[frame + 11 :]
    for at in (20, 60, 110):
        yield f"changed-{at}.gif", gif[: frame + at] + bytes([gif[frame + at] ^ 0x55]) + gif[frame + at + 1 :]


# BMP


def bmp(size, bits, compression, colors=0, masks=(), data=None, palette=None, cut=0, width=13, height=5):
    stride = (width * bits + 31) // 32 * 4
    data = bytes(RNG.integers(0, 256, stride * height).tolist()) if data is None else data
    count = colors or (1 << bits if bits <= 8 else 0)
    palette = bytes(RNG.integers(0, 256, count * 4).tolist()) if palette is None else palette
    head = struct.pack("<LLlHHLLLLLL", size, width, height, 1, bits, compression, len(data), 0, 0, colors, 0)
    fields = b"".join(struct.pack("<L", mask) for mask in masks)
    head = (head + fields).ljust(size, b"\0")[:size] if size > 40 else head + fields[:12]
    offset = 14 + len(head) + len(palette)
    return b"BM" + struct.pack("<LHHL", offset + len(data), 0, 0, offset) + head + palette + data[: len(data) - cut]


def bmps():
    for cut in (1, 2, 3, 4):
        yield f"cut-{cut}.bmp", bmp(40, 8, 0, colors=4, cut=cut)
    for size in (40, 64, 124):
        for bits in (1, 4, 8, 16, 24, 32):
            palette = bytes(RNG.integers(0, 256, (4 << bits if bits < 8 else 0)).tolist())
            yield f"masks-{size}-{bits}.bmp", bmp(size, bits, 3, colors=2 if bits == 8 else 0, masks=(0xFF0000, 0xFF00, 0xFF, 0xFF000000), palette=palette)
    for size, bits, compression in ((64, 24, 4), (40, 24, 1), (40, 8, 2), (40, 4, 1), (40, 8, 5), (40, 8, 11)):
        rows = b"".join(bytes([13, row]) + bytes(2) for row in range(5))
        yield f"compression-{size}-{bits}-{compression}.bmp", bmp(size, bits, compression, colors=6 if bits <= 8 else 0, data=rows)
    yield "no-masks-16.bmp", bmp(40, 16, 3, masks=(0, 0, 0))
    yield "no-masks-32.bmp", bmp(40, 32, 3, masks=(0, 0, 0))
    ramp = b"".join(bytes([level] * 3 + [0]) for level in range(9))
    yield "grey-ramp.bmp", bmp(40, 8, 0, colors=9, palette=ramp)
    yield "grey-ramp-rle.bmp", bmp(40, 8, 1, colors=9, palette=ramp, data=b"".join(bytes([13, row * 40]) + bytes(2) for row in range(5)))
    yield "black-alone.bmp", bmp(40, 1, 0, colors=1, palette=bytes(4))
    yield "black-and-white-rle.bmp", bmp(40, 8, 1, colors=2, palette=bytes(4) + bytes([255, 255, 255, 0]), data=b"".join(bytes([13, row]) + bytes(2) for row in range(5)))
    odd = bmp(40, 8, 1, colors=4, data=b"\0\3abc\0" * 22)
    yield "odd-offset-rle.bmp", odd[:10] + struct.pack("<L", 14 + 40 + 16 + 1) + odd[14:70] + b"\0" + odd[70:]
    yield "cut-rle.bmp", bmp(40, 8, 1, colors=4, data=b"\x0d\1\0\0\x0d\2")
    yield "palette-300.bmp", bmp(40, 8, 0, colors=300)


# WebP


def riff(chunks):
    body = b"".join(name + struct.pack("<L", len(data)) + data + bytes(len(data) % 2) for name, data in chunks)
    return b"RIFF" + struct.pack("<L", len(body) + 4) + b"WEBP" + body


def vp8x(flags, width=24, height=16):
    return b"VP8X", bytes([flags, 0, 0, 0]) + struct.pack("<L", width - 1)[:3] + struct.pack("<L", height - 1)[:3]


def webp_chunks(file):
    at, chunks = 12, []
    while at + 8 <= len(file):
        (length,) = struct.unpack("<L", file[at + 4 : at + 8])
        chunks.append((file[at : at + 4], file[at + 8 : at + 8 + length]))
        at += 8 + length + length % 2
    return [chunk for chunk in chunks if chunk[0] != b"VP8X"]


def webps():
    transparent = picture().convert("RGBA")
    transparent.putalpha(Image.fromarray(np.add.outer(np.arange(16) * 15, np.arange(24)).astype(np.uint8)))
    lossy, alpha = webp_chunks(saved(picture(), "WebP")), webp_chunks(saved(transparent, "WebP"))
    lossless = webp_chunks(saved(transparent, "WebP", lossless=True, exact=True))
    yield "alpha-flag-alone.webp", riff([vp8x(0x10), *lossy])
    yield "no-alpha-flag.webp", riff([vp8x(0), *alpha])
    yield "no-alpha-flag-lossless.webp", riff([vp8x(0), *lossless])
    yield "exif-flag-alone.webp", riff([vp8x(0x08), *lossy])
    yield "animation-flag-alone.webp", riff([vp8x(0x02), *lossy])
    yield "unknown-flag.webp", riff([vp8x(0x40), *lossy])
    yield "other-canvas.webp", riff([vp8x(0, 26), *lossy])
    yield "unknown-chunks.webp", riff([vp8x(0), (b"abcd", b"xyz"), *lossy, (b"zzzz", b"1")])
    yield "two-pictures.webp", riff([vp8x(0), *lossy, *lossy])
    yield "alpha-behind.webp", riff([vp8x(0x10), *alpha[::-1]])
    yield "alpha-alone.webp", riff(alpha)
    whole = riff(lossy)
    yield "tail.webp", whole + b"tail"
    yield "size-too-large.webp", whole[:4] + struct.pack("<L", len(whole)) + whole[8:]
    yield "cut.webp", whole[:-20]
    for name, image in (("lossy", lossy), ("alpha", alpha), ("lossless", lossless)):
        parts = b"".join(kind + struct.pack("<L", len(data)) + data + bytes(len(data) % 2) for kind, data in image)
        for blend in (0, 2):
            for flags in (0x02, 0x12):
                place = struct.pack("<L", 1)[:3] + struct.pack("<L", 2)[:3] + struct.pack("<L", 23)[:3] + struct.pack("<L", 15)[:3]
                frame = (b"ANMF", place + b"\x64\0\0" + bytes([blend]) + parts)
                yield f"frame-{name}-{blend}-{flags:x}.webp", riff([vp8x(flags, 30, 24), (b"ANIM", b"\x10\x80\xf0\x90\0\0"), frame])
    yield "frame-without-animation.webp", riff([vp8x(0x12, 30, 24), frame])


def expected(path):
    try:
        image = ImageOps.exif_transpose(Image.open(path))
        if "A" in image.getbands() or image.info.get("transparency") is not None:
            image = image.convert("RGBA")
            image = Image.alpha_composite(Image.new("RGBA", image.size, WHITE), image)
        rgb = image.convert("RGB")
    except Exception as error:
        return {"refused": type(error).__name__}
    return {"width": rgb.width, "height": rgb.height, "rgb": hashlib.sha256(rgb.tobytes()).hexdigest()}


def main():
    warnings.simplefilter("ignore")
    folder = HERE / "damaged"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    records = []
    for make in (exifs, jpegs, pngs, gifs, bmps, webps, lossless_jpegs, odd_scans):
        for name, data in make():
            path = folder / name
            assert not path.exists(), name
            path.write_bytes(data)
            records.append({"name": name, **expected(path)})
    lines = ",\n".join(json.dumps(record) for record in records)
    (HERE / "damaged.json").write_text(f"[\n{lines}\n]\n")
    print(len(records), "files,", sum(len((folder / record["name"]).read_bytes()) for record in records), "bytes")


if __name__ == "__main__":
    main()
