"""From the lines of all scales to those of the picture, in reading order, with their signs."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from sdnn.affine import apply_affine
from sdnn.detection.cell_grouping import group_cells, mean_direction
from sdnn.detection.detections import TextLine
from sdnn.detection.maps import HEIGHTS_PX, MIN_SIGN, STRIDE_PX, DetectionMaps
from sdnn.results import Box, FloatArray

MAX_LINES: Final = 2000
"""Lines of a picture, each counted at every scale that finds it: more is no page of digits, but texture."""
MAX_OVERLAP: Final = 0.3
"""Share of the smaller of two bands above which both are the same line, found at two scales."""
MIN_LINE_OVER_BEST: Final = 0.5
"""Ratio to the highest probability of the picture's lines: words beside numbers have less."""
SIGN_MARGIN_HEIGHTS: Final = 1.3
"""Distance of a sign beyond the ends of its line, in heights of the digits."""
MISSED_MARGIN_HEIGHTS: Final = 2.0
"""Distance beyond the ends of a line in which a missed digit is looked for, in heights of the digits."""


def select_lines(levels: Sequence[DetectionMaps]) -> list[TextLine]:
    """The lines of all scales, none of them twice and none much weaker than the best, in reading order.

    Raises:
        UnreadableInput: When there are more than `MAX_LINES`, each counted at every scale that finds it.
    """
    found: list[TextLine] = []
    for maps in levels:
        found += group_cells(maps, MAX_LINES - len(found))
    selected: list[TextLine] = []
    circles = np.empty((len(found), 3))  # round the bands of the selected lines: x, y and radius
    for line in sorted(found, key=_score, reverse=True):
        corners = line.band(0.8, 0.1).astype(np.float64)
        x, y = corners.mean(axis=0)
        radius = float(np.hypot(*(corners - [x, y]).T).max())
        others = circles[: len(selected)]
        near = np.hypot(others[:, 0] - x, others[:, 1] - y) <= others[:, 2] + radius + 1
        if not any(_overlap(line, selected[index]) for index in np.flatnonzero(near)):
            circles[len(selected)] = x, y, radius
            selected.append(line)
    best = max((line.probability for line in selected), default=0.0)
    selected = [line for line in selected if line.probability >= MIN_LINE_OVER_BEST * best]
    occupied = {maps: np.zeros(maps.line.shape, bool) for maps in {line.maps for line in selected}}
    struck = {maps: np.asarray(cv2.blur(maps.struck, (3, 3)), np.float32) for maps in occupied}
    for maps, cells in occupied.items():
        for line in selected:
            part, inside = _cells_in(line.band(1.6, 0.6), maps)
            cells[part] |= inside
    return _in_reading_order([_with_marks(line, occupied[line.maps], struck[line.maps]) for line in selected])


def _score(line: TextLine) -> float:
    """Probability of a line, less its distance in octaves from the heights of its scale."""
    low, high = HEIGHTS_PX
    height = line.height_px / line.maps.picture_px
    return line.probability - float(max(0.0, np.log2(low / height), np.log2(height / high)))


def _overlap(line: TextLine, other: TextLine) -> bool:
    """Whether two lines share more than `MAX_OVERLAP` of the smaller one's band."""
    shared = cv2.intersectConvexConvex(line.band(0.8, 0.1), other.band(0.8, 0.1))[0]
    areas = [each.height_px * 0.8 * (each.length_px + 0.2 * each.height_px) for each in (line, other)]
    return bool(shared > MAX_OVERLAP * min(areas))


def _with_marks(line: TextLine, occupied: npt.NDArray[np.bool_], struck_out: FloatArray) -> TextLine:
    """The line with its signs, a struck-out and, outside of the occupied cells, a missed digit.

    Args:
        line: The line.
        occupied: (h, w) whether a cell belongs to a line.
        struck_out: (h, w) mean probability of a struck-out digit round a cell; a digit covers several cells,
            so that a single one proves little.
    """
    maps = line.maps
    part, near = _cells_in(line.band(1.5, SIGN_MARGIN_HEIGHTS), maps)
    count, _, stats, _ = cv2.connectedComponentsWithStats(
        ((maps.sign[part] >= MIN_SIGN) & near).astype(np.uint8), connectivity=8
    )
    signs = []
    for left, top, width, height, _ in np.asarray(stats[1:count]).tolist():
        corner = left + part[1].start, top + part[0].start
        corners = np.array([corner, (corner[0] + width, corner[1] + height)], dtype=np.float64) * STRIDE_PX
        signs.append(Box(*apply_affine(maps.picture_from_map, corners).ravel().tolist()))
    part, on_line = _cells_in(line.band(1.0), maps)
    struck = float(struck_out[part][on_line].max()) if on_line.any() else 0.0
    part, around = _cells_in(line.band(1.0, MISSED_MARGIN_HEIGHTS), maps)
    around &= ~occupied[part]
    missed = float(maps.line[part][around].max()) if around.any() else 0.0
    return replace(line, signs=tuple(signs), struck=struck, missed=missed)


def _cells_in(corners: FloatArray, maps: DetectionMaps) -> tuple[tuple[slice, slice], npt.NDArray[np.bool_]]:
    """The part of the map round a polygon of the picture, and whether the middle of a cell lies in it."""
    on_map = apply_affine(maps.map_from_picture, corners)
    points = np.rint((on_map / STRIDE_PX - 0.5) * 16).astype(np.int32)
    limit = np.array(maps.line.shape[::-1])
    low = (points.min(axis=0) // 16 - 1).clip(0, limit - 1)
    high = (points.max(axis=0) // 16 + 3).clip(low + 1, limit)
    mask = np.zeros((high - low)[::-1], np.uint8)
    cv2.fillPoly(mask, [points - (16 * low).astype(np.int32)], 1, cv2.LINE_8, 4)
    return (slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))), mask > 0


def _in_reading_order(lines: Sequence[TextLine]) -> list[TextLine]:
    """Lines row by row from top to bottom, each row from left to right, in the direction of most lines."""
    if len(lines) < 2:
        return list(lines)
    weights = np.array([line.length_px for line in lines])
    along, _ = mean_direction(np.stack([line.direction for line in lines], axis=1), weights / weights.sum())
    down = np.array([-along[1], along[0]])
    middles = [(line.start + line.end) / 2 for line in lines]
    remaining = sorted(range(len(lines)), key=lambda index: float(middles[index] @ down))
    ordered: list[TextLine] = []
    while remaining:
        first = remaining[0]
        bottom = float(middles[first] @ down) + lines[first].height_px / 2
        row = [index for index in remaining if float(middles[index] @ down) < bottom]
        row.sort(key=lambda index: float(middles[index] @ along))
        ordered += [lines[index] for index in row]
        remaining = [index for index in remaining if index not in row]
    return ordered
