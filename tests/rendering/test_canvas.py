import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdnn.rendering.canvas import DIGIT_INK, tint_digit_ink


def test_without_digit_ink_a_picture_stays_grey() -> None:
    grey = np.arange(60, dtype=np.uint8).reshape(6, 10) * 4
    for digit_ink in (None, np.zeros((6, 10), np.float32)):
        np.testing.assert_array_equal(tint_digit_ink(grey, digit_ink), np.repeat(grey[..., None], 3, axis=2))


@given(st.integers(0, 255), st.floats(0, 1), st.floats(0, 1))
def test_the_hotter_a_pixel_the_nearer_it_comes_to_the_colour(grey: int, one: float, other: float) -> None:
    pixels = tint_digit_ink(np.full((1, 2), grey, np.uint8), np.array([sorted((one, other))], np.float32))
    cooler, hotter = np.abs(pixels[0].astype(int) - np.array(DIGIT_INK))
    assert (hotter <= cooler).all()


@pytest.mark.parametrize("level", [0, 255])
def test_black_and_white_are_told_apart_under_the_surest_digit_ink(level: int) -> None:
    (pixel,) = tint_digit_ink(np.full((1, 1), level, np.uint8), np.ones((1, 1), np.float32))[0]
    assert pixel.tolist() == [round(0.35 * level + 0.65 * channel) for channel in DIGIT_INK]
