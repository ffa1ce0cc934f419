"""Where the digits of a path stand: on the strip, and in the picture that it was made of."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from sdnn.results import Box, ClassMap, FloatArray, IntArray, Span, Strip

INK: Final = 0.25
"""Ink above which a pixel counts to a digit when its box is drawn."""


def digit_boxes(strip: Strip, class_map: ClassMap, spans: Sequence[Span]) -> tuple[list[Box], list[Box]]:
    """The ink of each digit, as boxes in pixels of the strip, and as boxes in the picture.

    A column of the map says where the middle of a digit is, not how wide it is: between two digits the ink is
    cut half-way between their middles, and no digit is wider than a window. Where the strip was set upright
    the box in the picture is narrower than the picture of the box, which leans.

    Returns:
        Both for each of the spans; where there is no ink, the part of the strip that is the digit's.
    """
    if not spans:
        return [], []
    parts = _parts(class_map, spans)
    ink = strip.ink if strip.digits is None else strip.digits
    columns, rows = np.nonzero(ink.T > INK)  # those of the leftmost column first
    bounds = np.searchsorted(columns, np.array(parts).ravel())
    matrix = strip.page_from_strip
    half = np.abs(matrix[:, :2]).sum(axis=1) / 2
    pixels = np.zeros((2, len(columns) + 1))  # one more, so that all bounds lie within
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
    """The first column of the strip that is each digit's, and the one after its last."""
    middles = [class_map.centre_px(span.centre) for span in spans]
    half = class_map.window_px / 2
    cuts = [(left + right) / 2 for left, right in pairwise(middles)]
    parts = []
    for middle, left, right in zip(middles, [-np.inf, *cuts], [*cuts, np.inf], strict=True):
        first = max(0, round(max(left, middle - half)))
        parts.append((first, max(first + 1, round(min(right, middle + half)))))
    return parts


def _extents(pixels: FloatArray, bounds: IntArray, half: FloatArray) -> list[list[float]]:
    """Left, top, right and bottom edge of the pixels between each two bounds; anything where there are none.

    Args:
        pixels: (2, N) x and y of their middles.
        bounds: (2 D,) where each digit's pixels begin and end.
        half: (2,) half of a pixel's width and height.
    """
    least = np.minimum.reduceat(pixels, bounds, axis=1)[:, ::2] - half[:, None]
    most = np.maximum.reduceat(pixels, bounds, axis=1)[:, ::2] + half[:, None]
    edges: list[list[float]] = np.concatenate([least, most]).T.tolist()
    return edges
