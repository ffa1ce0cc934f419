"""Strings by their number of digits."""

import re
from typing import Final

from sdnn.decoding.automaton import Automaton, automaton
from sdnn.decoding.constraints import Constraint
from sdnn.errors import UsageError

MAX_DIGITS: Final = 1_000
"""Greatest length; the strip would be some ten thousand pixels wide."""


def length(value: str | int) -> Constraint:
    """The constraint to a number of digits; see `parse_length`."""
    return Constraint(length_range(*parse_length(str(value))))


def length_range(fewest: int, most: int | None) -> Automaton:
    """The strings of some lengths.

    Args:
        fewest: Smallest number of digits; 0 includes the empty string.
        most: Greatest number of digits; None without a limit.

    Raises:
        UsageError: When a number is negative or above `MAX_DIGITS`, or `fewest` is above `most`.
    """
    last = fewest if most is None else most
    if not 0 <= fewest <= last <= MAX_DIGITS:
        asked = f"{fewest}-{'' if most is None else most}"
        raise UsageError(f"length {asked}: give the smaller number first, and none above {MAX_DIGITS}")
    steps = [(count, count + 1) for count in range(last)]
    if most is None:
        steps.append((last, last))
    arcs = [(source, digit, target) for source, target in steps for digit in range(10)]
    return automaton(arcs, [0], dict.fromkeys(range(fewest, last + 1), 0.0), last + 1)


def parse_length(text: str) -> tuple[int, int | None]:
    """Smallest and greatest number of digits in a text: `5`, `4-6`, or `4-` for four or more.

    Raises:
        UsageError: When the text has another form, begins at 0, has the greater number first, or a number
            above `MAX_DIGITS`.
    """
    match = re.fullmatch(r"([0-9]{1,9})(-([0-9]{1,9})?)?", text.strip())
    if match is None:
        raise UsageError(f"length {text!r}: write a number of digits such as 5, 4-6, or 4- for 4 or more")
    fewest = int(match[1])
    most = int(match[3]) if match[3] else None if match[2] else fewest
    if fewest == 0:
        raise UsageError(f"length {text!r}: a string has at least one digit; begin at 1")
    length_range(fewest, most)
    return fewest, most
