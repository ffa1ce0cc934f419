"""One recursion over the columns of a class map, under two semirings.

With (max, +) its scores are those of the best path (Viterbi), with (log-sum-exp, +) those of all paths
together (forward). It is the same loop: `numpy.maximum` or `numpy.logaddexp` joins the paths that meet.

Reference:
    Matan et al. 1992 (Viterbi over segments); LeCun et al. 1998, section VI (forward in place of Viterbi).
"""

import numpy as np
import numpy.typing as npt

from sdnn.decoding.trellis import Trellis
from sdnn.results import FloatArray, IntArray


def scores(
    log_probs: FloatArray, trellis: Trellis, join: np.ufunc, columns: npt.ArrayLike | None = None
) -> FloatArray:
    """Score of every partial path that ends in each state at each column.

    Args:
        log_probs: (B, T, C) log-probabilities of the classes in each column.
        trellis: Shared by the batch, or with a batch axis of its own.
        join: How paths that meet combine: `numpy.maximum` or `numpy.logaddexp`.
        columns: (B,) columns that count in each map, where shorter maps are filled up; all by default.
            Past its last column a map's scores stay as they are.

    Returns:
        (B, T, S) scores; minus infinity where no path leads.
    """
    batch, length, _ = log_probs.shape
    states = trellis.labels.shape[-1]
    labels = np.broadcast_to(trellis.labels, (batch, states))
    arcs = np.broadcast_to(trellis.predecessors, (batch, *trellis.predecessors.shape[-2:]))
    flat_arcs = arcs.reshape(batch, -1)
    initial = np.broadcast_to(trellis.initial, (batch, states))

    table = np.empty((batch, length, states))
    for t in range(length):
        price = np.take_along_axis(log_probs[:, t], labels, axis=1)
        if t == 0:
            table[:, 0] = np.where(initial, price, -np.inf)
            continue
        before = table[:, t - 1]
        arriving = np.take_along_axis(before, flat_arcs, axis=1).reshape(arcs.shape)
        table[:, t] = join.reduce(arriving, axis=-1) + price
        if columns is not None:
            over = t >= np.asarray(columns)[:, None]
            table[:, t] = np.where(over, before, table[:, t])
    return table


def totals(
    log_probs: FloatArray, trellis: Trellis, join: np.ufunc, columns: npt.ArrayLike | None = None
) -> FloatArray:
    """(B,) score of all complete paths joined: the best one's, or the sum's; arguments as for `scores`.

    Under a CTC trellis of one string and `numpy.logaddexp` this is log p(string | map).
    """
    last = scores(log_probs, trellis, join, columns)[:, -1]
    joined: FloatArray = join.reduce(np.where(trellis.final, last, -np.inf), axis=-1)
    return joined


def best_paths(
    log_probs: FloatArray, trellis: Trellis, columns: npt.ArrayLike | None = None
) -> tuple[IntArray, FloatArray]:
    """The most probable single path through each map (Viterbi), exactly; arguments as for `scores`.

    Returns:
        (B, T) class of each column, and (B,) log-probabilities, minus infinity where no path is possible and
        the classes mean nothing. Past its last column a map's path stays where it is. Of equal paths the one
        through the lower states is taken.
    """
    table = scores(log_probs, trellis, np.maximum, columns)
    batch, length, states = table.shape
    row = np.arange(batch)
    labels = np.broadcast_to(trellis.labels, (batch, states))
    arcs = np.broadcast_to(trellis.predecessors, (batch, *trellis.predecessors.shape[-2:]))
    ends = np.where(trellis.final, table[:, -1], -np.inf)
    state = ends.argmax(axis=1)
    best = ends[row, state]
    path = np.empty((batch, length), np.intp)
    path[:, -1] = labels[row, state]
    for t in range(length - 2, -1, -1):
        before = arcs[row, state]
        arrived = before[row, np.take_along_axis(table[:, t], before, axis=1).argmax(axis=1)]
        state = arrived if columns is None else np.where(t + 1 < np.asarray(columns), arrived, state)
        path[:, t] = labels[row, state]
    return path, best


def best_path(log_probs: FloatArray, trellis: Trellis) -> tuple[IntArray, float]:
    """The most probable single path through one map; see `best_paths`.

    Args:
        log_probs: (T, C) log-probabilities, T at least 1.
        trellis: Without a batch axis.

    Returns:
        (T,) class of each column, and the path's log-probability.

    Raises:
        ValueError: When no path of the trellis is possible, because the map has too few columns, say.
    """
    paths, best = best_paths(log_probs[None], trellis)
    if best[0] == -np.inf:
        raise ValueError(f"no path of the trellis is possible on this map of {len(log_probs)} columns")
    return paths[0], float(best[0])
