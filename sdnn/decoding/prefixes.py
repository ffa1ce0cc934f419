"""Scores of a string that grows digit by digit, over all columns at once.

A prefix has two scores at each column: of the paths that have spelled it by then and stay on its last digit,
and of those that have left that digit for no-digit. Both follow from those of the prefix one digit shorter by
a cumulative sum, without a loop over the columns.

Reference:
    Graves et al. 2006, section 3.2 (prefix search); here in logarithms and for all digits together.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from sdnn.enums import Topology
from sdnn.results import FloatArray, IntArray

LOG_NEXT_TO_NOTHING: Final = -1e3
"""Logarithm of the share of the least probable path that stands for an impossible column.

Not minus infinity, because products over columns have to be divided again.
"""


@dataclass(frozen=True, eq=False)
class Prefix:
    """Scores of all paths that have spelled a string by a column.

    Attributes:
        on_digit: (T,) scores of those on its last digit.
        in_gap: (T,) scores of those on no-digit after it.
        last: Its last digit; None of the empty string.
    """

    on_digit: FloatArray
    in_gap: FloatArray
    last: int | None

    @property
    def log_prob(self) -> float:
        """Log-probability of the string itself, which its paths have spelled by the last column."""
        return float(np.logaddexp(self.on_digit[-1], self.in_gap[-1]))


@dataclass(frozen=True, eq=False)
class PrefixScorer:
    """A class map prepared for cumulative sums.

    Attributes:
        log_probs: (T, C) log-probabilities, all finite.
        cumulative: (C, T) sum of each class's log-probabilities up to and with a column.
        last_impossible: (C, T) the last column so far where the class is impossible, -1 without any; None
            where every class is possible everywhere.
        topology: Allowed paths.
    """

    log_probs: FloatArray
    cumulative: FloatArray
    last_impossible: IntArray | None
    topology: Topology

    @classmethod
    def of(cls, log_probs: FloatArray, topology: Topology = Topology.CTC) -> "PrefixScorer":
        """The scorer of (T, C) log-probabilities."""
        impossible = np.isneginf(log_probs)
        if not impossible.any():
            return cls(log_probs, log_probs.cumsum(axis=0).T, None, topology)
        least_path = np.where(impossible, 0.0, log_probs).min(axis=1).sum()
        finite = np.where(impossible, least_path + LOG_NEXT_TO_NOTHING, log_probs)
        return cls(finite, finite.cumsum(axis=0).T, _last_true(impossible.T), topology)

    def empty_prefix(self) -> Prefix:
        """The empty string: no-digit from the first column on."""
        impossible = np.full(len(self.log_probs), -np.inf)
        return Prefix(impossible, self._stay_scores(np.append(0.0, impossible[1:]), -1), None)

    def entry_scores(self, prefix: Prefix) -> FloatArray:
        """(C-1, T) scores of the paths from a prefix to each digit at each column, without its emission."""
        digits = len(self.cumulative) - 1
        scores = np.full((digits, len(prefix.in_gap)), -np.inf)
        scores[:, 1:] = prefix.in_gap[:-1]
        if prefix.last is None:
            scores[:, 0] = 0.0
        elif self.topology is Topology.CTC:
            others = np.arange(digits) != prefix.last
            scores[others, 1:] = np.logaddexp(prefix.in_gap[:-1], prefix.on_digit[:-1])
        return scores

    def extended(self, entry: FloatArray, digit: int) -> Prefix:
        """The prefix longer by a digit, from the digit's (T,) row of `entry_scores`."""
        on_digit = self._stay_scores(entry, digit)
        return Prefix(on_digit, self._stay_scores(np.append(-np.inf, on_digit[:-1]), -1), digit)

    def _stay_scores(self, entry: FloatArray, label: int) -> FloatArray:
        """(T,) scores of the paths that have entered a class, by (T,) entry scores, and not left it."""
        through = self.cumulative[label]
        before = through - self.log_probs[:, label]
        scores = np.asarray(np.logaddexp.accumulate(entry - before) + through)
        if self.last_impossible is None:
            return scores
        return np.where(_last_true(entry > -np.inf) > self.last_impossible[label], scores, -np.inf)


def _last_true(values: npt.NDArray[np.bool_]) -> IntArray:
    """(..., T) the last column so far with a true value; -1 without any."""
    columns = np.arange(values.shape[-1])
    return np.asarray(np.maximum.accumulate(np.where(values, columns, -1), axis=-1))
