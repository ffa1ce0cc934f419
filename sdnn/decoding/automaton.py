"""Allowed strings as a finite automaton over the digits, with one accepting run for each string.

Because there is only one run (the automaton is *unambiguous*), the recursion adds up paths without counting a
string twice. That is less than deterministic: the reversal of a deterministic automaton is unambiguous, too,
and as small.
"""

from array import array
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from sdnn.errors import UsageError
from sdnn.results import FloatArray, IntArray

State = TypeVar("State", bound=Hashable)

MAX_STATES: Final = 100_000
"""States of an automaton; a lexicon of 42,000 five-digit codes has some thousands."""
MAX_ARCS: Final = 300_000
"""Arcs of an automaton; a list of 200,000 six-digit numbers has 100,000."""


class TooLarge(UsageError):
    """An automaton needs more than `MAX_STATES` states or `MAX_ARCS` arcs."""


@dataclass(frozen=True, eq=False)
class Automaton:
    """States, and arcs that each read one digit.

    Attributes:
        arcs: (A, 3) source state, digit and target state of each arc, all different.
        initial: (Q,) whether a run may begin in the state.
        final: (Q,) natural logarithm of the weight of strings that end in the state: 0 without weights, minus
            infinity where a string may not end.
    """

    arcs: IntArray
    initial: npt.NDArray[np.bool_]
    final: FloatArray

    def __len__(self) -> int:
        """Number of states."""
        return len(self.initial)

    @property
    def is_empty(self) -> bool:
        """Whether no string is allowed."""
        return len(trimmed(self)) == 0

    def states_after(self, string: Sequence[int]) -> npt.NDArray[np.bool_]:
        """(Q,) whether a run may be in the state after reading the string."""
        states = self.initial
        sources, digits, targets = self.arcs.T
        for digit in string:
            reached = np.zeros(len(self), bool)
            reached[targets[(digits == digit) & states[sources]]] = True
            states = reached
        return states

    def log_weight(self, string: Sequence[int]) -> float:
        """Logarithm of a string's weight: 0 without weights, minus infinity where it is not allowed."""
        return float(self.final[self.states_after(string)].max(initial=-np.inf))

    @property
    def reversed(self) -> "Automaton":
        """The automaton of the same strings read backwards, without weights."""
        final = np.where(self.initial, 0.0, -np.inf)
        return Automaton(self.arcs[:, ::-1], np.isfinite(self.final), final)

    @cached_property
    def transitions(self) -> int:
        """Greatest number of arcs of its trellis: from each digit to each of the next ones, and no-digit."""
        source, _, target = self.arcs.T
        pairs = np.bincount(target, minlength=len(self)) @ np.bincount(source, minlength=len(self))
        return len(self) + 3 * len(self.arcs) + int(pairs)

    @cached_property
    def unweighted(self) -> "Automaton":
        """The same strings, all of weight 1; itself without weights."""
        if not (np.isfinite(self.final) & (self.final != 0)).any():
            return self
        return Automaton(self.arcs, self.initial, np.where(np.isfinite(self.final), 0.0, -np.inf))


@cache
def any_string(symbols: int = 10) -> Automaton:
    """All strings."""
    digits = np.arange(symbols)
    return Automaton(np.column_stack([0 * digits, digits, 0 * digits]), np.ones(1, bool), np.zeros(1))


def string_automata(strings: Sequence[Sequence[int]]) -> tuple[Automaton, IntArray]:
    """Automata of one string each, side by side in one, and (Q,) number of each state's string."""
    lengths = np.array([len(string) for string in strings], dtype=np.intp)
    number = np.repeat(np.arange(len(strings)), lengths + 1)
    last = np.cumsum(lengths + 1) - 1
    sources = np.delete(np.arange(len(number)), last)
    digits = np.array([digit for string in strings for digit in string], dtype=np.intp)
    initial, final = np.zeros(len(number), bool), np.full(len(number), -np.inf)
    initial[last - lengths] = True
    final[last] = 0.0
    return Automaton(np.column_stack([sources, digits, sources + 1]), initial, final), number


def automaton(
    arcs: Iterable[tuple[int, int, int]] | IntArray,
    initial: Iterable[int],
    final: Mapping[int, float],
    states: int,
) -> Automaton:
    """An automaton from lists, without the states that are on no allowed string's run; see `Automaton`."""
    table = np.array(arcs if isinstance(arcs, np.ndarray) else list(arcs), dtype=np.intp).reshape(-1, 3)
    table = table[np.lexsort((table[:, 2], table[:, 1], table[:, 0]))]
    is_new = np.ones(len(table), bool)
    is_new[1:] = (table[1:] != table[:-1]).any(axis=1)
    begins, ends = np.zeros(states, bool), np.full(states, -np.inf)
    begins[list(initial)] = True
    for state, weight in final.items():
        ends[state] = weight
    return trimmed(Automaton(table[is_new], begins, ends))


