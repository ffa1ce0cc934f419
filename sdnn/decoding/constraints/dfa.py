"""From the positions of a regular expression to an automaton over its characters, digits and literals alike.

From left to right an automaton can be far larger than from right to left: ``[0-9]*1[0-9]{10}`` has 2,049
states against 13. Both ways are tried, each within bounds, and the smaller one is taken.
"""

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Final

import numpy as np
import numpy.typing as npt

from sdnn.decoding.constraints.glushkov import Fragment, bits
from sdnn.errors import UsageError
from sdnn.results import IntArray

DEAD: Final = -1
"""In a table of states: there is no arc."""
MOST_STATES: Final = 10_000
"""States beyond which an automaton is given up while it is made."""


@dataclass(frozen=True)
class DFA:
    """An automaton over characters, deterministic from one of its ends: each string has one run at most.

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

    def reversed(self) -> "DFA":
        """The automaton of the same strings read backwards."""
        arcs = tuple((target, character, source) for source, character, target in self.arcs)
        return DFA(arcs, self.final, self.initial, self.states)


def build_dfa(fragment: Fragment, expression: str) -> DFA:
    """The smaller of the automata that read from the left and from the right.

    Args:
        fragment: The positions of the whole expression.
        expression: As the user wrote it, for messages.

    Raises:
        UsageError: When there are more than `MOST_STATES` states either way.
    """
    forward, backward = _minimal_dfa(fragment), _minimal_dfa(fragment.reversed())
    made = [each for each in (forward, backward and backward.reversed()) if each]
    if not made:
        raise UsageError(f"pattern {expression!r}: needs more than {MOST_STATES:,} states; make it simpler")
    return min(made, key=lambda each: each.states)


def _minimal_dfa(fragment: Fragment) -> DFA | None:
    """The smallest automaton from the left; None where it has too many states before it is made small."""
    characters = fragment.characters
    alphabet = sorted(frozenset().union(*characters))
    readers = [sum(1 << p for p, may_read in enumerate(characters) if each in may_read) for each in alphabet]
    # The beginning is a position too, so that a state is always a set of positions.
    begin = 1 << len(characters)
    ends = fragment.last | (begin if fragment.is_optional else 0)
    follow = [*fragment.follow, fragment.first]
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
    merged, is_final = _merged(
        np.array(table, dtype=np.intp), np.array([bool(state & ends) for state in waiting])
    )
    return DFA(
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


def _merged(table: IntArray, is_final: npt.NDArray[np.bool_]) -> tuple[IntArray, npt.NDArray[np.bool_]]:
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
