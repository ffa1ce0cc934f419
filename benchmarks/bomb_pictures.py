"""Small files that decode to large pictures, or to many: each function gives the bytes of one."""

import io
import struct
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain, repeat
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

SAMPLES: Final = Path(__file__).parents[1] / "data" / "samples"
GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
"""Colour types of PNG."""
_CHANNELS: Final = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _deflated(parts: Iterable[bytes]) -> bytes:
    deflate = zlib.compressobj(9)
    compressed = b"".join(map(deflate.compress, parts))
    return compressed + deflate.flush()


def png(
    width: int, height: int, colour: int = GREY, depth: int = 8, chunks: bytes = b"", rows: int | None = None
) -> bytes:
    """A PNG of equal pixels, or of random ones where it is small.

    Args:
        width: Pixels.
        height: Pixels.
        colour: Colour type.
        depth: Bits of a channel.
        chunks: Further chunks, before the pixels.
        rows: Rows that are really there; by default all.
    """
    pixel = bytes([40, 90, 200, 128])[: _CHANNELS[colour]] * (depth // 8 or 1)
    row = b"\0" + (pixel * width)[: (width * _CHANNELS[colour] * depth + 7) // 8]
    count = height if rows is None else rows
    block = max(1, 10_000_000 // len(row))
    parts = chain(repeat(row * block, count // block), [row * (count % block)])
    return png_of(width, height, parts, colour, depth, chunks)


def png_of(
    width: int,
    height: int,
    parts: Iterable[bytes],
    colour: int = GREY,
    depth: int = 8,
    chunks: bytes = b"",
    interlace: int = 0,
) -> bytes:
    """A PNG of the given bytes of its rows."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace)
    palette = _chunk(b"PLTE", bytes(range(256)) * 3) + _chunk(b"tRNS", bytes(range(256)))
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + (palette if colour == PALETTE else b"")
        + chunks
        + _chunk(b"IDAT", _deflated(parts))
        + _chunk(b"IEND", b"")
    )


def interlaced_png(side: int) -> bytes:
    """An interlaced PNG."""
    passes = ((8, 8), (8, 8), (4, 8), (4, 4), (2, 4), (2, 2), (1, 2))
    parts = (
        bytes(1 + -(-side // across) * 4) * 1000
        for across, down in passes
        for _ in range(side // down // 1000)
    )
    return png_of(side, side, parts, RGBA, interlace=1)


def png_with_text(kind: bytes, inflated: int) -> bytes:
    """A small picture with a compressed chunk of text, or an ICC profile."""
    zeros = _deflated(bytes(1_000_000) for _ in range(inflated // 1_000_000))
    return png(50, 50, chunks=_chunk(kind, b"name\0\0" + zeros))


def png_of_chunks(count: int) -> bytes:
    """A small picture with many chunks."""
    return png(50, 50, chunks=_chunk(b"tEXt", b"a\0b") * count)


def field_of_digits(side: int, pitch: tuple[int, int], height: int) -> bytes:
    """A page of one bit, full of strings of digits.

    Args:
        side: Pixels.
        pitch: Columns and rows from one string to the next.
        height: Height of each, with its paper.
    """
    columns, rows = pitch
    with Image.open(sorted(SAMPLES.glob("*.png"))[0]) as image:
        grey = image.convert("L")
        small = grey.resize((columns - 8, height))
    tile = np.full((rows, columns), 255, np.uint8)
    tile[:height, : columns - 8] = np.asarray(small)
    row = np.tile(tile > 128, (1, -(-side // columns)))[:, :side]
    packed = np.packbits(row, axis=1)
    block = b"".join(b"\0" + line.tobytes() for line in packed)
    return png_of(side, rows * (side // rows), repeat(block, side // rows), depth=1)


def bars(width: int, height: int, period: int) -> bytes:
    """Bars across a strip, like ones without end."""
    along = np.arange(max(width, height)) // max(1, period // 2) % 2 * 255
    picture = np.tile(along.astype(np.uint8), (min(width, height), 1))
    return encoded(Image.fromarray(picture if width > height else picture.T), "PNG")


def encoded(image: Image.Image, form: str, **options: Any) -> bytes:
    """A picture in a format of Pillow."""
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def plain(form: str, mode: str, size: tuple[int, int], **options: Any) -> bytes:
    """A blank picture in a format of Pillow."""
    return encoded(Image.new(mode, size, "white" if mode != "P" else 0), form, **options)


def frames(form: str, count: int, size: tuple[int, int], **options: Any) -> bytes:
    """A picture of many frames, no two alike."""
    pictures: Iterator[Image.Image] = (Image.new("L", size, number % 200) for number in range(count))
    return encoded(next(pictures), form, save_all=True, append_images=pictures, **options)


def jpeg_header(width: int, height: int) -> bytes:
    """A JPEG that says it is large, with the data of a small one."""
    data = plain("JPEG", "L", (16, 16))
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def jpeg_of_scans(side: int, scans: int) -> bytes:
    """A progressive JPEG whose last scan comes many times."""
    data = plain("JPEG", "L", (side, side), progressive=True)
    last = data.rindex(b"\xff\xda")
    tables = data.rindex(b"\xff\xc4", 0, last)
    return data[:last] + data[last:-2] * scans + data[-2:] if tables else data


def tiff(entries: dict[int, tuple[int, int, int]], data: bytes = b"", times: int = 1) -> bytes:
    """A TIFF of tags: type, count and value of each; its bytes stand at 8.

    Args:
        entries: By the number of the tag.
        data: Bytes of the pixels.
        times: How often each entry comes.
    """
    at = 8 + len(data) + len(data) % 2
    listed = sorted(entries.items()) * times
    directory = struct.pack("<H", len(listed) & 0xFFFF)
    for tag, (kind, count, value) in listed:
        directory += struct.pack("<HHII", tag, kind, count, value)
    return b"II*\0" + struct.pack("<I", at) + data + b"\0" * (len(data) % 2) + directory + bytes(4)


def tiff_tags(width: int, height: int, **more: int) -> dict[int, tuple[int, int, int]]:
    """The tags of a grey TIFF of one strip, and others."""
    numbers = {
        "width": 256, "height": 257, "bits": 258, "compression": 259, "photometric": 262, "strip": 273,
        "samples": 277, "rows": 278, "bytes": 279, "tile_width": 322, "tile_height": 323, "tile": 324,
        "tile_bytes": 325,
    }  # fmt: skip
    values = {
        "width": width, "height": height, "bits": 8, "compression": 1, "photometric": 1, "strip": 8,
        "samples": 1, "rows": height, "bytes": 100,
    }  # fmt: skip
    return {numbers[name]: (4, 1, value) for name, value in {**values, **more}.items()}


def bmp_of_runs(width: int, height: int) -> bytes:
    """A BMP of run lengths, which ends at once."""
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, 2, 0, 0, 256, 0)
    palette = b"".join(bytes([grey, grey, grey, 0]) for grey in range(256))
    at = 14 + len(header) + len(palette)
    return b"BM" + struct.pack("<IHHI", at + 2, 0, 0, at) + header + palette + b"\0\1"
