from typing import cast

import numpy as np
import pytest

from sdnn.datasets.distortion import Distortion, distorted_windows, salt_and_pepper
from sdnn.results import FloatArray

NONE = Distortion(rotation_deg=0, shear=0, log_scale=0, log_aspect=0, shift_px=0, drop_px=0)


class Fixed:
    """Always draws the upper bound, or the lower one."""

    def __init__(self, sign: int) -> None:
        self.sign = sign

    def uniform(self, low: float, high: float, size: int) -> FloatArray:
        assert low == -high
        return np.full(size, self.sign * high)


def window(ink: FloatArray, distortion: Distortion, sign: int = 1, centre_px: float = 30) -> FloatArray:
    rng = cast(np.random.Generator, Fixed(sign))
    (window,) = distorted_windows(ink, np.array([centre_px]), 28, distortion, rng)
    return window


def with_settings(**settings: float) -> Distortion:
    return Distortion(**{**vars(NONE), **settings})


def strip_with(left: int, top: int, right: int, bottom: int) -> FloatArray:
    ink = np.zeros((28, 60), np.float32)
    ink[top:bottom, left:right] = 1
    return ink


UPRIGHT = strip_with(29, 4, 31, 24)
LEVEL = strip_with(20, 13, 40, 15)
SQUARE = strip_with(25, 9, 35, 19)


def middle_of_mass(image: FloatArray) -> tuple[float, float]:
    y, x = np.indices(image.shape) + 0.5
    return float(np.average(x, weights=image)), float(np.average(y, weights=image))


def slope_of_upright(image: FloatArray) -> float:
    """Pixels to the right per pixel down."""
    y, x = np.indices(image.shape)
    return float(
        np.cov(x.ravel(), y.ravel(), aweights=image.ravel())[0, 1] / np.cov(y.ravel(), aweights=image.ravel())
    )


def slope_of_level(image: FloatArray) -> float:
    """Pixels down per pixel to the right."""
    return slope_of_upright(image.T)


def test_without_distortion_a_window_is_the_crop() -> None:
    ink = np.random.default_rng(0).random((28, 60), dtype=np.float32)
    for centre_px in (14, 30, 46):
        crop = window(ink, NONE, centre_px=centre_px)
        np.testing.assert_array_equal(crop, ink[:, centre_px - 14 : centre_px + 14])
        assert crop.dtype == np.float32


def test_half_a_pixel_is_the_mean_of_two() -> None:
    ink = np.random.default_rng(0).random((28, 60), dtype=np.float32)
    between = (ink[:, 16:44] + ink[:, 17:45]) / 2
    np.testing.assert_allclose(window(ink, NONE, centre_px=30.5), between, atol=1e-5)


def test_beyond_the_strip_there_is_paper() -> None:
    ink = np.ones((28, 60), np.float32)
    first = window(ink, NONE, centre_px=4)
    assert not first[:, :10].any()
    assert first[:, 10:].min() == 1


def test_a_draw_lies_anywhere_between_the_bounds() -> None:
    rng = np.random.default_rng(0)
    moved = with_settings(shift_px=1, drop_px=3)
    windows = distorted_windows(SQUARE, np.full(300, 30.0), 28, moved, rng)
    middles = np.array([middle_of_mass(window) for window in windows])
    np.testing.assert_allclose(middles.min(axis=0), [13, 11], atol=0.1)
    np.testing.assert_allclose(middles.max(axis=0), [15, 17], atol=0.1)
    np.testing.assert_allclose(middles.mean(axis=0), [14, 14], atol=0.3)


@pytest.mark.parametrize("sign", [-1, 1])
def test_shift_moves_across_and_drop_moves_down(sign: int) -> None:
    x, y = middle_of_mass(window(SQUARE, with_settings(shift_px=2, drop_px=3), sign))
    assert abs(x - 14) == pytest.approx(2, abs=0.01)
    assert abs(y - 14) == pytest.approx(3, abs=0.01)


@pytest.mark.parametrize("sign", [-1, 1])
def test_shear_leans_upright_strokes_and_leaves_level_ones(sign: int) -> None:
    shear = with_settings(shear=0.2)
    assert slope_of_upright(window(UPRIGHT, shear, sign)) == pytest.approx(-0.2 * sign, abs=0.02)
    assert slope_of_level(window(LEVEL, shear, sign)) == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("sign", [-1, 1])
def test_rotation_turns_upright_and_level_strokes_alike(sign: int) -> None:
    rotation = with_settings(rotation_deg=10)
    tangent = np.tan(np.radians(10))
    assert slope_of_upright(window(UPRIGHT, rotation, sign)) == pytest.approx(sign * tangent, abs=0.02)
    assert slope_of_level(window(LEVEL, rotation, sign)) == pytest.approx(-sign * tangent, abs=0.02)


@pytest.mark.parametrize("sign", [-1, 1])
def test_scale_changes_the_size_across_and_down(sign: int) -> None:
    scaled = window(SQUARE, with_settings(log_scale=0.2), sign)
    side = 10 * np.exp(-0.2 * sign)
    assert scaled[14].sum() == pytest.approx(side, abs=0.2)
    assert scaled[:, 14].sum() == pytest.approx(side, abs=0.2)


@pytest.mark.parametrize("sign", [-1, 1])
def test_aspect_changes_the_width_against_the_height(sign: int) -> None:
    changed = window(SQUARE, with_settings(log_aspect=0.3), sign)
    width, height = changed[14].sum(), changed[:, 14].sum()
    assert width / height == pytest.approx(np.exp(-0.3 * sign), rel=0.03)
    assert width * height == pytest.approx(100, rel=0.05)


def test_all_at_once_turn_about_the_middle_of_the_window() -> None:
    everything = with_settings(rotation_deg=8, shear=0.2, log_scale=0.12, log_aspect=0.12)
    assert middle_of_mass(window(SQUARE, everything)) == pytest.approx((14, 14), abs=0.05)


def test_salt_and_pepper_hit_the_share_half_each() -> None:
    images = np.full((50, 28, 28), 0.5, np.float32)
    noisy = salt_and_pepper(images, 0.1, np.random.default_rng(0))
    assert noisy.dtype == np.float32
    assert set(np.unique(noisy)) == {0, 0.5, 1}
    assert (noisy == 0).mean() == pytest.approx(0.05, abs=0.005)
    assert (noisy == 1).mean() == pytest.approx(0.05, abs=0.005)
    assert images.min() == images.max() == 0.5


@pytest.mark.parametrize(("share", "untouched"), [(0.0, 1.0), (1.0, 0.0)])
def test_no_noise_and_nothing_but_noise(share: float, untouched: float) -> None:
    images = np.full((10, 28, 28), 0.5, np.float32)
    assert (salt_and_pepper(images, share, np.random.default_rng(0)) == 0.5).mean() == untouched
