"""By how much a line of writing is turned."""

from typing import Final

import numpy as np

from sdnn.results import FloatArray

TILTS_DEG: Final = np.arange(-14.0, 15.0)
"""The tilts that are tried: a little more than is looked for, so that the best one has neighbours."""
POINTS: Final = 1200
"""So many pixels of ink, evenly drawn from all, are enough."""
EDGE: Final = 0.05
"""Share of the ink, above and below, whose mean height is an edge of the line: more than a speck or tail."""
DOUBT: Final = 2.0
"""Width over height of writing whose tilt is half believed: of two digits one may just stand higher."""


def tilt_of(points: FloatArray) -> float:
    """The tilt under which the line is lowest when it is turned level.

    The ink is sheared downwards, not turned, so that how far the letters lean plays no part. Where the line
    is short, the answer is drawn towards none.

    Args:
        points: (N, 2) x and y of the pixels of ink.

    Returns:
        Degrees, positive where the line falls to the right.
    """
    if not len(points):
        return 0.0
    points = points[:: -(-len(points) // POINTS)].astype(np.float64)
    slopes = np.tan(np.deg2rad(TILTS_DEG))
    heights = np.sort(points[:, 1] - np.multiply.outer(slopes, points[:, 0]), axis=1)
    edge = max(1, round(EDGE * len(points)))
    extents = heights[:, -edge:].mean(axis=1) - heights[:, :edge].mean(axis=1) + 1
    best = int(np.argmin(extents))
    aspect = (float(np.ptp(points[:, 0])) + 1) / float(extents[best])
    return _vertex(extents, best) / (
        1 + (DOUBT / aspect) ** 4
    )  # the error grows with the square of 1 / aspect


def _vertex(extents: FloatArray, best: int) -> float:
    """The tilt at the bottom of the parabola through the best one and its neighbours."""
    if best in {0, len(TILTS_DEG) - 1}:
        return float(TILTS_DEG[best])
    before, bottom, after = extents[best - 1 : best + 2]
    bend = before - 2 * bottom + after
    return float(TILTS_DEG[best] + (0.5 * (before - after) / bend if bend > 0 else 0.0))
