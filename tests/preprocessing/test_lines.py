import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdnn.preprocessing.lines import LEAST_TEXT_PX, ROOM, SPECK, text_box
from sdnn.results import Box, FloatArray


def page_with(*boxes: tuple[int, int, int, int]) -> FloatArray:
    """Ink in the given boxes: left, top, right, bottom."""
    ink = np.zeros((60, 200), np.float32)
    for left, top, right, bottom in boxes:
        ink[top:bottom, left:right] = 1
    return ink


@given(left=st.integers(0, 190), top=st.integers(0, 50), width=st.integers(1, 200), height=st.integers(4, 60))
def test_the_box_of_one_piece_has_its_edges(left: int, top: int, width: int, height: int) -> None:
    right, bottom = min(200, left + width), min(60, top + height)
    box = text_box(page_with((left, top, right, bottom)))
    assert box == (Box(left, top, right, bottom) if bottom - top >= LEAST_TEXT_PX else None)


def test_the_box_is_as_wide_as_the_writing_and_as_high_as_most_digits() -> None:
    page = page_with((20, 20, 30, 40), (50, 22, 60, 42), (90, 21, 100, 45), (110, 24, 120, 38))
    # Heights 14, 20, 20, 24 and middles 30, 31, 32, 33, all of one width: the lower median of each counts.
    assert text_box(page) == Box(20, 21, 120, 41)


def test_a_long_descender_sets_the_height_only_where_it_is_very_long() -> None:
    digits = [(left, 10, left + 10, 30) for left in (20, 40, 60)]
    assert text_box(page_with(*digits, (80, 10, 84, 35))) == Box(20, 10, 84, 30)
    box = text_box(page_with(*digits, (80, 10, 84, 49)))
    assert box
    assert box.height == pytest.approx(39 / ROOM)


def test_wider_pieces_count_for_more() -> None:
    box = text_box(page_with((20, 11, 22, 35), (30, 11, 32, 35), (60, 13, 90, 33)))
    assert box == Box(20, 13, 90, 33)


def test_a_ruling_alone_is_no_writing() -> None:
    assert text_box(page_with((0, 30, 200, 33))) is None


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (28, 100)])
def test_a_page_without_ink_has_no_box(shape: tuple[int, int]) -> None:
    assert text_box(np.zeros(shape, np.float32)) is None


def test_weak_ink_is_no_ink() -> None:
    assert text_box(page_with((20, 10, 30, 40)) * np.float32(0.4)) is None


def test_a_speck_far_from_the_writing_does_not_count() -> None:
    assert text_box(page_with((80, 10, 120, 40), (3, 55, 5, 57), (190, 1, 192, 3))) == Box(80, 10, 120, 40)


def test_a_piece_counts_for_the_width_from_a_share_of_the_tallest_on() -> None:
    tallest = (50, 10, 60, 50)
    low = round(SPECK * 40)
    assert text_box(page_with(tallest, (100, 20, 110, 20 + low))) == Box(50, 10, 110, 50)
    assert text_box(page_with(tallest, (180, 20, 190, 19 + low))) == Box(50, 10, 60, 50)


def test_pieces_that_touch_at_a_corner_are_one() -> None:
    stairs = [(50 + 4 * step, 10 + 4 * step, 54 + 4 * step, 14 + 4 * step) for step in range(8)]
    assert text_box(page_with(*stairs)) == Box(50, 10, 82, 42)
