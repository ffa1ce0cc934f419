from collections.abc import Callable

import pytest
from helpers.language_enumeration import allowed, language, words
from hypothesis import given, settings
from hypothesis import strategies as st

from sdnn.decoding.automaton import Automaton, intersection
from sdnn.decoding.constraints.interval import max_value, min_value
from sdnn.decoding.constraints.length import MAX_DIGITS, length_range
from sdnn.errors import UsageError

bounds = st.none() | st.integers(0, 1_200) | st.sampled_from([0, 9, 10, 99, 100, 999, 1_000])


def value_range(least: int | None, greatest: int | None) -> Automaton:
    if greatest is None:
        return min_value(least or 0).automaton
    below = max_value(greatest).automaton
    return below if least is None else intersection(min_value(least).automaton, below)


def lies(word: str, least: int | None, greatest: int | None) -> bool:
    return word != "" and (least or 0) <= int(word) and (greatest is None or int(word) <= greatest)


@given(bounds, bounds)
def test_a_string_is_allowed_when_its_value_lies_in_the_interval(one: int | None, other: int | None) -> None:
    least, greatest = (one, other) if None in (one, other) else sorted([one or 0, other or 0])
    expected = [word for word in words(3) if lies(word, least, greatest)]
    assert language(value_range(least, greatest), 3) == dict.fromkeys(expected, 1)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**30), st.integers(0, 10**30), st.integers(0, 3), st.data())
def test_values_of_thirty_digits_are_compared_exactly(
    one: int, other: int, zeros: int, data: st.DataObject
) -> None:
    least, greatest = sorted([one, other])
    near = [value + step for value in (least, greatest) for step in (-1, 0, 1) if value + step >= 0]
    values = [*near, data.draw(st.integers(0, 10**31)), data.draw(st.integers(least, greatest))]
    strings = ["0" * zeros + str(value) for value in values]
    automaton = value_range(least, greatest)
    assert len(automaton) < 200
    assert allowed(automaton, strings).tolist() == [least <= value <= greatest for value in values]
    assert allowed(value_range(least, None), strings).tolist() == [least <= value for value in values]
    assert allowed(value_range(None, greatest), strings).tolist() == [value <= greatest for value in values]


def test_leading_zeros_do_not_change_a_value() -> None:
    assert set(language(value_range(7, 12), 3)) == {
        *("7", "8", "9", "10", "11", "12"),
        *("07", "08", "09", "010", "011", "012"),
        *("007", "008", "009"),
    }


def test_at_a_fixed_length_the_zeros_are_part_of_the_string() -> None:
    three = intersection(value_range(7, 12), length_range(3, 3))
    assert set(language(three, 4)) == {"007", "008", "009", "010", "011", "012"}


def test_the_empty_string_has_no_value() -> None:
    assert value_range(None, None).log_weight([]) == -float("inf")
    assert set(language(value_range(0, 0), 3)) == {"0", "00", "000"}


def test_no_string_has_two_runs_and_none_branches() -> None:
    automaton = value_range(31_416, 271_828)
    assert automaton.initial.sum() == 1
    assert len({(source, digit) for source, digit, _ in automaton.arcs.tolist()}) == len(automaton.arcs)


@pytest.mark.parametrize("bound", [min_value, max_value])
@pytest.mark.parametrize("value", [-1, 10**MAX_DIGITS, -(10**MAX_DIGITS)])
def test_bounds_that_cannot_be_meant_are_refused(bound: Callable[[int], Automaton], value: int) -> None:
    with pytest.raises(UsageError, match="value"):
        bound(value)


@pytest.mark.parametrize("value", [0, 9, 10, 10**30])
def test_an_interval_whose_ends_are_swapped_is_empty(value: int) -> None:
    assert value_range(value + 1, value).is_empty
