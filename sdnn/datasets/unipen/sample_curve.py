"""UNIPEN samples as smooth curves, ready for warps and jitter."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from sdnn.datasets.unipen.sample import Sample
from sdnn.datasets.unipen.stroke_drawing import smooth_strokes
from sdnn.datasets.writer_style import warp_basis
from sdnn.results import FloatArray

_KNOT_SPACING: Final = 0.3
"""Distance along a stroke between the knots of the jitter, over the usual height."""


@dataclass(frozen=True, eq=False)
class SampleCurve:
    """A sample ready to be drawn.

    Attributes:
        points: (N, 2) x and y of all strokes from the middle of their box, over the usual height.
        spans: First and one past the last point of each stroke.
        warp_basis: (N, 5) terms of a smooth warp at the points.
        knots: (N, K) weight of the displacement of each of K knots along the strokes.
    """

    points: FloatArray
    spans: tuple[tuple[int, int], ...]
    warp_basis: FloatArray
    knots: FloatArray


def sample_curve(sample: Sample, height: float) -> SampleCurve:
    """The sample's smoothed strokes over a height in their unit."""
    strokes = smooth_strokes(sample.strokes, height)
    points = np.concatenate(strokes) / height
    points -= (points.min(axis=0) + points.max(axis=0)) / 2
    spans = tuple(pairwise(np.cumsum([0, *map(len, strokes)]).tolist()))
    weights = [_interpolation(stroke / height) for stroke in strokes]
    knots = np.zeros((len(points), sum(part.shape[1] for part in weights)))
    column = 0
    for (first, last), part in zip(spans, weights, strict=True):
        knots[first:last, column : column + part.shape[1]] = part
        column += part.shape[1]
    return SampleCurve(points, spans, warp_basis(points), knots)


def _interpolation(stroke: FloatArray) -> FloatArray:
    """(N, K) linear interpolation from K knots, evenly spaced along a stroke, to its N points."""
    length = float(np.hypot(*np.diff(stroke, axis=0).T).sum())
    count = 2 + int(length / _KNOT_SPACING)
    at = np.linspace(0, count - 1, len(stroke))
    hats: FloatArray = np.maximum(0, 1 - np.abs(at[:, None] - np.arange(count)))
    return hats
