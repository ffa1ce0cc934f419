"""Digits in print, as a source of digits."""

from functools import cache
from typing import Final

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sdnn.datasets.digits import DigitImage
from sdnn.datasets.distractors import HERSHEY
from sdnn.datasets.documents.ink_canvas import Ink
from sdnn.datasets.handwriting import LineStyle
from sdnn.datasets.pen import TEXT_PX

SCALE: Final = 2
"""Pixels for every pixel of MNIST."""
UPRIGHT: Final = HERSHEY[:5]
"""OpenCV's stroke fonts that look like print."""
TYPEFACES: Final = 2 * len(UPRIGHT) + 2
"""Typefaces of printed digits: OpenCV's, thin and bold, and Pillow's own, plain and bold."""


class PrintedDigits:
    """Digits of one typeface."""

    pen_px: Final = 2.0
    """Width of the pen's line beside digits 20 pixels high, for signs beside them."""

    def __init__(self, typeface: int) -> None:
        """Takes a typeface, from 0 to `TYPEFACES` - 1."""
        self.typeface = typeface

    def draw(self, label: int, _: np.random.Generator) -> DigitImage:
        """The digit of the label, always the same."""
        return DigitImage(_printed_digit(label, self.typeface), label, scale=SCALE)

    def writer(self, rng: np.random.Generator, scale: int = 1) -> "PrintedDigits":
        """Any typeface."""
        return random_print(rng)


def random_print(rng: np.random.Generator) -> PrintedDigits:
    """Digits of any typeface."""
    return PrintedDigits(int(rng.integers(TYPEFACES)))


def random_print_style(rng: np.random.Generator) -> LineStyle:
    """Digits of one size on a straight baseline, with gaps of one width, drawn at random."""
    return LineStyle(
        heights=np.ones(10),
        drops=np.zeros(10),
        gap=float(rng.uniform(0.08, 0.25)),
        gap_spread=0.01,
        width_spread=0.0,
        size_spread=0.0,
        unsteadiness=0.0,
    )


@cache
def _printed_digit(label: int, typeface: int) -> Ink:
    """Ink cut out close, about `SCALE` times as high as MNIST's digits."""
    height = SCALE * TEXT_PX
    if typeface >= 2 * len(UPRIGHT):
        font = ImageFont.load_default(height / 0.72)  # a digit's share of the size
        left, top, right, bottom = font.getbbox(str(label))
        picture = Image.new("L", (round(right - left) + 8, round(bottom - top) + 8))
        bold = typeface - 2 * len(UPRIGHT)
        ImageDraw.Draw(picture).text((4 - left, 4 - top), str(label), fill=255, font=font, stroke_width=bold)
        ink = np.asarray(picture)
    else:
        number, bold = divmod(typeface, 2)
        scale = height / cv2.getTextSize("8", UPRIGHT[number], 1.0, 1)[0][1]
        thickness = 3 + 3 * bold
        (width, tall), below = cv2.getTextSize(str(label), UPRIGHT[number], scale, thickness)
        ink = np.zeros((tall + below + 40, width + 40), np.uint8)
        place = (20, tall + 20)
        cv2.putText(ink, str(label), place, UPRIGHT[number], scale, 255, thickness, cv2.LINE_AA)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return np.ascontiguousarray(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
