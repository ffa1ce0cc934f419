"""The positions of a regular expression, and the order in which they may be read.

Reference:
    Glushkov 1961, "The abstract theory of automata": the positions of the expression are the states of an
    automaton without empty arcs.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import Final

from sdnn.errors import UsageError

MAX_POSITIONS: Final = 1_000
"""Characters of an expression with all repetitions written out."""


@dataclass(frozen=True)
class Fragment:
    """A part of an expression; by default the empty string.

    A position is one occurrence of a character. A set of positions is a number with their bits set, so that
    the union of two sets is one operation.

    Attributes:
        characters: Characters that each position may read.
        follow: Set of positions that may be read right after each position.
        first: Set of positions that may be read first.
        last: Set of positions that may be read last.
        is_optional: Whether it includes the empty string.
    """

    characters: tuple[frozenset[str], ...] = ()
    follow: tuple[int, ...] = ()
    first: int = 0
    last: int = 0
    is_optional: bool = True

    def __post_init__(self) -> None:
        if len(self.characters) > MAX_POSITIONS:
            raise UsageError(
                f"the pattern has more than {MAX_POSITIONS:,} characters when its repetitions are written "
                "out; repeat less often"
            )

    def __or__(self, other: "Fragment") -> "Fragment":
        """One fragment or the other."""
        shift = len(self.characters)
        return Fragment(
            self.characters + other.characters,
            self.follow + tuple(after << shift for after in other.follow),
            self.first | other.first << shift,
            self.last | other.last << shift,
            self.is_optional or other.is_optional,
        )

    def __add__(self, other: "Fragment") -> "Fragment":
        """One fragment and then the other."""
        either = self | other
        first, last = either.first ^ self.first, either.last ^ self.last
        return replace(
            either._linked(self.last, first),
            first=self.first | (first if self.is_optional else 0),
            last=last | (self.last if other.is_optional else 0),
            is_optional=self.is_optional and other.is_optional,
        )

    def repeated(self, fewest: int, most: int | None) -> "Fragment":
        """The fragment several times, written out except for a loop.

        Args:
            fewest: Smallest number of times, 0 or more.
            most: Greatest number of times; None without a limit.
        """
        optional = replace(self, is_optional=True)
        if most is None:
            loop = (self if fewest else optional)._linked(self.last, self.first)
            return reduce(add, [self] * (fewest - 1) + [loop])
        return reduce(add, [self] * fewest + [optional] * (most - fewest), Fragment())

    def reversed(self) -> "Fragment":
        """The fragment read backwards."""
        precede = [0] * len(self.follow)
        for position, after in enumerate(self.follow):
            for each in bits(after):
                precede[each] |= 1 << position
        return Fragment(self.characters, tuple(precede), self.last, self.first, self.is_optional)

    def _linked(self, before: int, after: int) -> "Fragment":
        """The fragment with more positions that may follow others."""
        follow = list(self.follow)
        for position in bits(before):
            follow[position] |= after
        return replace(self, follow=tuple(follow))


def one_of(characters: frozenset[str]) -> Fragment:
    """A single position."""
    return Fragment((characters,), (0,), first=1, last=1, is_optional=False)


def bits(number: int) -> Iterator[int]:
    """The places of the bits that are set."""
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest
