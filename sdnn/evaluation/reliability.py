"""Calibration of confidence: reliability bins and the expected calibration error."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from sdnn.evaluation.metrics import BoolArray, wilson_interval
from sdnn.results import FloatArray

BINS: Final = 10


@dataclass(frozen=True)
class Bin:
    """Strips whose confidence lies in one interval.

    Attributes:
        low: Lower edge, included.
        high: Upper edge, excluded except in the last bin.
        n: Number of strips, at least 1.
        right: Number of strips whose whole string is right.
        confidence: Mean confidence, 0 to 1.
    """

    low: float
    high: float
    n: int
    right: int
    confidence: float

    @property
    def accuracy(self) -> float:
        """Share of strings that are right, 0 to 1; equal to the confidence where that is calibrated."""
        return self.right / self.n

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the accuracy, for strips that share no digit images."""
        return wilson_interval(self.right, self.n)


def reliability(confidences: FloatArray, right: BoolArray, bins: int = BINS) -> tuple[Bin, ...]:
    """Accuracy beside confidence, in bins of equal width.

    Args:
        confidences: (N,) confidence of each string, 0 to 1.
        right: (N,) true where the whole string is right.
        bins: Number of bins from 0 to 1.

    Returns:
        Bins that hold strips, lowest confidence first; an empty bin has no accuracy and is left out.

    Raises:
        ValueError: When the shapes differ, a confidence lies outside 0 to 1, or there are no bins.
    """
    confidences, right = as_outcomes(confidences, right)
    if bins < 1:
        raise ValueError(f"{bins} bins: there must be at least one")
    # Compared with the edges themselves: 0.29 * 100 is less than 29.
    edges = np.arange(bins + 1) / bins
    index = np.minimum(np.searchsorted(edges, confidences, side="right") - 1, bins - 1)
    return tuple(
        Bin(
            low=float(edges[each]),
            high=float(edges[each + 1]),
            n=int(np.sum(index == each)),
            right=int(np.sum(right[index == each])),
            confidence=float(np.mean(confidences[index == each])),
        )
        for each in np.unique(index)
    )


def expected_calibration_error(confidences: FloatArray, right: BoolArray, bins: int = BINS) -> float:
    """Expected calibration error (ECE): mean distance of accuracy and mean confidence of a strip's bin.

    Chance alone keeps it above 0: a bin of n strips adds about sqrt(accuracy (1 - accuracy) / n). Arguments
    and errors are those of `reliability`.

    Returns:
        Error from 0, where confidence is the probability of being right, to 1; 0 without strips.

    Reference:
        Naeini et al. 2015, Obtaining well calibrated probabilities using Bayesian binning; Guo et al. 2017,
        On calibration of modern neural networks, section 2. Their bins hold the upper edge, ours the lower.
    """
    table = reliability(confidences, right, bins)
    return sum(each.n * abs(each.accuracy - each.confidence) for each in table) / max(1, len(right))


def as_outcomes(confidences: FloatArray, right: BoolArray) -> tuple[FloatArray, BoolArray]:
    """Both as arrays; raises ValueError when the shapes differ, or a confidence lies outside 0 to 1."""
    confidences, right = np.asarray(confidences, dtype=np.float64), np.asarray(right, dtype=np.bool_)
    if confidences.ndim != 1 or confidences.shape != right.shape:
        raise ValueError(f"confidences {confidences.shape}, right {right.shape}: both must be (N,)")
    # Asked of those within, so that a NaN counts as outside.
    if not np.all((confidences >= 0) & (confidences <= 1)):
        raise ValueError("confidences must lie between 0 and 1")
    return confidences, right
