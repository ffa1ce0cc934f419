"""Constraints of the strings that are read, as automata over the digits.

Each kind has a row in `sdnn.parameters` and a module here that makes a `Constraint` of a value.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from importlib import import_module
from typing import Any

from sdnn.decoding.automaton import Automaton, TooLarge, intersection
from sdnn.decoding.trellis import MAX_TRANSITIONS
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
        UsageError: When a value is invalid, the automaton of one or of several together is larger than
            `MAX_STATES`, `MAX_ARCS` or `MAX_TRANSITIONS`, or no string satisfies all values; the message
            names those that are too large or contradict each other.
        UnreadableInput: When the lexicon cannot be read.
    """
    if unknown := values.keys() - CONSTRAINTS:
        raise TypeError(f"there is no constraint {', '.join(sorted(unknown))}")
    parts: dict[str, Constraint] = {}
    for name, kind in CONSTRAINTS.items():
        if values.get(name) is not None:
            part = _built(kind.builder, values[name])
            parts[kind.describe(values[name])] = part
    if not parts:
        return None
    together = _together({name: part.automaton for name, part in parts.items()})
    formatter = next((part.formatter for part in parts.values() if part.formatter), None)
    return Constraint(together, formatter, ", ".join(parts))


def _built(builder: str, value: Any) -> Constraint:
    """The constraint of a value; its module is imported on demand."""
    module, name = builder.split(".")
    built: Constraint = getattr(import_module(f"{__name__}.{module}"), name)(value)
    return built


def _together(automata: Mapping[str, Automaton]) -> Automaton:
    """The strings that all automata allow, one at least; checks sizes."""
    names: list[str] = []
    together: Automaton | None = None
    for name, each in automata.items():
        names.append(name)
        try:
            together = each if together is None else intersection(together, each)
        except TooLarge as error:
            raise _too_large(names, str(error)) from error
        if together.is_empty:
            names = _contradiction({name: automata[name] for name in names})
            raise UsageError(f"no string satisfies {_listed(names)}: change one of them")
        if together.transitions > MAX_TRANSITIONS and len(automata) == len(names):
            raise _too_large(names, f"needs more than {MAX_TRANSITIONS:,} transitions; make it simpler")
    assert together is not None
    return together


def _too_large(names: Sequence[str], problem: str) -> UsageError:
    return UsageError(f"{_listed(names)}: {problem}")


def _listed(names: Sequence[str]) -> str:
    """The names in one line; of long ones the beginning."""
    return " and ".join(f"{name[:100]}..." if len(name) > 100 else name for name in names)


def _contradiction(automata: Mapping[str, Automaton]) -> list[str]:
    """Names of constraints that no string satisfies together; without any one of them, there are some."""
    needed = dict(automata)
    for name in automata:
        others = [each for other, each in needed.items() if other != name]
        try:
            if others and reduce(intersection, others).is_empty:
                del needed[name]
        except TooLarge:
            continue
    return list(needed)
