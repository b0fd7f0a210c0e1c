"""Writers for the variants of PNG and BMP that Pillow reads but does not write."""

import struct
import zlib

import numpy as np

# (x start, y start, x step, y step) of the seven passes of Adam7.
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]

GREY, RGB, INDEXED, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
BI_RGB, BI_RLE8, BI_RLE4, BI_BITFIELDS = 0, 1, 2, 3


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def pack_bits(row: np.ndarray, bits: int) -> bytes:
    """Samples of 1, 2, 4, 8 or 16 bits, the first one in the high bits, rows padded to whole bytes."""
    if bits == 16:
        return row.astype(">u2").tobytes()
    if bits == 8:
        return row.astype(np.uint8).tobytes()
    shifts = np.arange(bits - 1, -1, -1)
    return np.packbits((row.astype(np.uint8).reshape(-1, 1) >> shifts) & 1).tobytes()


def png(samples: np.ndarray, color_type: int, bits: int, *, interlaced=False, palette=None, before=(), after=()) -> bytes:
    """`samples` is [height, width] or [height, width, channels]; `before` and `after` are (kind, data) chunks around
    the pixels."""
    height, width = samples.shape[:2]

    def rows(part):
        return b"".join(b"\0" + pack_bits(row.reshape(-1), bits) for row in part)

    if interlaced:
        parts = [samples[y::dy, x::dx] for x, y, dx, dy in ADAM7]
        raw = b"".join(rows(part) for part in parts if part.size)
    else:
        raw = rows(samples)
    header = struct.pack(">IIBBBBB", width, height, bits, color_type, 0, 0, int(interlaced))
    chunks = [(b"IHDR", header)]
    if palette is not None:
        chunks.append((b"PLTE", np.asarray(palette, np.uint8).tobytes()))
    chunks += [*before, (b"IDAT", zlib.compress(raw, 9)), *after, (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, data) for kind, data in chunks)


def bmp(pixels: bytes, width: int, height: int, bits: int, *, compression=BI_RGB, palette=b"", masks=b"") -> bytes:
    """A Windows 3 bitmap; `height` is negative for rows from the top."""
    offset = 14 + 40 + len(masks) + len(palette)
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(pixels), 2835, 2835, len(palette) // 4, 0)
    return b"BM" + struct.pack("<IHHI", offset + len(pixels), 0, 0, offset) + info + masks + palette + pixels


def bmp_rows(samples: np.ndarray, bits: int) -> bytes:
    """Rows from the bottom, padded to four bytes; `samples` is [height, width] of numbers of `bits` bits."""
    packed = []
    for row in samples[::-1]:
        data = row.astype("<u4").tobytes() if bits == 32 else row.astype("<u2").tobytes() if bits == 16 else pack_bits(row, bits)
        packed.append(data + b"\0" * (-len(data) % 4))
    return b"".join(packed)


def rle8(samples: np.ndarray) -> bytes:
    """Runs where there are runs, absolute mode elsewhere, and a delta that leaves the last row's end bare."""
    out = bytearray()
    for y, row in enumerate(samples[::-1]):
        x = 0
        while x < len(row):
            run = 1
            while x + run < len(row) and run < 255 and row[x + run] == row[x]:
                run += 1
            if run == 1 and x + 4 <= len(row):
                out += bytes([0, 4]) + row[x : x + 4].astype(np.uint8).tobytes()
                x += 4
            else:
                out += bytes([run, row[x]])
                x += run
        out += b"\0\0"
    return bytes(out + b"\0\1")


def rle4(samples: np.ndarray) -> bytes:
    """Runs of one colour."""
    out = bytearray()
    for row in samples[::-1]:
        x = 0
        while x < len(row):
            run = 1
            while x + run < len(row) and run < 255 and row[x + run] == row[x]:
                run += 1
            out += bytes([run, int(row[x]) * 17])
            x += run
        out += b"\0\0"
    return bytes(out + b"\0\1")
