"""The places of a regular expression, and which of them may be read one after another.

Reference:
    Glushkov 1961, "The abstract theory of automata": the places of the expression are the states of an
    automaton without empty arcs.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from greenery import Charclass
    from greenery import Pattern as Tree
    from greenery.rxelems import Mult


@dataclass(frozen=True)
class Part:
    """A piece of the expression: sets of positions, as bits of a number, so that Python joins them at once.

    Attributes:
        is_optional: Whether it may be passed over without reading anything.
        first: Positions that may be read first.
        last: Positions that may be read last.
    """

    is_optional: bool
    first: int = 0
    last: int = 0


@dataclass
class Positions:
    """The characters of an expression, one position for each time that one stands there.

    Attributes:
        characters: What each position may read.
        follow: The positions that may be read right after each one.
    """

    characters: list[frozenset[str]] = field(default_factory=list)
    follow: list[int] = field(default_factory=list)

    def any_of(self, tree: "Tree") -> Part:
        """Lays out the alternatives of a tree."""
        parts = [self._chain(map(self._repeated, conc.mults)) for conc in tree.concs]
        return Part(
            any(part.is_optional for part in parts),
            reduce(or_, (part.first for part in parts), 0),
            reduce(or_, (part.last for part in parts), 0),
        )

    def _repeated(self, mult: "Mult") -> Part:
        fewest, most = mult.multiplier.min.v, mult.multiplier.max.v
        parts = []
        for copy in range(_copies(mult)):
            part = self._once(mult.multiplicand)
            parts.append(Part(part.is_optional or copy >= fewest, part.first, part.last))
        if most is None:
            self._join(parts[-1].last, parts[-1].first)
        return self._chain(parts)

    def _once(self, multiplicand: "Tree | Charclass") -> Part:
        if hasattr(multiplicand, "concs"):
            return self.any_of(multiplicand)
        here = 1 << len(self.characters)
        self.characters.append(frozenset(multiplicand.get_chars()))
        self.follow.append(0)
        return Part(False, here, here)

    def _chain(self, parts: Iterable[Part]) -> Part:
        """Pieces one after another; of none, the empty string."""
        whole = Part(True)
        for part in parts:
            self._join(whole.last, part.first)
            whole = Part(
                whole.is_optional and part.is_optional,
                whole.first | (part.first if whole.is_optional else 0),
                part.last | (whole.last if part.is_optional else 0),
            )
        return whole

    def _join(self, before: int, after: int) -> None:
        for position in bits(before):
            self.follow[position] |= after


def size(tree: "Tree") -> int:
    """Number of positions that a tree will have."""
    return sum(
        _copies(mult) * (size(mult.multiplicand) if hasattr(mult.multiplicand, "concs") else 1)
        for conc in tree.concs
        for mult in conc.mults
    )


def _copies(mult: "Mult") -> int:
    """How often what is repeated has to be laid out; the last one can loop."""
    fewest, most = mult.multiplier.min.v, mult.multiplier.max.v
    return max(1, fewest) if most is None else int(most)


def bits(number: int) -> Iterator[int]:
    """The places of the ones."""
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest
