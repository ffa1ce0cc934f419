import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdnn.preprocessing import to_strip
from sdnn.reading.boxes import digit_boxes
from sdnn.results import Box, ClassMap, Geometry, Span, Strip


def test_boxes_are_cut_half_way_between_digits_that_touch() -> None:
    ink = np.zeros((28, 60), np.float32)
    ink[5:20, 20:40] = 1.0  # two digits of ten columns that touch at 30
    class_map = ClassMap(np.zeros((17, 11)), window_px=28, stride_px=2)
    spans = [Span(1, 5, 6), Span(7, 10, 11)]  # middles at 25 and 35
    boxes = [Box(20, 5, 30, 20), Box(30, 5, 40, 20)]
    assert digit_boxes(Strip(ink), class_map, spans) == (boxes, boxes)
    doubled = Strip(ink, np.array([[2.0, 0.0, 7.0], [0.0, 2.0, 1.0]]))
    on_page = [Box(47, 11, 67, 41), Box(67, 11, 87, 41)]
    assert digit_boxes(doubled, class_map, spans) == (boxes, on_page)


@pytest.mark.parametrize("slant", [0.0, 0.5, -0.3])
def test_the_box_of_leaning_ink_is_as_wide_as_the_ink(slant: float) -> None:
    ink = np.zeros((60, 200), np.float32)
    for left in (60, 100, 140):
        for row in range(10, 50):
            start = round(left + slant * (30 - row))
            ink[row, start : start + 5] = 1
    # A pixel of the strip is one of the page.
    geometry = Geometry(height_px=64, text_height_px=40, window_px=68, stride_px=4)
    strip = to_strip(ink, Box(60, 10, 145, 50), geometry, slant=slant)
    width = strip.ink.shape[1]
    class_map = ClassMap(np.zeros((1, 11)), window_px=width, stride_px=2)  # one window, one digit: all ink
    _, (found,) = digit_boxes(strip, class_map, [Span(1, 0, 0)])
    inked = np.flatnonzero(ink.any(axis=0))
    assert (found.left, found.right) == pytest.approx((inked[0], inked[-1] + 1), abs=1.5)
    assert (found.top, found.bottom) == pytest.approx((10, 50), abs=1.5)


def test_a_digit_without_ink_has_its_part_of_the_strip() -> None:
    ink = np.zeros((32, 60), np.float32)
    ink[10:20, 45:50] = 1
    strip = Strip(ink, np.array([[2.0, 0.0, 5.0], [0.0, 2.0, 1.0]]))
    class_map = ClassMap(np.zeros((17, 11)), window_px=28, stride_px=2)
    spans = [Span(3, 2, 2), Span(4, 8, 8), Span(5, 16, 16)]  # middles at 18, 30 and 46: cut at 24 and 38
    boxes, page_boxes = digit_boxes(strip, class_map, spans)
    assert boxes == [Box(4, 0, 24, 32), Box(24, 0, 38, 32), Box(45, 10, 50, 20)]
    assert page_boxes == [Box(13, 1, 53, 65), Box(53, 1, 81, 65), Box(95, 21, 105, 41)]


def test_ink_beyond_the_windows_is_no_digits() -> None:
    ink = np.zeros((32, 200), np.float32)
    ink[10:20, [0, 60, 100, 199]] = 1
    class_map = ClassMap(np.zeros((87, 11)), window_px=28, stride_px=2)
    spans = [Span(3, 23, 23), Span(4, 43, 43)]  # windows from 46 to 74 and from 86 to 114
    assert digit_boxes(Strip(ink), class_map, spans)[0] == [Box(60, 10, 61, 20), Box(100, 10, 101, 20)]


def test_without_digits_there_are_no_boxes() -> None:
    strip, class_map = Strip(np.zeros((32, 60), np.float32)), ClassMap(np.zeros((17, 11)), 28, 2)
    assert digit_boxes(strip, class_map, []) == ([], [])


@given(st.integers(0, 2**32 - 1))
def test_the_box_of_a_digit_holds_exactly_the_ink_of_its_part(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ink = (rng.random((8, 90)) < rng.choice([0.002, 0.05])).astype(np.float32)
    class_map = ClassMap(np.zeros((32, 11)), window_px=28, stride_px=2)
    columns = np.sort(rng.choice(32, rng.integers(1, 6), replace=False)).tolist()
    boxes, _ = digit_boxes(Strip(ink), class_map, [Span(0, column, column) for column in columns])
    middles = [14 + 2 * column for column in columns]
    for place, (middle, box) in enumerate(zip(middles, boxes, strict=True)):
        left = max([middle - 14, *((middle + other) // 2 for other in middles[:place])])
        right = min([middle + 14, *((middle + other) // 2 for other in middles[place + 1 :])])
        rows, across = np.nonzero(ink[:, left:right])
        if len(rows):
            expected = Box(left + across.min(), rows.min(), left + across.max() + 1, rows.max() + 1)
        else:
            expected = Box(left, 0, right, 8)
        assert box == expected
