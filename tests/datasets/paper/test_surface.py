import numpy as np
from helpers.degraded_pages import alone, context, grey_page, page_of

from sdnn.datasets.paper.surface import fold, gradient, shadow


def test_the_dark_edge_of_a_scan_spares_the_writing() -> None:
    for seed in range(60):
        page = page_of(alone("scan_edge"), seed)
        spared = (slice(20, 43), slice(34, 146))
        np.testing.assert_allclose(page[spared], grey_page()[spared], rtol=1e-6)
        assert page.min() < 0.8 * 0.75


WHITE = np.ones((70, 200), np.float32)


def test_light_and_shadow_take_away_at_most_half_of_the_light() -> None:
    for effect in (gradient, shadow):
        lowest = [effect(WHITE, context(seed)).min() for seed in range(60)]
        assert 0.49 < min(lowest) < 0.6


def test_a_fold_is_light_on_one_side_and_dark_on_the_other() -> None:
    for seed in range(20):
        page = fold(WHITE, context(seed))
        assert page.max() - 1 > 0.02
        assert 1 - page.min() > 0.02
