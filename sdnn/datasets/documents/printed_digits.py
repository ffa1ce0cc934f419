"""Digits in print, as a source of digits."""

from functools import cache
from typing import Final

import numpy as np

from sdnn.datasets.digits import TEXT_PX, DigitImage
from sdnn.datasets.handwriting import LineStyle
from sdnn.datasets.rasterizer import Ink
from sdnn.datasets.typefaces import hershey_scale, hershey_text, pillow_text

SCALE: Final = 2
"""Pixels per pixel of MNIST."""
PRINT_FONTS: Final = 5
"""OpenCV's stroke fonts that look like print, the first ones of `HERSHEY`."""
PRINT_TYPEFACES: Final = 2 * PRINT_FONTS + 2
"""Typefaces of printed digits: OpenCV's, thin and bold, and Pillow's own, plain and bold."""


class PrintedDigits:
    """Digits in one typeface, as a source."""

    pen_px: Final = 2.0
    """Line width of the pen beside digits 20 pixels high, for signs beside them."""

    def __init__(self, typeface: int) -> None:
        """Keeps a typeface, 0 to `PRINT_TYPEFACES` - 1."""
        self.typeface = typeface

    def draw(self, label: int, _: np.random.Generator) -> DigitImage:
        """The digit of the label, always the same."""
        return DigitImage(_printed_digit(label, self.typeface), label, scale=SCALE)

    @staticmethod
    def writer(rng: np.random.Generator, scale: int = 1) -> "PrintedDigits":
        """Digits in a random typeface."""
        return PrintedDigits(int(rng.integers(PRINT_TYPEFACES)))


def random_print_style(rng: np.random.Generator) -> LineStyle:
    """Digits of one size on a straight baseline, with equal gaps of random width."""
    return LineStyle(
        heights=np.ones(10),
        drops=np.zeros(10),
        gap=float(rng.uniform(0.08, 0.25)),
        gap_spread=0.01,
        width_spread=0.0,
        size_spread=0.0,
        baseline_spread=0.0,
    )


@cache
def _printed_digit(label: int, typeface: int) -> Ink:
    """A cropped digit about `SCALE` times as high as MNIST's."""
    height = SCALE * TEXT_PX
    font, bold = divmod(typeface, 2)
    if font == PRINT_FONTS:
        return np.ascontiguousarray(pillow_text(str(label), height, bold))
    ink, _, _ = hershey_text(str(label), font, hershey_scale(font, height), 3 + 3 * bold)
    return np.ascontiguousarray(ink)
