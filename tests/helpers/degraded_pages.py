"""A specimen of writing, and the pages that recipes make of it."""

from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from sdnn.datasets.paper import DegradationConfig, degrade
from sdnn.datasets.paper.effects import EffectContext
from sdnn.results import Box, FloatArray

TEXT = Box(30, 16, 150, 46)
BARE = DegradationConfig.clean()


def writing(height: int = 64, width: int = 190, text: Box = TEXT) -> FloatArray:
    """Rings and bars, as high as the text box, in one row."""
    ink = np.zeros((height, width), np.float32)
    left, top, right, bottom = text.rounded()
    pen = max(1, round(text.height / 10))
    radius = max(2, (bottom - top) // 2 - pen)
    for place, x in enumerate(range(left + radius + pen, right - radius - pen + 1, 2 * radius + 3 * pen)):
        if place % 2:
            cv2.line(ink, (x, top + pen), (x, bottom - pen), 1.0, pen, cv2.LINE_8)
        else:
            cv2.circle(ink, (x, (top + bottom) // 2), radius, 1.0, pen, cv2.LINE_8)
    return ink


INK = writing()


def page_of(paper: DegradationConfig, seed: int, ink: FloatArray = INK, text: Box = TEXT) -> FloatArray:
    return degrade(ink, text, paper, np.random.default_rng(seed))


def alone(name: str, **settings: Any) -> DegradationConfig:
    """The recipe with one effect, certain, on grey paper with ink of middling contrast."""
    return replace(BARE, **{"brightness": (0.8, 0.8), "contrast": (0.7, 0.7), name: 1.0, **settings})


def grey_page(ink: FloatArray = INK) -> FloatArray:
    return np.float32(0.8) * (1 - np.float32(0.7) * ink)


def darkness_of_text(page: FloatArray, ink: FloatArray = INK, text: Box = TEXT) -> float:
    """By how much the ink is darker on average than the paper between it."""
    left, top, right, bottom = text.rounded()
    page, ink = page[top:bottom, left:right], ink[top:bottom, left:right]
    return float(page[ink < 0.05].mean() - page[ink > 0.5].mean())


def context(seed: int = 0, text_px: float = 40, contrast: float = 0.7) -> EffectContext:
    return EffectContext(Box(20, 15, 180, 15 + text_px), contrast, 1.0, np.random.default_rng(seed))
