"""From the tree of a regular expression to an automaton over its characters, digits and literals alike.

greenery could do this too, but takes minutes for some short expressions and cannot be told to give up:
``[0-9]*1[0-9]{10}`` has 2,049 states from left to right. From right to left it has 13; here both ways are
tried, each within bounds, and the smaller one is taken.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from sdnn.decoding.constraints.positions import Part, Positions, bits, size
from sdnn.errors import UsageError
from sdnn.results import IntArray

if TYPE_CHECKING:
    from greenery import Pattern as Tree

DEAD: Final = -1
"""In a table of states: there is no arc."""
MOST_POSITIONS: Final = 1_000
"""Characters of the expression, with all repetitions written out, beyond which it is refused."""
MOST_STATES: Final = 10_000
"""States beyond which a machine is given up while it is made."""


@dataclass(frozen=True)
class Machine:
    """A finite automaton over characters, with exactly one run for each string it accepts.

    Attributes:
        arcs: Source state, character and target state of each arc.
        initial: States in which a run may begin.
        final: States in which it may end. Every state lies on the run of some string.
        states: Number of states.
    """

    arcs: tuple[tuple[int, str, int], ...]
    initial: frozenset[int]
    final: frozenset[int]
    states: int


def machine(tree: "Tree", expression: str) -> Machine:
    """The smaller of the machines that read from the left and from the right.

    Args:
        tree: The expression, parsed.
        expression: As the user wrote it, for messages.

    Raises:
        UsageError: When there are more than `MOST_POSITIONS` characters with all repetitions written out, or
            more than `MOST_STATES` states either way.
    """
    if size(tree) > MOST_POSITIONS:
        raise UsageError(
            f"pattern {expression!r}: has more than {MOST_POSITIONS:,} characters when its repetitions are "
            "written out; repeat less often"
        )
    positions = Positions()
    whole = positions.any_of(tree)
    backward = Part(whole.is_optional, first=whole.last, last=whole.first)
    made = [
        _deterministic(positions.characters, whole, positions.follow),
        _turned_round(_deterministic(positions.characters, backward, _preceding(positions.follow))),
    ]
    if made == [None, None]:
        raise UsageError(f"pattern {expression!r}: needs more than {MOST_STATES:,} states; make it simpler")
    return min(filter(None, made), key=lambda each: each.states)


def _turned_round(given: Machine | None) -> Machine | None:
    """The machine of the same strings read backwards."""
    if given is None:
        return None
    arcs = tuple((target, character, source) for source, character, target in given.arcs)
    return Machine(arcs, given.final, given.initial, given.states)


def _deterministic(
    characters: Sequence[frozenset[str]], whole: Part, follow: Sequence[int]
) -> Machine | None:
    """The smallest deterministic machine; None where it has too many states before it is made small."""
    alphabet = sorted(frozenset().union(*characters))
    readers = [sum(1 << p for p, may_read in enumerate(characters) if each in may_read) for each in alphabet]
    # The beginning is a position too, so that a state is always a set of positions.
    begin = 1 << len(characters)
    ends = whole.last | (begin if whole.is_optional else 0)
    follow = [*follow, whole.first]
    numbers = {begin: 0}
    table: list[list[int]] = []
    for state in (waiting := [begin]):
        after = reduce(or_, (follow[position] for position in bits(state)), 0)
        row = []
        for reads in readers:
            there = after & reads
            if there and there not in numbers:
                if len(numbers) == MOST_STATES:
                    return None
                numbers[there] = len(numbers)
                waiting.append(there)
            row.append(numbers[there] if there else DEAD)
        table.append(row)
    merged, is_final = _minimal(
        np.array(table, dtype=np.intp), np.array([bool(state & ends) for state in waiting])
    )
    return Machine(
        arcs=tuple(
            (source, alphabet[place], int(target))
            for source, row in enumerate(merged)
            for place, target in enumerate(row)
            if target != DEAD
        ),
        initial=frozenset([0]),
        final=frozenset(np.flatnonzero(is_final).tolist()),
        states=len(merged),
    )


def _minimal(table: IntArray, is_final: npt.NDArray[np.bool_]) -> tuple[IntArray, npt.NDArray[np.bool_]]:
    """Merges the states from which the same strings lead to an end.

    Args:
        table: (Q, A) next state for each state and character, `DEAD` where there is none.
        is_final: (Q,) whether a string may end in the state.

    Returns:
        The same of the merged states, of which the first is the one that holds the first state.

    Reference:
        Moore 1956: states are alike until a character leads them to states that are not.
    """
    kinds, kind = np.unique(is_final, return_inverse=True)
    count = len(kinds)
    while True:
        # Index -1, for DEAD, is the kind appended at the end.
        signature = np.column_stack([kind, np.append(kind, DEAD)[table]])
        _, first, finer = np.unique(signature, axis=0, return_index=True, return_inverse=True)
        finer = np.argsort(np.argsort(first))[finer.ravel()]
        if len(first) == count:
            return np.append(finer, DEAD)[table[np.sort(first)]], is_final[np.sort(first)]
        kind, count = finer, len(first)


def _preceding(follow: Sequence[int]) -> list[int]:
    """For each position those that may come right before it."""
    precede = [0] * len(follow)
    for position, after in enumerate(follow):
        for each in bits(after):
            precede[each] |= 1 << position
    return precede
