"""Which label may follow which: the graph that the recursion walks, column by column.

A *path* gives every column of a class map one class. It spells a string: equal neighbours count once, then
the no-digit columns are dropped. Which paths are allowed is the *topology*:

* `Topology.CTC` allows every path. Only two *equal* digits need a no-digit column between them, or they
  would count once. With a softmax in each column the probabilities of all strings sum to 1.
* `Topology.STRICT` asks for a no-digit column between any two digits (Schenkel et al. 1992: X→X, X→nil,
  nil→nil, nil→X). Paths that break the rule are left out, so the strings sum to less than 1.

Which strings are allowed is said by an automaton. A trellis is both together: on a column the path is either
between two digits, in a state of the automaton, or on a digit, on one of its arcs.

Reference:
    Matan et al. 1992 score segments on an acyclic graph and have no no-digit class; the class and
    the strict grammar are Schenkel's, the default topology is that of Graves et al. 2006 (CTC).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

import numpy as np

from sdnn.decoding.automaton import Automaton, any_string, one_of_each
from sdnn.enums import Topology
from sdnn.results import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Trellis:
    """States, each of which takes one column of a map and pays that column's price for its label.

    A batch of maps has one trellis, too: the states of all of them lie side by side, and no arc leads from
    one map's to another's.

    Attributes:
        labels: (S,) class that each state reads from a column.
        maps: (S,) number of the map that it reads.
        sources: (A,) states that may hold the column before, those of state 0 first; every state has one at
            least, most of them themselves.
        starts: (S,) where in `sources` the predecessors of each state begin.
        owners: (A,) the state whose predecessor each of the `sources` is.
        initial: (S,) log-weight of a path that begins in the state: minus infinity where none may.
        final: (S,) the same of a path that ends in it.
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
        """The trellis of the same paths walked backwards."""
        arcs = np.column_stack([self.sources, self.owners])
        return from_arcs(self.labels, self.maps, arcs, initial=self.final, final=self.initial)


@lru_cache(maxsize=8)
def trellis_of(automaton: Automaton, classes: int, topology: Topology = Topology.CTC) -> Trellis:
    """The trellis of the strings that an automaton allows; kept for the next map.

    Its states are those of the automaton with the label no-digit, then the arcs of the automaton, labelled
    with their digits.

    Args:
        automaton: Over digits below `classes` - 1.
        classes: Number of classes C; the last one is no-digit.
        topology: Which paths are allowed.

    Raises:
        ValueError: When the automaton has other digits.
    """
    return _composed(automaton, np.zeros(len(automaton), np.intp), classes, topology)


def _composed(automaton: Automaton, maps: IntArray, classes: int, topology: Topology) -> Trellis:
    """As `trellis_of`, with (Q,) the number of the map that each state of the automaton reads."""
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
def every_string(classes: int, topology: Topology = Topology.CTC) -> Trellis:
    """The trellis of all strings: state 0 between digits, state d + 1 on digit d."""
    return trellis_of(any_string(classes - 1), classes, topology)


def each_string(strings: Sequence[Sequence[int]], classes: int, topology: Topology = Topology.CTC) -> Trellis:
    """The trellis of N maps, each of which is to spell a string of its own.

    Args:
        strings: N strings of digit classes, each below `classes` - 1; may be empty.
        classes: Number of classes C; the last one is no-digit.
        topology: Which paths are allowed.

    Raises:
        ValueError: When a string holds anything but digit classes.
    """
    automaton, maps = one_of_each(strings)
    return _composed(automaton, maps, classes, topology)


def for_each_map(trellis: Trellis, count: int) -> Trellis:
    """The trellis of one map, for as many maps as given."""
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
    """All pairs of arcs of which the second ends where the first begins, as two arrays."""
    by_target = np.argsort(target, kind="stable")
    first = np.searchsorted(target[by_target], source, side="left")
    count = np.searchsorted(target[by_target], source, side="right") - first
    after = np.repeat(np.arange(len(source)), count)
    place = np.arange(len(after)) - np.repeat(np.cumsum(count) - count, count)
    return after, by_target[first[after] + place]


def from_arcs(
    labels: IntArray,
    maps: IntArray,
    arcs: IntArray,
    initial: FloatArray,
    final: FloatArray,
) -> Trellis:
    """From (A, 2) pairs of a state and a predecessor of it, in any order."""
    arcs = arcs[np.lexsort((arcs[:, 1], arcs[:, 0]))]
    owners, sources = arcs[:, 0].copy(), arcs[:, 1].copy()
    starts = np.searchsorted(owners, np.arange(len(labels)))
    return Trellis(labels, maps, sources, starts, owners, initial, final)
