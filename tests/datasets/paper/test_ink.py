import numpy as np
import pytest
from helpers.degraded_pages import INK, context

from sdnn.datasets.paper.ink import INK as EFFECTS
from sdnn.datasets.paper.ink import ink_gaps, marker, pressure

BLURRED = np.maximum(INK[:-1], INK[1:]) * np.float32(0.8)


@pytest.mark.parametrize("name", EFFECTS)
def test_ink_stays_between_paper_and_full(name: str) -> None:
    for seed in range(20):
        ink = EFFECTS[name](BLURRED, context(seed))
        assert ink.min() >= 0
        assert ink.max() <= 1


@pytest.mark.parametrize("name", ["pressure", "pencil", "ink_gaps"])
def test_where_the_pen_did_not_write_there_is_no_ink(name: str) -> None:
    for seed in range(20):
        assert not EFFECTS[name](INK, context(seed))[INK == 0].any()


@pytest.mark.parametrize("name", ["marker", "bleed"])
def test_broad_pens_and_wet_ink_only_broaden(name: str) -> None:
    for seed in range(20):
        ink = EFFECTS[name](INK, context(seed))
        assert (ink > 0).sum() > (INK > 0).sum()


def test_a_marker_leaves_the_ink_full() -> None:
    assert all((marker(INK, context(seed))[INK == 1] == 1).all() for seed in range(20))


def test_pressure_changes_slowly_and_gaps_are_sharp() -> None:
    full = np.ones_like(INK)
    slow = [np.abs(np.diff(pressure(full, context(seed)), axis=1)).max() for seed in range(20)]
    sharp = [np.abs(np.diff(ink_gaps(full, context(seed)), axis=1)).max() for seed in range(20)]
    assert np.mean(slow) < 0.1 < 0.2 < np.mean(sharp)
