"""The most probable strings, best first, under any constraint, and how much probability may be missing.

All strings that begin alike have a probability together, and those that go on with different digits share it
out among them. So the search opens the likeliest beginning first, and what is left unopened is known: no
string above the floor is missed, unless the map is so hopeless that the search is given up;
`residual_probability` is what is left either way.

Reference:
    Graves et al. 2006, section 3.2, prefix search. Ours adds the automaton and several maps, and says what
    may be missing.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

import numpy as np
import numpy.typing as npt

from sdnn.decoding.automaton import Automaton, any_string
from sdnn.decoding.dynamic_programming import forward_scores, log_plus
from sdnn.decoding.posterior import language_log_probs, log_partitions
from sdnn.decoding.prefixes import ClassColumns, Prefix, empty_prefix, entering, extended
from sdnn.decoding.trellis import trellis_of
from sdnn.enums import Topology
from sdnn.results import FloatArray

FLOOR: Final = 1e-3
"""Probability from which on no string is missed, where the search comes to its end."""
MOST_OPENED: Final = 500
"""Beginnings that are opened at most; on a hopeless map all strings are about equally improbable."""


@dataclass(frozen=True)
class NBest:
    """The most probable strings of a map.

    Attributes:
        strings: Digit classes of each and its probability, likeliest first.
        residual_probability: Probability of all other strings together: an upper bound of each of them.
    """

    strings: tuple[tuple[tuple[int, ...], float], ...]
    residual_probability: float


class _Map:
    """A map, with the score of all that may follow from each arc of the automaton on."""

    def __init__(self, log_probs: FloatArray, automaton: Automaton, topology: Topology) -> None:
        self.columns = ClassColumns.of(log_probs, topology)
        backwards = trellis_of(automaton, log_probs.shape[1], topology).reversed
        self.following = forward_scores(log_probs[None, ::-1], backwards, log_plus)[::-1, len(automaton) :]
        self.log_scale = -float(log_partitions([log_probs], topology)[0])


@dataclass(frozen=True, eq=False)
class _Beginning:
    """A prefix, its scores on every map, and the states of the automaton that it leads to."""

    string: tuple[int, ...]
    prefixes: tuple[Prefix, ...]
    states: npt.NDArray[np.bool_]


class _Search:
    """Beginnings by the probability of the strings that go on from them, and strings by their own."""

    def __init__(self, maps: Sequence[FloatArray], automaton: Automaton, topology: Topology) -> None:
        self.automaton = automaton
        self.maps = [_Map(log_probs, automaton, topology) for log_probs in maps]
        self._log_scales = np.array([each.log_scale for each in self.maps]) - np.log(len(maps))
        of_language = language_log_probs(maps, automaton, topology)
        self.whole = float(np.logaddexp.reduce(of_language) - np.log(len(maps)))
        self._queue: list[tuple[float, int, tuple[int, ...], _Beginning | None]] = []
        self._ticket = count()

    def push(self, beginning: _Beginning, log_prob: float, least: float) -> None:
        """Queues the string that a beginning is itself, and the beginning for all longer ones.

        Args:
            beginning: Prefix.
            log_prob: Of all strings that begin like it.
            least: Log-probability below which nothing is queued.
        """
        of_itself = np.array([prefix.log_prob for prefix in beginning.prefixes]) + self._log_scales
        weight = self.automaton.final[beginning.states].max(initial=-np.inf)
        itself = float(np.logaddexp.reduce(of_itself) + weight)
        longer = log_prob + np.log(-np.expm1(itself - log_prob)) if itself < log_prob else -np.inf
        for value, further in ((itself, None), (float(longer), beginning)):
            if value >= least:
                heapq.heappush(self._queue, (-value, next(self._ticket), beginning.string, further))

    def open(self, beginning: _Beginning, least: float) -> None:
        """Goes on by every digit that leaves at least so much probability."""
        sources, digits, targets = self.automaton.arcs.T
        arcs = np.flatnonzero(beginning.states[sources])
        classes = digits[arcs]
        entries = [
            entering(each.columns, prefix) for each, prefix in zip(self.maps, beginning.prefixes, strict=True)
        ]
        of_arcs = [
            np.logaddexp.reduce(enter[classes] + each.following[:, arcs].T, axis=1) + scale
            for enter, each, scale in zip(entries, self.maps, self._log_scales, strict=True)
        ]
        log_probs = np.logaddexp.reduce(of_arcs, axis=0)
        for digit in np.unique(classes).tolist():
            log_prob = float(np.logaddexp.reduce(log_probs[classes == digit]))
            if log_prob < least:
                continue
            prefixes = tuple(
                extended(each.columns, enter[digit], digit)
                for each, enter in zip(self.maps, entries, strict=True)
            )
            states = np.zeros(len(self.automaton), bool)
            states[targets[arcs[classes == digit]]] = True
            self.push(_Beginning((*beginning.string, digit), prefixes, states), log_prob, least)

    def pop(self) -> tuple[float, tuple[int, ...], _Beginning | None] | None:
        """The likeliest of all: a string, or a beginning to open."""
        if not self._queue:
            return None
        negative, _, string, beginning = heapq.heappop(self._queue)
        return -negative, string, beginning


def n_best(
    maps: Sequence[FloatArray],
    most: int,
    automaton: Automaton | None = None,
    topology: Topology = Topology.CTC,
    floor: float = FLOOR,
) -> NBest:
    """The most probable strings, given that the string is one that the automaton allows.

    Args:
        maps: V class maps of the same writing, (T, C) log-probabilities each, T their own; each may be the
            right one, so that a string's probability is the mean of those on the maps.
        most: So many strings at most.
        automaton: Which strings are allowed, with what weight; all by default.
        topology: Which paths are allowed.
        floor: Strings less probable than that may be missed.

    Returns:
        Strings with p(string | maps, automaton); none where no string is possible.
    """
    if automaton is None:
        automaton = any_string(maps[0].shape[1] - 1)
    search = _Search(maps, automaton, topology)
    if not np.isfinite(search.whole):
        return NBest((), 0.0)
    least = search.whole + float(np.log(floor))
    none = _Beginning((), tuple(empty_prefix(each.columns) for each in search.maps), automaton.initial)
    search.push(none, search.whole, least)
    found: list[tuple[tuple[int, ...], float]] = []
    opened = 0
    while len(found) < most and opened < MOST_OPENED and (top := search.pop()):
        log_prob, string, beginning = top
        if beginning is None:
            found.append((string, float(np.exp(log_prob - search.whole))))
        else:
            search.open(beginning, least)
            opened += 1
    return NBest(tuple(found), max(0.0, 1.0 - sum(prob for _, prob in found)))
