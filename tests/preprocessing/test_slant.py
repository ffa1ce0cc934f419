import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdnn.preprocessing.slant import slant_of
from sdnn.results import Box, FloatArray


def points_of(ink: FloatArray) -> tuple[FloatArray, Box]:
    ys, xs = np.nonzero(ink > 0.5)
    points = np.stack([xs, ys], axis=1).astype(np.float64)
    return points, Box(float(xs.min()), float(ys.min()), float(xs.max() + 1), float(ys.max() + 1))


def leaning_strokes(slant: float, size: int = 40) -> FloatArray:
    """Upright strokes and the bars of fours, sheared."""
    canvas = np.zeros((size + 20, 8 * size), np.uint8)
    thickness = max(2, size // 10)
    for left in range(size, 7 * size, size):
        lean = slant * size
        foot, head = (left, size + 10), (round(left + lean), 10)
        cv2.line(canvas, foot, head, 255, thickness, cv2.LINE_AA)
        middle = round(left + lean / 2)
        cv2.line(
            canvas, (middle - size // 4, size // 2 + 10), (middle + size // 4, size // 2 + 10), 255, thickness
        )
    return canvas.astype(np.float32) / np.float32(255)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(angle=st.floats(-25, 45), size=st.sampled_from([20, 40, 80]))
def test_the_slant_of_strokes_is_found_within_five_degrees(angle: float, size: int) -> None:
    slant = slant_of(*points_of(leaning_strokes(np.tan(np.deg2rad(angle)), size)))
    assert np.rad2deg(np.arctan(slant)) == pytest.approx(angle, abs=5)


def test_zeros_do_not_say_how_they_lean() -> None:
    canvas = np.zeros((60, 200), np.uint8)
    for middle in (40, 90, 140):
        cv2.ellipse(canvas, (middle, 30), (18, 18), 0, 0, 360, 255, 3, cv2.LINE_AA)
    slant = slant_of(*points_of(canvas.astype(np.float32) / np.float32(255)))
    assert abs(np.rad2deg(np.arctan(slant))) < 3


def test_writing_that_stands_upright_has_no_slant() -> None:
    assert abs(np.rad2deg(np.arctan(slant_of(*points_of(leaning_strokes(0.0)))))) < 5


def test_one_point_has_no_slant() -> None:
    assert slant_of(np.array([[5.0, 5.0]]), Box(5, 5, 6, 6)) == 0


def test_points_outside_the_box_do_not_count() -> None:
    points, box = points_of(leaning_strokes(0.5))
    tail = np.stack([np.linspace(0, 300, 400), np.linspace(70, 90, 400)], axis=1)
    assert slant_of(np.concatenate([points, tail]), box) == pytest.approx(slant_of(points, box))


def test_ink_whose_histogram_ends_close_to_a_whole_number_has_a_slant() -> None:
    # The width of the histogram is a little less than a whole number, which the sum of floats reaches.
    for width in np.nextafter(np.arange(1.0, 60.0), 0):
        points = np.array([[0.0, 0.0], [width, 0.0]])
        assert np.isfinite(slant_of(points, Box(0.0, 0.0, 60.0, 20.0)))
