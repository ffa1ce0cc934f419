"""Whether confidence keeps its word, and what rejecting the unsure readings buys.

Everything here works on the confidence of each of N strips and on whether its whole string was read right.
A strip is accepted when its confidence is at least the threshold; the error is the share of wrong strings
among the accepted ones, the coverage the share of strips that are accepted.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from sdnn.evaluation.metrics import wilson_interval
from sdnn.results import FloatArray, IntArray

BoolArray = npt.NDArray[np.bool_]

BINS: Final = 10
RISK: Final = 0.05
"""How often an upper bound may lie below the truth; 0.05 makes it a one-sided 95 % bound."""
SECOND_START: Final = 4
"""How many times as many strips as its first start the search for a threshold has accepted at its second."""
ROUNDING: Final = 1e-9
"""Relative; keeps rounding from asking for one strip more where the risk is met exactly."""


@dataclass(frozen=True)
class Bin:
    """The strips whose confidence lies in one stretch of the scale.

    Attributes:
        low: Least confidence, included.
        high: Greatest confidence, left out; the last bin includes its 1.
        n: Strips, at least one.
        right: Strips of which the whole string was read right.
        confidence: Mean confidence of the strips, 0 to 1.
    """

    low: float
    high: float
    n: int
    right: int
    confidence: float

    @property
    def accuracy(self) -> float:
        """Share of strings that are right, 0 to 1; what the confidence should be."""
        return self.right / self.n

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the accuracy, for strips that share no digit images."""
        return wilson_interval(self.right, self.n)


@dataclass(frozen=True, eq=False)
class Curve:
    """What is accepted, and how much of it is wrong, at every threshold that makes a difference.

    K is the number of different confidences.

    Attributes:
        thresholds: (K,) confidences, greatest first.
        accepted: (K,) strips at least as sure as the threshold, rising; the last is the number of strips.
        wrong: (K,) how many of these were read wrong.
    """

    thresholds: FloatArray
    accepted: IntArray
    wrong: IntArray

    @property
    def coverage(self) -> FloatArray:
        """(K,) share of the strips that is accepted, rising to 1."""
        # Without strips the slice is empty, and so is the quotient.
        return self.accepted / self.accepted[-1:]

    @property
    def error(self) -> FloatArray:
        """(K,) share of the accepted strips that is wrong, 0 to 1."""
        return self.wrong / self.accepted


@dataclass(frozen=True)
class Threshold:
    """A confidence from which on readings are accepted, and what that did to the strips it was chosen on.

    Attributes:
        value: Least confidence that is accepted.
        coverage: Share of the strips that is accepted, 0 to 1.
        accepted: Strips that are accepted.
        wrong: How many of these were read wrong.
        upper: Upper 95 % bound of the error among accepted strips (or as sure as was asked for).
    """

    value: float
    coverage: float
    accepted: int
    wrong: int
    upper: float


def reliability(confidences: FloatArray, right: BoolArray, bins: int = BINS) -> tuple[Bin, ...]:
    """Sets confidence against accuracy, in bins of equal width.

    Args:
        confidences: (N,) 0 to 1.
        right: (N,) whether each string was read right.
        bins: Number of bins from 0 to 1.

    Returns:
        The bins that hold strips, least confidence first; an empty bin has no accuracy and is left out.

    Raises:
        ValueError: When the two differ in shape, a confidence lies outside 0 to 1, or there are no bins.
    """
    confidences, right = _checked(confidences, right)
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
    """How far accuracy and mean confidence lie apart in a bin, on average over the strips.

    Chance alone keeps it above 0: a bin of n strips adds about sqrt(accuracy (1 - accuracy) / n).

    Args:
        confidences: (N,) 0 to 1.
        right: (N,) whether each string was read right.
        bins: Number of bins of equal width from 0 to 1.

    Returns:
        0 where confidence is the probability of being right, to 1; 0 without strips.

    Raises:
        ValueError: When the two differ in shape, a confidence lies outside 0 to 1, or there are no bins.

    Reference:
        Naeini et al. 2015, Obtaining well calibrated probabilities using Bayesian binning; Guo et al. 2017,
        On calibration of modern neural networks, section 2. Their bins hold the upper edge, ours the lower.
    """
    table = reliability(confidences, right, bins)
    gaps = sum(each.n * abs(each.accuracy - each.confidence) for each in table)
    return gaps / max(1, len(right))


