"""One strip in every format and mode: the same brightness, and the same digits."""

import io
import struct
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageCms

from sdnn.preprocessing.loading import load_pages
from sdnn.preprocessing.pdf_renderer import DPI
from sdnn.reading.reader import Reader

DIGITS = "14662"
STRIP = Image.open(Path(__file__).parents[2] / "data" / "samples" / "00000.png").convert("L")
GREY = np.asarray(STRIP)
ROUNDED = 0.004
"""Tolerance where grey levels may move by one of 255; of the brightness, averaged over the pixels."""
COARSE = 0.01
"""Where there are fewer levels, or the loss of a careful compression."""
BILEVEL = 0.1
"""Where each pixel is black or white; most are already."""
DRAWN = 0.05
"""In a PDF, where PDFium draws a picture up to a pixel larger than it is."""
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""How a camera stores an upright picture, by the orientation that it notes."""


class Case(NamedTuple):
    """A way to store the strip.

    Attributes:
        name: Format and mode.
        data: The file.
        tolerance: Difference of brightness, from 0 to 1 and averaged over the pixels.
        page: Which of the pages shows the strip.
        pages: How many there are.
    """

    name: str
    data: bytes
    tolerance: float = 0.0
    page: int = 0
    pages: int = 1


def encoded(image: Image.Image, kind: str, **settings: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **settings)
    return file.getvalue()


def of(values: npt.NDArray[Any], dtype: Any) -> Image.Image:
    return Image.fromarray(values.astype(dtype))


def with_alpha() -> Image.Image:
    """Black, as opaque as the strip is dark."""
    picture = Image.new("LA", STRIP.size, 0)
    picture.putalpha(of(255 - GREY, np.uint8))
    return picture


def with_a_clear_entry() -> Image.Image:
    """A palette of greys, in which white is another colour that is transparent."""
    palette = [value for value in range(255) for _ in range(3)] + [200, 0, 0]
    picture = Image.new("P", STRIP.size)
    picture.putdata(GREY.ravel().tolist())
    picture.putpalette(palette)
    picture.info["transparency"] = 255
    return picture


def lab() -> Image.Image:
    srgb, lightness = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    picture = ImageCms.profileToProfile(STRIP.convert("RGB"), srgb, lightness, outputMode="LAB")
    assert picture
    return picture


def white_is_zero(image: Image.Image) -> bytes:
    """A TIFF that says of its values that 0 is white."""
    entry = "<HHIHH", 262, 3, 1
    data = encoded(image, "TIFF")
    changed = data.replace(struct.pack(*entry, 1, 0), struct.pack(*entry, 0, 0))
    assert changed != data
    return changed


def photo(kind: str, orientation: int, **settings: Any) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(STRIP.transpose(UPRIGHT[orientation]), kind, exif=exif, **settings)


def several(kind: str, *images: Image.Image, **settings: Any) -> bytes:
    return encoded(images[0], kind, save_all=True, append_images=images[1:], **settings)


def convert(mode: str) -> Image.Image:
    return STRIP.convert(mode, dither=Image.Dither.NONE)


BLANK = Image.new("L", STRIP.size, 255)
SIXTEEN = of(GREY.astype(np.uint16) * 257, np.uint16)
BIG_ENDIAN = Image.frombytes("I;16B", STRIP.size, (GREY.astype(">u2") * 257).astype(">u2").tobytes())
FINE = {"quality": 95}

CASES = [
    *[Case(f"PNG {mode}", encoded(STRIP.convert(mode), "PNG")) for mode in ("L", "RGB", "RGBA", "LA", "P")],
    Case("PNG P of 16 colours", encoded(STRIP.quantize(16), "PNG"), COARSE),
    Case("PNG P with transparency", encoded(with_a_clear_entry(), "PNG")),
    Case("PNG of 1 bit", encoded(convert("1"), "PNG"), BILEVEL),
    Case("PNG of 16 bits", encoded(SIXTEEN, "PNG")),
    Case("PNG of 16 bits with transparency", encoded(SIXTEEN, "PNG", transparency=65535)),
    Case("PNG of 12 bits in 16", encoded(of(np.round(GREY / 255 * 4095), np.uint16), "PNG"), ROUNDED),
    Case("PNG black on transparent", encoded(with_alpha(), "PNG"), ROUNDED),
    Case("PNG animation", several("PNG", STRIP, BLANK)),
    *[Case(f"PNG orientation {number}", photo("PNG", number)) for number in UPRIGHT],
    *[
        Case(f"TIFF {mode}", encoded(STRIP.convert(mode), "TIFF"), ROUNDED)
        for mode in ("L", "RGB", "RGBA", "LA", "P", "CMYK", "YCbCr")
    ],
    Case("TIFF LAB", encoded(lab(), "TIFF"), ROUNDED),
    Case("TIFF LZW", encoded(STRIP, "TIFF", compression="tiff_lzw")),
    Case("TIFF deflate", encoded(STRIP, "TIFF", compression="tiff_adobe_deflate")),
    Case("TIFF JPEG", encoded(STRIP.convert("RGB"), "TIFF", compression="jpeg", **FINE), COARSE),
    Case("TIFF of 1 bit", encoded(convert("1"), "TIFF"), BILEVEL),
    Case("TIFF group 3", encoded(convert("1"), "TIFF", compression="group3"), BILEVEL),
    Case("TIFF group 4", encoded(convert("1"), "TIFF", compression="group4"), BILEVEL),
    Case("TIFF of 16 bits", encoded(SIXTEEN, "TIFF")),
    Case("TIFF of 16 bits, Motorola", encoded(BIG_ENDIAN, "TIFF")),
    Case("TIFF of 16 bits, LZW", encoded(SIXTEEN, "TIFF", compression="tiff_lzw")),
    Case("TIFF of 32 bits", encoded(of(GREY, np.int32), "TIFF"), COARSE),
    Case("TIFF floats to 1", encoded(of(GREY / 255, np.float32), "TIFF"), ROUNDED),
    Case("TIFF floats to 255", encoded(of(GREY, np.float32), "TIFF")),
    Case("TIFF white is 0", white_is_zero(of(255 - GREY, np.uint8))),
    Case("TIFF of 16 bits, white is 0", white_is_zero(of(65535 - np.asarray(SIXTEEN), np.uint16)), ROUNDED),
    Case("TIFF of 1 bit, white is 0", white_is_zero(of(GREY < 128, np.bool_)), BILEVEL),
    Case("TIFF black on transparent", encoded(with_alpha(), "TIFF"), ROUNDED),
    Case("TIFF second page", several("TIFF", BLANK, STRIP, BLANK), page=1, pages=3),
    Case("TIFF orientation 6", photo("TIFF", 6)),
    *[
        Case(f"JPEG {mode}", encoded(STRIP.convert(mode), "JPEG", **FINE), COARSE)
        for mode in ("L", "RGB", "CMYK")
    ],
    *[Case(f"JPEG orientation {number}", photo("JPEG", number, **FINE), COARSE) for number in UPRIGHT],
    Case("JPEG progressive", encoded(STRIP, "JPEG", progressive=True, **FINE), COARSE),
    Case("MPO", several("MPO", STRIP, BLANK, **FINE), COARSE),
    *[Case(f"BMP {mode}", encoded(STRIP.convert(mode), "BMP")) for mode in ("L", "RGB", "P")],
    Case("BMP of 1 bit", encoded(convert("1"), "BMP"), BILEVEL),
    Case("PBM", encoded(convert("1"), "PPM"), BILEVEL),
    Case("PGM", encoded(STRIP, "PPM")),
    Case("PGM of 16 bits", encoded(SIXTEEN, "PPM")),
    Case(
        "PGM in letters", f"P2 {GREY.shape[1]} {GREY.shape[0]} 255 {' '.join(map(str, GREY.flat))}".encode()
    ),
    Case("PPM", encoded(STRIP.convert("RGB"), "PPM")),
    Case("WEBP", encoded(STRIP, "WEBP", **FINE), COARSE),
    Case("WEBP lossless", encoded(STRIP, "WEBP", lossless=True), ROUNDED),
    Case("WEBP black on transparent", encoded(with_alpha().convert("RGBA"), "WEBP", lossless=True), ROUNDED),
    Case("WEBP animation", several("WEBP", STRIP, BLANK, lossless=True), ROUNDED),
    Case("GIF", encoded(STRIP, "GIF")),
    Case("AVIF", encoded(STRIP, "AVIF", **FINE), COARSE),
    Case("GIF animation", several("GIF", STRIP, BLANK)),
    Case("GIF with transparency", encoded(with_a_clear_entry(), "GIF")),
    Case("PDF", encoded(STRIP, "PDF", resolution=DPI, **FINE), DRAWN),
    Case("PDF of 1 bit", encoded(convert("1"), "PDF", resolution=DPI), BILEVEL),
    Case("PDF second page", several("PDF", BLANK, STRIP, resolution=DPI, **FINE), DRAWN, page=1, pages=2),
]


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_strip_is_as_bright_and_reads_the_same(case: Case, reader: Reader) -> None:
    pages = list(load_pages(case.data))
    assert len(pages) == case.pages
    page = pages[case.page]
    assert page.shape == GREY.shape
    assert float(np.abs(page - GREY / 255).mean()) <= case.tolerance + 1e-6
    assert [each.text for each in reader.read(page if case.page else case.data)] == [DIGITS]


def test_the_strip_reads_the_same_when_it_is_light_on_dark(reader: Reader) -> None:
    readings = reader.read(encoded(of(255 - GREY, np.uint8), "PNG"))
    assert [reading.text for reading in readings] == [DIGITS]
