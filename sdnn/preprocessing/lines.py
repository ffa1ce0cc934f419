"""Where on the page the line of writing is, and how high."""

from typing import Final

import cv2
import numpy as np

from sdnn.results import Box, FloatArray

LEAST_TEXT_PX: Final = 4
"""Ink lower than this is no writing: a ruling, or dust."""
SPECK: Final = 0.3
"""Pieces of ink lower than this share of the tallest are specks, dots and dashes: they do not count."""
SMALL: Final = 0.5
"""Pieces lower than this share of the tallest do not say how high the digits are."""
ROOM: Final = 1.3
"""How much higher than the digits all the writing together may be; the strip has 28 rows for 20."""


def text_box(ink: FloatArray) -> Box | None:
    """The box that sets place and size of the strip: as wide as the writing, as high as most of its digits.

    The height is the median over the pieces of ink, wider ones counting for more, so that a long descender or
    a flourish does not make all the digits small; it sticks out of the box, and its end may be cut off.

    Args:
        ink: (H, W), 0 paper to 1 ink.

    Returns:
        Its edges in pixels of the page; None where nothing is written.
    """
    pieces = _pieces(ink)
    tallest = max((piece.height for piece in pieces), default=0.0)
    if tallest < LEAST_TEXT_PX:
        return None
    writing = Box.around([piece for piece in pieces if piece.height >= SPECK * tallest])
    digits = [piece for piece in pieces if piece.height >= SMALL * tallest]
    widths = np.array([piece.width for piece in digits])
    height = _weighted_median(np.array([piece.height for piece in digits]), widths)
    height = max(height, writing.height / ROOM)
    middle = _weighted_median(np.array([(piece.top + piece.bottom) / 2 for piece in digits]), widths)
    return Box(writing.left, middle - height / 2, writing.right, middle + height / 2)


def _pieces(ink: FloatArray) -> list[Box]:
    """The connected pieces of ink, by their boxes."""
    binary = (ink > 0.5).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(binary, connectivity=8)
    left, top, width, height = stats[1:, : cv2.CC_STAT_AREA].T.astype(float)
    return [Box(*edges) for edges in np.stack([left, top, left + width, top + height], axis=1).tolist()]


def _weighted_median(values: FloatArray, weights: FloatArray) -> float:
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])
