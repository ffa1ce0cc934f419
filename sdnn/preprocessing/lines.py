"""Where on the page the line of writing is, and how high."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from sdnn.results import Box, FloatArray

INKED: Final = 0.4
"""Ink from which on a pixel counts: low, so that a faint stroke does not fall apart."""
LEAST_TEXT_PX: Final = 4
"""Ink lower than this is no writing: a ruling, or dust."""
SMALL: Final = 0.5
"""Pieces lower than this share of the tallest do not say where the line is."""
INSIDE: Final = 0.3
"""Pieces with less than this share of their height on the line belong to another one."""
SPECK: Final = 0.22
"""Pieces lower than this share of the line are specks, dots and dashes; a zero may be as low as a quarter."""
TAIL: Final = 0.15
"""Share of the ink above, and below, that does not say how high the digits are: it may be that of tails."""
ROOM: Final = 1.5
"""How much higher than the digits all the writing together may be; a strip of 32 rows has 20 for digits."""


@dataclass(frozen=True, eq=False)
class Line:
    """The line of writing on a page.

    Attributes:
        text: As wide as the writing, as high as most of its digits.
        points: (N, 2) x and y of its pixels of ink.
        foreign: (H, W), 1 on the ink of other lines that reaches in from beyond the page; None without any.
    """

    text: Box
    points: FloatArray
    foreign: npt.NDArray[np.uint8] | None


def find_line(ink: FloatArray) -> Line | None:
    """Finds the line of writing.

    Its height is taken from the rows that hold most of its ink, so that tails, a flourish or one large digit
    do not make all the others small; they stick out of the box, and their ends may be cut off.

    Args:
        ink: (H, W), 0 paper to 1 ink.

    Returns:
        None where nothing is written.
    """
    inked = (ink > INKED).astype(np.uint8)
    # Two bytes are quicker than four, and mostly enough: no two pieces share a square of two by two pixels.
    rows, columns = inked.shape
    kind = cv2.CV_16U if -(-rows // 2) * -(-columns // 2) < 2**16 else cv2.CV_32S
    _, labels, stats, _ = cv2.connectedComponentsWithStats(inked, connectivity=8, ltype=kind)
    stats[0] = 0  # the paper
    left, top, width, height, area = stats.T
    bottom = top + height
    tallest = int(height.max())
    if tallest < LEAST_TEXT_PX:
        return None
    digits = height >= SMALL * tallest
    line_px = _weighted_median(height[digits], width[digits])
    middle = _weighted_median((top + bottom)[digits] / 2, area[digits])
    inside = np.minimum(bottom, middle + line_px / 2) - np.maximum(top, middle - line_px / 2)
    foreign = (inside < INSIDE * height) & (height > 0)
    writing = ~foreign & (height >= SPECK * line_px)
    foreign &= (top == 0) | (bottom == len(ink))
    if not writing.any():
        return None
    written = writing.astype(np.uint8).take(labels)
    upper, lower = _core(written, int(top[writing].min()), int(bottom[writing].max()))
    text = Box(float(left[writing].min()), upper, float((left + width)[writing].max()), lower)
    points = np.asarray(cv2.findNonZero(written), dtype=np.float64).reshape(-1, 2)
    return Line(text, points, foreign.astype(np.uint8).take(labels) if foreign.any() else None)


def _core(written: npt.NDArray[np.uint8], highest: int, lowest: int) -> tuple[float, float]:
    """Upper and lower edge of most of the digits, from the rows between which most of the ink is."""
    reached = np.concatenate([[0], np.cumsum(written.sum(axis=1, dtype=np.float64))])
    upper, lower = np.interp([TAIL, 1 - TAIL], reached / reached[-1], np.arange(len(reached)))
    extent = lowest - highest
    height = min(max((lower - upper) / (1 - 2 * TAIL), extent / ROOM), extent)
    # The box stays within the writing. Where that ends beyond the strip, a tail is cut off: it matters less
    # than that the digits stand where they always do.
    slack = (extent - height) / 2
    middle = (highest + lowest) / 2 + min(max((upper + lower - highest - lowest) / 2, -slack), slack)
    return float(middle - height / 2), float(middle + height / 2)


def _weighted_median(values: npt.NDArray[np.generic], weights: npt.NDArray[np.generic]) -> float:
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])
