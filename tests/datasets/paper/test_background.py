import numpy as np
import pytest
from helpers.degraded_pages import INK, alone, page_of

from sdnn.datasets.paper.background import BACKGROUND


@pytest.mark.parametrize("name", BACKGROUND)
def test_a_background_is_at_most_about_four_tenths_as_dark_as_the_ink(name: str) -> None:
    lowest = [page_of(alone(name), seed, np.zeros_like(INK)).min() for seed in range(60)]
    darkness = 1 - np.array(lowest) / 0.8
    assert 0.3 * 0.7 < darkness.max() < 0.43 * 0.7


def test_backgrounds_of_faint_writing_are_faint() -> None:
    for name in BACKGROUND:
        for seed in range(20):
            paper = page_of(alone(name, contrast=(0.12, 0.12)), seed, np.zeros_like(INK))
            assert paper.min() > 0.8 * (1 - 0.43 * 0.12)
