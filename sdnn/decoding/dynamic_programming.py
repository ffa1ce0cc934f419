"""One recursion over the columns of class maps, under two semirings.

With `max_plus` its scores are those of the best path (Viterbi), with `log_plus` those of all paths together
(forward).

Reference:
    Matan et al. 1992 (Viterbi over segments); LeCun et al. 1998, section VI (forward in place of Viterbi).
"""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from sdnn.decoding.trellis import Trellis
from sdnn.results import FloatArray, IntArray

MIN_LOG_SURVIVAL: Final = -500.0
"""Logarithm of the share of a column's probability that reaches the end; numbers go down to e^-708."""

Plus = Callable[[FloatArray, IntArray, IntArray], FloatArray]
"""Sum of a semiring, of (A,) scores in groups: (S,) start of each group, (A,) group of each score."""


def max_plus(values: FloatArray, starts: IntArray, groups: IntArray) -> FloatArray:
    """(S,) highest score of each group: the semiring (max, +)."""
    return np.asarray(np.maximum.reduceat(values, starts))


def log_plus(values: FloatArray, starts: IntArray, groups: IntArray) -> FloatArray:
    """(S,) logarithm of the sum of each group's probabilities: the semiring (log-sum-exp, +)."""
    highest = np.maximum.reduceat(values, starts)
    highest[highest == -np.inf] = 0.0
    sums = np.add.reduceat(np.exp(values - highest[groups]), starts)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(sums) + highest)


def forward_scores(
    log_probs: FloatArray, trellis: Trellis, plus: Plus, columns: npt.ArrayLike | None = None
) -> FloatArray:
    """Scores of all partial paths that end in each state at each column.

    Args:
        log_probs: (B, T, C) log-probabilities of the classes in each column.
        trellis: Trellis of B maps.
        plus: `max_plus` or `log_plus`.
        columns: (B,) columns that count in each map, where shorter ones are padded; all by default. Past its
            last column a map's scores stay as they are.

    Returns:
        (T, S) scores; minus infinity where there is no path.
    """
    lengths = None if columns is None else np.asarray(columns)[trellis.maps]
    table = np.empty((log_probs.shape[1], len(trellis.labels)))
    for t, emissions in enumerate(_emissions(log_probs, trellis)):
        if t == 0:
            table[t] = trellis.initial + emissions
            continue
        table[t] = plus(table[t - 1].take(trellis.sources), trellis.starts, trellis.owners) + emissions
        if lengths is not None:
            table[t] = np.where(t >= lengths, table[t - 1], table[t])
    return table


def _emissions(values: FloatArray, trellis: Trellis) -> Iterator[FloatArray]:
    """(S,) value of each state's label, column by column, of (B, T, C) values."""
    batch, length, classes = values.shape
    side_by_side = values.transpose(1, 0, 2).reshape(length, batch * classes)
    places = trellis.maps * classes + trellis.labels
    return (column.take(places) for column in side_by_side)


def log_partition(
    log_probs: FloatArray, trellis: Trellis, plus: Plus, columns: npt.ArrayLike | None = None
) -> FloatArray:
    """(B,) score of all complete paths: of the best one, or of all; arguments as for `forward_scores`.

    With the CTC trellis of one string and `log_plus` this is log p(string | map).
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
    """`log_partition` without a logarithm for every arc: on probabilities, scaled to 1 in every column.

    Returns:
        None where no path is possible, or where complete paths are so improbable in some column that they
        could underflow.
    """
    batch, length, _ = log_probs.shape
    lengths = np.full(batch, length) if columns is None else np.asarray(columns)
    counts = np.arange(length)[:, None] < lengths
    highest = log_probs.max(axis=2)
    highest[highest == -np.inf] = 0.0
    emissions = _emissions(np.exp(log_probs - highest[..., None]), trellis)
    weights = np.exp(trellis.initial)
    sums = np.ones((length, batch))
    for t, emissions_of_column in enumerate(emissions):
        before = weights
        if t > 0:
            weights = np.add.reduceat(weights.take(trellis.sources), trellis.starts)
        weights = weights * emissions_of_column
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
    # Share of each column's probability that reaches the end; lost is only what underflows.
    survival = np.log(ends) + logs[::-1].cumsum(axis=0)[::-1] - logs
    if survival.min() < MIN_LOG_SURVIVAL:
        return None
    # Column by column: a sum would take another order for one map than for many, and round differently.
    return np.asarray(np.log(ends) + (logs + np.where(counts, highest.T, 0.0)).cumsum(axis=0)[-1])


def best_paths(
    log_probs: FloatArray, trellis: Trellis, columns: npt.ArrayLike | None = None
) -> tuple[IntArray, FloatArray]:
    """The most probable single path through each map (Viterbi), exactly; arguments as for `forward_scores`.

    Returns:
        (B, T) class of each column, and (B,) log-probabilities, minus infinity where no path is possible and
        the classes are meaningless. Past its last column a map's path stays where it is. Of equal paths it is
        the one through the lower states.
    """
    batch, length, _ = log_probs.shape
    if not len(trellis.labels):  # the empty language
        return np.zeros((batch, length), np.intp), np.full(batch, -np.inf)
    table = forward_scores(log_probs, trellis, max_plus, columns)
    order = np.argsort(trellis.maps, kind="stable")
    bounds = np.searchsorted(trellis.maps[order], np.arange(batch + 1))
    ends = (table[-1] + trellis.final)[order]
    last = _segment_argmax(ends, bounds[:-1], bounds[1:])
    state, best = order[last], ends[last]
    path = np.empty((batch, length), np.intp)
    path[:, -1] = trellis.labels[state]
    stops = np.append(trellis.starts[1:], len(trellis.sources))
    for t in range(length - 2, -1, -1):
        best_source = _segment_argmax(table[t], trellis.starts[state], stops[state], trellis.sources)
        before = trellis.sources[best_source]
        state = before if columns is None else np.where(t + 1 < np.asarray(columns), before, state)
        path[:, t] = trellis.labels[state]
    return path, best


def _segment_argmax(
    values: FloatArray, starts: IntArray, stops: IntArray, index: IntArray | None = None
) -> IntArray:
    """(B,) place of the highest value of each segment, the first of equal ones; the start of an empty one.

    Args:
        values: (N,) values.
        starts: (B,) start of each segment.
        stops: (B,) place after its end.
        index: (A,) numbers of the values that the segments consist of; by default all in turn.
    """
    places = starts[:, None] + np.arange(max(1, int((stops - starts).max())))
    known = np.minimum(places, len(values if index is None else index) - 1)
    inside = np.where(places < stops[:, None], values[known if index is None else index[known]], -np.inf)
    return np.asarray(starts + inside.argmax(axis=1))
