"""The trellis: the graph of labels that the recursion walks, column by column.

A *path* gives every column of a class map one class. It spells a string: equal neighbours count once, then
the no-digit columns are dropped. The *topology* tells which paths are allowed:

* `Topology.CTC` allows every path. Only two *equal* digits need a no-digit column between them, or they
  would count once. With a softmax in each column the probabilities of all strings sum to 1.
* `Topology.STRICT` asks for a no-digit column between any two digits (Schenkel et al. 1992: X→X, X→nil,
  nil→nil, nil→X). Paths that break the rule are left out, so the strings sum to less than 1.

An automaton tells which strings are allowed. A trellis is the product of both: on a column the path is either
between two digits, in a state of the automaton, or on a digit, on one of its arcs.

Reference:
    Matan et al. 1992 score segments on an acyclic graph and have no no-digit class; the class and
    the strict grammar are Schenkel's, the default topology is that of Graves et al. 2006 (CTC).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Final

import numpy as np

from sdnn.decoding.automaton import Automaton, any_string, string_automata
from sdnn.enums import Topology
from sdnn.results import FloatArray, IntArray

MAX_TRANSITIONS: Final = 1_000_000
"""Arcs of a trellis; a list of 200,000 six-digit numbers takes 600,000."""
MAX_WORK: Final = 75_000_000
"""Arcs of a trellis times columns of its map, about a second for the best path; all strings take 111 arcs."""


@dataclass(frozen=True, eq=False)
class Trellis:
    """States, each of which emits its label in one column, and their arcs.

    A batch of maps has one trellis: the states of all maps side by side, without arcs between maps.

    Attributes:
        labels: (S,) class of each state.
        maps: (S,) number of the map of each state.
        sources: (A,) predecessors of all states, those of state 0 first; every state has at least one, mostly
            itself among them.
        starts: (S,) place in `sources` of each state's first predecessor.
        owners: (A,) state whose predecessor each of the `sources` is.
        initial: (S,) log-weight of paths that begin in the state; minus infinity where none may.
        final: (S,) log-weight of paths that end in the state.
    """

    labels: IntArray
    maps: IntArray
    sources: IntArray
    starts: IntArray
    owners: IntArray
    initial: FloatArray
    final: FloatArray

    @cached_property
    def reversed(self) -> "Trellis":
        """The trellis of the same paths backwards."""
        arcs = np.column_stack([self.sources, self.owners])
        return from_arcs(self.labels, self.maps, arcs, initial=self.final, final=self.initial)


@lru_cache(maxsize=8)
def automaton_trellis(automaton: Automaton, classes: int, topology: Topology = Topology.CTC) -> Trellis:
    """The trellis of one map for the strings of an automaton; cached.

    Its states are those of the automaton with the label no-digit, then the arcs of the automaton with their
    digits as labels.

    Args:
        automaton: Automaton over digits below `classes` - 1.
        classes: Number of classes C; the last one is no-digit.
        topology: Allowed paths.

    Raises:
        ValueError: When the automaton has other digits.
    """
    return _composed(automaton, np.zeros(len(automaton), np.intp), classes, topology)


def is_too_large(automaton: Automaton | None, columns: int) -> bool:
    """Whether an automaton's trellis over so many columns takes more than `MAX_WORK`."""
    return automaton is not None and automaton.transitions * columns > MAX_WORK


def _composed(automaton: Automaton, maps: IntArray, classes: int, topology: Topology) -> Trellis:
    """As `automaton_trellis`, with (Q,) the number of the map of each state of the automaton."""
    states = len(automaton)
    source, digit, target = automaton.arcs.T
    if not ((digit >= 0) & (digit < classes - 1)).all():
        raise ValueError(f"digit classes are 0 to {classes - 2}")
    gaps, on_arcs = np.arange(states), states + np.arange(len(digit))
    arcs = [
        np.column_stack([gaps, gaps]),
        np.column_stack([on_arcs, on_arcs]),
        np.column_stack([target, on_arcs]),
        np.column_stack([on_arcs, source]),
    ]
    if topology is Topology.CTC:
        after, before = _in_sequence(source, target)
        touching = digit[after] != digit[before]
        arcs.append(states + np.column_stack([after[touching], before[touching]]))
    initial = np.where(automaton.initial, 0.0, -np.inf)
    return from_arcs(
        labels=np.concatenate([np.full(states, classes - 1), digit]),
        maps=np.concatenate([maps, maps[source]]),
        arcs=np.concatenate(arcs),
        initial=np.concatenate([initial, initial[source]]),
        final=np.concatenate([automaton.final, automaton.final[target]]),
    )


@cache
def free_trellis(classes: int, topology: Topology = Topology.CTC) -> Trellis:
    """The trellis of one map for all strings: state 0 between digits, state d + 1 on digit d."""
    return automaton_trellis(any_string(classes - 1), classes, topology)


def string_trellis(
    strings: Sequence[Sequence[int]], classes: int, topology: Topology = Topology.CTC
) -> Trellis:
    """The trellis of N maps for one string of digit classes each; see `automaton_trellis`.

    Raises:
        ValueError: When a string holds anything but digit classes.
    """
    automaton, maps = string_automata(strings)
    return _composed(automaton, maps, classes, topology)


def repeated_trellis(trellis: Trellis, count: int) -> Trellis:
    """The trellis of one map for a batch of maps."""
    if count == 1:
        return trellis
    states, arcs = len(trellis.labels), len(trellis.sources)

    def shifted(array: IntArray, by: int) -> IntArray:
        return (array + by * np.arange(count)[:, None]).ravel()

    return Trellis(
        labels=np.tile(trellis.labels, count),
        maps=shifted(trellis.maps, 1),
        sources=shifted(trellis.sources, states),
        starts=shifted(trellis.starts, arcs),
        owners=shifted(trellis.owners, states),
        initial=np.tile(trellis.initial, count),
        final=np.tile(trellis.final, count),
    )


def _in_sequence(source: IntArray, target: IntArray) -> tuple[IntArray, IntArray]:
    """Pairs of arcs of which the second ends where the first begins, as two arrays."""
    by_target = np.argsort(target, kind="stable")
    first = np.searchsorted(target[by_target], source, side="left")
    count = np.searchsorted(target[by_target], source, side="right") - first
    after = np.repeat(np.arange(len(source)), count)
    place = np.arange(len(after)) - np.repeat(np.cumsum(count) - count, count)
    return after, by_target[first[after] + place]


def from_arcs(
    labels: IntArray, maps: IntArray, arcs: IntArray, initial: FloatArray, final: FloatArray
) -> Trellis:
    """The trellis of (A, 2) pairs of a state and its predecessor, in any order."""
    arcs = arcs[np.lexsort((arcs[:, 1], arcs[:, 0]))]
    owners, sources = arcs[:, 0].copy(), arcs[:, 1].copy()
    starts = np.searchsorted(owners, np.arange(len(labels)))
    return Trellis(labels, maps, sources, starts, owners, initial, final)
