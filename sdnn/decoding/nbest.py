"""The most probable strings under any constraint, best first, by prefix search.

All strings with the same prefix have a probability together, which their next digits divide. So the most
probable prefix is expanded first, and the probability of all prefixes that are not expanded is known: no
string above the minimum is missed, unless the map is so unclear that the search is given up.

Reference:
    Graves et al. 2006, section 3.2 (prefix search). Ours adds the automaton and several maps, and tells the
    residual probability.
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
from sdnn.decoding.prefixes import Prefix, PrefixScorer
from sdnn.decoding.trellis import automaton_trellis, is_too_large
from sdnn.enums import Topology
from sdnn.results import FloatArray

MIN_PROBABILITY: Final = 1e-3
"""Probability from which on no string is missed, unless the search is given up."""
MAX_EXPANSIONS: Final = 500
"""Prefixes that are expanded before the search is given up: on an unclear map all strings are improbable."""
MAX_EXPANDED_COLUMNS: Final = 2_000_000
"""Columns of all maps times expansions, at which it is given up, too: about a second."""


@dataclass(frozen=True)
class NBest:
    """The most probable strings.

    Attributes:
        strings: Digit classes and probability of each string, most probable first.
        residual_probability: Probability of all other strings together, an upper bound for each of them.
    """

    strings: tuple[tuple[tuple[int, ...], float], ...]
    residual_probability: float


@dataclass(frozen=True, eq=False)
class _Node:
    """A prefix in the search: its scores on each map, and (Q,) whether a run of it may be in a state."""

    string: tuple[int, ...]
    prefixes: tuple[Prefix, ...]
    states: npt.NDArray[np.bool_]


class _Search:
    """A queue of prefixes, by the probability of all longer strings, and of strings, by their own."""

    def __init__(self, maps: Sequence[FloatArray], automaton: Automaton, topology: Topology) -> None:
        self.automaton = automaton
        self.scorers = [PrefixScorer.of(log_probs, topology) for log_probs in maps]
        backwards = automaton_trellis(automaton, maps[0].shape[1], topology).reversed
        # Scores of everything that can follow each arc of the automaton.
        self._arc_scores = [
            forward_scores(log_probs[None, ::-1], backwards, log_plus)[::-1, len(automaton) :]
            for log_probs in maps
        ]
        self._log_scales = -log_partitions(maps, topology) - np.log(len(maps))
        of_language = language_log_probs(maps, automaton, topology)
        self.total = float(np.logaddexp.reduce(of_language) - np.log(len(maps)))
        self._queue: list[tuple[float, int, tuple[int, ...], _Node | None]] = []
        self._number = count()

    def push(self, node: _Node, log_prob: float, min_log_prob: float) -> None:
        """Queues the string of a node, and the node for all longer strings.

        Args:
            node: The node.
            log_prob: Log-probability of all strings with its prefix.
            min_log_prob: Log-probability below which nothing is queued.
        """
        of_string = np.array([prefix.log_prob for prefix in node.prefixes]) + self._log_scales
        weight = self.automaton.final[node.states].max(initial=-np.inf)
        exact = float(np.logaddexp.reduce(of_string) + weight)
        longer = log_prob + np.log(-np.expm1(exact - log_prob)) if exact < log_prob else -np.inf
        for value, queued in ((exact, None), (float(longer), node)):
            if value >= min_log_prob:
                heapq.heappush(self._queue, (-value, next(self._number), node.string, queued))

    def expand(self, node: _Node, min_log_prob: float) -> None:
        """Queues the prefix longer by each digit that keeps at least the given log-probability."""
        sources, digits, targets = self.automaton.arcs.T
        arcs = np.flatnonzero(node.states[sources])
        classes = digits[arcs]
        entries = [
            scorer.entry_scores(prefix) for scorer, prefix in zip(self.scorers, node.prefixes, strict=True)
        ]
        of_arcs = [
            np.logaddexp.reduce(entry[classes] + following[:, arcs].T, axis=1) + scale
            for entry, following, scale in zip(entries, self._arc_scores, self._log_scales, strict=True)
        ]
        log_probs = np.logaddexp.reduce(of_arcs, axis=0)
        for digit in np.unique(classes).tolist():
            log_prob = float(np.logaddexp.reduce(log_probs[classes == digit]))
            if log_prob < min_log_prob:
                continue
            prefixes = tuple(
                scorer.extended(entry[digit], digit)
                for scorer, entry in zip(self.scorers, entries, strict=True)
            )
            states = np.zeros(len(self.automaton), bool)
            states[targets[arcs[classes == digit]]] = True
            self.push(_Node((*node.string, digit), prefixes, states), log_prob, min_log_prob)

    def pop(self) -> tuple[float, tuple[int, ...], _Node | None] | None:
        """The most probable entry: its log-probability, a string, and the node where it is to be expanded."""
        if not self._queue:
            return None
        negative, _, string, node = heapq.heappop(self._queue)
        return -negative, string, node


def n_best(
    maps: Sequence[FloatArray],
    n: int,
    automaton: Automaton | None = None,
    topology: Topology = Topology.CTC,
    min_probability: float = MIN_PROBABILITY,
) -> NBest:
    """The most probable strings, given that the string is one that the automaton allows.

    Args:
        maps: V class maps of the same line, (T, C) log-probabilities each, T their own. Each may be the right
            one, so that a string's probability is the mean of those on the maps.
        n: Number of strings at most.
        automaton: Allowed strings and their weights; all of weight 1 by default.
        topology: Allowed paths.
        min_probability: Probability below which strings may be missed.

    Returns:
        Strings with p(string | maps, automaton); none where no string is possible, or where the automaton is
        too large for the maps.
    """
    columns = sum(map(len, maps))
    if is_too_large(automaton, columns):
        return NBest((), 1.0)
    if automaton is None:
        automaton = any_string(maps[0].shape[1] - 1)
    search = _Search(maps, automaton, topology)
    if not np.isfinite(search.total):
        return NBest((), 0.0)
    min_log_prob = search.total + float(np.log(min_probability))
    empty = tuple(scorer.empty_prefix() for scorer in search.scorers)
    search.push(_Node((), empty, automaton.initial), search.total, min_log_prob)
    strings: list[tuple[tuple[int, ...], float]] = []
    expansions, most = 0, min(MAX_EXPANSIONS, MAX_EXPANDED_COLUMNS // columns)
    while len(strings) < n and expansions < most and (top := search.pop()):
        log_prob, string, node = top
        if node is None:
            strings.append((string, float(np.exp(log_prob - search.total))))
        else:
            search.expand(node, min_log_prob)
            expansions += 1
    return NBest(tuple(strings), max(0.0, 1.0 - sum(prob for _, prob in strings)))
