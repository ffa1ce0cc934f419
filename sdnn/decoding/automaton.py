"""Which strings are allowed: a finite automaton over the digits, with one accepting run for each string.

That there is one run only (the automaton is *unambiguous*) lets the recursion add up paths without counting
a string twice. It is less than determinism: an automaton that reads from right to left becomes an unambiguous
one that reads from left to right when its arcs are turned round, and stays as small as it was.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from sdnn.errors import UsageError
from sdnn.results import FloatArray, IntArray

State = TypeVar("State", bound=Hashable)

MOST_STATES: Final = 100_000
"""States beyond which an automaton is refused; a lexicon of 42,000 five-digit codes has some thousands."""


@dataclass(frozen=True, eq=False)
class Automaton:
    """States, and arcs that each read one digit.

    Attributes:
        arcs: (A, 3) source state, digit and target state of each arc; no arc stands twice.
        initial: (Q,) whether a run may begin in the state.
        final: (Q,) natural logarithm of the weight that a string has which ends in the state: 0 where it
            simply may, minus infinity where it may not.
    """

    arcs: IntArray
    initial: npt.NDArray[np.bool_]
    final: FloatArray

    def __len__(self) -> int:
        """Number of states."""
        return len(self.initial)

    @property
    def is_empty(self) -> bool:
        """Whether no string at all is allowed."""
        return len(trimmed(self)) == 0

    def runs(self, string: Sequence[int]) -> npt.NDArray[np.bool_]:
        """(Q,) in which states the string's runs may be once it is read."""
        here = self.initial
        for digit in string:
            sources, digits, targets = self.arcs.T
            there = np.zeros(len(self), bool)
            there[targets[(digits == digit) & here[sources]]] = True
            here = there
        return here

    def log_weight(self, string: Sequence[int]) -> float:
        """Logarithm of the string's weight: 0 where it is simply allowed, minus infinity where it is not."""
        ends = self.final[self.runs(string)]
        return float(ends.max(initial=-np.inf))

    @cached_property
    def unweighted(self) -> "Automaton":
        """The same strings, all of weight 1; itself where they are."""
        if not (np.isfinite(self.final) & (self.final != 0)).any():
            return self
        return Automaton(self.arcs, self.initial, np.where(np.isfinite(self.final), 0.0, -np.inf))


@cache
def any_string(symbols: int = 10) -> Automaton:
    """All strings."""
    digits = np.arange(symbols)
    return Automaton(np.column_stack([0 * digits, digits, 0 * digits]), np.ones(1, bool), np.zeros(1))


def one_of_each(strings: Sequence[Sequence[int]]) -> tuple[Automaton, IntArray]:
    """Separate chains of states, one for each of N strings.

    Returns:
        The chains side by side in one automaton, and (Q,) the number of each state's string.
    """
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
    arcs: Iterable[tuple[int, int, int]], initial: Iterable[int], final: Mapping[int, float], states: int
) -> Automaton:
    """An automaton from lists; see `Automaton`. States from which no allowed string comes are left out."""
    table = np.array(sorted(set(arcs)), dtype=np.intp).reshape(-1, 3)
    begins, ends = np.zeros(states, bool), np.full(states, -np.inf)
    begins[list(initial)] = True
    for state, weight in final.items():
        ends[state] = weight
    return trimmed(Automaton(table, begins, ends))


def dfa_from_transition(
    start: State,
    step: Callable[[State, int], State | None],
    accepts: Callable[[State], bool],
    symbols: int = 10,
) -> Automaton:
    """The automaton whose states are whatever values can be reached from one of them.

    Args:
        start: The only state a run begins in; any hashable value.
        step: State after reading a digit; None where it is not allowed.
        accepts: Whether a string may end in a state.
        symbols: Number of digits.

    Raises:
        UsageError: When there are more states than `MOST_STATES`.
    """
    numbers: dict[State, int] = {start: 0}
    waiting, arcs = [start], []
    while waiting:
        state = waiting.pop()
        for digit in range(symbols):
            after = step(state, digit)
            if after is None:
                continue
            if after not in numbers:
                _refuse_too_large(len(numbers) + 1)
                numbers[after] = len(numbers)
                waiting.append(after)
            arcs.append((numbers[state], digit, numbers[after]))
    final = {number: 0.0 for state, number in numbers.items() if accepts(state)}
    return automaton(arcs, [0], final, len(numbers))


def reversed_automaton(given: Automaton) -> Automaton:
    """The automaton of the same strings read backwards; the weights must be 0 or minus infinity."""
    return Automaton(given.arcs[:, ::-1], np.isfinite(given.final), np.where(given.initial, 0.0, -np.inf))


def intersection(first: Automaton, second: Automaton) -> Automaton:
    """The strings that both allow, with the product of their weights; unambiguous if both are.

    Raises:
        UsageError: When there are more states than `MOST_STATES`.
    """
    follow = [_followers(each) for each in (first, second)]
    begins = [
        (one, other)
        for one in np.flatnonzero(first.initial).tolist()
        for other in np.flatnonzero(second.initial).tolist()
    ]
    numbers = {pair: number for number, pair in enumerate(begins)}
    waiting, arcs = list(begins), []
    while waiting:
        pair = waiting.pop()
        ahead, beside = follow[0][pair[0]], follow[1][pair[1]]
        for digit in ahead.keys() & beside.keys():
            for after in ((one, other) for one in ahead[digit] for other in beside[digit]):
                if after not in numbers:
                    _refuse_too_large(len(numbers) + 1)
                    numbers[after] = len(numbers)
                    waiting.append(after)
                arcs.append((numbers[pair], digit, numbers[after]))
    final = {
        number: float(first.final[one] + second.final[other])
        for (one, other), number in numbers.items()
        if np.isfinite(first.final[one]) and np.isfinite(second.final[other])
    }
    return automaton(arcs, range(len(begins)), final, len(numbers))


def trimmed(given: Automaton) -> Automaton:
    """Only the states that lie on the run of some allowed string; of an empty language there are none."""
    sources, _, targets = given.arcs.T
    useful = _reachable_states(given.initial, sources, targets) & _reachable_states(
        np.isfinite(given.final), targets, sources
    )
    number = np.cumsum(useful) - 1
    kept = given.arcs[useful[sources] & useful[targets]]
    arcs = np.column_stack([number[kept[:, 0]], kept[:, 1], number[kept[:, 2]]])
    return Automaton(arcs, given.initial[useful], given.final[useful])


def _reachable_states(
    begun: npt.NDArray[np.bool_], sources: IntArray, targets: IntArray
) -> npt.NDArray[np.bool_]:
    """All states that arcs lead to, sooner or later."""
    reached = begun.copy()
    while True:
        further = targets[reached[sources] & ~reached[targets]]
        if not len(further):
            return reached
        reached[further] = True


def _followers(given: Automaton) -> list[dict[int, list[int]]]:
    """For each state, the states that each digit leads to."""
    follow: list[dict[int, list[int]]] = [{} for _ in range(len(given))]
    for source, digit, target in given.arcs.tolist():
        follow[source].setdefault(digit, []).append(target)
    return follow


def _refuse_too_large(states: int) -> None:
    if states > MOST_STATES:
        raise UsageError(f"the constraint needs more than {MOST_STATES:,} states; make it simpler")
