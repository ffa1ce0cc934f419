"""Risk and coverage: the error among accepted strips against the share of strips accepted.

A strip is accepted when its confidence is at least the threshold. The error (risk) is the share of wrong
strings among the accepted ones, the coverage the share of strips accepted.
"""

from dataclasses import dataclass

import numpy as np

from sdnn.evaluation.metrics import BoolArray
from sdnn.evaluation.reliability import as_outcomes
from sdnn.results import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class RiskCoverageCurve:
    """Accepted and wrong strips at each of K thresholds, the different confidences.

    Attributes:
        thresholds: (K,) confidences, highest first.
        accepted: (K,) number of strips accepted, rising to the number of strips.
        wrong: (K,) number of accepted strips that were read wrong.
    """

    thresholds: FloatArray
    accepted: IntArray
    wrong: IntArray

    @property
    def coverage(self) -> FloatArray:
        """(K,) share of strips accepted, rising to 1."""
        # Without strips the slice is empty, and so is the quotient.
        return self.accepted / self.accepted[-1:]

    @property
    def error(self) -> FloatArray:
        """(K,) share of wrong strings among the accepted ones, 0 to 1."""
        return self.wrong / self.accepted


def risk_coverage(confidences: FloatArray, right: BoolArray) -> RiskCoverageCurve:
    """The risk-coverage curve; strips of equal confidence are accepted together.

    Args:
        confidences: (N,) confidence of each string, 0 to 1.
        right: (N,) true where the whole string is right.

    Raises:
        ValueError: When the shapes differ, or a confidence lies outside 0 to 1.

    Reference:
        El-Yaniv and Wiener 2010, On the foundations of noise-free selective classification.
    """
    confidences, right = as_outcomes(confidences, right)
    thresholds, group, sizes = np.unique(-confidences, return_inverse=True, return_counts=True)
    wrong = np.bincount(group, weights=~right, minlength=len(sizes)).astype(np.intp)
    return RiskCoverageCurve(-thresholds, np.cumsum(sizes), np.cumsum(wrong))


def coverage_at(confidences: FloatArray, right: BoolArray, error: float) -> float | None:
    """Greatest coverage with at most the given error (above 0, below 1), on the strips at hand.

    A threshold for other strips comes from `select_threshold`. Arguments and errors are those of
    `risk_coverage`.

    Returns:
        The coverage, 0 to 1; None where it would take fewer than 1 / error accepted strips. Of those, one
        wrong is more than the error, so that none wrong does not show an error that small: 0.1 % takes 1,000
        accepted strips.
    """
    check_share(error)
    curve = risk_coverage(confidences, right)
    # One is counted as wrong even where none is, which asks for the 1 / error strips.
    within = np.flatnonzero(np.maximum(1, curve.wrong) / curve.accepted <= error)
    return float(curve.coverage[within[-1]]) if len(within) else None


def check_share(share: float) -> None:
    """Raises a ValueError for an error, target or risk that is not above 0 and below 1."""
    if not 0 < share < 1:
        raise ValueError(f"{share}: must lie above 0 and below 1")
