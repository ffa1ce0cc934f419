"""Strings by their numeric value: the reading of a meter is no less than the one before.

Leading zeros do not change the value: it is the same for 7, 07 and 007. The empty string has no value.
"""

from typing import NamedTuple

from sdnn.decoding.automaton import dfa_from_transition
from sdnn.decoding.constraints import Constraint
from sdnn.decoding.constraints.length import MAX_DIGITS
from sdnn.errors import UsageError


def min_value(value: int) -> Constraint:
    """The constraint to values from a bound up.

    Raises:
        UsageError: When the bound is negative or has more than `MAX_DIGITS` digits.
    """
    bound = _significant(value)
    return Constraint(
        dfa_from_transition(
            _Comparison(),
            lambda compared, digit: compared.after(digit, bound),
            lambda compared: not compared.is_empty and compared.order >= (len(bound), 0),
        )
    )


def max_value(value: int) -> Constraint:
    """The constraint to values up to a bound.

    Raises:
        UsageError: When the bound is negative or has more than `MAX_DIGITS` digits.
    """
    bound = _significant(value)

    def step(compared: _Comparison, digit: int) -> _Comparison | None:
        after = compared.after(digit, bound)
        return after if after.order <= (len(bound), 0) else None

    return Constraint(dfa_from_transition(_Comparison(), step, lambda compared: not compared.is_empty))


def _significant(value: int) -> tuple[int, ...]:
    """The digits of a bound without leading zeros; none of 0."""
    if abs(value) >= 10**MAX_DIGITS:
        raise UsageError(f"a value of more than {MAX_DIGITS} digits: give a smaller one")
    if value < 0:
        raise UsageError(f"value {value}: digits alone have no value below 0; give 0 or more")
    return tuple(map(int, str(value))) if value else ()


class _Comparison(NamedTuple):
    """The comparison of the digits read so far with a bound.

    Attributes:
        significant: Number of digits without leading zeros, up to one more than the bound has.
        sign: Sign of the difference from as many first digits of the bound; 0 beyond its digits.
        is_empty: Whether no digit has been read, not even a zero.
    """

    significant: int = 0
    sign: int = 0
    is_empty: bool = True

    @property
    def order(self) -> tuple[int, int]:
        """Compares with (number of the bound's digits, 0) as the value with the bound."""
        return self.significant, self.sign

    def after(self, digit: int, bound: tuple[int, ...]) -> "_Comparison":
        """The comparison after another digit."""
        if self.significant == 0 and digit == 0:
            return _Comparison(is_empty=False)
        if self.significant >= len(bound):
            return _Comparison(len(bound) + 1, 0, False)
        place = bound[self.significant]
        return _Comparison(self.significant + 1, self.sign or (digit > place) - (digit < place), False)
