"""Fragments of the lines above and below, frequent on crops of single lines."""

from collections.abc import Sequence

import numpy as np

from sdnn.datasets.paper.effects import EffectContext
from sdnn.results import FloatArray


def with_neighbours(ink: FloatArray, neighbours: Sequence[FloatArray], context: EffectContext) -> FloatArray:
    """The ink with the end of one line at the upper edge and the beginning of another at the lower.

    Args:
        ink: (H, W), 0 paper to 1 ink.
        neighbours: (h, w) ink of one or two other lines; a single one is set in either place.
        context: Properties of the page.
    """
    ink = ink.copy()
    places = (True, False) if len(neighbours) > 1 else (context.happens(0.5),)
    for above, line in zip(places, neighbours, strict=False):
        # Below the writing is above it, upside down.
        if above:
            _set_at_top(ink, line, context.text.top, context)
        else:
            _set_at_top(ink[::-1], line[::-1], len(ink) - context.text.bottom, context)
    return ink


def _set_at_top(ink: FloatArray, line: FloatArray, room_px: float, context: EffectContext) -> None:
    """Sets the last rows of a line into the first rows of the ink, hardly into the writing."""
    inked = np.flatnonzero(line.max(axis=1) > 0.3)
    depth = int(min(room_px + context.text_px(0.1), context.text_px(context.between(0.05, 0.4))))
    if depth < 1 or not len(inked):
        return
    fragment = line[: inked[-1] + 1][-depth:]
    width = line.shape[1]
    left = context.count(-width // 2, ink.shape[1] - width // 2)
    place = ink[: len(fragment), max(0, left) : left + width]
    np.maximum(place, fragment[:, max(0, -left) :][:, : place.shape[1]], out=place)
