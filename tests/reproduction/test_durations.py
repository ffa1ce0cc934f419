import math
from itertools import groupby

import numpy as np
import pytest
from helpers.brute_force import Path, class_maps, path_log_probs, string_of
from hypothesis import given, settings
from hypothesis import strategies as st

from reproduction.durations import Durations, duration_trellis
from sdnn.decoding.automaton import Automaton, any_string, dfa_from_transition
from sdnn.decoding.dynamic_programming import best_paths, log_partition, log_plus
from sdnn.enums import Topology
from sdnn.results import FloatArray, Span

few = settings(max_examples=30, deadline=None)
DIGITS = 2
NO_DIGIT = DIGITS
LONGEST_DIGIT, LONGEST_GAP = 2, 3


def durations(digit_mean: float, gap_mean: float) -> Durations:
    return Durations(digit_mean, gap_mean, LONGEST_DIGIT, LONGEST_GAP, DIGITS)


def shifted_poisson(mean: float, longest: int) -> list[float]:
    weights = [(mean - 1) ** more / math.factorial(more) for more in range(longest)]
    return [weight / sum(weights) for weight in weights]


def log_prob_of_runs(path: Path, given: Durations) -> float:
    """What the durations say of a path's stays, written out; minus infinity where one is too long."""
    runs = [(label, len(list(run))) for label, run in groupby(path)]
    inner = [
        (label, columns)
        for place, (label, columns) in enumerate(runs)
        if label != NO_DIGIT or 0 < place < len(runs) - 1
    ]
    total = 0.0
    for label, columns in inner:
        mean, longest = (
            (given.gap_mean, given.longest_gap)
            if label == NO_DIGIT
            else (given.digit_mean, given.longest_digit)
        )
        if columns > longest:
            return -math.inf
        total += math.log(shifted_poisson(mean, longest)[columns - 1])
    return total


def scored_paths(log_probs: FloatArray, given: Durations, length: int | None) -> dict[Path, float]:
    return {
        path: log_prob + log_prob_of_runs(path, given)
        for path, log_prob in path_log_probs(log_probs, Topology.STRICT).items()
        if length is None or len(string_of(path, NO_DIGIT)) == length
    }


means = st.floats(1.1, 3.0)
lengths = st.sampled_from([None, 0, 1, 2])


def strings(length: int | None) -> Automaton:
    if length is None:
        return any_string(DIGITS)
    return dfa_from_transition(
        0,
        step=lambda read, digit: read + 1 if read < length else None,
        accepts=lambda read: read == length,
        symbols=DIGITS,
    )


@few
@given(class_maps(max_columns=6, max_classes=DIGITS + 1, min_classes=DIGITS + 1), means, means, lengths)
def test_the_sum_over_the_trellis_is_that_over_all_strict_paths(
    log_probs: FloatArray, digit_mean: float, gap_mean: float, length: int | None
) -> None:
    given = durations(digit_mean, gap_mean)
    expected = scored_paths(log_probs, given, length).values()
    summed = np.logaddexp.reduce([-np.inf, *expected])
    trellis = duration_trellis(strings(length), given)
    (total,) = log_partition(given.class_map(log_probs)[None], trellis, log_plus)
    assert total == pytest.approx(summed, abs=1e-9) or total == summed == -np.inf


@few
@given(class_maps(max_columns=6, max_classes=DIGITS + 1, min_classes=DIGITS + 1), means, means, lengths)
def test_the_best_path_is_the_best_of_all_strict_paths(
    log_probs: FloatArray, digit_mean: float, gap_mean: float, length: int | None
) -> None:
    given = durations(digit_mean, gap_mean)
    expected = scored_paths(log_probs, given, length)
    paths, scores = best_paths(given.class_map(log_probs)[None], duration_trellis(strings(length), given))
    if max(expected.values(), default=-np.inf) == -np.inf:
        assert scores[0] == -np.inf
        return
    found = tuple(given.class_of(paths[0]).tolist())
    assert scores[0] == pytest.approx(max(expected.values()), abs=1e-9)
    assert expected[found] == pytest.approx(scores[0], abs=1e-9)


def test_durations_are_fitted_on_digits_and_on_what_lies_between_them() -> None:
    strips = [[Span(3, 4, 5), Span(1, 8, 8)], [Span(7, 2, 4)]]
    fitted = Durations.fitted(strips)
    assert fitted.digit_mean == 2.0
    assert fitted.gap_mean == 2.0


def test_a_digit_of_the_usual_width_is_more_probable_than_one_of_another() -> None:
    of_digit = np.exp(Durations(2.0, 3.0).of_digit)
    assert of_digit.sum() == pytest.approx(1)
    assert of_digit[0] == pytest.approx(of_digit[1])  # Poisson of mean 1: 0 and 1 alike
    assert (np.diff(of_digit[1:]) < 0).all()
