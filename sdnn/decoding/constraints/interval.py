"""Strings by their numeric value: the reading of a meter is no less than the one before.

Leading zeros change nothing: 7, 07 and 007 have the value 7. How many zeros there may be is for a length
to say. The empty string has no value.
"""

from typing import NamedTuple

from sdnn.decoding.automaton import Automaton, dfa_from_transition
from sdnn.decoding.constraints import Constraint
from sdnn.decoding.constraints.length import LONGEST
from sdnn.errors import UsageError


def min_value(value: int) -> Constraint:
    """The constraint to values from one on; see `at_least`."""
    return Constraint(at_least(value))


def max_value(value: int) -> Constraint:
    """The constraint to values up to one; see `at_most`."""
    return Constraint(at_most(value))


def at_least(least: int) -> Automaton:
    """The strings whose value is the given one or more.

    Raises:
        UsageError: When the bound is negative or has more than `LONGEST` digits.
    """
    bound = _significant(least)
    return dfa_from_transition(
        _Read(),
        lambda read, digit: read.after(digit, bound),
        lambda read: not read.is_nothing and read.compared >= (len(bound), 0),
    )


def at_most(greatest: int) -> Automaton:
    """The strings whose value is the given one or less.

    Raises:
        UsageError: When the bound is negative or has more than `LONGEST` digits.
    """
    bound = _significant(greatest)

    def step(read: _Read, digit: int) -> _Read | None:
        after = read.after(digit, bound)
        return after if after.compared <= (len(bound), 0) else None

    return dfa_from_transition(_Read(), step, lambda read: not read.is_nothing)


def _significant(value: int) -> tuple[int, ...]:
    """The digits of a bound without leading zeros; of 0 there are none."""
    if abs(value) >= 10**LONGEST:
        raise UsageError(f"a value of more than {LONGEST} digits: give a smaller one")
    if value < 0:
        raise UsageError(f"value {value}: digits alone have no value below 0; give 0 or more")
    return tuple(map(int, str(value))) if value else ()


class _Read(NamedTuple):
    """What is worth knowing of the digits read so far.

    Attributes:
        significant: Number of them without leading zeros; beyond the bound's digits they are not counted.
        sign: Of their difference from as many first digits of the bound; 0 beyond its digits.
        is_nothing: Whether not even a zero was read.
    """

    significant: int = 0
    sign: int = 0
    is_nothing: bool = True

    @property
    def compared(self) -> tuple[int, int]:
        """Less, equal or greater than (number of the bound's digits, 0) as the value is than the bound."""
        return self.significant, self.sign

    def after(self, digit: int, bound: tuple[int, ...]) -> "_Read":
        """The same with one digit more."""
        if self.significant == 0 and digit == 0:
            return _Read(is_nothing=False)
        if self.significant >= len(bound):
            return _Read(len(bound) + 1, 0, False)
        there = bound[self.significant]
        return _Read(self.significant + 1, self.sign or (digit > there) - (digit < there), False)