def dfa_from_transition(
    start: State,
    step: Callable[[State, int], State | None],
    accepts: Callable[[State], bool],
    symbols: int = 10,
) -> Automaton:
    """The deterministic automaton of a transition function.

    Args:
        start: Initial state; any hashable value.
        step: State after reading a digit; None where the digit is not allowed.
        accepts: Whether a string may end in a state.
        symbols: Number of digits.

    Raises:
        TooLarge: When there are more states than `MAX_STATES`.
    """

    def arcs_from(state: State) -> list[tuple[int, State]]:
        targets = ((digit, step(state, digit)) for digit in range(symbols))
        return [(digit, target) for digit, target in targets if target is not None]

    numbers, arcs = _explored([start], arcs_from)
    final = {number: 0.0 for state, number in numbers.items() if accepts(state)}
    return automaton(arcs, [0], final, len(numbers))


def intersection(first: Automaton, second: Automaton) -> Automaton:
    """The strings that both automata allow, with the product of their weights; unambiguous if both are.

    Raises:
        TooLarge: When there are more states than `MAX_STATES`, or more arcs than `MAX_ARCS`.
    """
    of_first, of_second, width = _targets(first), _targets(second), len(second)
    begins = np.flatnonzero(first.initial)[:, None] * width + np.flatnonzero(second.initial)

    def arcs_from(pair: int) -> list[tuple[int, int]]:
        ones, others = of_first[pair // width], of_second[pair % width]
        return [
            (digit, one * width + other)
            for digit in ones.keys() & others.keys()
            for one in ones[digit]
            for other in others[digit]
        ]

    numbers, arcs = _explored(begins.ravel().tolist(), arcs_from)
    pairs = np.array(list(numbers), dtype=np.intp)
    weights = first.final[pairs // width] + second.final[pairs % width] if len(pairs) else np.zeros(0)
    final = {number: float(weights[number]) for number in np.flatnonzero(np.isfinite(weights)).tolist()}
    return automaton(arcs, range(begins.size), final, len(numbers))


def _explored(
    initial: Sequence[State], arcs_from: Callable[[State], Sequence[tuple[int, State]]]
) -> tuple[dict[State, int], IntArray]:
    """Numbers of all reachable states, the initial ones first, and the (A, 3) arcs between them."""
    numbers = {state: number for number, state in enumerate(initial)}
    stack, arcs = list(initial), array("q")
    while stack:
        state = stack.pop()
        source = numbers[state]
        for digit, target in arcs_from(state):
            number = numbers.get(target)
            if number is None:
                number = numbers[target] = len(numbers)
                stack.append(target)
            arcs.extend((source, digit, number))
        if len(numbers) > MAX_STATES:
            raise TooLarge(f"needs more than {MAX_STATES:,} states; make it simpler")
        if len(arcs) > 3 * MAX_ARCS:
            raise TooLarge(f"needs more than {MAX_ARCS:,} arcs between states; make it simpler")
    return numbers, np.array(arcs, dtype=np.intp).reshape(-1, 3)


def trimmed(given: Automaton) -> Automaton:
    """An automaton with the states only that lie on the run of some allowed string."""
    sources, _, targets = given.arcs.T
    useful = _reachable_states(given.initial, sources, targets) & _reachable_states(
        np.isfinite(given.final), targets, sources
    )
    number = np.cumsum(useful) - 1
    kept = given.arcs[useful[sources] & useful[targets]]
    arcs = np.column_stack([number[kept[:, 0]], kept[:, 1], number[kept[:, 2]]])
    return Automaton(arcs, given.initial[useful], given.final[useful])


def _reachable_states(
    initial: npt.NDArray[np.bool_], sources: IntArray, targets: IntArray
) -> npt.NDArray[np.bool_]:
    """(Q,) whether a state can be reached from some initial one; looks at every arc once."""
    reached = initial.copy()
    order = np.argsort(sources, kind="stable")
    by_source, ends = targets[order], np.cumsum(np.bincount(sources, minlength=len(initial)))
    frontier = np.flatnonzero(initial)
    while len(frontier):
        stops = ends[frontier]
        counts = stops - np.where(frontier > 0, ends[frontier - 1], 0)
        after = by_source[np.repeat(stops - np.cumsum(counts), counts) + np.arange(counts.sum())]
        frontier = np.unique(after[~reached[after]])
        reached[frontier] = True
    return reached


def _targets(given: Automaton) -> list[dict[int, list[int]]]:
    """For each state, the target states of its arcs by digit."""
    targets: list[dict[int, list[int]]] = [{} for _ in range(len(given))]
    for source, digit, target in zip(*given.arcs.T.tolist(), strict=True):
        targets[source].setdefault(digit, []).append(target)
    return targets