def risk_coverage(confidences: FloatArray, right: BoolArray) -> Curve:
    """Accepts the strips one by one, the surest first; those of equal confidence all at once.

    Args:
        confidences: (N,) 0 to 1.
        right: (N,) whether each string was read right.

    Raises:
        ValueError: When the two differ in shape or a confidence lies outside 0 to 1.

    Reference:
        El-Yaniv and Wiener 2010, On the foundations of noise-free selective classification.
    """
    confidences, right = _checked(confidences, right)
    thresholds, group, sizes = np.unique(-confidences, return_inverse=True, return_counts=True)
    wrong = np.bincount(group, weights=~right, minlength=len(sizes)).astype(np.intp)
    return Curve(-thresholds, np.cumsum(sizes), np.cumsum(wrong))


def coverage_at(confidences: FloatArray, right: BoolArray, error: float) -> float | None:
    """The greatest share of strips that can be accepted with at most so large an error among them.

    This describes the strips at hand. A threshold to use on others comes from `threshold_for`.

    Args:
        confidences: (N,) 0 to 1.
        right: (N,) whether each string was read right.
        error: Share of the accepted strips that may be wrong, above 0 and below 1.

    Returns:
        The coverage, 0 to 1. None where fewer than 1 / error strips would be accepted: a single one that is
        wrong would be more than the error allows, so even none wrong does not show that the error is that
        small. So 0.1 % takes at least 1,000 accepted strips. Where no strip can be accepted it is None too.

    Raises:
        ValueError: When the two differ in shape, or a confidence or the error lies outside its range.
    """
    _check_share(error)
    curve = risk_coverage(confidences, right)
    # One is counted as wrong even where none is, which asks for the 1 / error strips.
    within = np.flatnonzero(np.maximum(1, curve.wrong) / curve.accepted <= error)
    return float(curve.coverage[within[-1]]) if len(within) else None


def error_upper_bound(wrong: int, n: int, risk: float = RISK) -> float:
    """Upper bound of an error rate, exact: it lies below the truth at most as often as the risk says.

    A target has to be kept, so the bound is not Wilson's: where errors are few that one promises too much.
    Of 59 strips without an error it makes 4.4 %, and at 4.4 % wrong, 7 of 100 such samples show none.

    Args:
        wrong: 0 to n.
        n: Independent strips; with none, the bound is 1.
        risk: Probability that the bound may fail, above 0 and below 1.

    Returns:
        The greatest error rate, 0 to 1, at which so few wrong are seen with at least this probability.

    Raises:
        ValueError: When wrong is not between 0 and n, or the risk not between 0 and 1.

    Reference:
        Clopper and Pearson 1934, The use of confidence or fiducial limits illustrated in the case of the
        binomial; the upper limit alone, so at 5 % where their two-sided interval has 2.5 %.
    """
    _check_share(risk)
    if not 0 <= wrong <= n:
        raise ValueError(f"{wrong} wrong of {n}: must lie between 0 and n")
    if wrong == n:
        return 1.0
    low, high = wrong / n, 1.0
    # Halved until no floating-point number lies between.
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if _at_most(wrong, n, middle) > risk else (low, middle)
    return high


def fewest_strips(target_error: float, risk: float = RISK) -> int:
    """How many strips, all read right, it takes to say that the error is at most the target.

    Args:
        target_error: Above 0 and below 1; 0.05, 0.01 and 0.001 take 59, 299 and 2,995 strips.
        risk: Probability that it is said wrongly.

    Raises:
        ValueError: When the target or the risk is not between 0 and 1.
    """
    _check_share(target_error)
    _check_share(risk)
    return math.ceil(math.log(risk) / math.log1p(-target_error) * (1 - ROUNDING))


