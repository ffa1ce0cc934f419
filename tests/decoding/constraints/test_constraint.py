import math
from pathlib import Path
from typing import Any

import pytest
from helpers.language_enumeration import language, words
from stdnum import luhn

from sdnn.decoding.constraints import Constraint, constraint
from sdnn.errors import UnreadableInput, UsageError


def made(**given: Any) -> Constraint:
    found = constraint(**given)
    assert found is not None
    return found


@pytest.fixture
def codes(tmp_path: Path) -> Path:
    path = tmp_path / "codes.txt"
    path.write_text("0000\t1\n0018\t2\n0026\t4\n91\t1\n1234\t1\n", encoding="utf-8")
    return path


def test_where_nothing_is_asked_there_is_no_constraint() -> None:
    assert constraint() is None


def test_the_allowed_strings_satisfy_all_that_is_asked(codes: Path) -> None:
    every = made(length="3-4", pattern=r"0\d+", lexicon=codes, check="luhn", min_value=1, max_value=26)
    assert language(every.automaton, 5) == {"0018": 1, "0026": 1}
    two = made(check="luhn", max_value=99)
    expected = [word for word in words(4) if luhn.is_valid(word) and int(word) <= 99]
    assert language(two.automaton, 4) == dict.fromkeys(expected, 1)


def test_a_value_of_zero_is_a_bound_and_not_nothing() -> None:
    assert set(language(made(max_value=0).automaton, 2)) == {"0", "00"}
    assert made(min_value=0).description == "value from 0"


def test_at_a_fixed_length_a_small_value_has_leading_zeros() -> None:
    assert set(language(made(length="3", min_value=7, max_value=9).automaton, 4)) == {"007", "008", "009"}


def test_weights_of_a_lexicon_stay_under_other_constraints(codes: Path) -> None:
    automaton = made(lexicon=codes, length="4", check="luhn").automaton
    assert automaton.log_weight([0, 0, 2, 6]) == 0.0
    assert automaton.log_weight([0, 0, 1, 8]) == pytest.approx(math.log(1 / 2))
    assert automaton.log_weight([9, 1]) == -math.inf


def test_digits_are_printed_as_the_pattern_has_them_or_as_they_are() -> None:
    assert made(pattern=r"\d\d-\d\d", check="luhn").format("0018") == "00-18"
    assert made(length="4").format("0018") == "0018"


@pytest.mark.parametrize(
    ("given", "description"),
    [
        ({"length": "5"}, "length 5"),
        ({"pattern": r"\d{5}", "check": "luhn"}, r"pattern \d{5}, check luhn"),
        ({"length": "3-", "max_value": 12}, "length 3-, value up to 12"),
        ({"min_value": 3, "max_value": 12}, "value from 3, value up to 12"),
        ({"min_value": 3}, "value from 3"),
    ],
)
def test_the_description_says_in_one_line_what_was_asked(given: dict[str, Any], description: str) -> None:
    assert made(**given).description == description


def test_the_lexicon_is_described_by_its_file(codes: Path) -> None:
    assert made(length="4", lexicon=codes).description == f"length 4, lexicon {codes}"


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        ({"length": "3", "pattern": r"\d{5}", "check": "luhn"}, r"length 3 and pattern \d{5}:"),
        ({"length": "3", "check": "ean", "min_value": 1}, "length 3 and check ean:"),
        ({"length": "1", "check": "luhn", "min_value": 1}, "length 1 and check luhn and value from 1:"),
        ({"pattern": "[13579]", "check": "damm", "max_value": 0}, "pattern [13579] and check damm:"),
        ({"length": "3", "min_value": 5, "max_value": 4}, "value from 5 and value up to 4:"),
    ],
)
def test_parts_that_allow_no_string_together_are_named(given: dict[str, Any], parts: str) -> None:
    with pytest.raises(UsageError) as caught:
        constraint(**given)
    assert f"no string satisfies {parts}" in str(caught.value)


@pytest.mark.parametrize(
    "given", [{"length": "0"}, {"pattern": "("}, {"check": "none"}, {"min_value": 2, "max_value": 1}]
)
def test_a_part_that_cannot_be_understood_is_a_usage_error(given: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        constraint(**given)


def test_a_constraint_of_another_name_is_an_error_of_the_call() -> None:
    with pytest.raises(TypeError, match="lenght"):
        constraint(lenght=5)


def test_a_lexicon_that_cannot_be_read_is_unreadable_input(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput):
        constraint(lexicon=tmp_path / "none.txt")


def test_python_may_give_a_number_and_a_path_as_text(tmp_path: Path) -> None:
    (tmp_path / "codes.txt").write_text("123\n4567\n")
    made = constraint(length=4, lexicon=str(tmp_path / "codes.txt"))
    assert made
    assert made.automaton.log_weight([4, 5, 6, 7]) == 0.0
    assert made.automaton.log_weight([1, 2, 3]) == -math.inf


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"length": "1000", "check": "iso7064.mod_97_10"},
            "length 1000 and check iso7064.mod_97_10: needs more than",
        ),
        ({"length": "1-1000", "min_value": 10**49, "max_value": 10**60}, "length 1-1000 and value from 1000"),
        (
            {"length": "200", "check": "iso7064.mod_97_10"},
            "length 200 and check iso7064.mod_97_10: needs more than 1,000,000 transitions",
        ),
        ({"pattern": "[0-9]{64}" * 14, "check": "verhoeff"}, "and check verhoeff: needs more than"),
    ],
)
def test_parts_that_are_too_large_together_are_named(given: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        constraint(**given)
    assert message in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_value_of_more_digits_than_python_prints_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="more than 1000 digits"):
        constraint(min_value=10**5000)
