"""Digits side by side on a strip, with the place of each one.

A strip is never stored: it is made again from its seed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sdnn.datasets.digits import IMAGE_PX, DigitImage, DigitSource
from sdnn.datasets.rasterizer import Ink
from sdnn.results import Box, FloatArray
from sdnn.validation import Length, NumberBounds, PixelBounds, Share


@dataclass(frozen=True)
class Layout:
    """Layout of the digits on a strip.

    Attributes:
        digits: Bounds of the number of digits.
        gap_px: Bounds of the gaps between the ink of neighbours; negative where they overlap.
        margin_px: Paper to the left and right.
        wide_gap_px: Bounds of the wide gaps.
        wide_share: Probability of a wide gap.
    """

    digits: NumberBounds = (5, 5)
    gap_px: PixelBounds = (0, 6)
    margin_px: Length = 10
    wide_gap_px: PixelBounds = (6, 30)
    wide_share: Share = 0.0


@dataclass(frozen=True, eq=False)
class SyntheticStrip:
    """A strip made of digits.

    Attributes:
        ink: (28, W) uint8, 0 paper to 255 ink.
        text: Its digits.
        boxes: Box of each digit's ink, in pixels of the strip.
        middles_px: Horizontal centre of mass of each digit's ink, the middle of a digit in MNIST, too.
        digits: Image of each digit.
    """

    ink: Ink
    text: str
    boxes: tuple[Box, ...]
    middles_px: tuple[float, ...]
    digits: tuple[DigitImage, ...]

    @property
    def page(self) -> FloatArray:
        """(28, W) brightness, 0 black to 1 white, of the strip as dark ink on paper."""
        return 1.0 - self.ink.astype(np.float32) / 255


def random_strip(
    source: DigitSource, layout: Layout, rng: np.random.Generator, text: str | None = None
) -> SyntheticStrip:
    """A strip of digits by one writer.

    Args:
        source: Source of the digits.
        layout: Layout of the digits.
        rng: Random number generator.
        text: Digits of the strip; by default random, each label equally likely at each place.
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
    """The digits in a row, each on its own rows; the darker ink shows where two of them overlap.

    Args:
        digits: L digits, at least one.
        gaps_px: L-1 gaps between the inked columns of neighbours. However negative the gap, a digit begins to
            the right of the beginning of the one before it.
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
