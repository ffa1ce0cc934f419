import numpy as np
import pytest

from sdnn.datasets.documents.ink_canvas import rectangle
from sdnn.datasets.documents.light import hard_shadow, inverse_area, on_desk
from sdnn.results import FloatArray


def page() -> FloatArray:
    return np.random.default_rng(0).uniform(0.5, 1.0, (60, 160)).astype(np.float32)


@pytest.mark.parametrize("seed", range(20))
def test_a_shadow_darkens_one_side_alone(seed: int) -> None:
    clean = page()
    shaded = hard_shadow(clean, 10.0, np.random.default_rng(seed))
    share = shaded / clean
    assert shaded.dtype == np.float32
    assert share.max() <= 1 + 1e-6
    assert share.min() > 0.1
    # Along rows and columns it goes only one way, from light to dark or back.
    for axis in (0, 1):
        steps = np.diff(share, axis=axis)
        assert (steps > -1e-5).all() or (steps < 1e-5).all()


def test_most_shadows_leave_a_side_light_and_are_seen() -> None:
    ranges = []
    for seed in range(40):
        share = hard_shadow(page(), 10.0, np.random.default_rng(seed)) / page()
        ranges.append((share.min(), share.max()))
    low, high = np.array(ranges).T
    assert (high > 0.99).mean() > 0.5
    assert (low < 0.75).mean() > 0.5


def test_the_edge_of_a_shadow_is_at_most_four_digits_wide() -> None:
    for seed in range(20):
        share = hard_shadow(np.ones((400, 400), np.float32), 10.0, np.random.default_rng(seed))
        steps = np.hypot(*np.gradient(share))
        assert steps.max() > 0.9 * (1 - share.min()) / 40


@pytest.mark.parametrize("seed", range(10))
def test_a_desk_is_beyond_the_paper_alone(seed: int) -> None:
    clean = page()
    shown = on_desk(clean, rectangle(40, 15, 120, 45), np.random.default_rng(seed))
    np.testing.assert_allclose(shown[17:44, 42:119], clean[17:44, 42:119], atol=1e-6)
    beyond = np.concatenate([shown[:13].ravel(), shown[48:].ravel(), shown[:, :38].ravel()])
    assert beyond.std() < 0.1
    assert (beyond >= 0).all()
    assert (beyond <= 1).all()


def test_desks_are_mostly_dark_and_at_times_light() -> None:
    levels = np.array(
        [
            on_desk(page(), rectangle(40, 15, 120, 45), np.random.default_rng(seed))[:10].mean()
            for seed in range(60)
        ]
    )
    assert 0.5 < (levels < 0.5).mean() < 1


def test_an_inverse_area_swaps_dark_and_light_and_nothing_else_changes() -> None:
    clean = page()
    turned = inverse_area(clean, rectangle(40, 15, 120, 45))
    inside = np.s_[17:44, 42:119]
    np.testing.assert_allclose(turned[inside], clean.min() + clean.max() - clean[inside], atol=1e-6)
    np.testing.assert_array_equal(turned[:13], clean[:13])
    np.testing.assert_array_equal(turned[:, 125:], clean[:, 125:])
    np.testing.assert_allclose(inverse_area(turned, rectangle(40, 15, 120, 45)), clean, atol=1e-6)
