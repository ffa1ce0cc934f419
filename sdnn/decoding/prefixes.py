"""Scores of a string that grows digit by digit, over all columns at once.

A prefix has two scores at each column: of all paths that have spelled it by then and stay on its last digit,
and of those that have left it for no-digit. Both follow from those of the prefix one digit shorter by a
running sum, so that going on by any digit takes no loop over the columns.

Reference:
    Graves et al. 2006, section 3.2 (prefix search); here in logarithms and for all digits together.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from sdnn.enums import Topology
from sdnn.results import FloatArray, IntArray

LEAST: Final = -1e3
"""Log-probability that stands for less: products of columns have to be divided again."""


@dataclass(frozen=True, eq=False)
class ClassColumns:
    """A class map prepared for running sums.

    Attributes:
        log_probs: (T, C) log-probabilities, none below `LEAST`.
        through: (C, T) sums of each class's log-probabilities up to and with a column.
        barred: (C, T) the last column up to here where the class is impossible, -1 where there was none; None
            where every class is possible everywhere.
        topology: Which paths are allowed.
    """

    log_probs: FloatArray
    through: FloatArray
    barred: IntArray | None
    topology: Topology

    @classmethod
    def of(cls, log_probs: FloatArray, topology: Topology = Topology.CTC) -> "ClassColumns":
        """Prepares (T, C) log-probabilities."""
        kept = np.maximum(log_probs, LEAST)
        impossible = np.isneginf(log_probs.T)
        barred = _last_where(impossible) if impossible.any() else None
        return cls(kept, kept.cumsum(axis=0).T, barred, topology)

    def staying(self, enter: FloatArray, classes: slice | int) -> FloatArray:
        """Score of being on a class that was entered at this column or any before, and not left since.

        Args:
            enter: (..., T) score of the paths that reach the class at a column, without its price there.
            classes: Of each row.
        """
        through = self.through[classes]
        before = through - self.log_probs.T[classes]
        scores = np.asarray(np.logaddexp.accumulate(enter - before, axis=-1) + through)
        if self.barred is None:
            return scores
        return np.where(_last_where(enter > -np.inf) > self.barred[classes], scores, -np.inf)


@dataclass(frozen=True, eq=False)
class Prefix:
    """Scores of all paths that have spelled a string by a column.

    Attributes:
        on_digit: (T,) those on its last digit.
        in_gap: (T,) those beyond it, on no-digit.
        last: Its last digit; None where it has none.
    """

    on_digit: FloatArray
    in_gap: FloatArray
    last: int | None

    @property
    def log_prob(self) -> float:
        """Of the string itself: its paths have spelled it by the last column."""
        return float(np.logaddexp(self.on_digit[-1], self.in_gap[-1]))


def empty_prefix(columns: ClassColumns) -> Prefix:
    """Nothing spelled yet: no-digit from the first column on."""
    nothing = np.full(len(columns.log_probs), -np.inf)
    enter = np.append(0.0, nothing[1:])
    return Prefix(nothing, columns.staying(enter, -1), None)


def entering(columns: ClassColumns, prefix: Prefix) -> FloatArray:
    """(C-1, T) scores of the paths that go on from a prefix to each digit at each column.

    The price of the digit at that column is not in it.
    """
    digits = len(columns.through) - 1
    before = np.full((digits, len(prefix.in_gap)), -np.inf)
    before[:, 1:] = prefix.in_gap[:-1]
    if prefix.last is None:
        before[:, 0] = 0.0
    elif columns.topology is Topology.CTC:
        others = np.arange(digits) != prefix.last
        before[others, 1:] = np.logaddexp(prefix.in_gap[:-1], prefix.on_digit[:-1])
    return before


def extended(columns: ClassColumns, enter: FloatArray, digit: int) -> Prefix:
    """A prefix gone on by one digit.

    Args:
        columns: The map.
        enter: (T,) scores of going on to the digit; see `entering`.
        digit: Which.
    """
    on_digit = columns.staying(enter, digit)
    left = np.append(-np.inf, on_digit[:-1])
    return Prefix(on_digit, columns.staying(left, -1), digit)


def _last_where(holds: npt.NDArray[np.bool_]) -> IntArray:
    """(..., T) the last column up to each where something holds; -1 where it has not held yet."""
    columns = np.arange(holds.shape[-1])
    return np.asarray(np.maximum.accumulate(np.where(holds, columns, -1), axis=-1))
