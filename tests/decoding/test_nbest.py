import math
import warnings

import numpy as np
import pytest
from helpers.brute_force import String, class_maps, constrained_maps, normalized, string_probs_under
from helpers.single_map import string_log_probs
from hypothesis import given, settings
from hypothesis import strategies as st

from sdnn.decoding import nbest as under_test
from sdnn.decoding.automaton import Automaton, any_string, automaton
from sdnn.decoding.nbest import MIN_PROBABILITY, NBest, n_best
from sdnn.enums import Topology
from sdnn.results import FloatArray

Constrained = tuple[list[FloatArray], Automaton]
topologies = st.sampled_from(list(Topology))
few = settings(max_examples=40, deadline=None)
#                         0    1   no-digit
WORKED_EXAMPLE = np.log([[0.6, 0.2, 0.2], [0.1, 0.7, 0.2], [0.5, 0.3, 0.2]])


def given_constraint(maps: list[FloatArray], allowed: Automaton, topology: Topology) -> dict[String, float]:
    """p(string | maps, constraint) of every string that has one."""
    probs = string_probs_under(maps, topology, allowed)
    whole = math.fsum(probs.values())
    return {string: prob / whole for string, prob in probs.items() if prob}


def assert_best(found: NBest, expected: dict[String, float], most: int, floor: float) -> None:
    """The strings are the best by enumeration, in order, as many as there are above the floor."""
    strings = [string for string, _ in found.strings]
    probs = [prob for _, prob in found.strings]
    assert len(set(strings)) == len(strings)
    # None is outside the language, and each has its probability.
    assert set(strings) <= expected.keys()
    assert probs == pytest.approx([expected[string] for string in strings], abs=1e-9)
    # Place by place they are as probable as the best: only equally probable ones may change places.
    best = sorted(expected.values(), reverse=True)
    assert probs == pytest.approx(best[: len(probs)], abs=1e-9)
    assert len(probs) >= min(most, sum(prob > floor + 1e-9 for prob in best))
    assert len(probs) <= most
    # What is missing is the rest, to the last.
    assert found.residual_probability == pytest.approx(math.fsum(best[len(probs) :]), abs=1e-9)


@few
@given(constrained_maps(max_columns=5), topologies)
def test_all_strings_of_a_language_come_in_the_order_of_their_probability(
    drawn: Constrained, topology: Topology
) -> None:
    maps, allowed = drawn
    expected = given_constraint(maps, allowed, topology)
    assert_best(n_best(maps, 2000, allowed, topology, min_probability=1e-7), expected, 2000, 1e-7)


@few
@given(constrained_maps(max_columns=6), topologies, st.integers(1, 8))
def test_the_best_few_are_found_and_the_probability_of_the_rest_is_told(
    drawn: Constrained, topology: Topology, most: int
) -> None:
    maps, allowed = drawn
    expected = given_constraint(maps, allowed, topology)
    found = n_best(maps, most, allowed, topology)
    assert_best(found, expected, most, MIN_PROBABILITY)
    others = [prob for string, prob in expected.items() if string not in dict(found.strings)]
    assert max(others, default=0.0) <= found.residual_probability + 1e-12


@few
@given(constrained_maps(max_columns=4, most=3), topologies, st.integers(1, 30))
def test_a_string_on_several_maps_has_the_mean_of_its_probabilities(
    drawn: Constrained, topology: Topology, most: int
) -> None:
    maps, allowed = drawn
    expected = given_constraint(maps, allowed, topology)
    assert_best(n_best(maps, most, allowed, topology), expected, most, MIN_PROBABILITY)


@few
@given(class_maps(max_columns=5), topologies, st.floats(1e-4, 0.5))
def test_no_string_above_the_floor_is_missed(log_probs: FloatArray, topology: Topology, floor: float) -> None:
    everything = any_string(log_probs.shape[1] - 1)
    expected = given_constraint([log_probs], everything, topology)
    found = n_best([log_probs], 1000, topology=topology, min_probability=floor)
    assert_best(found, expected, 1000, floor)
    assert {string for string, prob in expected.items() if prob > floor + 1e-9} <= dict(found.strings).keys()


def test_three_columns_worked_by_hand() -> None:
    # The paths of 01, 010 and 1 are written out in test_decoder. Those of 10:
    #   1 1 0: .070   - 1 0: .070   1 - 0: .020   1 0 0: .010   1 0 -: .004   together .174
    found = n_best([WORKED_EXAMPLE], 4)
    assert [string for string, _ in found.strings] == [(0, 1), (0, 1, 0), (1, 0), (1,)]
    assert [prob for _, prob in found.strings] == pytest.approx([0.270, 0.210, 0.174, 0.160])
    assert found.residual_probability == pytest.approx(1 - 0.270 - 0.210 - 0.174 - 0.160)


