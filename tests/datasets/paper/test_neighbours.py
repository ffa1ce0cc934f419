from dataclasses import replace

import numpy as np
import pytest
from helpers.degraded_pages import BARE, INK, TEXT

from sdnn.datasets.paper import degrade
from sdnn.results import Box, FloatArray


def changed_rows(neighbours: list[FloatArray], seed: int, text: Box = TEXT) -> list[int]:
    recipe = replace(BARE, neighbours=1.0)
    page = degrade(INK, text, recipe, np.random.default_rng(seed), neighbours)
    return list(np.flatnonzero((page != 1 - INK).any(axis=1)))


def test_fragments_of_neighbours_stay_at_the_edges() -> None:
    above = below = 0
    for seed in range(100):
        rows = changed_rows([INK, INK], seed)
        assert all(row < TEXT.top + 4 or row >= TEXT.bottom - 4 for row in rows)
        above += any(row < TEXT.top for row in rows)
        below += any(row >= TEXT.bottom for row in rows)
    assert above > 60
    assert below > 60


def test_the_end_of_the_first_line_shows_above_and_the_beginning_of_the_second_below() -> None:
    # Darker from row to row: the first row lets 0.6 of the light pass, the last one none.
    line = np.repeat(np.linspace(0.4, 1, 30, dtype=np.float32), 190).reshape(30, 190)
    for seed in range(30):
        page = degrade(
            np.zeros_like(INK), TEXT, replace(BARE, neighbours=1.0), np.random.default_rng(seed), [line, line]
        )
        rows = page.min(axis=1)
        above, below = rows[:32][rows[:32] < 1], rows[32:][rows[32:] < 1]
        np.testing.assert_allclose(above, (1 - line[:, 0])[-len(above) :], atol=1e-6)
        np.testing.assert_allclose(below, (1 - line[:, 0])[: len(below)], atol=1e-6)


def test_a_single_neighbour_shows_above_or_below() -> None:
    line = np.ones((30, 200), np.float32)
    places = set()
    for seed in range(20):
        rows = changed_rows([line], seed)
        assert rows
        places.add(rows[0] == 0)
        assert (rows[0] == 0) != (rows[-1] == len(INK) - 1)
    assert places == {True, False}


@pytest.mark.parametrize("line", [np.zeros((20, 90), np.float32), np.ones((1, 1), np.float32)])
def test_blank_and_tiny_neighbours_do_no_harm(line: FloatArray) -> None:
    for seed in range(20):
        assert len(changed_rows([line, line], seed)) <= 2


def test_where_the_writing_fills_the_page_neighbours_hardly_show() -> None:
    whole = Box(0, 0, INK.shape[1], INK.shape[0])
    for seed in range(20):
        rows = changed_rows([INK, INK], seed, whole)
        assert all(row < 7 or row >= len(INK) - 7 for row in rows)
