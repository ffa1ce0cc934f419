"""One recursion over the columns of class maps, under two semirings.

Joined by `max_plus` its scores are those of the best path (Viterbi), joined by `log_plus` those of all paths
together (forward). It is the same loop.

Reference:
    Matan et al. 1992 (Viterbi over segments); LeCun et al. 1998, section VI (forward in place of Viterbi).
"""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from sdnn.decoding.trellis import Trellis
from sdnn.results import FloatArray, IntArray

LEAST_LEFT: Final = -500.0
"""Log of the share of a column's probability that must come through; numbers go down to e^-708."""

Plus = Callable[[FloatArray, IntArray, IntArray], FloatArray]
"""How paths that meet combine: (A,) scores, (S,) where each group of them begins, (A,) each one's group."""


def max_plus(values: FloatArray, starts: IntArray, groups: IntArray) -> FloatArray:
    """(S,) the highest score of each group: the semiring (max, +)."""
    return np.asarray(np.maximum.reduceat(values, starts))


def log_plus(values: FloatArray, starts: IntArray, groups: IntArray) -> FloatArray:
    """(S,) logarithm of the summed probabilities of each group: the semiring (log-sum-exp, +)."""
    highest = np.maximum.reduceat(values, starts)
    highest[highest == -np.inf] = 0.0
    sums = np.add.reduceat(np.exp(values - highest[groups]), starts)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(sums) + highest)


def forward_scores(
    log_probs: FloatArray, trellis: Trellis, plus: Plus, columns: npt.ArrayLike | None = None
) -> FloatArray:
    """Score of every partial path that ends in each state at each column.

    Args:
        log_probs: (B, T, C) log-probabilities of the classes in each column.
        trellis: Of B maps.
        plus: `max_plus` or `log_plus`.
        columns: (B,) columns that count in each map, where shorter maps are filled up; all by default.
            Past its last column a map's scores stay as they are.

    Returns:
        (T, S) scores; minus infinity where no path leads.
    """
    prices = _emissions(log_probs, trellis)
    over = None if columns is None else np.asarray(columns)[trellis.maps]
    table = np.empty(prices.shape)
    table[0] = trellis.initial + prices[0]
    for t in range(1, len(table)):
        table[t] = plus(table[t - 1].take(trellis.sources), trellis.starts, trellis.owners) + prices[t]
        if over is not None:
            table[t] = np.where(t >= over, table[t - 1], table[t])
    return table


def _emissions(values: FloatArray, trellis: Trellis) -> FloatArray:
    """(T, S) what each state pays for each column, of (B, T, C) values."""
    batch, length, classes = values.shape
    side_by_side = values.transpose(1, 0, 2).reshape(length, batch * classes)
    return np.asarray(side_by_side.take(trellis.maps * classes + trellis.labels, axis=1))


def log_partition(
    log_probs: FloatArray, trellis: Trellis, plus: Plus, columns: npt.ArrayLike | None = None
) -> FloatArray:
    """(B,) score of all complete paths: the best one's, or the sum's; arguments as for `forward_scores`.

    Under a CTC trellis of one string and `log_plus` this is log p(string | map).
    """
    if plus is log_plus and (sums := _scaled_sums(log_probs, trellis, columns)) is not None:
        return sums
    ends = forward_scores(log_probs, trellis, plus, columns)[-1] + trellis.final
    order = np.argsort(trellis.maps, kind="stable")
    maps, starts, groups = np.unique(trellis.maps[order], return_index=True, return_inverse=True)
    joined = np.full(len(log_probs), -np.inf)
    if len(maps):
        joined[maps] = plus(ends[order], starts, groups)
    return joined


def _scaled_sums(log_probs: FloatArray, trellis: Trellis, columns: npt.ArrayLike | None) -> FloatArray | None:
    """`log_partition` without a logarithm for every arc: probabilities, scaled to 1 in every column.

    Returns:
        None where no path is possible, or those that count in the end are so improbable on the way there that
        they could be lost.
    """
    batch, length, _ = log_probs.shape
    last = np.full(batch, length) if columns is None else np.asarray(columns)
    counts = np.arange(length)[:, None] < last
    highest = log_probs.max(axis=2)
    highest[highest == -np.inf] = 0.0
    prices = _emissions(np.exp(log_probs - highest[..., None]), trellis)
    weights = np.exp(trellis.initial)
    sums = np.ones((length, batch))
    for t in range(length):
        before = weights
        if t > 0:
            weights = np.add.reduceat(weights.take(trellis.sources), trellis.starts)
        weights = weights * prices[t]
        sums[t] = np.where(counts[t], np.bincount(trellis.maps, weights, minlength=batch), 1.0)
        if not sums[t].all():
            return None
        weights /= sums[t][trellis.maps]
        if not counts[t].all():
            weights = np.where(counts[t][trellis.maps], weights, before)
    ends = np.bincount(trellis.maps, weights * np.exp(trellis.final), minlength=batch)
    if not ends.all():
        return None
    logs = np.where(counts, np.log(sums), 0.0)
    # What the paths of each column have left in the end; what is lost is less than the smallest number.
    left = np.log(ends) + logs[::-1].cumsum(axis=0)[::-1] - logs
    if left.min() < LEAST_LEFT:
        return None
    # Column by column: a sum would take another order for one map than for many, and end in other bits.
    return np.asarray(np.log(ends) + (logs + np.where(counts, highest.T, 0.0)).cumsum(axis=0)[-1])


def best_paths(
    log_probs: FloatArray, trellis: Trellis, columns: npt.ArrayLike | None = None
) -> tuple[IntArray, FloatArray]:
    """The most probable single path through each map (Viterbi), exactly; arguments as for `forward_scores`.

    Returns:
        (B, T) class of each column, and (B,) log-probabilities, minus infinity where no path is possible and
        the classes mean nothing. Past its last column a map's path stays where it is. Of equal paths the one
        through the lower states is taken.
    """
    batch, length, _ = log_probs.shape
    if not len(trellis.labels):  # of the empty language
        return np.zeros((batch, length), np.intp), np.full(batch, -np.inf)
    table = forward_scores(log_probs, trellis, max_plus, columns)
    order = np.argsort(trellis.maps, kind="stable")
    bounds = np.searchsorted(trellis.maps[order], np.arange(batch + 1))
    ends = (table[-1] + trellis.final)[order]
    last = _first_best(ends, bounds[:-1], bounds[1:])
    state, best = order[last], ends[last]
    path = np.empty((batch, length), np.intp)
    path[:, -1] = trellis.labels[state]
    stops = np.append(trellis.starts[1:], len(trellis.sources))
    for t in range(length - 2, -1, -1):
        before = trellis.sources[_first_best(table[t], trellis.starts[state], stops[state], trellis.sources)]
        state = before if columns is None else np.where(t + 1 < np.asarray(columns), before, state)
        path[:, t] = trellis.labels[state]
    return path, best


def _first_best(
    values: FloatArray, starts: IntArray, stops: IntArray, index: IntArray | None = None
) -> IntArray:
    """Where the highest value of each stretch is, the first of equal ones; an empty stretch has its start.

    Args:
        values: (N,) what is compared.
        starts: (B,) where each stretch begins.
        stops: (B,) where it ends.
        index: (A,) places of the values that the stretches lie on; the values themselves by default.
    """
    places = starts[:, None] + np.arange(max(1, int((stops - starts).max())))
    known = np.minimum(places, len(values if index is None else index) - 1)
    inside = np.where(places < stops[:, None], values[known if index is None else index[known]], -np.inf)
    return np.asarray(starts + inside.argmax(axis=1))
