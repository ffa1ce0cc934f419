"""Numbers that a synthetic writer writes for the page, stroke by stroke."""

from typing import Final

import numpy as np

from sdnn.datasets.pen import digit_strokes
from sdnn.datasets.writer_style import random_writer_style
from sdnn.errors import UsageError
from sdnn.results import DIGITS

MAX_DIGITS: Final = 12
"""Digits of a number that has room on the page."""
GAP: Final = 0.16
"""Space between digits, in usual heights of a digit; it varies by as much."""


def written_strokes(number: str, seed: int) -> list[list[tuple[float, float]]]:
    """The strokes of a number, in the order of writing.

    Args:
        number: Digits, at most `MAX_DIGITS`.
        seed: Seed of the writer's style and of the differences between digits.

    Returns:
        Points of each stroke, to the right and down, in usual heights of a digit, from 0 up.

    Raises:
        UsageError: When the number has other characters than digits, none, or too many.
    """
    if not 1 <= len(number) <= MAX_DIGITS or not set(number) <= set(DIGITS):
        raise UsageError(f"number {number[:60]!r}: give 1 to {MAX_DIGITS} digits")
    rng = np.random.default_rng(seed)
    style = random_writer_style(rng)
    strokes = []
    edge = 0.0
    for digit in number:
        curves = digit_strokes(int(digit), style, rng)
        points = np.concatenate(curves)
        left, right = points[:, 0].min(), points[:, 0].max()
        strokes += [curve + [edge - left, 0] for curve in curves]
        edge += right - left + GAP * rng.uniform(0.5, 1.5)
    top = min(curve[:, 1].min() for curve in strokes)
    return [[(round(float(x), 3), round(float(y - top), 3)) for x, y in curve] for curve in strokes]
