"""Boxes of the digits on a path: on the strip and in the picture."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from sdnn.results import Box, ClassMap, FloatArray, IntArray, Span, Strip

MIN_INK: Final = 0.25
"""Ink of a pixel that counts for the box of a digit."""


def digit_boxes(strip: Strip, class_map: ClassMap, spans: Sequence[Span]) -> tuple[list[Box], list[Box]]:
    """Boxes round the ink of each digit, on the strip and in the picture.

    A column of the map tells the middle of a digit, not its width: ink is divided half-way between the
    middles of two digits, and no digit is wider than a window. Where slant was removed, the box in the
    picture is narrower than the picture of the box on the strip.

    Returns:
        Boxes of the spans in pixels of the strip, and in pixels of the picture; without ink, the whole part
        of the strip that belongs to a digit.
    """
    if not spans:
        return [], []
    parts = _parts(class_map, spans)
    ink = strip.ink if strip.digit_ink is None else strip.digit_ink
    columns, rows = np.nonzero(ink.T > MIN_INK)  # from left to right
    bounds = np.searchsorted(columns, np.array(parts).ravel())
    matrix = strip.page_from_strip
    half = np.abs(matrix[:, :2]).sum(axis=1) / 2
    pixels = np.zeros((2, len(columns) + 1))  # one more, for bounds at the end
    pixels[0, :-1], pixels[1, :-1] = columns + 0.5, rows + 0.5
    on_strip = _extents(pixels, bounds, np.array([0.5, 0.5]))
    on_page = _extents(matrix[:, :2] @ pixels + matrix[:, 2:], bounds, half)
    boxes, page_boxes = [], []
    for place, (first, last) in enumerate(parts):
        if bounds[2 * place] < bounds[2 * place + 1]:
            boxes.append(Box(*on_strip[place]))
            page_boxes.append(Box(*on_page[place]))
        else:
            boxes.append(Box(first, 0, last, len(strip.ink)))
            page_boxes.append(strip.to_page(boxes[-1]))
    return boxes, page_boxes


def _parts(class_map: ClassMap, spans: Sequence[Span]) -> list[tuple[int, int]]:
    """Column ranges of the strip that belong to each digit."""
    middles = [class_map.centre_px(span.centre) for span in spans]
    half = class_map.window_px / 2
    cuts = [(left + right) / 2 for left, right in pairwise(middles)]
    parts = []
    for middle, left, right in zip(middles, [-np.inf, *cuts], [*cuts, np.inf], strict=True):
        first = max(0, round(max(left, middle - half)))
        parts.append((first, max(first + 1, round(min(right, middle + half)))))
    return parts


def _extents(pixels: FloatArray, bounds: IntArray, half: FloatArray) -> list[list[float]]:
    """Left, top, right and bottom edge of each digit's pixels; arbitrary where it has none.

    Args:
        pixels: (2, N) x and y of their middles.
        bounds: (2 D,) start and end of each digit's pixels.
        half: (2,) half of a pixel's width and height.
    """
    low = np.minimum.reduceat(pixels, bounds, axis=1)[:, ::2] - half[:, None]
    high = np.maximum.reduceat(pixels, bounds, axis=1)[:, ::2] + half[:, None]
    edges: list[list[float]] = np.concatenate([low, high]).T.tolist()
    return edges
