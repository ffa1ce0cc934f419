"""Synthetic digits without random spread, and measures of their pictures."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from sdnn.datasets.allographs import ALLOGRAPHS
from sdnn.datasets.pen import draw_digit
from sdnn.datasets.rasterizer import Ink
from sdnn.datasets.writer_style import WriterStyle

SHAPES = [(label, allograph.name) for label, allographs in ALLOGRAPHS.items() for allograph in allographs]
STEADY = WriterStyle(slant_deg=0, size_spread=0, width_spread=0, warp=0, jitter=0, roundness=0, overshoot=0)

all_shapes = pytest.mark.parametrize(
    ("label", "name"), SHAPES, ids=[f"{label}-{name}" for label, name in SHAPES]
)


def steady(label: int, name: str | None = None, scale: int = 1, **settings: float) -> Ink:
    return draw_digit(label, replace(STEADY, **settings), np.random.default_rng(0), name, scale)  # type: ignore[arg-type]


def width_and_height(image: Ink) -> tuple[int, int]:
    # Half ink and more: how large the digit looks, without the soft rim.
    _, _, width, height = cv2.boundingRect((image >= 128).astype(np.uint8))
    return width, height


def lean(image: Ink) -> float:
    """Pixels to the right per pixel up, from the second moments."""
    moments = cv2.moments(image)
    return -float(moments["mu11"] / moments["mu02"])


def holes(image: Ink) -> int:
    """Patches of paper enclosed by ink; a few pixels alone are a notch in the outline."""
    paper = (image < 128).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(paper, connectivity=4)
    ink_and_surroundings = 2
    return int((stats[:, cv2.CC_STAT_AREA] > 4).sum()) - ink_and_surroundings
