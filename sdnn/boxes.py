"""Where the digits of a path stand: on the strip, and in the picture that it was made of."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from sdnn.results import Box, ClassMap, FloatArray, Span, Strip

INK: Final = 0.25
"""Ink above which a pixel counts to a digit when its box is drawn."""


def digit_boxes(strip: Strip, class_map: ClassMap, spans: Sequence[Span]) -> list[Box]:
    """The ink of each digit, as boxes in pixels of the strip.

    A column of the map says where the middle of a digit is, not how wide it is: between two digits the ink is
    cut half-way between their middles, and no digit is wider than a window.
    """
    middles = [class_map.centre_px(span.centre) for span in spans]
    half = class_map.window_px / 2
    boxes = []
    for place, middle in enumerate(middles):
        left = (middles[place - 1] + middle) / 2 if place > 0 else middle - half
        right = (middle + middles[place + 1]) / 2 if place + 1 < len(middles) else middle + half
        first = max(0, round(max(left, middle - half)))
        last = max(first + 1, round(min(right, middle + half)))
        boxes.append(_ink_box(strip.ink[:, first:last], first))
    return boxes


def page_box(strip: Strip, box: Box) -> Box:
    """The ink that a box of the strip holds, as a box in the picture.

    Where the strip was set upright this is narrower than the picture of the box, which leans.
    """
    left, top, right, bottom = box.rounded()
    rows, columns = np.nonzero(strip.ink[top:bottom, left:right] > INK)
    if not len(rows):
        return strip.to_page(box)
    centres = np.stack([columns + left + 0.5, rows + top + 0.5, np.ones(len(rows))])
    x, y = strip.page_from_strip @ centres
    half_x, half_y = np.abs(strip.page_from_strip[:, :2]).sum(axis=1) / 2
    return Box(
        float(x.min() - half_x), float(y.min() - half_y), float(x.max() + half_x), float(y.max() + half_y)
    )


def _ink_box(ink: FloatArray, left: int) -> Box:
    columns = np.flatnonzero((ink > INK).any(axis=0))
    rows = np.flatnonzero((ink > INK).any(axis=1))
    if not len(columns):
        return Box(left, 0, left + ink.shape[1], ink.shape[0])
    return Box(left + int(columns[0]), int(rows[0]), left + int(columns[-1]) + 1, int(rows[-1]) + 1)
