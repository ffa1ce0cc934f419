import math

import numpy as np
import pytest
from helpers.brute_force import Path, String, class_maps, path_log_probs, string_of
from hypothesis import given, settings
from hypothesis import strategies as st

from sdnn.decoding.prefixes import Prefix, PrefixScorer
from sdnn.enums import Topology
from sdnn.results import FloatArray

few = settings(max_examples=40, deadline=None)
drawn = given(
    class_maps(max_columns=5), st.lists(st.integers(0, 2), max_size=3), st.sampled_from(list(Topology))
)


def prefix_of(columns: PrefixScorer, string: String) -> Prefix:
    prefix = columns.empty_prefix()
    for digit in string:
        prefix = columns.extended(columns.entry_scores(prefix)[digit], digit)
    return prefix


def log_sum(values: list[float]) -> float:
    total = math.fsum(map(math.exp, values))
    return math.log(total) if total else -math.inf


def partial_paths(log_probs: FloatArray, string: String, topology: Topology) -> list[dict[Path, float]]:
    """For each column the allowed paths up to and with it that have spelled the string."""
    no_digit = log_probs.shape[1] - 1
    return [
        {
            path: value
            for path, value in path_log_probs(log_probs[: column + 1], topology).items()
            if string_of(path, no_digit) == string
        }
        for column in range(len(log_probs))
    ]


@few
@drawn
def test_a_prefix_holds_all_paths_that_have_spelled_it_by_each_column(
    log_probs: FloatArray, digits: list[int], topology: Topology
) -> None:
    no_digit = log_probs.shape[1] - 1
    string = tuple(digit % no_digit for digit in digits)
    prefix = prefix_of(PrefixScorer.of(log_probs, topology), string)
    of_columns = partial_paths(log_probs, string, topology)
    for in_gap, scores in ((False, prefix.on_digit), (True, prefix.in_gap)):
        expected = [
            log_sum([value for path, value in paths.items() if (path[-1] == no_digit) == in_gap])
            for paths in of_columns
        ]
        np.testing.assert_allclose(scores, expected, atol=1e-9)
    assert prefix.last == (string[-1] if string else None)
    assert prefix.log_prob == pytest.approx(log_sum([*of_columns[-1].values()]), abs=1e-9)


@few
@drawn
def test_a_digit_is_entered_from_all_paths_that_may_step_on_to_it(
    log_probs: FloatArray, digits: list[int], topology: Topology
) -> None:
    no_digit = log_probs.shape[1] - 1
    string = tuple(digit % no_digit for digit in digits)
    columns = PrefixScorer.of(log_probs, topology)
    enter = columns.entry_scores(prefix_of(columns, string))
    assert enter.shape == (no_digit, len(log_probs))
    # In the first column any digit is entered from nowhere, if none is spelled before it.
    np.testing.assert_array_equal(enter[:, 0], -math.inf if string else 0.0)
    may_touch = topology is Topology.CTC
    for column, paths in enumerate(partial_paths(log_probs, string, topology)[:-1], start=1):
        for digit in range(no_digit):
            expected = log_sum(
                [
                    value
                    for path, value in paths.items()
                    if path[-1] == no_digit or (may_touch and path[-1] != digit)
                ]
            )
            assert enter[digit, column] == pytest.approx(expected, abs=1e-9)


def test_three_columns_worked_by_hand() -> None:
    #                                     0    1   no-digit
    columns = PrefixScorer.of(np.log([[0.6, 0.2, 0.2], [0.1, 0.7, 0.2], [0.5, 0.3, 0.2]]))
    nothing = columns.empty_prefix()
    np.testing.assert_allclose(np.exp(nothing.in_gap), [0.2, 0.04, 0.008])
    np.testing.assert_allclose(np.exp(nothing.on_digit), [0, 0, 0])
    # 0 is entered in the first column, or from no-digit: .6, then .06 + .2 x .1, then .08 x .5 + .04 x .5.
    zero = columns.extended(columns.entry_scores(nothing)[0], 0)
    np.testing.assert_allclose(np.exp(zero.on_digit), [0.6, 0.08, 0.06])
    # It is left a column later: .6 x .2, then .12 x .2 + .08 x .2.
    np.testing.assert_allclose(np.exp(zero.in_gap), [0, 0.12, 0.04])
    # 1 may follow at once: .6 x .7, then .42 x .3 + (.08 + .12) x .3. Another 0 has to wait: .12 x .5.
    enter = columns.entry_scores(zero)
    np.testing.assert_allclose(np.exp(columns.extended(enter[1], 1).on_digit), [0, 0.42, 0.186])
    np.testing.assert_allclose(np.exp(columns.extended(enter[0], 0).on_digit), [0, 0, 0.06])


def test_no_path_stays_on_a_class_across_a_column_where_it_is_impossible() -> None:
    with np.errstate(divide="ignore"):
        #                     0  no-digit
        log_probs = np.log([[0.5, 0.5], [0.0, 1.0], [0.5, 0.5], [1.0, 0.0]])
    columns = PrefixScorer.of(log_probs)
    zero = prefix_of(columns, (0,))
    # Of the digit in the last column: - - - 0 and - - 0 0, since a 0 before the impossible column is another.
    np.testing.assert_allclose(np.exp(zero.on_digit), [0.5, 0, 0.25, 0.5])
    np.testing.assert_allclose(np.exp(zero.in_gap), [0, 0.5, 0.25, 0])
    assert zero.in_gap[-1] == -math.inf
    assert columns.empty_prefix().log_prob == -math.inf


def test_scores_keep_their_digits_on_long_maps() -> None:
    # 2,000 columns, of which the digit is improbable in all but one: its products reach e^-20000 and back.
    log_probs = np.log(np.tile([4e-5, 1 - 4e-5], (2000, 1)))
    log_probs[1500] = np.log([0.9, 0.1])
    zero = prefix_of(PrefixScorer.of(log_probs), (0,))
    # A run of n columns lies in n places that hold that one, and in 2001 - 2n that do not.
    p, rest = 4e-5, 1 - 4e-5
    total = math.fsum(
        n * 0.9 * p ** (n - 1) * rest ** (2000 - n) + (2001 - 2 * n) * 0.1 * p**n * rest ** (1999 - n)
        for n in range(1, 30)
    )
    assert zero.log_prob == pytest.approx(math.log(total), abs=1e-9)
