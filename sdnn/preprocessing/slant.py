"""Slant of the digits of a line."""

from typing import Final

import numpy as np

from sdnn.results import Box, FloatArray

SLANTS: Final = np.tan(np.deg2rad(np.arange(-30, 51, 5)))
"""Candidate slants, in pixels to the right per pixel up: most writers lean to the right."""
BINS: Final = 20
"""Columns of the histogram per text height, enough to tell slants 5 degrees apart."""
MAX_POINTS: Final = 400
"""Pixels of ink, a regular sample of all."""
HALF_GAIN: Final = 0.2
"""Gain in sharpness at which half of a slant is returned: loops have little gain at any slant."""


def slant_of(points: FloatArray, text: Box) -> float:
    """The slant whose removal makes the histogram of ink over columns sharpest.

    With the right slant, upright strokes fall into few columns, and the sum of squares is highest. The less
    it gains over other slants, the more the result is drawn towards 0.

    Args:
        points: (N, 2) x and y of the pixels of ink.
        text: Box of the line; tails that stick out of it do not count.

    Returns:
        Pixels to the right per pixel up.
    """
    points = points[(points[:, 1] >= text.top) & (points[:, 1] < text.bottom)]
    if not len(points):
        return 0.0
    points = (points[:: -(-len(points) // MAX_POINTS)] - [text.left, text.top]) * (BINS / text.height)
    sharpness = _sharpness(points)
    best = int(np.argmax(sharpness))
    gain = sharpness[best] / np.sort(sharpness)[len(SLANTS) // 2] - 1
    return float(_vertex(sharpness, best) * gain**2 / (gain**2 + HALF_GAIN**2))


def _sharpness(points: FloatArray) -> FloatArray:
    """Sum of the squared histogram at each slant."""
    columns = points[:, 0] + np.multiply.outer(SLANTS, points[:, 1])
    columns -= columns.min()
    bins = int(columns.max()) + 1
    columns += bins * np.arange(len(SLANTS))[:, None]
    last = bins * len(SLANTS) - 1  # by rounding, the sum may reach the bin after it
    places = np.minimum(columns.astype(np.intp), last)
    heights = np.bincount(places.ravel(), minlength=last + 1)
    squares = np.square(heights.reshape(len(SLANTS), bins), dtype=np.float64).sum(axis=1)
    # Smoothed, because pixels fall into one column or the next by chance.
    squares[1:-1] = (squares[:-2] + 2 * squares[1:-1] + squares[2:]) / 4
    return np.asarray(squares)


def _vertex(sharpness: FloatArray, best: int) -> float:
    """The slant at the vertex of the parabola through the best one and its neighbours."""
    if best in {0, len(SLANTS) - 1}:
        return float(SLANTS[best])
    before, top, after = sharpness[best - 1 : best + 2]
    offset = 0.5 * (before - after) / (before - 2 * top + after) if before + after < 2 * top else 0.0
    return float(np.interp(best + offset, np.arange(len(SLANTS)), SLANTS))
