from dataclasses import replace

import numpy as np
import pytest

from sdnn.enums import Status
from sdnn.rendering.canvas import ACCENT
from sdnn.rendering.overview import MAX_HEIGHT_PX, MAX_WIDTH_PX, overview
from sdnn.results import Box, ClassMap, Evidence, FloatArray, Reading, Strip


def reading(box: Box | None, text: str = "123") -> Reading:
    return Reading(text, 0.9, Status.ACCEPTED if box else Status.EMPTY, box=box)


def accent(page: FloatArray, *readings: Reading) -> FloatArray:
    """Where the picture has the colour of frames: (H, W), 0 or 1."""
    pixels = np.asarray(overview(page, readings)).astype(int)
    return np.asarray(np.abs(pixels - np.array(ACCENT)).sum(axis=2) < 60, dtype=np.float64)


def test_every_string_has_a_frame_round_it_and_a_text_above() -> None:
    page = np.ones((300, 500), np.float32)
    boxes = [Box(50, 100, 150, 130), Box(300, 200, 420, 240)]
    drawn = accent(page, *map(reading, boxes))
    for box in boxes:
        left, top, right, bottom = box.rounded()
        assert drawn[top:bottom, left - 4 : left].any(axis=1).all()
        assert drawn[top:bottom, right : right + 4].any(axis=1).all()
        assert drawn[top - 25 : top - 6, left : left + 30].mean() > 0.3
        assert not drawn[top + 2 : bottom - 2, left + 2 : right - 2].any()


@pytest.mark.parametrize("top", [0, 3, 270])
def test_the_text_stays_in_the_picture(top: int) -> None:
    drawn = accent(np.ones((300, 500), np.float32), reading(Box(50, top, 150, top + 20)))
    assert drawn.sum() > 400


def test_what_has_no_box_is_left_out() -> None:
    assert not accent(np.ones((50, 80), np.float32), reading(None, "")).any()


def test_a_large_page_is_made_smaller_with_its_frames() -> None:
    page = np.ones((800, 2 * MAX_WIDTH_PX), np.float32)
    drawn = accent(page, reading(Box(1000, 600, 1400, 700)))
    assert drawn.shape == (400, MAX_WIDTH_PX)
    rows, columns = np.nonzero(drawn)
    assert (rows.min(), rows.max()) == (pytest.approx(270, abs=6), pytest.approx(354, abs=3))
    assert (columns.min(), columns.max()) == (pytest.approx(496, abs=3), pytest.approx(704, abs=3))


def test_what_the_detector_saw_is_in_colour_where_it_saw_it() -> None:
    page, digit_ink = np.ones((60, 90), np.float32), np.zeros((60, 90), np.float32)
    digit_ink[20:40, 30:60] = 1
    path = np.zeros(0, np.intp)
    evidence = Evidence(page, Strip(page), ClassMap(np.zeros((0, 11)), 40, 2), path, (), (), digit_ink)
    picture = np.asarray(overview(page, [reading(None, ""), replace(reading(None, ""), evidence=evidence)]))
    coloured = picture.max(axis=2) - picture.min(axis=2) > 100
    np.testing.assert_array_equal(coloured, digit_ink > 0)


def test_writing_stays_visible_but_pale() -> None:
    page = np.ones((60, 90), np.float32)
    page[20:40, 30:60] = 0
    picture = np.asarray(overview(page, []).convert("L"))
    assert 50 < picture[30, 45] < 100
    assert picture[5, 5] == 255


def test_the_text_of_a_close_line_covers_no_other_string() -> None:
    boxes = [Box(50, 30 + 26 * row, 150, 52 + 26 * row) for row in range(8)]
    drawn = accent(np.ones((300, 500), np.float32), *map(reading, boxes))
    for box in boxes:
        left, top, right, bottom = box.expanded(-1).rounded()
        assert not drawn[top:bottom, left:right].any()
    assert drawn.sum() > 8 * 600


def test_a_page_as_high_as_it_is_narrow_is_made_smaller() -> None:
    picture = overview(np.ones((30_000, 20), np.float32), [reading(Box(2, 100, 18, 120), "7" * 5000)])
    assert picture.size == (3, MAX_HEIGHT_PX)
