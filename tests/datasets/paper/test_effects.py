from dataclasses import replace

import numpy as np
import pytest
from helpers.degraded_pages import context


def test_numbers_lie_within_their_bounds_and_reach_them() -> None:
    any_scene = context()
    assert {any_scene.count(2, 4) for _ in range(100)} == {2, 3, 4}
    numbers = [any_scene.between(-1.0, 3.0) for _ in range(300)]
    assert -1 <= min(numbers) < -0.9
    assert 2.9 < max(numbers) < 3
    assert np.mean([any_scene.happens(0.3) for _ in range(1000)]) == pytest.approx(0.3, abs=0.05)


def test_lengths_are_shares_of_the_height_of_the_writing() -> None:
    assert context(text_px=40).text_px(0.1) == pytest.approx(4)
    assert context(text_px=40).text_px(0.01, min_px=1.5) == 1.5


def test_disturbances_are_as_faint_as_the_writing_and_weaker_where_many_meet() -> None:
    assert context(contrast=0.7).darkness(0.5, 0.5) == pytest.approx(0.35)
    assert replace(context(contrast=0.1), strength=0.5).darkness(0.5, 0.5) == pytest.approx(0.025)
