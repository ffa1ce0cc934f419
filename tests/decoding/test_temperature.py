import functools

import numpy as np
import pytest
from helpers.brute_force import class_maps, normalized, string_of
from hypothesis import given
from hypothesis import strategies as st

from sdnn.decoding.temperature import TEMPERATURES, fit_temperature
from sdnn.results import FloatArray, log_softmax

Labelled = tuple[list[FloatArray], list[list[int]]]


@functools.cache
def sampled(n: int, seed: int) -> Labelled:
    """Maps that are right about themselves: each string is that of a path drawn column by column."""
    rng = np.random.default_rng(seed)
    maps = [normalized(rng.normal(size=(rng.integers(6, 13), 4), scale=1.5)) for _ in range(n)]
    paths = [tuple(int(rng.choice(4, p=np.exp(column))) for column in log_probs) for log_probs in maps]
    return maps, [[*string_of(path, 3)] for path in paths]


@given(class_maps())
def test_temperature_1_changes_nothing(log_probs: FloatArray) -> None:
    np.testing.assert_allclose(log_softmax(log_probs, 1.0), log_probs, atol=1e-12)


@given(class_maps(), st.floats(*TEMPERATURES))
def test_tempered_columns_are_probabilities_and_cooling_undoes_heating(
    log_probs: FloatArray, temperature: float
) -> None:
    warm = log_softmax(log_probs, temperature)
    np.testing.assert_allclose(np.exp(warm).sum(axis=1), 1.0)
    np.testing.assert_allclose(log_softmax(warm, 1 / temperature), log_probs, atol=1e-9)


def test_temperature_divides_the_logits() -> None:
    logits = np.array([[3.0, -1.0, 0.5]])
    np.testing.assert_allclose(log_softmax(normalized(logits), 2.0), normalized(logits / 2))


def test_high_temperature_softens_and_low_temperature_sharpens() -> None:
    column = np.log([[0.7, 0.2, 0.1]])
    assert np.exp(log_softmax(column, 2.0)).max() < 0.7 < np.exp(log_softmax(column, 0.5)).max()


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.8, 3.0])
def test_the_fit_undoes_a_known_sharpening(factor: float) -> None:
    maps, strings = sampled(600, seed=1)
    sharpened = [log_softmax(log_probs, 1 / factor) for log_probs in maps]
    assert fit_temperature(sharpened, strings) == pytest.approx(factor, rel=0.1)


def test_strings_that_do_not_fit_their_map_are_left_out() -> None:
    maps, strings = sampled(50, seed=2)
    impossible = np.log(np.full((2, 4), 1 / 4))
    fitted = fit_temperature(maps, strings)
    assert fit_temperature([impossible, *maps, impossible], [[0, 0], *strings, [1, 2, 1]]) == fitted


def test_the_fit_stays_within_its_bounds() -> None:
    sure = normalized(np.array([[4.0, 0.0, 0.0]]))
    assert fit_temperature([sure], [[1]]) == pytest.approx(TEMPERATURES[1])
    assert fit_temperature([sure], [[0]]) == pytest.approx(TEMPERATURES[0])


def test_without_maps_the_temperature_is_1() -> None:
    assert fit_temperature([], []) == 1.0


def test_where_no_string_fits_its_map_the_temperature_is_1() -> None:
    assert fit_temperature([np.log(np.full((1, 3), 1 / 3))], [[0, 1]]) == 1.0
