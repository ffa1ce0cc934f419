import numpy as np
import pytest

from sdnn.boxes import digit_boxes, page_box
from sdnn.preprocessing import to_strip, writing_on
from sdnn.results import Box, ClassMap, Geometry, Span, Strip


def test_boxes_are_cut_half_way_between_digits_that_touch() -> None:
    ink = np.zeros((28, 60), np.float32)
    ink[5:20, 20:40] = 1.0  # two digits of ten columns that touch at 30
    class_map = ClassMap(np.zeros((17, 11)), window_px=28, stride_px=2)
    spans = [Span(1, 5, 6), Span(7, 10, 11)]  # middles at 25 and 35
    assert digit_boxes(Strip(ink), class_map, spans) == [Box(20, 5, 30, 20), Box(30, 5, 40, 20)]


@pytest.mark.parametrize("slant", [0.0, 0.5, -0.3])
def test_the_box_of_leaning_ink_is_as_wide_as_the_ink(slant: float) -> None:
    page = np.ones((60, 200), np.float32)
    for left in (60, 100, 140):
        for row in range(10, 50):
            start = round(left + slant * (30 - row))
            page[row, start : start + 5] = 0
    writing = writing_on(page)
    assert writing
    strip = to_strip(writing.ink, writing.text, Geometry(text_height_px=20), slant=slant)
    whole = Box(0, 0, strip.ink.shape[1], strip.ink.shape[0])
    found, inked = page_box(strip, whole), np.flatnonzero((page == 0).any(axis=0))
    assert (found.left, found.right) == pytest.approx((inked[0], inked[-1] + 1), abs=1.5)
    assert (found.top, found.bottom) == pytest.approx((10, 50), abs=1.5)


def test_a_box_without_ink_is_mapped_as_it_is() -> None:
    strip = Strip(np.zeros((32, 60), np.float32), np.array([[2.0, 0.0, 5.0], [0.0, 2.0, 1.0]]))
    assert page_box(strip, Box(1, 2, 3, 4)) == Box(7, 5, 11, 9)
