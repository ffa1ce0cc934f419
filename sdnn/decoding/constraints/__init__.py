"""What a user knows of the string before it is read, as one automaton over its digits."""

from dataclasses import dataclass
from functools import reduce
from itertools import combinations
from pathlib import Path

from sdnn.decoding.automaton import Automaton, intersection
from sdnn.decoding.constraints.check_digits import check_digits
from sdnn.decoding.constraints.interval import value_range
from sdnn.decoding.constraints.length import length_range, parse_length
from sdnn.decoding.constraints.lexicon import read_lexicon
from sdnn.decoding.constraints.pattern import Pattern, compile_pattern
from sdnn.errors import UsageError

__all__ = ["Constraint", "constraint"]


@dataclass(frozen=True, eq=False)
class Constraint:
    """The strings that are allowed, and how they are printed.

    Attributes:
        automaton: The digits that are allowed; one string at least.
        pattern: Where literals have to be printed among the digits; None where no pattern was given.
        description: What the user asked for, in one line.
    """

    automaton: Automaton
    pattern: Pattern | None
    description: str

    def format(self, digits: str) -> str:
        """The digits with the literals of the pattern, if there is one.

        Raises:
            ValueError: When the pattern does not allow the digits.
        """
        return self.pattern.format(digits) if self.pattern else digits


def constraint(
    *,
    length: str | int | None = None,
    pattern: str | None = None,
    lexicon: str | Path | None = None,
    check: str | None = None,
    min_value: int | None = None,
    max_value: int | None = None,
) -> Constraint | None:
    """The strings that satisfy all that is given; None where nothing is.

    Args:
        length: Number of digits: `5`, `4-6`, or `4-` for four or more.
        pattern: Regular expression of the whole string; see `sdnn.decoding.constraints.expression`.
        lexicon: Text file with one string a line; see `read_lexicon`.
        check: Name of a check; see `check_digits`. The literals of a pattern do not take part.
        min_value: Smallest numeric value, leading zeros aside.
        max_value: Greatest numeric value.

    Raises:
        UsageError: When a part cannot be understood or is too large, or no string satisfies all of them; the
            message then names the parts that contradict each other.
        UnreadableInput: When the lexicon cannot be read.
    """
    parts: dict[str, Automaton] = {}
    if length is not None:
        parts[f"length {length}"] = length_range(*parse_length(str(length)))
    expression = None if pattern is None else compile_pattern(pattern)
    if expression is not None:
        parts[f"pattern {pattern}"] = expression.automaton
    if lexicon is not None:
        parts[f"lexicon {lexicon}"] = read_lexicon(Path(lexicon))
    if check is not None:
        parts[f"check {check}"] = check_digits(check)
    if min_value is not None or max_value is not None:
        parts[_interval(min_value, max_value)] = value_range(min_value, max_value)
    if not parts:
        return None
    together = reduce(intersection, parts.values())
    if together.is_empty:
        raise UsageError(f"no string satisfies {' and '.join(_contradiction(parts))}: change one of them")
    return Constraint(together, expression, ", ".join(parts))


def _interval(least: int | None, greatest: int | None) -> str:
    if least is None:
        return f"value up to {greatest}"
    return f"value from {least}" + ("" if greatest is None else f" to {greatest}")


def _contradiction(parts: dict[str, Automaton]) -> tuple[str, ...]:
    """The fewest parts that no string satisfies together."""
    for number in range(1, len(parts)):
        for names in combinations(parts, number):
            if reduce(intersection, (parts[name] for name in names)).is_empty:
                return names
    return tuple(parts)
