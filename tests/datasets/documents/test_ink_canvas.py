import numpy as np
import pytest

from sdnn.datasets.documents.ink_canvas import Canvas, composed, mapped, rectangle
from sdnn.datasets.rasterizer import Ink, fixed_point
from sdnn.results import FloatArray

LEVEL = np.eye(2, 3)


def random_affine(rng: np.random.Generator, scale: float) -> FloatArray:
    """A turned, sheared and scaled frame whose middle lies somewhere near 50, 50."""
    turn, shear = rng.uniform(-np.pi, np.pi), rng.uniform(-0.3, 0.3)
    cos, sin = np.cos(turn), np.sin(turn)
    unturned = np.array([[scale, shear], [0.0, scale * rng.uniform(0.8, 1.2)]])
    linear = np.array([[cos, -sin], [sin, cos]]) @ unturned
    return np.column_stack([linear, rng.uniform(45, 55, 2)])


def centroid(ink: Ink) -> FloatArray:
    """X and y of the middle of the ink, in edges."""
    rows, columns = np.indices(ink.shape)
    return np.asarray([(ink * columns).sum() / ink.sum() + 0.5, (ink * rows).sum() / ink.sum() + 0.5])


def bounds(ink: Ink, least: int = 127) -> tuple[int, int, int, int]:
    """Left, top, right and bottom edge of the ink."""
    rows, columns = np.flatnonzero((ink > least).any(axis=1)), np.flatnonzero((ink > least).any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def test_the_inner_map_of_two_comes_first() -> None:
    double, shift = np.array([[2.0, 0, 0], [0, 2, 0]]), np.array([[1.0, 0, 3], [0, 1, 4]])
    point = np.array([1.0, 1.0])
    np.testing.assert_allclose(mapped(point, composed(double, shift)), [8, 10])
    np.testing.assert_allclose(mapped(point, composed(shift, double)), [5, 6])


def test_corners_go_clockwise_from_the_upper_left() -> None:
    assert rectangle(1, 2, 5, 8).tolist() == [[1, 2], [5, 2], [5, 8], [1, 8]]


def test_the_middle_of_a_pixel_is_drawn_at_its_whole_number() -> None:
    assert fixed_point(np.array([[0.5, 3.5], [1e9, -1e9]])).tolist() == [[0, 48], [2**18, -(2**18)]]


@pytest.mark.parametrize("scale", [0.3, 0.8, 1.0, 2.5])
@pytest.mark.parametrize("seed", range(5))
def test_a_stamp_is_placed_by_the_map_within_half_a_pixel(scale: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    ink = np.full((15, 9), 255, np.uint8)
    picture_from_sheet, sheet_from_ink = np.array([[1.0, 0.02, 3], [-0.02, 1, 2]]), random_affine(rng, scale)
    canvas = Canvas(110, 110, picture_from_sheet)
    canvas.stamp(ink, sheet_from_ink, 1.0, "digits")
    matrix = composed(picture_from_sheet, sheet_from_ink)
    np.testing.assert_allclose(centroid(canvas.mask), mapped(np.array([4.5, 7.5]), matrix), atol=0.5)
    corners = mapped(rectangle(0, 0, 9, 15), matrix)
    np.testing.assert_allclose(
        bounds(canvas.mask, 60), [*corners.min(axis=0), *corners.max(axis=0)], atol=1.5
    )


def test_a_stamp_in_place_is_the_glyph_itself() -> None:
    ink = np.random.default_rng(0).integers(256, size=(6, 4)).astype(np.uint8)
    canvas = Canvas(20, 20, LEVEL)
    canvas.stamp(ink, np.array([[1.0, 0, 5], [0, 1, 7]]), 1.0, "digits")
    np.testing.assert_array_equal(canvas.mask[7:13, 5:9], ink)
    assert canvas.mask.sum() == ink.sum()


def test_ink_beyond_the_picture_is_cut_off() -> None:
    canvas = Canvas(10, 10, LEVEL)
    ink = np.full((8, 8), 255, np.uint8)
    canvas.stamp(ink, np.array([[1.0, 0, -4], [0, 1, 6]]), 1.0, "digits")
    assert bounds(canvas.mask) == (0, 6, 4, 10)
    canvas.stamp(ink, np.array([[1.0, 0, 50], [0, 1, 50]]), 1.0, "digits")
    assert (canvas.mask > 0).sum() == 16


def test_digits_are_pale_where_they_show_and_full_in_the_mask() -> None:
    canvas = Canvas(20, 20, LEVEL)
    canvas.stamp(np.full((5, 5), 255, np.uint8), np.array([[1.0, 0, 3], [0, 1, 3]]), 0.4, "digits")
    assert canvas.digits.max() == 102
    assert canvas.mask.max() == 255
    assert not canvas.others.any()


def test_other_ink_is_not_in_the_mask() -> None:
    canvas = Canvas(20, 20, LEVEL)
    canvas.stamp(np.full((5, 5), 255, np.uint8), np.array([[1.0, 0, 3], [0, 1, 3]]), 0.4, "others")
    canvas.line(np.array([(2.0, 15.0), (18.0, 15.0)]), 2.0, 0.8)
    canvas.fill(rectangle(12, 2, 18, 8), 0.6)
    assert canvas.others[5, 5] == 102
    assert canvas.others[15, 10] > 150
    assert canvas.others[5, 15] == 153
    assert not canvas.mask.any()
    assert not canvas.digits.any()


def test_the_darker_of_two_inks_shows() -> None:
    canvas = Canvas(20, 20, LEVEL)
    ink, place = np.full((5, 5), 255, np.uint8), np.array([[1.0, 0, 3], [0, 1, 3]])
    for tone in (0.9, 0.3):
        canvas.stamp(ink, place, tone, "others")
    canvas.line(np.array([(0.0, 5.5), (20.0, 5.5)]), 1.0, 0.5)
    assert canvas.others[5, 5] == 230
    assert int(canvas.others[5, 15]) == pytest.approx(120, abs=10)


@pytest.mark.parametrize("y", [4.5, 4.75, 5.0, 5.25])
def test_a_line_lies_where_it_is_put_to_a_part_of_a_pixel(y: float) -> None:
    canvas = Canvas(20, 40, LEVEL)
    canvas.line(np.array([(5.0, y), (35.0, y)]), 1.0, 1.0)
    column = canvas.others[:, 20].astype(float)
    assert (np.arange(20) + 0.5) @ column / column.sum() == pytest.approx(y, abs=0.1)


def test_a_line_thinner_than_a_pixel_is_paler_down_to_a_limit() -> None:
    darkest = []
    for thickness_px in (1.0, 0.6, 0.3, 0.1):
        canvas = Canvas(20, 40, LEVEL)
        canvas.line(np.array([(5.0, 4.5), (35.0, 4.5)]), thickness_px, 1.0)
        darkest.append(int(canvas.others.max()))
    np.testing.assert_allclose(np.array(darkest) / darkest[0], [1, 0.6, 0.3, 0.3], atol=0.02)


def test_lines_are_as_thick_as_the_map_makes_them() -> None:
    canvas = Canvas(60, 60, np.array([[3.0, 0, 0], [0, 3, 0]]))
    assert canvas.scale == pytest.approx(3)
    canvas.line(np.array([(2.0, 9.5), (18.0, 9.5)]), 3.0, 1.0)
    column = canvas.others[:, 30].astype(float) / 255
    assert column.sum() == pytest.approx(10, abs=2)  # OpenCV adds what it smooths the edges with
    assert (np.arange(60) + 0.5) @ column / column.sum() == pytest.approx(28.5, abs=0.25)


def test_a_closed_line_comes_back_to_its_beginning() -> None:
    canvas = Canvas(20, 20, LEVEL)
    canvas.line(rectangle(4.5, 4.5, 14.5, 14.5), 1.0, 1.0)
    assert not canvas.others[10, 4]
    canvas.line(rectangle(4.5, 4.5, 14.5, 14.5), 1.0, 1.0, closed=True)
    assert canvas.others[10, 4]


def test_lines_from_far_away_cross_the_picture() -> None:
    canvas = Canvas(20, 20, LEVEL)
    canvas.line(np.array([(-1e6, 10.5), (1e6, 10.5)]), 1.0, 1.0)
    assert (canvas.others[10, 1:-1] > 200).all()
