import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdnn.models.lenet import LENET
from sdnn.results import CLASSES, DIGITS, NO_DIGIT, Box, ClassMap, Span, Strip, text_of

GEOMETRY = LENET.geometry
places = st.floats(-500, 500)
sizes = st.floats(0.5, 500)
boxes = st.builds(
    lambda left, top, wide, high: Box(left, top, left + wide, top + high), places, places, sizes, sizes
)


def edges(box: Box) -> list[float]:
    return [box.left, box.top, box.right, box.bottom]


def test_no_digit_is_the_class_after_the_digits() -> None:
    assert len(DIGITS) == NO_DIGIT == CLASSES - 1


def test_the_text_of_spans_is_their_digits() -> None:
    assert text_of([Span(0, 1, 2), Span(0, 4, 4), Span(9, 5, 5)]) == "009"
    assert text_of([]) == ""


@pytest.mark.parametrize(
    ("width_px", "columns"), [(0, 0), (64, 0), (67, 0), (68, 1), (71, 1), (72, 2), (140, 19)]
)
def test_a_class_map_has_a_column_for_every_window_that_fits(width_px: int, columns: int) -> None:
    assert GEOMETRY.columns(width_px) == columns


@given(width_px=st.integers(GEOMETRY.window_px, 2000))
def test_the_last_window_ends_less_than_a_stride_before_the_end_of_the_strip(width_px: int) -> None:
    last = (GEOMETRY.columns(width_px) - 1) * GEOMETRY.stride_px + GEOMETRY.window_px
    assert 0 <= width_px - last < GEOMETRY.stride_px


def test_a_box_has_the_size_between_its_edges() -> None:
    box = Box(2.0, 3.0, 7.5, 4.0)
    assert (box.width, box.height) == (5.5, 1.0)


def test_a_rounded_box_lies_on_the_nearest_pixel_edges() -> None:
    assert Box(0.6, 1.4, 9.7, 10.2).rounded() == (1, 1, 10, 10)


def test_a_box_is_shifted_and_expanded_about_its_centre() -> None:
    box = Box(2, 3, 8, 7)
    assert [*box.centre] == [5, 5]
    assert box.shifted(1, -2) == Box(3, 1, 9, 5)
    assert box.expanded(2) == Box(0, 1, 10, 9)


def test_a_box_around_boxes_reaches_to_the_outermost_edges() -> None:
    assert Box.around([Box(3, 0, 4, 9), Box(1, 2, 8, 3), Box(2, 1, 3, 2)]) == Box(1, 0, 8, 9)


def test_a_box_around_one_box_is_that_box() -> None:
    assert Box.around([Box(1, 2, 3, 4)]) == Box(1, 2, 3, 4)


def test_a_strip_that_is_its_own_page_leaves_boxes_where_they_are() -> None:
    strip = Strip(np.zeros((28, 40), np.float32))
    assert strip.to_page(Box(1, 2, 3, 4)) == strip.from_page(Box(1, 2, 3, 4)) == Box(1, 2, 3, 4)


def test_a_box_goes_to_the_page_by_the_matrix() -> None:
    strip = Strip(np.zeros((28, 40), np.float32), np.array([[2.0, 0.0, 10.0], [0.0, 3.0, -5.0]]))
    assert strip.to_page(Box(0, 1, 4, 5)) == Box(10, -2, 18, 10)


def test_the_box_of_a_turned_strip_holds_all_its_corners() -> None:
    quarter_turn = Strip(np.zeros((28, 40), np.float32), np.array([[0.0, -1.0, 28.0], [1.0, 0.0, 0.0]]))
    assert quarter_turn.to_page(Box(0, 0, 40, 28)) == Box(0, 0, 28, 40)


@given(box=boxes, scale_x=st.floats(0.05, 20), scale_y=st.floats(0.05, 20), left=places, top=places)
def test_a_box_survives_the_way_to_the_page_and_back(
    box: Box, scale_x: float, scale_y: float, left: float, top: float
) -> None:
    matrix = np.array([[scale_x, 0.0, left], [0.0, scale_y, top]])
    strip = Strip(np.zeros((28, 40), np.float32), matrix)
    assert edges(strip.from_page(strip.to_page(box))) == pytest.approx(edges(box), abs=1e-6)


def test_the_centre_of_a_column_is_the_middle_of_its_window() -> None:
    class_map = ClassMap(np.zeros((5, CLASSES)), window_px=28, stride_px=2, offset_px=3)
    assert class_map.centre_px(0) == 17
    assert class_map.centre_px(4) == 25
    assert class_map.centre_px(1.5) == 20


def test_a_class_map_is_as_long_as_it_has_columns() -> None:
    assert len(ClassMap(np.zeros((5, CLASSES)), window_px=28, stride_px=2)) == 5


@pytest.mark.parametrize(("first", "last", "centre"), [(4, 4, 4), (4, 6, 5), (4, 7, 5.5)])
def test_the_centre_of_a_span_is_the_middle_of_its_columns(first: int, last: int, centre: float) -> None:
    assert Span(7, first, last).centre == centre


@pytest.mark.parametrize(
    ("other", "area"),
    [
        (Box(0, 0, 10, 10), 100),
        (Box(5, 5, 20, 20), 25),
        (Box(2, 3, 4, 5), 4),
        (Box(10, 0, 20, 10), 0),
        (Box(30, 30, 40, 40), 0),
    ],
)
def test_two_boxes_share_what_lies_in_both(other: Box, area: float) -> None:
    box = Box(0, 0, 10, 10)
    assert box.shared_area(other) == other.shared_area(box) == area
