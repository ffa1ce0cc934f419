"""Strings by their numeric value: the reading of a meter is no less than the one before.

Leading zeros change nothing: 7, 07 and 007 have the value 7. How many zeros there may be is for a length
to say.
"""

from dataclasses import dataclass, replace

from sdnn.decoding.automaton import Automaton, dfa_from_transition
from sdnn.decoding.constraints.length import LONGEST
from sdnn.errors import UsageError


def value_range(least: int | None, greatest: int | None) -> Automaton:
    """The strings whose value lies in an interval, both ends included; the empty string has no value.

    Args:
        least: Smallest value, 0 or more; None for 0.
        greatest: Greatest value; None where there is no limit.

    Raises:
        UsageError: When a bound is negative or has more than `LONGEST` digits, or `least` is above
            `greatest`.
    """
    for bound in (least, greatest):
        if bound is not None and abs(bound) >= 10**LONGEST:
            raise UsageError(f"a value of more than {LONGEST} digits: give a smaller one")
        if bound is not None and bound < 0:
            raise UsageError(f"value {bound}: digits alone have no value below 0; give 0 or more")
    if least is not None and greatest is not None and least > greatest:
        raise UsageError(f"no value lies between {least} and {greatest}: give the smaller one first")
    low = _significant(least or 0)
    high = None if greatest is None else _significant(greatest)

    def step(state: _Read, digit: int) -> _Read | None:
        return state.after(digit, low, high)

    def accepts(state: _Read) -> bool:
        return not state.is_nothing and (
            state.count > len(low) or (state.count == len(low) and state.low >= 0)
        )

    return dfa_from_transition(_Read(is_nothing=True), step, accepts)


def _significant(value: int) -> tuple[int, ...]:
    """The digits of a value without leading zeros; of 0 there are none."""
    return tuple(map(int, str(value))) if value else ()


@dataclass(frozen=True)
class _Read:
    """What is worth knowing of the digits read so far.

    Attributes:
        count: Number of significant digits.
        low: Sign of their difference from as many first digits of the least value; 0 beyond its digits,
            where the value is greater whatever it begins with.
        high: The same for the greatest value; 0 where there is none.
        is_nothing: Whether not even a zero was read.
    """

    count: int = 0
    low: int = 0
    high: int = 0
    is_nothing: bool = False

    def after(self, digit: int, low: tuple[int, ...], high: tuple[int, ...] | None) -> "_Read | None":
        """The same with one digit more; None where the value is then too great however it goes on."""
        if self.count == 0 and digit == 0:
            return _Read()
        count = self.count + 1
        there = replace(
            self,
            count=count if high is not None else min(count, len(low) + 1),
            low=_compared(self.low, digit, low, self.count),
            high=0 if high is None else _compared(self.high, digit, high, self.count),
            is_nothing=False,
        )
        if high is not None and (count > len(high) or (count == len(high) and there.high > 0)):
            return None
        return there


def _compared(so_far: int, digit: int, bound: tuple[int, ...], place: int) -> int:
    """Sign of the difference from the first digits of a bound after one digit more."""
    if place >= len(bound):
        return 0
    return so_far or (digit > bound[place]) - (digit < bound[place])
