"""The strings of an automaton, written out one by one, to hold what builds automata to."""

import functools
import itertools
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sdnn.decoding.automaton import Automaton

DIGITS = "0123456789"


@functools.cache
def words(longest: int, alphabet: str = DIGITS) -> list[str]:
    """All strings up to a length, the shorter ones first, each length in alphabetical order."""
    return [
        "".join(word) for length in range(longest + 1) for word in itertools.product(alphabet, repeat=length)
    ]


def language(given: Automaton, longest: int) -> Counter[str]:
    """The allowed strings up to a length, each with the number of its accepting runs."""
    steps = _steps(given)
    ends = np.isfinite(given.final)
    here = given.initial[None].astype(np.int64)
    numbers = [here @ ends]
    for _ in range(longest):
        here = np.einsum("nq,dqr->ndr", here, steps).reshape(-1, len(given))
        numbers.append(here @ ends)
    runs = np.concatenate(numbers).tolist()
    return Counter({word: count for word, count in zip(words(longest), runs, strict=True) if count})


def allowed(given: Automaton, strings: Sequence[str]) -> npt.NDArray[np.bool_]:
    """(N,) which of the digit strings are allowed; the automaton is deterministic from one of its ends."""
    if not _is_deterministic(given):
        given, strings = given.reversed, [string[::-1] for string in strings]
        assert _is_deterministic(given)
    nowhere = len(given)
    table = np.full((len(given) + 1, 10), nowhere)
    table[given.arcs[:, 0], given.arcs[:, 1]] = given.arcs[:, 2]
    lengths = np.array([len(string) for string in strings])
    digits = np.array([[*map(int, string.ljust(lengths.max(), "0"))] for string in strings])
    here = np.full(len(strings), np.flatnonzero(given.initial)[0])
    for place, column in enumerate(digits.T):
        here = np.where(place < lengths, table[here, column], here)
    answers: npt.NDArray[np.bool_] = np.append(np.isfinite(given.final), False)[here]
    return answers


def _is_deterministic(given: Automaton) -> bool:
    choices = {(source, digit) for source, digit, _ in given.arcs.tolist()}
    return given.initial.sum() == 1 and len(choices) == len(given.arcs)


def _steps(given: Automaton) -> npt.NDArray[np.int64]:
    """(10, Q, Q) number of arcs that read a digit from one state to another."""
    steps = np.zeros((10, len(given), len(given)), dtype=np.int64)
    np.add.at(steps, (given.arcs[:, 1], given.arcs[:, 0], given.arcs[:, 2]), 1)
    return steps
