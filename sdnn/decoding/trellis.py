"""Which label may follow which: the graph that the recursion walks, column by column.

A *path* gives every column of a class map one class. It spells a string: equal neighbours count once, then
the no-digit columns are dropped. Which paths are allowed is the *topology*:

* `Topology.CTC` allows every path. Only two *equal* digits need a no-digit column between them, or they
  would count once. With a softmax in each column the probabilities of all strings sum to 1.
* `Topology.STRICT` asks for a no-digit column between any two digits (Schenkel et al. 1992: X→X, X→nil,
  nil→nil, nil→X). Paths that break the rule are left out, so the strings sum to less than 1.

Reference:
    Matan et al. 1992 score segments on an acyclic graph and have no no-digit class; the class and
    the strict grammar are Schenkel's, the default topology is that of Graves et al. 2006 (CTC).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sdnn.choices import Topology
from sdnn.results import IntArray

DEAD = 0
"""State that is never reached: it stands in for missing predecessors."""


@dataclass(frozen=True, eq=False)
class Trellis:
    """States, each of which takes one column of the map and pays that column's price for its label.

    State 0 is dead. The arrays may carry a leading batch axis B, one trellis for each map of a batch.

    Attributes:
        labels: (S,) class that each state reads from a column.
        predecessors: (S, P) states that may hold the column before, filled up with the dead state.
        initial: (S,) whether a path may begin in the state.
        final: (S,) whether a path may end in it.
    """

    labels: IntArray
    predecessors: IntArray
    initial: npt.NDArray[np.bool_]
    final: npt.NDArray[np.bool_]


def any_string(classes: int, topology: Topology = Topology.CTC) -> Trellis:
    """The trellis of every string: one state for each class.

    Args:
        classes: Number of classes C; the last one is no-digit.
        topology: Which paths are allowed.
    """
    no_digit = classes  # state of the last class; class c has state c + 1
    everyone = range(1, classes + 1)
    if topology is Topology.CTC:
        predecessors = [[*everyone] for _ in everyone]
    else:
        predecessors = [[state, no_digit] for state in range(1, classes)] + [[*everyone]]
    return _trellis([*range(classes)], predecessors, initial=everyone, final=everyone)


def one_string(string: Sequence[int], classes: int, topology: Topology = Topology.CTC) -> Trellis:
    """The trellis of the paths that spell one string: its digits, with no-digit states round them.

    Args:
        string: Digit classes, each below `classes` - 1; may be empty.
        classes: Number of classes C; the last one is no-digit.
        topology: Which paths are allowed.

    Raises:
        ValueError: When the string holds anything but digit classes.
    """
    if not all(0 <= digit < classes - 1 for digit in string):
        raise ValueError(f"string {list(string)}: digit classes are 0 to {classes - 2}")
    labels = [classes - 1]
    predecessors = [[1]]
    for position, digit in enumerate(string):
        gap, here = 2 * position + 1, 2 * position + 2
        allowed = [here, gap]
        if topology is Topology.CTC and position > 0 and string[position - 1] != digit:
            allowed.append(gap - 1)
        labels += [digit, classes - 1]
        predecessors += [allowed, [here + 1, here]]
    last = len(labels)
    ends = (last, last - 1) if string else (last,)
    return _trellis(labels, predecessors, initial=(1, 2) if string else (1,), final=ends)


def substitutes(
    string: Sequence[int], classes: int, topology: Topology = Topology.CTC
) -> tuple[Trellis, int]:
    """The trellis of one string, and beside each of its digits a state for every digit in its place.

    A path that enters one of these states stays there: they score the beginnings of strings.

    Args:
        string: L digit classes, as for `one_string`.
        classes: Number of classes C; the last one is no-digit.
        topology: Which paths are allowed.

    Returns:
        The trellis, and its first such state; L x (C-1) follow in the order of position and digit.
    """
    plain = one_string(string, classes, topology)
    first = len(plain.labels)
    labels: list[int] = []
    predecessors: list[list[int]] = []
    initial: list[bool] = []
    for position in range(len(string)):
        for digit in range(classes - 1):
            gap, here = 2 * position + 1, first + len(labels)
            touches = topology is Topology.CTC and position > 0 and string[position - 1] != digit
            labels.append(digit)
            predecessors.append([here, gap, gap - 1 if touches else DEAD])
            initial.append(position == 0)
    width = 3 - plain.predecessors.shape[1]
    trellis = Trellis(
        labels=np.concatenate([plain.labels, np.array(labels, dtype=np.intp)]),
        predecessors=np.concatenate(
            [
                np.pad(plain.predecessors, [(0, 0), (0, width)], constant_values=DEAD),
                np.array(predecessors, dtype=np.intp).reshape(-1, 3),
            ]
        ),
        initial=np.concatenate([plain.initial, np.array(initial, dtype=bool)]),
        final=np.concatenate([plain.final, np.zeros(len(initial), dtype=bool)]),
    )
    return trellis, first


def stack(trellises: Sequence[Trellis]) -> Trellis:
    """One trellis with a batch axis from several; shorter ones are filled up with dead states."""
    states = max(len(trellis.labels) for trellis in trellises)
    width = max(trellis.predecessors.shape[1] for trellis in trellises)

    def padded(array: npt.NDArray[np.generic], *shape: int) -> npt.NDArray[np.generic]:
        return np.pad(array, [(0, size - have) for size, have in zip(shape, array.shape, strict=True)])

    return Trellis(
        labels=np.stack([padded(trellis.labels, states) for trellis in trellises]),
        predecessors=np.stack([padded(trellis.predecessors, states, width) for trellis in trellises]),
        initial=np.stack([padded(trellis.initial, states) for trellis in trellises]),
        final=np.stack([padded(trellis.final, states) for trellis in trellises]),
    )


def _trellis(
    labels: Sequence[int], predecessors: Sequence[Sequence[int]], initial: Sequence[int], final: Sequence[int]
) -> Trellis:
    """Arrays from lists that describe the living states, which begin at 1."""
    states = len(labels) + 1
    table = np.full((states, max(map(len, predecessors))), DEAD)
    for state, row in enumerate(predecessors, start=1):
        table[state, : len(row)] = row
    is_initial, is_final = np.zeros(states, bool), np.zeros(states, bool)
    is_initial[list(initial)] = True
    is_final[list(final)] = True
    return Trellis(np.array([0, *labels]), table, is_initial, is_final)
