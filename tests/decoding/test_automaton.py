import math

import numpy as np
import pytest
from helpers.brute_force import String, automata, language, runs, strings
from hypothesis import assume, find, given, settings
from hypothesis import strategies as st

from sdnn.decoding import automaton as under_test
from sdnn.decoding.automaton import (
    Automaton,
    any_string,
    automaton,
    dfa_from_transition,
    intersection,
    string_automata,
    trimmed,
)
from sdnn.errors import UsageError

few = settings(max_examples=60, deadline=None)
over_2_digits = automata(digits=2)
LONGEST = 5
"""Strings up to here are tried on automata of up to four states."""


def divisible(by: int, symbols: int = 10) -> Automaton:
    """The numbers that a number divides; the state is the remainder of what is read."""

    def step(rest: object, digit: int) -> int:
        assert isinstance(rest, int)
        return (rest * symbols + digit) % by

    return dfa_from_transition(0, step, lambda rest: rest == 0, symbols)


def of_length(length: int) -> Automaton:
    """Strings of two digits; the state is how much of them is read."""

    def step(read: object, _: int) -> int | None:
        assert isinstance(read, int)
        return read + 1 if read < length else None

    return dfa_from_transition(0, step, lambda read: read == length, symbols=2)


def test_any_string_allows_every_string_with_weight_1() -> None:
    assert language(any_string(3), 4, 3) == dict.fromkeys(strings(4, 3), 0.0)
    assert len(any_string()) == 1
    assert any_string().arcs[:, 1].tolist() == [*range(10)]


def test_the_states_of_a_deterministic_automaton_are_the_values_that_can_be_reached() -> None:
    by_3 = divisible(by=3)
    assert len(by_3) == 3
    expected = {string for string in strings(3, 10) if int("0" + "".join(map(str, string))) % 3 == 0}
    assert language(by_3, 3, 10).keys() == expected


def test_a_digit_that_leads_nowhere_is_not_allowed() -> None:
    assert language(of_length(2), LONGEST, 2).keys() == {(0, 0), (0, 1), (1, 0), (1, 1)}


def test_states_from_which_no_allowed_string_comes_are_left_out() -> None:
    # 0 -0-> 1 is all; 2 is reached but leads to no end, 3 leads to the end but is not reached.
    arcs = [(0, 0, 1), (0, 1, 2), (2, 0, 2), (3, 0, 1)]
    made = automaton(arcs, [0], {1: 0.0}, 4)
    assert len(made) == 2
    assert made.arcs.tolist() == [[0, 0, 1]]
    assert language(made, LONGEST, 2) == {(0,): 0.0}


def test_an_arc_that_is_given_twice_stands_once() -> None:
    made = automaton([(0, 1, 1), (0, 1, 1)], [0], {1: 0.0}, 2)
    assert made.arcs.tolist() == [[0, 1, 1]]


@pytest.mark.parametrize(("initial", "final"), [([], {1: 0.0}), ([0], {}), ([1], {0: 0.0})])
def test_without_a_way_from_a_beginning_to_an_end_the_language_is_empty(
    initial: list[int], final: dict[int, float]
) -> None:
    made = automaton([(0, 1, 1)], initial, final, 2)
    assert made.is_empty
    assert len(made) == 0
    assert language(made, LONGEST, 2) == {}
    assert made.log_weight([1]) == -math.inf
    assert not any_string().is_empty


def test_languages_without_a_string_in_common_have_an_empty_intersection() -> None:
    assert intersection(of_length(1), of_length(2)).is_empty


@few
@given(over_2_digits)
def test_the_weight_of_a_string_is_that_of_its_accepting_run(drawn: Automaton) -> None:
    weights = language(drawn, LONGEST, 2)
    for string in strings(LONGEST, 2):
        assert drawn.log_weight(string) == weights.get(string, -math.inf)


@few
@given(over_2_digits, st.lists(st.integers(0, 1), max_size=LONGEST))
def test_the_runs_of_a_string_are_in_every_state_that_its_arcs_lead_to(
    drawn: Automaton, string: list[int]
) -> None:
    expected = {run[-1] for run in runs(drawn, len(string), 2).get(tuple(string), [])}
    assert set(np.flatnonzero(drawn.states_after(string)).tolist()) == expected


