import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdnn.preprocessing.lines import LEAST_TEXT_PX, ROOM, SPECK, Line, find_line
from sdnn.results import Box, FloatArray


def page_with(*boxes: tuple[int, int, int, int]) -> FloatArray:
    """Ink in the given boxes: left, top, right, bottom."""
    ink = np.zeros((60, 200), np.float32)
    for left, top, right, bottom in boxes:
        ink[top:bottom, left:right] = 1
    return ink


def line_of(ink: FloatArray) -> Line:
    line = find_line(ink)
    assert line is not None
    return line


def edges(box: Box) -> list[float]:
    return [box.left, box.top, box.right, box.bottom]


@given(left=st.integers(0, 190), top=st.integers(0, 50), width=st.integers(1, 200), height=st.integers(4, 60))
def test_the_box_of_one_piece_has_its_edges(left: int, top: int, width: int, height: int) -> None:
    right, bottom = min(200, left + width), min(60, top + height)
    line = find_line(page_with((left, top, right, bottom)))
    if bottom - top < LEAST_TEXT_PX:
        assert line is None
    else:
        assert line is not None
        assert edges(line.text) == pytest.approx([left, top, right, bottom])
        assert len(line.points) == (right - left) * (bottom - top)


def test_a_tail_does_not_set_the_height() -> None:
    digits = [(left, 10, left + 10, 30) for left in (20, 40, 60, 80)]
    with_tail = line_of(page_with(*digits, (88, 30, 90, 36))).text
    assert (with_tail.left, with_tail.right) == (20, 90)
    assert with_tail.height == pytest.approx(20, abs=1)
    assert with_tail.top == pytest.approx(10, abs=1)


def test_the_writing_is_never_higher_than_the_box_and_its_room() -> None:
    digits = [(left, 10, left + 10, 26) for left in (20, 40, 60)]
    text = line_of(page_with(*digits, (80, 10, 84, 55))).text
    assert text.height >= 45 / ROOM - 1e-9
    assert text.top == pytest.approx(10, abs=1)


def test_a_small_last_zero_is_kept() -> None:
    text = line_of(page_with((20, 10, 40, 50), (50, 10, 70, 50), (150, 38, 160, 50))).text
    assert text.right == 160


def test_a_dash_and_a_dot_set_neither_width_nor_height() -> None:
    digits = [(20, 10, 40, 50), (50, 10, 70, 50)]
    assert (
        line_of(page_with(*digits, (90, 28, 130, 32), (150, 46, 154, 50))).text
        == line_of(page_with(*digits)).text
    )


def test_ink_of_the_lines_above_and_below_does_not_count() -> None:
    digits = [(20, 15, 40, 45), (50, 15, 70, 45)]
    line = line_of(page_with(*digits, (120, 0, 140, 8), (160, 52, 180, 60)))
    assert line.text == line_of(page_with(*digits)).text
    assert line.foreign is not None
    np.testing.assert_array_equal(line.foreign, page_with((120, 0, 140, 8), (160, 52, 180, 60)))


def test_a_digit_that_touches_the_edge_of_the_page_is_not_foreign() -> None:
    line = line_of(page_with((20, 0, 40, 30), (50, 2, 70, 32)))
    assert line.foreign is None
    assert (line.text.left, line.text.right) == (20, 70)


def test_a_ruling_alone_is_no_writing() -> None:
    assert find_line(page_with((0, 30, 200, 33))) is None


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (28, 100)])
def test_a_page_without_ink_has_no_line(shape: tuple[int, int]) -> None:
    assert find_line(np.zeros(shape, np.float32)) is None


def test_weak_ink_is_no_ink() -> None:
    assert find_line(page_with((20, 10, 30, 40)) * np.float32(0.3)) is None


def test_a_piece_counts_for_the_width_from_a_share_of_the_line_on() -> None:
    digits = [(50, 10, 70, 50), (75, 10, 95, 50)]
    low = int(np.ceil(SPECK * 40))
    assert line_of(page_with(*digits, (110, 20, 112, 20 + low))).text.right == 112
    assert line_of(page_with(*digits, (110, 20, 112, 19 + low))).text.right == 95


def test_pieces_that_touch_at_a_corner_are_one() -> None:
    stairs = [(50 + 4 * step, 10 + 4 * step, 54 + 4 * step, 14 + 4 * step) for step in range(8)]
    assert edges(line_of(page_with(*stairs)).text) == pytest.approx([50, 10, 82, 42])


def test_a_wide_page_of_more_pieces_than_two_bytes_count_has_a_line() -> None:
    ink = np.zeros((60, 20_000), np.float32)
    ink[20:40:2, ::2] = 1
    ink[10:50, 500:510] = 1
    assert find_line(ink) is not None
