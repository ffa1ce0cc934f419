"""How many digits a string has."""

import re
from typing import Final

from sdnn.decoding.automaton import Automaton, automaton
from sdnn.decoding.constraints import Constraint
from sdnn.errors import UsageError

LONGEST: Final = 1_000
"""Digits beyond which a length is refused; a strip so long would be some ten thousand pixels wide."""


def length(value: str | int) -> Constraint:
    """The constraint to a number of digits; see `parse_length`."""
    return Constraint(length_range(*parse_length(str(value))))


def length_range(fewest: int, most: int | None) -> Automaton:
    """The strings of so many digits.

    Args:
        fewest: Least number of digits; 0 lets in the empty string.
        most: Greatest number of digits; None where there is no limit.

    Raises:
        UsageError: When a number is negative or above `LONGEST`, or `fewest` is above `most`.
    """
    last = fewest if most is None else most
    if not 0 <= fewest <= last <= LONGEST:
        asked = f"{fewest}-{'' if most is None else most}"
        raise UsageError(f"length {asked}: give the smaller number first, and none above {LONGEST}")
    steps = [(count, count + 1) for count in range(last)]
    if most is None:
        steps.append((last, last))
    arcs = [(source, digit, target) for source, target in steps for digit in range(10)]
    return automaton(arcs, [0], dict.fromkeys(range(fewest, last + 1), 0.0), last + 1)


def parse_length(text: str) -> tuple[int, int | None]:
    """Fewest and most digits from what a user writes: `5`, `4-6`, or `4-` for four or more.

    Raises:
        UsageError: When the text has another form, begins at no digit at all, names the greater number
            first, or a number above `LONGEST`.
    """
    found = re.fullmatch(r"([0-9]{1,9})(-([0-9]{1,9})?)?", text.strip())
    if found is None:
        raise UsageError(f"length {text!r}: write a number of digits such as 5, 4-6, or 4- for 4 or more")
    fewest = int(found[1])
    most = int(found[3]) if found[3] else None if found[2] else fewest
    if fewest == 0:
        raise UsageError(f"length {text!r}: a string has at least one digit; begin at 1")
    length_range(fewest, most)
    return fewest, most
