import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdnn.datasets.digits import Pen
from sdnn.datasets.strips import Layout, random_strip
from sdnn.preprocessing.tilt import tilt_of
from sdnn.results import FloatArray


def points_of_digits(digits: int, tilt_deg: float, slant: float, seed: int) -> FloatArray:
    """Pixels of ink of drawn digits, sheared, then turned."""
    strip = random_strip(Pen(), Layout(digits=(digits, digits)), np.random.default_rng(seed))
    large = cv2.resize(strip.ink, None, fx=2, fy=2)
    y, x = np.nonzero(large > 100)
    turn = np.deg2rad(tilt_deg)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return np.asarray(np.stack([x - slant * y, y], axis=1) @ rotation.T)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(tilt_deg=st.floats(-10, 10), digits=st.integers(6, 10), seed=st.integers(0, 1000))
def test_the_tilt_of_a_string_is_found_within_two_degrees(tilt_deg: float, digits: int, seed: int) -> None:
    assert tilt_of(points_of_digits(digits, tilt_deg, 0.0, seed)) == pytest.approx(tilt_deg, abs=2)


@pytest.mark.parametrize("slant", [-0.3, 0.3, 0.6])
def test_leaning_digits_are_not_tilted(slant: float) -> None:
    tilts = [tilt_of(points_of_digits(6, 0.0, slant, seed)) for seed in range(10)]
    assert np.abs(tilts).max() < 2


@pytest.mark.parametrize("digits", [2, 3, 4])
def test_short_strings_are_more_level_after_they_are_turned_back(digits: int) -> None:
    tilts = np.linspace(-10, 10, 20)
    found = [tilt_of(points_of_digits(digits, tilt, 0.2, seed)) for seed, tilt in enumerate(tilts)]
    assert np.square(found - tilts).mean() < 0.7 * np.square(tilts).mean()


def test_a_single_digit_hardly_says_how_it_is_turned() -> None:
    assert np.mean([abs(tilt_of(points_of_digits(1, 0.0, 0.3, seed))) for seed in range(10)]) < 3


def test_without_ink_there_is_no_tilt() -> None:
    assert tilt_of(np.zeros((0, 2))) == 0


def test_one_point_has_no_tilt() -> None:
    assert tilt_of(np.array([[3.0, 4.0]])) == pytest.approx(0, abs=1)
