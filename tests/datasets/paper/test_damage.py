import numpy as np
import pytest
from helpers.degraded_pages import INK, alone, context, page_of

from sdnn.datasets.paper.damage import scratches, specks, stamp
from sdnn.datasets.paper.effects import Effect


def test_salt_and_pepper_spoil_at_most_a_tenth_of_the_pixels_half_each() -> None:
    pages = np.array([page_of(alone("salt_and_pepper"), seed) for seed in range(100)])
    pepper = (pages[:, INK == 0] < 0.5).mean(axis=1)
    salt = (pages[:, INK == 1] > 0.5).mean(axis=1)
    assert 0.04 < pepper.max() < 0.06
    assert pepper.min() < 0.01
    assert pepper.mean() == pytest.approx(salt.mean(), rel=0.15)


@pytest.mark.parametrize("effect", [specks, scratches, stamp])
def test_dirt_only_darkens_and_never_more_than_ink_does(effect: Effect) -> None:
    for seed in range(30):
        page = effect(np.ones((70, 200), np.float32), context(seed))
        assert page.max() <= 1
        assert page.min() > 0.3 - 1e-6
