import numpy as np
import pytest
from helpers.degraded_pages import context

from sdnn.datasets.paper.fields import (
    NOISE_SIDES_PX,
    half_plane,
    noise,
    ramp,
    random_distance,
    smooth_field,
    spots,
)

SHAPE = (70, 200)


def test_noise_has_mean_0_and_deviation_1_and_is_another_crop_each_time() -> None:
    any_scene = context()
    cuts = np.array([noise(SHAPE, any_scene) for _ in range(20)])
    assert cuts.mean() == pytest.approx(0, abs=0.02)
    assert cuts.std() == pytest.approx(1, abs=0.02)
    assert len({cut.tobytes() for cut in cuts}) == 20


def test_there_is_noise_for_pages_larger_than_the_stored_one() -> None:
    for shape in (NOISE_SIDES_PX, (NOISE_SIDES_PX[0] + 1, 30), (30, NOISE_SIDES_PX[1] + 1)):
        assert noise(shape, context()).shape == shape


def test_a_smooth_field_changes_over_cells_and_not_from_pixel_to_pixel() -> None:
    field = smooth_field(SHAPE, 20, context())
    assert field.shape == SHAPE
    assert -0.25 < field.min() < 0.3
    assert 0.7 < field.max() < 1.25
    assert np.abs(np.diff(field, axis=1)).max() < 0.15


def test_a_ramp_measures_pixels_along_its_direction_from_the_middle() -> None:
    across, down = ramp((3, 5), 0.0), ramp((3, 5), np.pi / 2)
    np.testing.assert_allclose(across, np.tile(np.arange(-2, 3), (3, 1)), atol=1e-6)
    np.testing.assert_allclose(down, np.tile(np.arange(-1, 2)[:, None], (1, 5)), atol=1e-6)
    assert ramp((3, 5), np.pi / 4)[2, 4] == pytest.approx(3 / np.sqrt(2))


def test_spots_have_the_given_size() -> None:
    fine, coarse = spots(SHAPE, 1.0, context()), spots(SHAPE, 8.0, context())
    assert fine.shape == coarse.shape == SHAPE
    assert np.abs(np.diff(coarse)).mean() < 0.3 * np.abs(np.diff(fine)).mean()


def test_a_half_plane_has_the_given_edge_and_softness() -> None:
    row = half_plane((1, 9), 0.0, 2.0, 4.0)[0]
    np.testing.assert_allclose(row, [0, 0, 0, 0, 0, 0.25, 0.5, 0.75, 1], atol=1e-6)


def test_random_distances_are_on_the_page() -> None:
    places = [random_distance(SHAPE, 0.0, context(seed)) for seed in range(100)]
    assert -80 <= min(places) < -70
    assert 70 < max(places) <= 80
    assert max(abs(random_distance(SHAPE, np.pi / 2, context(seed))) for seed in range(100)) <= 28 + 1e-9
