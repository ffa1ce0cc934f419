"""Constraints of the strings that are read, as automata over the digits.

Each kind has a row in `sdnn.parameters` and a module here that makes a `Constraint` of a value.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from importlib import import_module
from itertools import combinations
from typing import Any

from sdnn.decoding.automaton import Automaton, intersection
from sdnn.errors import UsageError
from sdnn.parameters import CONSTRAINTS

__all__ = ["Constraint", "constraint"]


@dataclass(frozen=True, eq=False)
class Constraint:
    """The allowed strings of digits, and their texts.

    Attributes:
        automaton: Allowed strings of digits, at least one.
        formatter: Function that makes the text of an allowed string; None where that is the digits.
        description: The constraint with its value, in one line.
    """

    automaton: Automaton
    formatter: Callable[[str], str] | None = None
    description: str = ""

    def format(self, digits: str) -> str:
        """The text of a string of digits, with the literals of a pattern.

        Raises:
            ValueError: When a pattern does not allow the digits.
        """
        return self.formatter(digits) if self.formatter else digits


def constraint(**values: Any) -> Constraint | None:
    """The strings that satisfy all given constraints; None without any.

    Args:
        **values: Values by the names in `sdnn.parameters.CONSTRAINTS`; None counts as not given.
            length: Number of digits: `5`, `4-6`, or `4-` for four or more.
            pattern: Regular expression of the whole string; see `sdnn.decoding.constraints.expression`.
            lexicon: Text file with one string per line; see `read_lexicon`.
            check: Name of a check; see `check_digits`. It does not include the literals of a pattern.
            min_value: Smallest numeric value.
            max_value: Greatest numeric value.

    Raises:
        TypeError: When a name is not that of a constraint.
        UsageError: When a value is invalid or its automaton too large, or no string satisfies all values; the
            message then names those that contradict each other.
        UnreadableInput: When the lexicon cannot be read.
    """
    if unknown := values.keys() - CONSTRAINTS:
        raise TypeError(f"there is no constraint {', '.join(sorted(unknown))}")
    parts = {
        kind.describe(values[name]): _built(kind.builder, values[name])
        for name, kind in CONSTRAINTS.items()
        if values.get(name) is not None
    }
    if not parts:
        return None
    automata = {name: part.automaton for name, part in parts.items()}
    together = reduce(intersection, automata.values())
    if together.is_empty:
        raise UsageError(f"no string satisfies {' and '.join(_contradiction(automata))}: change one of them")
    formatter = next((part.formatter for part in parts.values() if part.formatter), None)
    return Constraint(together, formatter, ", ".join(parts))


def _built(builder: str, value: Any) -> Constraint:
    """The constraint of a value; its module is imported on demand."""
    module, name = builder.split(".")
    built: Constraint = getattr(import_module(f"{__name__}.{module}"), name)(value)
    return built


def _contradiction(automata: Mapping[str, Automaton]) -> tuple[str, ...]:
    """Names of the fewest constraints that no string satisfies together."""
    for number in range(1, len(automata)):
        for names in combinations(automata, number):
            if reduce(intersection, (automata[name] for name in names)).is_empty:
                return names
    return tuple(automata)
