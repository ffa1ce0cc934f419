"""Allographs as splines through their points."""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Final

import numpy as np

from sdnn.datasets.allographs import Allograph
from sdnn.datasets.writer_style import warp_basis
from sdnn.results import FloatArray

_STEPS: Final = 6
"""Straight pieces between two control points; in a digit of 40 pixels their corners do not show."""


@dataclass(frozen=True, eq=False)
class AllographSpline:
    """An allograph ready to be drawn; lengths are shares of the usual height of a digit.

    Attributes:
        points: (K, 2) control points, each once.
        height: Distance from the highest control point to the lowest.
        warp_basis: (K, 5) terms of a smooth warp at the points.
        curve_from_points: (N, K) matrix from control points to the points of the drawn curve.
        rounding: (N, K) addition to that matrix for a curve without sharp corners.
        spans: First and one past the last point of each stroke on the curve.
        lengths: Distance of each point of a stroke from the stroke's beginning and from its end, both rising.
    """

    points: FloatArray
    height: float
    warp_basis: FloatArray
    curve_from_points: FloatArray
    rounding: FloatArray
    spans: tuple[tuple[int, int], ...]
    lengths: tuple[tuple[list[float], list[float]], ...]


@cache
def allograph_spline(allograph: Allograph) -> AllographSpline:
    """The spline of an allograph, with its corners sharp or rounded."""
    places = list(dict.fromkeys((point.x, point.y) for stroke in allograph.strokes for point in stroke))
    points = np.array(places, dtype=np.float64) / 100
    sharp, smooth = [], []
    for stroke in allograph.strokes:
        knots = [places.index((point.x, point.y)) for point in stroke]
        last = len(stroke) - 1
        ends = [0, *(k for k, point in enumerate(stroke) if point.corner and 0 < k < last), last]
        sharp.append(np.vstack([_smooth(points, knots[a : b + 1]) for a, b in pairwise(ends)]))
        smooth.append(_smooth(points, knots))
    curve_from_points = np.vstack(sharp)
    lengths = []
    for matrix in sharp:
        steps = np.hypot(*np.diff(matrix @ points, axis=0).T)
        lengths.append((np.append(0, steps.cumsum()).tolist(), np.append(0, steps[::-1].cumsum()).tolist()))
    return AllographSpline(
        points=points,
        height=float(np.ptp(points[:, 1])),
        warp_basis=warp_basis(points - (points.min(axis=0) + points.max(axis=0)) / 2),
        curve_from_points=curve_from_points,
        rounding=np.vstack(smooth) - curve_from_points,
        spans=tuple(pairwise(np.cumsum([0, *map(len, sharp)]).tolist())),
        lengths=tuple(lengths),
    )


def _smooth(points: FloatArray, knots: list[int]) -> FloatArray:
    """Matrix from all control points to a smooth curve through those at the knots.

    The curve is a centripetal Catmull-Rom spline: with parameters spaced by the root of the distance it
    neither loops nor overshoots between uneven points. It is linear in the points once the spacing is fixed,
    and the table's spacing serves for all displacements of the points.
    """
    through = np.eye(len(points))[knots]
    spacing = np.sqrt(np.hypot(*np.diff(points[knots], axis=0).T))
    at = np.append(0, np.cumsum(spacing))
    tangents = np.gradient(through, at, axis=0, edge_order=2 if len(knots) > 2 else 1)
    leave, arrive = (spacing[:, None] * tangents[:-1])[:, None], (spacing[:, None] * tangents[1:])[:, None]
    start, step = through[:-1, None], np.diff(through, axis=0)[:, None]
    t = np.linspace(0, 1, _STEPS + 1)[:, None]
    curve = start + t * leave + t**2 * (3 * step - 2 * leave - arrive) + t**3 * (leave + arrive - 2 * step)
    return np.asarray(curve).reshape(-1, len(points))