def threshold_for(
    confidences: FloatArray, right: BoolArray, target_error: float, risk: float = RISK
) -> Threshold | None:
    """Finds how low the threshold may be for the error among accepted strips to stay within a target.

    The lowest of all thresholds whose bound is within the target would be optimistic, being chosen because
    its errors happened to be few. So thresholds are tried in an order that is fixed beforehand, from the
    surest strips down, and the search stops at the first whose bound is above the target. A threshold that
    is too low can then be chosen only if the first too low one passes its test, which happens at most as
    often as the risk says: that holds for the threshold that is returned, without further correction.

    A single wrong label among the surest strips would stop a search that starts where only error-free strips
    pass. Where there are strips enough, the search therefore has a second start, with four times as many
    strips accepted as at its first. The risk is shared equally between the starts; a search that comes to
    the second start carries its share along. Where the starts lie depends on the number of strips alone.

    The guarantee holds for strips that are independent of one another, come from where the later ones come
    from, and are wrong no less often where confidence is lower. A temperature fitted on the same strips
    weakens it a little, since it can change which of two strips is the surer one.

    Args:
        confidences: (N,) 0 to 1.
        right: (N,) whether each string was read right.
        target_error: Share of the accepted strips that may be wrong, above 0 and below 1.
        risk: Probability that the true error among accepted strips is above the target all the same.

    Returns:
        The lowest threshold found. None where no threshold is known to keep the target: there are fewer than
        `fewest_strips(target_error, risk)` strips, or too many of the surest ones are wrong.

    Raises:
        ValueError: When the two differ in shape, or a number lies outside its range.

    Reference:
        Angelopoulos et al. 2021, Learn then test: calibrating predictive algorithms to achieve risk control,
        fixed sequence testing with several starts. Each of theirs keeps to its own share; to carry shares
        along is the fallback procedure of Wiens 2003, A fixed sequence Bonferroni procedure for testing
        multiple endpoints. Their thresholds are a grid; ours are the confidences themselves, each known by
        how many strips it accepts, which is why the errors have to grow as confidence falls.
    """
    curve = risk_coverage(confidences, right)
    starts = _starts(len(right), target_error, risk)
    last, level, started = None, 0.0, 0
    for step, (accepted, wrong) in enumerate(zip(curve.accepted.tolist(), curve.wrong.tolist(), strict=True)):
        while started < len(starts) and accepted >= starts[started]:
            level += risk / len(starts)
            started += 1
        # The bound is within the target if and only if so few wrong are this improbable at the target.
        if level > 0 and _at_most(wrong, accepted, target_error) <= level * (1 + ROUNDING):
            last = step
        else:
            level = 0.0
    if last is None:
        return None
    accepted, wrong = int(curve.accepted[last]), int(curve.wrong[last])
    return Threshold(
        value=float(curve.thresholds[last]),
        coverage=float(curve.coverage[last]),
        accepted=accepted,
        wrong=wrong,
        upper=error_upper_bound(wrong, accepted, risk),
    )


def _starts(n: int, target_error: float, risk: float) -> tuple[int, ...]:
    """How many strips are accepted where the search starts: twice, once or never, as n permits."""
    # With a share of the risk, error-free strips pass from somewhat more of them on.
    shared = fewest_strips(target_error, risk / 2)
    if SECOND_START * shared <= n:
        return shared, SECOND_START * shared
    alone = fewest_strips(target_error, risk)
    return (alone,) if alone <= n else ()


def _at_most(wrong: int, n: int, error: float) -> float:
    """Probability that of n strips no more than so many are wrong, at an error rate between 0 and 1."""
    more = np.arange(1, wrong + 1)
    log_ways = np.concatenate([[0.0], np.cumsum(np.log(n - more + 1) - np.log(more))])
    count = np.arange(wrong + 1)
    return float(np.exp(log_ways + count * math.log(error) + (n - count) * math.log1p(-error)).sum())


def _checked(confidences: FloatArray, right: BoolArray) -> tuple[FloatArray, BoolArray]:
    confidences, right = np.asarray(confidences, dtype=np.float64), np.asarray(right, dtype=np.bool_)
    if confidences.ndim != 1 or confidences.shape != right.shape:
        raise ValueError(f"confidences {confidences.shape}, right {right.shape}: both must be (N,)")
    # Said of those within, so that a NaN counts as outside.
    if not np.all((confidences >= 0) & (confidences <= 1)):
        raise ValueError("confidences must lie between 0 and 1")
    return confidences, right


def _check_share(share: float) -> None:
    if not 0 < share < 1:
        raise ValueError(f"{share}: must lie above 0 and below 1")
