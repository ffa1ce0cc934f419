"""A whole page of paper: its brightness everywhere, and the ink on it without long straight lines."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from sdnn.choices import Polarity
from sdnn.preprocessing.polarity import LEAST_CONTRAST
from sdnn.results import FloatArray

Bytes = npt.NDArray[np.uint8]

PAPER_SHARE: Final = 1 / 10
"""Window in which the paper is a median, as a share of the page's shorter side: strokes are no half of it."""
PAPER_LEAST_PX: Final = 64
"""The same on a small page: wider than two strokes of large writing."""
PAPER_SAMPLES: Final = 21
"""Samples of the page across that window; an odd number."""
NOISE: Final = 4.0
"""Standard deviations of the paper's roughness that ink stands out by."""
STROKE_PX: Final = 31
"""Square in which the darkest pixel tells how dark ink is; about the broadest stroke there is."""
PALE: Final = 0.3
"""Share of that darkness from which on a pixel is ink: thin strokes are pale."""
LINE_SHARE: Final = 1 / 12
"""Length of the shortest line that is taken away, as a share of the page's shorter side."""
LINE_LEAST_PX: Final = 60
"""The same on a small page."""
THIN: Final = 1 / 12
"""Thickness of the thickest line as a share of the shortest one's length."""
SIDE: Final = 1 / 4
"""Length of a frame's shortest side over that of the shortest line; it counts where it joins two lines."""
NEAR_PX: Final = 5
"""So near to a line such a side ends: a corner is as large as the lines are thick."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """A page taken apart.

    Attributes:
        paper: (H, W) uint8 brightness of the paper, 255 white.
        ink: (H, W) uint8, 1 on all ink.
        writing: (H, W) uint8, 1 on ink that is no long straight line.
    """

    paper: Bytes
    ink: Bytes
    writing: Bytes


def sheet_of(page: FloatArray, polarity: Polarity = Polarity.AUTO) -> Sheet:
    """Takes a page apart.

    Args:
        page: (H, W) brightness, 0 black to 1 white.
        polarity: Whether ink is darker or lighter than paper.
    """
    grey = np.asarray(cv2.convertScaleAbs(page, alpha=255), dtype=np.uint8)
    paper = _paper(grey)
    ink = _ink(grey, paper, polarity)
    return Sheet(paper, ink, _without_lines(ink))


def _paper(grey: Bytes) -> Bytes:
    """The median round each pixel."""
    height, width = grey.shape
    window = max(PAPER_LEAST_PX, PAPER_SHARE * min(height, width))
    step = max(1, round(window / PAPER_SAMPLES))
    sample = (
        np.ascontiguousarray(grey[step // 2 :: step, step // 2 :: step]) if step < min(grey.shape) else grey
    )
    median = cv2.medianBlur(sample, PAPER_SAMPLES)
    return np.asarray(cv2.resize(median, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def _ink(grey: Bytes, paper: Bytes, polarity: Polarity) -> Bytes:
    """1 where the page departs from the paper nearly as much as the darkest stroke near by."""
    darker, lighter = cv2.subtract(paper, grey), cv2.subtract(grey, paper)
    # The cube, as in `polarity`: few strong strokes outweigh much weak texture.
    counts = [np.ravel(cv2.calcHist([side], [0], None, [256], [0, 256])) for side in (darker, lighter)]
    cubes = np.arange(256.0) ** 3
    dark = polarity is Polarity.DARK or (polarity is Polarity.AUTO and cubes @ counts[0] >= cubes @ counts[1])
    darkness = darker if dark else lighter
    both = counts[0] + counts[1]
    both[0] -= grey.size  # each pixel is 0 on one side
    roughness = 1.5 * np.searchsorted(np.cumsum(both), grey.size / 2)  # from the median of its size
    floor = max(LEAST_CONTRAST * 255, NOISE * roughness)
    level = cv2.dilate(darkness, np.ones((STROKE_PX, STROKE_PX), np.uint8))
    threshold = np.maximum(cv2.convertScaleAbs(level, alpha=PALE), np.uint8(min(255, floor)))
    return np.asarray(cv2.compare(darkness, threshold, cv2.CMP_GT) // 255, dtype=np.uint8)


def _without_lines(ink: Bytes) -> Bytes:
    """The ink without rulings and frames; strokes that cross them stay whole."""
    length = round(max(LINE_LEAST_PX, LINE_SHARE * min(ink.shape)))
    thickest = max(3, round(THIN * length))
    turned = np.ascontiguousarray(ink.T)
    level = _level_lines(ink, length, thickest)
    upright = np.ascontiguousarray(_level_lines(turned, length, thickest).T)
    sides = _level_lines(turned, round(SIDE * length), thickest).T
    return np.asarray(ink & ~(level | upright | _between(np.ascontiguousarray(sides), level)), dtype=np.uint8)


def _level_lines(ink: Bytes, length_px: int, thickest_px: int) -> Bytes:
    """1 on lines that run across for so long and are no thicker."""
    stems = _opened(ink, 1, thickest_px + 3)
    # A pixel up and down keeps a line in one piece that is not quite level.
    smeared = cv2.dilate(ink - stems, np.ones((3, 1), np.uint8))
    smeared = cv2.morphologyEx(smeared, cv2.MORPH_CLOSE, np.ones((1, thickest_px | 1), np.uint8))
    lines = _opened(np.asarray(smeared, dtype=np.uint8), length_px, 1)
    return np.asarray(lines & ink & ~stems, dtype=np.uint8)


def _between(sides: Bytes, level: Bytes) -> Bytes:
    """Those of the short upright lines that run from one level line to another: sides of frames."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(sides, connectivity=8, ltype=cv2.CV_32S)
    is_side = np.zeros(len(stats), np.uint8)
    for number, (left, top, width, height, _) in enumerate(stats.tolist()[1:], start=1):
        across = slice(max(0, left - NEAR_PX), left + width + NEAR_PX)
        above = level[max(0, top - NEAR_PX) : top + NEAR_PX, across]
        below = level[max(0, top + height - NEAR_PX) : top + height + NEAR_PX, across]
        is_side[number] = above.any() and below.any()
    return np.asarray(is_side[labels], dtype=np.uint8)


def _opened(ink: Bytes, width_px: int, height_px: int) -> Bytes:
    kernel = np.ones((height_px | 1, width_px | 1), np.uint8)  # odd: an even one would move the picture
    opened = cv2.morphologyEx(ink, cv2.MORPH_OPEN, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return np.asarray(opened, dtype=np.uint8)
