import numpy as np
import pytest
from helpers.degraded_pages import alone, context, grey_page, page_of

from sdnn.datasets.paper.printed_lines import LINES, comb, frame, underline


def test_margin_bars_stay_beside_the_writing() -> None:
    for seed in range(60):
        page = page_of(alone("margin_bars"), seed)
        np.testing.assert_array_equal(page[:, 50:130], grey_page()[:, 50:130])


WHITE = np.ones((70, 200), np.float32)


@pytest.mark.parametrize("name", LINES)
def test_a_line_is_at_most_about_as_dark_as_the_ink(name: str) -> None:
    lowest = [LINES[name](WHITE, context(seed)).min() for seed in range(60)]
    assert 0.35 < 1 - min(lowest) < 0.7 * 1.11


def test_an_underline_and_a_frame_leave_the_middle_of_the_writing_free() -> None:
    for effect in (underline, frame):
        for seed in range(30):
            assert (effect(WHITE, context(seed))[25:45, 30:170] == 1).all()


def test_the_teeth_of_a_comb_stand_at_equal_distances() -> None:
    for seed in range(20):
        columns = comb(WHITE, context(seed)).mean(axis=0)
        dark = columns < (columns.min() + columns.max()) / 2
        teeth = np.flatnonzero(dark[1:] & ~dark[:-1])
        assert len(teeth) >= 3
        assert np.ptp(np.diff(teeth)) <= 2