@few
@given(over_2_digits)
def test_without_its_weights_an_automaton_allows_the_same_strings(drawn: Automaton) -> None:
    weights = language(drawn, LONGEST, 2)
    assert language(drawn.unweighted, LONGEST, 2) == dict.fromkeys(weights, 0.0)
    weighs = bool((drawn.final[np.isfinite(drawn.final)] != 0).any())
    assert (drawn.unweighted is drawn) == (not weighs)


@few
@given(over_2_digits)
def test_a_reversed_automaton_allows_the_strings_read_backwards(drawn: Automaton) -> None:
    plain = drawn.unweighted
    expected = {string[::-1]: 0.0 for string in language(plain, LONGEST, 2)}
    assert language(plain.reversed, LONGEST, 2) == expected
    assert language(plain.reversed.reversed, LONGEST, 2) == language(plain, LONGEST, 2)


@few
@given(over_2_digits, over_2_digits)
def test_the_intersection_allows_what_both_allow_with_the_product_of_their_weights(
    first: Automaton, second: Automaton
) -> None:
    weights, others = language(first, LONGEST, 2), language(second, LONGEST, 2)
    # That each string has one run only is held by the oracle.
    found = language(intersection(first, second), LONGEST, 2)
    assert found.keys() == weights.keys() & others.keys()
    assert found == pytest.approx({string: weights[string] + others[string] for string in found})


@few
@given(over_2_digits)
def test_every_state_that_is_kept_lies_on_the_run_of_an_allowed_string(drawn: Automaton) -> None:
    assume(len(drawn) <= 4)
    # Beside them a state that leads to no end and one that is not reached.
    dead, foreign = len(drawn), len(drawn) + 1
    littered = Automaton(
        np.vstack([drawn.arcs, [[0, 0, dead], [dead, 1, dead], [foreign, 0, 0]]]),
        np.append(drawn.initial, [False, False]),
        np.append(drawn.final, [-np.inf, -np.inf]),
    )
    kept = trimmed(littered)
    # From a beginning to a state and on to an end it takes at most three digits each.
    accepting = [run for each in runs(kept, 6, 2).values() for run in each if kept.final[run[-1]] > -np.inf]
    assert {state for run in accepting for state in run} == set(range(len(kept)))
    assert len(kept) == len(drawn)
    assert language(kept, 6, 2) == language(drawn, 6, 2)


def test_separate_chains_allow_one_string_each() -> None:
    given_strings: list[String] = [(0, 1), (), (1, 1, 0), (0, 1)]
    made, number = string_automata(given_strings)
    assert number.tolist() == [0, 0, 0, 1, 2, 2, 2, 2, 3, 3, 3]
    for index, string in enumerate(given_strings):
        of_string = Automaton(made.arcs, made.initial & (number == index), made.final)
        assert language(of_string, LONGEST, 2) == {string: 0.0}


def test_more_states_than_allowed_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(under_test, "MAX_STATES", 6)
    assert len(of_length(5)) == 6
    with pytest.raises(UsageError, match="more than 6 states; make it simpler"):
        of_length(6)
    by_2, by_3, by_5 = (divisible(by, symbols=2) for by in (2, 3, 5))
    assert len(intersection(by_2, by_3)) == 6
    with pytest.raises(UsageError, match="more than 6 states"):
        intersection(by_3, by_5)


def test_the_drawn_automata_branch_and_begin_in_several_states_and_weigh() -> None:
    # Otherwise the tests that draw them would hold less than they say.
    def branches(drawn: Automaton) -> bool:
        return len({(source, digit) for source, digit, _ in drawn.arcs.tolist()}) < len(drawn.arcs)

    def weighs(drawn: Automaton) -> bool:
        return drawn.unweighted is not drawn

    find(over_2_digits, lambda drawn: branches(drawn) and weighs(drawn) and drawn.initial.sum() > 1)
