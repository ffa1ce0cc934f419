"""Digits set side by side on a strip, with the truth about where each one stands.

A strip is never stored: it is made again from its seed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sdnn.datasets.digits import DigitImage, DigitSource
from sdnn.datasets.pen import IMAGE_PX
from sdnn.results import Box, FloatArray


@dataclass(frozen=True)
class Layout:
    """How digits are set on a strip.

    Attributes:
        digits: Fewest and most digits.
        gap_px: Least and greatest gap between the ink of neighbours; negative where they overlap.
        margin_px: Paper to the left and right.
        wide_gap_px: Least and greatest of the wide gaps.
        wide_share: How many of the gaps are wide.
    """

    digits: tuple[int, int] = (5, 5)
    gap_px: tuple[int, int] = (0, 6)
    margin_px: int = 10
    wide_gap_px: tuple[int, int] = (6, 30)
    wide_share: float = 0.0


@dataclass(frozen=True, eq=False)
class SyntheticStrip:
    """A strip made of digits.

    Attributes:
        ink: (28, W) uint8, 0 paper to 255 ink.
        text: The digits on it.
        boxes: The ink of each digit, in pixels of the strip.
        middles_px: Centre of mass of each digit's ink, across: where MNIST, too, has the middle of a digit.
        digits: The digits it is made of.
    """

    ink: npt.NDArray[np.uint8]
    text: str
    boxes: tuple[Box, ...]
    middles_px: tuple[float, ...]
    digits: tuple[DigitImage, ...]

    @property
    def page(self) -> FloatArray:
        """(28, W) brightness, 0 black to 1 white: the strip as dark writing on paper."""
        return 1.0 - self.ink.astype(np.float32) / 255


def random_strip(
    source: DigitSource, layout: Layout, rng: np.random.Generator, text: str | None = None
) -> SyntheticStrip:
    """A strip of digits by one writer.

    Args:
        source: Where the digits come from.
        layout: How they are set.
        rng: Decides everything.
        text: What the strip says; by default random digits, each label equally likely at each place.
    """
    source = source.writer(rng)
    if text is None:
        labels = rng.integers(10, size=rng.integers(layout.digits[0], layout.digits[1], endpoint=True))
        text = "".join(map(str, labels))
    digits = [source.draw(int(label), rng) for label in text]
    gaps = rng.integers(*layout.gap_px, endpoint=True, size=len(digits) - 1)
    if layout.wide_share:
        wide = rng.random(len(gaps)) < layout.wide_share
        gaps[wide] = rng.integers(*layout.wide_gap_px, endpoint=True, size=int(wide.sum()))
    return set_side_by_side(digits, gaps.tolist(), layout.margin_px)


def set_side_by_side(digits: Sequence[DigitImage], gaps_px: Sequence[int], margin_px: int) -> SyntheticStrip:
    """The digits in a row, each on its own rows, with the given gaps between their ink.

    Where two digits overlap the darker ink shows.

    Args:
        digits: L digits, at least one.
        gaps_px: L-1 gaps between the inked columns of neighbours. A digit never begins to the left of the
            one before it, however negative the gap.
        margin_px: Paper to the left and right.
    """
    lefts = [margin_px]
    for digit, gap in zip(digits, gaps_px, strict=False):
        lefts.append(max(lefts[-1] + 1, lefts[-1] + digit.ink.shape[1] + gap))
    right = max(left + digit.ink.shape[1] for left, digit in zip(lefts, digits, strict=True))
    ink = np.zeros((IMAGE_PX, right + margin_px), np.uint8)
    boxes, middles = [], []
    for left, digit in zip(lefts, digits, strict=True):
        place = ink[:, left : left + digit.ink.shape[1]]
        np.maximum(place, digit.ink, out=place)
        rows = np.flatnonzero(digit.ink.any(axis=1))
        boxes.append(Box(left, int(rows[0]), left + digit.ink.shape[1], int(rows[-1]) + 1))
        mass = digit.ink.sum(axis=0, dtype=np.float64)
        middles.append(left + 0.5 + float(mass @ np.arange(len(mass)) / mass.sum()))
    text = "".join(str(digit.label) for digit in digits)
    return SyntheticStrip(ink, text, tuple(boxes), tuple(middles), tuple(digits))
