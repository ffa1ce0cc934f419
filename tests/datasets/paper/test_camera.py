import numpy as np
import pytest
from helpers.degraded_pages import alone, context, darkness_of_text, page_of

from sdnn.datasets.paper.camera import CAMERA, low_resolution, motion_blur, out_of_focus
from sdnn.datasets.paper.effects import Effect
from sdnn.results import FloatArray

SHAPE = (70, 200)


def stripes() -> FloatArray:
    """Upright lines two pixels wide, two pixels apart."""
    row = np.tile(np.array([0, 0, 1, 1], np.float32), SHAPE[1] // 4)
    return np.tile(row, (SHAPE[0], 1))


@pytest.mark.parametrize("effect", [out_of_focus, motion_blur])
def test_blur_keeps_the_mean_brightness_and_takes_away_contrast(effect: Effect) -> None:
    contrasts = []
    for seed in range(20):
        page = effect(stripes(), context(seed))
        assert page.mean() == pytest.approx(0.5, abs=0.02)
        contrasts.append(page[:, 20:-20].std())
    assert max(contrasts) <= 0.5
    assert min(contrasts) < 0.2


def test_low_resolution_removes_fine_stripes() -> None:
    for seed in range(20):
        assert low_resolution(stripes(), context(seed, text_px=60))[:, 20:-20].std() < 0.25


@pytest.mark.parametrize("name", CAMERA)
def test_a_page_does_not_change_its_size_or_type(name: str) -> None:
    for shape in ((28, 30), SHAPE, (111, 333)):
        page = np.full(shape, 0.7, np.float32)
        seen = CAMERA[name](page, context())
        assert seen.shape == shape
        assert seen.dtype == np.float32
        assert (page == np.float32(0.7)).all()


def test_light_too_bright_does_not_wipe_out_faint_writing() -> None:
    recipe = alone("exposure", brightness=(0.95, 0.95), contrast=(0.12, 0.12))
    assert min(darkness_of_text(page_of(recipe, seed)) for seed in range(60)) > 0.05
