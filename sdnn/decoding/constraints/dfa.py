"""From the positions of a regular expression to a deterministic automaton over its digits and literals.

From left to right an automaton can be far larger than from right to left: ``[0-9]*1[0-9]{10}`` has 2,049
states against 13. Both are built, each within bounds, and the smaller one is returned.
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
"""Entry of a transition table without an arc."""
MAX_STATES: Final = 10_000
"""States of an automaton before minimization."""


@dataclass(frozen=True)
class DFA:
    """An automaton over characters, deterministic from the left or from the right.

    Attributes:
        arcs: Source state, character and target state of each arc.
        initial: Initial states.
        final: Final states. Every state lies on the run of some string.
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
    """The smaller of the automata that are deterministic from the left and from the right.

    Args:
        fragment: Positions of the whole expression.
        expression: The expression, for messages.

    Raises:
        UsageError: When both have more than `MAX_STATES` states.
    """
    forward, backward = _minimal_dfa(fragment), _minimal_dfa(fragment.reversed())
    built = [dfa for dfa in (forward, backward and backward.reversed()) if dfa]
    if not built:
        raise UsageError(f"pattern {expression!r}: needs more than {MAX_STATES:,} states; make it simpler")
    return min(built, key=lambda dfa: dfa.states)


def _minimal_dfa(fragment: Fragment) -> DFA | None:
    """The minimal automaton that is deterministic from the left; None where it gets too many states."""
    characters = fragment.characters
    alphabet = sorted(frozenset().union(*characters))
    readers = [sum(1 << p for p, may_read in enumerate(characters) if each in may_read) for each in alphabet]
    # The beginning is a position too, so that a state is always a set of positions.
    begin = 1 << len(characters)
    ends = fragment.last | (begin if fragment.is_optional else 0)
    follow = [*fragment.follow, fragment.first]
    numbers = {begin: 0}
    table: list[list[int]] = []
    for state in (queue := [begin]):
        after = reduce(or_, (follow[position] for position in bits(state)), 0)
        row = []
        for reads in readers:
            target = after & reads
            if target and target not in numbers:
                if len(numbers) == MAX_STATES:
                    return None
                numbers[target] = len(numbers)
                queue.append(target)
            row.append(numbers[target] if target else DEAD)
        table.append(row)
    is_final = np.array([bool(state & ends) for state in queue])
    merged, is_final = _minimized(np.array(table, dtype=np.intp), is_final)
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


def _minimized(table: IntArray, is_final: npt.NDArray[np.bool_]) -> tuple[IntArray, npt.NDArray[np.bool_]]:
    """Merges equivalent states: those from which the same strings are accepted.

    Args:
        table: (Q, A) target state for each state and character, `DEAD` where there is none.
        is_final: (Q,) whether a string may end in the state.

    Returns:
        Both for the merged states, the first of which holds the first state.

    Reference:
        Moore 1956: states are equivalent until a character leads them to states that are not.
    """
    kinds, kind = np.unique(is_final, return_inverse=True)
    count = len(kinds)
    while True:
        # Index -1, for DEAD, is the kind that is appended.
        signature = np.column_stack([kind, np.append(kind, DEAD)[table]])
        _, first, finer = np.unique(signature, axis=0, return_index=True, return_inverse=True)
        finer = np.argsort(np.argsort(first))[finer.ravel()]
        if len(first) == count:
            return np.append(finer, DEAD)[table[np.sort(first)]], is_final[np.sort(first)]
        kind, count = finer, len(first)
