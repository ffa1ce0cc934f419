"""Ends of lines where maps that make no mistake show ink beyond them."""

from dataclasses import replace

import numpy as np
import pytest
from helpers.perfect_maps import document_of, perfect_maps, string_at

from sdnn.detection.cell_grouping import group_cells
from sdnn.detection.ink_fitting import MAX_EXTENDING_OFFSET_HEIGHTS, MAX_GAP_HEIGHTS
from sdnn.detection.maps import STRIDE_PX, DetectionMaps

SIZE = (192, 256)


def inked(
    maps: DetectionMaps, *bars: tuple[float, float], row: float = 96.0, height: float = 17.0
) -> DetectionMaps:
    """The maps with ink between the given places along a line that runs level, and none elsewhere."""
    ink = np.zeros_like(maps.ink)
    (x, y), scale = maps.picture_from_map[:, 2], maps.picture_from_map[0, 0]
    for left, right in bars:
        rows = slice(round((row - height / 2 - y) / scale), round((row + height / 2 - y) / scale))
        ink[rows, round((left - x) / scale) : round((right - x) / scale)] = 1
    return replace(maps, ink=ink)


@pytest.mark.parametrize(
    ("gap", "grows"), [(0.5, True), (MAX_GAP_HEIGHTS - 0.2, True), (MAX_GAP_HEIGHTS + 0.4, False)]
)
def test_a_line_goes_on_where_the_ink_of_digits_does(gap: float, grows: bool) -> None:
    string = string_at("40217", (60.0, 96.0), 17.0)
    start, end = string.centre[:, 0]
    maps = perfect_maps(document_of(SIZE, string))
    bars, right = [(float(start), float(end))], float(end)
    for _ in range(3):
        bars.append((right + gap * 17, right + gap * 17 + 8))
        right = bars[-1][1]
    (line,) = group_cells(inked(maps, *bars))
    assert line.end[0] == pytest.approx(right if grows else end, abs=2.5)
    assert line.start[0] == pytest.approx(start, abs=2.5)
    assert line.height_px == pytest.approx(17, rel=0.1)


def test_a_line_does_not_go_on_with_signs_nor_with_ink_above_or_below_it() -> None:
    string = string_at("40217", (60.0, 96.0), 17.0)
    start, end = string.centre[:, 0].tolist()
    maps = perfect_maps(document_of(SIZE, string))
    beyond = (end + 10, end + 18)
    (longer,) = group_cells(inked(maps, (start, end), beyond))
    sign = maps.sign.copy()
    sign[:, int((beyond[0] - maps.picture_from_map[0, 2]) // STRIDE_PX) :] = 1
    (as_sign,) = group_cells(inked(replace(maps, sign=sign), (start, end), beyond))
    high = inked(maps, beyond, row=96 - 17 * (MAX_EXTENDING_OFFSET_HEIGHTS + 0.3), height=6).ink
    (beneath,) = group_cells(replace(maps, ink=np.maximum(high, inked(maps, (start, end)).ink)))
    assert longer.end[0] == pytest.approx(beyond[1], abs=2.5)
    for line in (as_sign, beneath):
        assert line.end[0] < beyond[0] + 2.5