def test_weights_and_what_is_allowed_change_the_order() -> None:
    # 01 at a quarter of its weight, 010 at all, nothing else: .0675 and .210.
    allowed = automaton([(0, 0, 1), (1, 1, 2), (2, 0, 3)], [0], {2: math.log(0.25), 3: 0.0}, 4)
    found = n_best([WORKED_EXAMPLE], 5, allowed)
    assert [string for string, _ in found.strings] == [(0, 1, 0), (0, 1)]
    assert [prob for _, prob in found.strings] == pytest.approx([0.2100 / 0.2775, 0.0675 / 0.2775])
    assert found.residual_probability == pytest.approx(0.0, abs=1e-12)


def test_the_empty_string_is_a_string() -> None:
    blank = normalized(np.array([[0.0, 0.0, 5.0]] * 3))
    assert n_best([blank], 1).strings[0][0] == ()


@pytest.mark.parametrize("topology", list(Topology))
def test_an_empty_language_has_no_strings(topology: Topology) -> None:
    nothing = automaton([(0, 1, 1)], [0], {}, 2)
    assert len(nothing) == 0
    assert n_best([WORKED_EXAMPLE], 5, nothing, topology) == NBest((), 0.0)


def test_a_language_that_a_map_has_no_room_for_has_no_strings_on_it() -> None:
    two_equal = automaton([(0, 1, 1), (1, 1, 2)], [0], {2: 0.0}, 3)
    narrow, wide = WORKED_EXAMPLE[:2], WORKED_EXAMPLE
    assert n_best([narrow], 5, two_equal) == NBest((), 0.0)
    # Another map with room enough decides alone.
    found = n_best([narrow, wide], 5, two_equal)
    assert [string for string, _ in found.strings] == [(1, 1)]
    assert found.strings[0][1] == pytest.approx(1.0)


def test_among_strings_too_improbable_for_a_number_each_has_its_share() -> None:
    # Sixty columns that all but exclude digits, and a language of thirty digits: about e^-900 in all.
    log_probs = normalized(np.tile([-30.0, -31.0, 0.0], (60, 1)))
    equal = [(state, 0, state + 1) for state in range(30)]
    allowed = automaton([*equal, (29, 1, 30)], [0], {30: 0.0}, 31)
    found = n_best([log_probs], 5, allowed)
    # The one with a 1 has fewer equal neighbours and more room.
    strings = [(*[0] * 29, 1), (0,) * 30]
    scores = string_log_probs(log_probs, strings)
    assert scores.max() < -850
    assert [string for string, _ in found.strings] == strings
    expected = np.exp(scores - np.logaddexp.reduce(scores))
    assert [prob for _, prob in found.strings] == pytest.approx(expected, abs=1e-9)
    assert found.residual_probability == pytest.approx(0.0, abs=1e-9)


def test_on_a_map_without_a_clue_nothing_stands_out_and_all_is_missing() -> None:
    clueless = np.log(np.full((40, 11), 1 / 11))
    assert n_best([clueless], 5) == NBest((), 1.0)


def test_the_search_ends_after_so_many_beginnings_and_tells_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    everything = n_best([WORKED_EXAMPLE], 100).strings
    monkeypatch.setattr(under_test, "MAX_EXPANSIONS", 3)
    found = n_best([WORKED_EXAMPLE], 100)
    # What was found until then are the best; the most improbable of them all has not been reached.
    assert 0 < len(found.strings) < len(everything)
    assert found.strings == everything[: len(found.strings)]
    assert found.residual_probability == pytest.approx(1 - math.fsum(prob for _, prob in found.strings))


def test_maps_as_good_as_certain_are_searched_without_a_warning() -> None:
    # The string and all that begin like it differ by less than numbers near 1 can tell.
    rng = np.random.default_rng(0)
    for _ in range(20):
        path = rng.integers(11, size=int(rng.integers(1, 30)))
        log_probs = normalized(rng.normal(size=(len(path), 11)) + 37 * np.eye(11)[path])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = n_best([log_probs], 5)
        assert found.strings[0][1] == pytest.approx(1.0)


def test_each_time_the_answer_is_the_same() -> None:
    maps = [WORKED_EXAMPLE, WORKED_EXAMPLE[:2]]
    assert n_best(maps, 5) == n_best(maps, 5)


def test_on_wide_maps_the_search_is_given_up_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    log_probs = np.log(np.full((6, 3), 1 / 3))
    whole = n_best([log_probs], 5)
    monkeypatch.setattr("sdnn.decoding.nbest.MAX_EXPANDED_COLUMNS", 12)
    cut = n_best([log_probs], 5)
    assert len(cut.strings) < len(whole.strings) == 5
    assert cut.residual_probability > whole.residual_probability


def test_probabilities_stay_below_one_on_maps_that_hardly_know_the_language() -> None:
    # A temperature of next to nothing: log-probabilities of -1e4 and below.
    rng = np.random.default_rng(4161)
    logits = 1e4 * rng.normal(size=(2, 13, 11))
    maps = [*(logits - np.logaddexp.reduce(logits, axis=2, keepdims=True))]
    one_digit = automaton([(0, digit, 1) for digit in range(10)], [0], {1: 0.0}, 2)
    found = n_best(maps, 40, one_digit)
    assert found.strings
    assert math.fsum(prob for _, prob in found.strings) + found.residual_probability == pytest.approx(1.0)
    assert all(0 <= prob <= 1 for _, prob in found.strings)
