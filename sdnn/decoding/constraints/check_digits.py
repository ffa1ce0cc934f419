"""Numbers with check digits.

Names and valid numbers are those of python-stdnum, among strings of the ten digits. The empty string is never
valid; a single digit may be (`0` by Luhn), so combine a check with a length where one is known.

========================  ===========================================  ===========
name                      strings                                      read from
========================  ===========================================  ===========
luhn                      bank cards, of any length                    the right
verhoeff                  of any length                                the right
damm                      of any length                                the left
ean                       8, 12, 13 or 14 digits: EAN, UPC, GTIN       the right
us.rtn                    9 digits: routing numbers of US cheques      the left
iso7064.mod_11_2          of any length; not those that end in X       the left
iso7064.mod_11_10         of any length                                the left
iso7064.mod_97_10         of any length, two check digits              the left
========================  ===========================================  ===========

An ISBN of 13 digits is an `ean` that begins with 978 or 979, which a pattern can require.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Final

from sdnn.decoding.automaton import Automaton, dfa_from_transition
from sdnn.decoding.constraints import Constraint
from sdnn.errors import UsageError

_DIHEDRAL: Final = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 2, 3, 4, 0, 6, 7, 8, 9, 5),
    (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7),
    (4, 0, 1, 2, 3, 9, 5, 6, 7, 8),
    (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2),
    (7, 6, 5, 9, 8, 2, 1, 0, 4, 3),
    (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)
"""Verhoeff: the group of rotations and reflections of a pentagon."""

_PERMUTATION: Final = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
"""Verhoeff: the permutation of a digit for each place to the left; its eighth power is the identity."""

_QUASIGROUP: Final = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)
"""Damm: the quasigroup of order 10 that python-stdnum uses."""


def check_digits(name: str) -> Constraint:
    """The constraint to numbers that pass a check.

    Raises:
        UsageError: When there is no check of that name; the message lists all.
    """
    if name not in _CHECKS:
        raise UsageError(f"check {name!r}: there is none of that name; choose from {', '.join(_CHECKS)}")
    return Constraint(_CHECKS[name]())


def _luhn() -> Automaton:
    twice = [sum(divmod(2 * digit, 10)) for digit in range(10)]
    return _folded(
        0, lambda sum_, digit, place: (sum_ + (twice[digit] if place else digit)) % 10, [0], period=2
    ).reversed


def _verhoeff() -> Automaton:
    permuted = [tuple(range(10))]
    for _ in range(7):
        permuted.append(tuple(permuted[-1][_PERMUTATION[digit]] for digit in range(10)))
    return _folded(
        0, lambda check, digit, place: _DIHEDRAL[check][permuted[place][digit]], [0], period=8
    ).reversed


def _pure(radix: int, modulus: int) -> Automaton:
    """ISO 7064's pure systems: the number in the radix has the remainder 1."""
    return _folded(0, lambda check, digit, _: (radix * check + digit) % modulus, [1])


def _folded(
    start: int, fold: Callable[[int, int, int], int], valid: Collection[int], period: int = 1
) -> Automaton:
    """Strings of any length above 0 whose digits fold to a valid value.

    Args:
        start: Value before the first digit.
        fold: Value after a digit, from the value before, the digit and its place modulo the period.
        valid: Values of valid strings.
        period: Number of places after which digits are treated alike again.
    """

    # The empty string is not valid, so the state before the first digit is one of its own.
    def step(state: tuple[int, int, bool], digit: int) -> tuple[int, int, bool]:
        value, place, _ = state
        return fold(value, digit, place), (place + 1) % period, True

    return dfa_from_transition((start, 0, False), step, lambda state: state[2] and state[0] in valid)


def _weighted(weights: Sequence[int], lengths: Collection[int]) -> Automaton:
    """Strings of some lengths whose weighted sum of digits is a multiple of ten."""

    def step(state: tuple[int, int], digit: int) -> tuple[int, int] | None:
        count, total = state
        return (count + 1, (total + weights[count] * digit) % 10) if count < len(weights) else None

    return dfa_from_transition((0, 0), step, lambda state: state in {(length, 0) for length in lengths})


_CHECKS: Final[dict[str, Callable[[], Automaton]]] = {
    "luhn": _luhn,
    "verhoeff": _verhoeff,
    "damm": lambda: _folded(0, lambda check, digit, _: _QUASIGROUP[check][digit], [0]),
    # From the right, where the four lengths agree.
    "ean": lambda: _weighted((1, 3) * 7, lengths={8, 12, 13, 14}).reversed,
    "us.rtn": lambda: _weighted((3, 7, 1) * 3, lengths={9}),
    "iso7064.mod_11_2": lambda: _pure(2, 11),
    "iso7064.mod_11_10": lambda: _folded(
        5, lambda check, digit, _: (2 * (check or 10) % 11 + digit) % 10, [1]
    ),
    "iso7064.mod_97_10": lambda: _pure(10, 97),
}
