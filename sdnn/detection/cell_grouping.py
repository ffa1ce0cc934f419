"""From the maps of one scale to lines: each connected group of cells is a line of digits."""

import sys
from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from sdnn.affine import apply_affine
from sdnn.detection.detections import TextLine
from sdnn.detection.ink_fitting import fit_to_ink
from sdnn.detection.maps import STRIDE_PX, DetectionMaps
from sdnn.errors import UnreadableInput
from sdnn.results import FloatArray, IntArray

MIN_CELL_PROBABILITY: Final = 0.07
"""Low, because a doubtful line is better read, and found to be no digits, than missed."""
MIN_CELL_OVER_PEAK: Final = 0.1
"""Ratio to the highest probability of the line's cells: words beside a number have less."""
MIN_CLEAR_DIRECTION: Final = 0.8
"""Length of the mean direction of a line's cells below which the line is read both ways."""
MIN_MEAN_DIRECTION: Final = 0.35
"""Length of the mean direction below which it counts for nothing, and the line is taken to be upright."""


def group_cells(maps: DetectionMaps, max_lines: int = sys.maxsize) -> list[TextLine]:
    """The lines at one scale.

    Raises:
        UnreadableInput: When there are more than `max_lines`.
    """
    lines: list[TextLine] = []
    for rows, columns in _connected_cells(maps.line >= MIN_CELL_PROBABILITY):
        low, high = np.array([rows.min(), columns.min()]), np.array([rows.max(), columns.max()]) + 1
        likely = np.zeros(high - low, bool)
        probs = maps.line[rows, columns]
        likely[rows - low[0], columns - low[1]] = probs >= MIN_CELL_OVER_PEAK * probs.max()
        for y, x in _connected_cells(likely):
            if len(lines) >= max_lines:
                raise UnreadableInput("too many lines; cut it into pieces, or give --region")
            lines.append(_line_through(maps, (y + low[0], x + low[1])))
    return lines


def _connected_cells(cells: npt.NDArray[np.bool_]) -> Iterator[tuple[IntArray, IntArray]]:
    """Rows and columns of the cells of each connected component."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(cells.astype(np.uint8), connectivity=8)
    for label, (left, top, width, height) in enumerate(np.asarray(stats)[1:count, :4].tolist(), start=1):
        rows, columns = np.nonzero(labels[top : top + height, left : left + width] == label)
        yield rows + top, columns + left


def _line_through(maps: DetectionMaps, cells: tuple[IntArray, IntArray]) -> TextLine:
    """The line through the cells of the given rows and columns."""
    rows, columns = cells
    weights = maps.line[cells].astype(np.float64)
    weights /= weights.sum()
    height = float(np.exp2(weights @ np.log2(maps.height[cells])))
    along, clearness = mean_direction(maps.direction[:, rows, columns], weights)
    down = np.array([-along[1], along[0]])
    points = np.stack([columns, rows], axis=1) * float(STRIDE_PX) + STRIDE_PX / 2
    points = points + maps.offset[cells][:, None] * down
    u, v = points @ along, points @ down
    u0, v0 = float(weights @ u), float(weights @ v)
    variance = float(weights @ (u - u0) ** 2)
    # On a short line the direction of the cells is more exact than the course of their middles.
    slope = float(weights @ ((u - u0) * (v - v0))) / (variance + (0.5 * height) ** 2)
    ends = [
        place * along + (v0 + slope * (place - u0)) * down
        for place in (float(u.min()) - STRIDE_PX / 2, float(u.max()) + STRIDE_PX / 2)
    ]
    probability = float(weights @ maps.line[cells])
    fitted_ends, height = fit_to_ink(maps, cells, np.array(ends), height, probability)
    start, end = apply_affine(maps.picture_from_map, fitted_ends)
    return TextLine(
        start,
        end,
        height * maps.picture_px,
        float(weights @ maps.slant[cells]),
        float(weights @ maps.printed[cells]),
        probability,
        maps,
        ambiguous=clearness < MIN_CLEAR_DIRECTION,
    )


def mean_direction(directions: FloatArray, weights: FloatArray) -> tuple[FloatArray, float]:
    """The mean of directions, or of the axes they lie on where opposite ones cancel out.

    Args:
        directions: (2, N) x and y of vectors up to 1 long.
        weights: (N,) weights of sum 1.

    Returns:
        (2,) unit vector, to the right where it is the mean of axes, and the length of the mean direction.
    """
    x, y = directions = directions.astype(np.float64)
    mean = directions @ weights
    length = float(np.hypot(*mean))
    if length >= MIN_MEAN_DIRECTION:
        return np.asarray(mean / length), length
    double = np.array([(x * x - y * y) @ weights, (2 * x * y) @ weights])
    angle = np.arctan2(double[1], double[0]) / 2
    return np.array([np.cos(angle), np.sin(angle)]), length
