import importlib
import random
from collections.abc import Callable

import numpy as np
import pytest
from helpers.language_enumeration import allowed, language, words

from sdnn.decoding.constraints.check_digits import check_digits
from sdnn.errors import UsageError

LENGTHS = {"ean": [0, 1, 7, 8, 9, 12, 13, 14, 15], "us.rtn": [0, 8, 9, 9, 9, 10]}
NAMES = [
    "luhn",
    "verhoeff",
    "damm",
    "ean",
    "us.rtn",
    "iso7064.mod_11_2",
    "iso7064.mod_11_10",
    "iso7064.mod_97_10",
]
names = pytest.mark.parametrize("name", NAMES)


def oracle(name: str) -> Callable[[str], bool]:
    is_valid: Callable[[str], bool] = importlib.import_module(f"stdnum.{name}").is_valid
    return is_valid


@names
def test_what_is_valid_is_what_python_stdnum_says_of_ten_thousand_numbers(name: str) -> None:
    rng = random.Random(name)
    lengths = LENGTHS.get(name, list(range(20)))
    numbers = ["".join(rng.choices("0123456789", k=rng.choice(lengths))) for _ in range(10_000)]
    valid = [*map(oracle(name), numbers)]
    assert allowed(check_digits(name).automaton, numbers).tolist() == valid
    assert 50 < sum(valid) < 5_000


@names
def test_short_numbers_too_are_valid_as_python_stdnum_says_and_have_one_run(name: str) -> None:
    expected = [word for word in words(3) if oracle(name)(word)]
    assert language(check_digits(name).automaton, 3) == dict.fromkeys(expected, 1)


@pytest.mark.parametrize(
    ("name", "length"), [("ean", 8), ("ean", 12), ("ean", 13), ("ean", 14), ("us.rtn", 9)]
)
def test_a_valid_number_of_given_length_has_one_run(name: str, length: int) -> None:
    automaton = check_digits(name).automaton
    counts = automaton.initial.astype(int)
    for _ in range(length):
        counts = np.bincount(automaton.arcs[:, 2], counts[automaton.arcs[:, 0]], minlength=len(automaton))
    # One number in ten is valid, so there are as many runs as numbers.
    assert counts[np.isfinite(automaton.final)].sum() == 10 ** (length - 1)


@names
def test_one_wrong_digit_is_noticed_always(name: str) -> None:
    rng = random.Random(name)
    length = {"ean": 13, "us.rtn": 9}.get(name, 11)
    automaton = check_digits(name).automaton
    numbers = ["".join(rng.choices("0123456789", k=length)) for _ in range(2_000)]
    number = next(
        each for each, is_valid in zip(numbers, allowed(automaton, numbers), strict=True) if is_valid
    )
    wrong = [
        number[:place] + digit + number[place + 1 :]
        for place in range(length)
        for digit in "0123456789"
        if digit != number[place]
    ]
    assert not allowed(automaton, wrong).any()


def test_the_automata_are_small() -> None:
    assert [len(check_digits(name).automaton) for name in NAMES] == [21, 81, 11, 132, 82, 12, 11, 98]


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UsageError) as caught:
        check_digits("crc32")
    assert "'crc32'" in str(caught.value)
    assert all(name in str(caught.value) for name in NAMES)
