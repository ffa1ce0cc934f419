import numpy as np
import pytest

from sdnn.datasets.paper.compositing import blur, darkened, drawn, segment, subpixel


def test_a_layer_takes_away_its_share_of_the_light() -> None:
    page = np.full((1, 3), 0.8, np.float32)
    layer = np.array([[0, 0.5, 1]], np.float32)
    np.testing.assert_allclose(darkened(page, layer, 0.4), [[0.8, 0.64, 0.48]], atol=1e-6)


def test_the_middle_of_the_first_pixel_is_where_opencv_has_its_origin() -> None:
    assert subpixel(0.5, 1.5, 1.0) == (0, 16, 8)


def test_a_blur_spreads_a_dot_to_its_deviation_and_keeps_its_mass() -> None:
    dot = np.zeros((41, 41), np.float32)
    dot[20, 20] = 1
    spread = blur(dot, 2.0)
    x = np.arange(41) - 20
    assert spread.sum() == pytest.approx(1, abs=1e-5)
    assert np.sqrt(spread.sum(axis=0) @ x**2) == pytest.approx(2, rel=0.1)


def test_a_segment_covers_the_pixels_between_its_ends() -> None:
    mask = np.zeros((5, 9), np.uint8)
    segment(mask, (2.5, 2.5, 6.5, 2.5), 1)
    assert set(np.flatnonzero(mask[2] > 128)) == {2, 3, 4, 5, 6}
    page = drawn(np.full(mask.shape, 0.8, np.float32), mask, 0.5)
    assert page[2, 4] == pytest.approx(0.4, abs=0.05)  # smoothed edges spill a little
    assert page[0, 0] == pytest.approx(0.8)
