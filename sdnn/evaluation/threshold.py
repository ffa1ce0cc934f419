"""Choice of a confidence threshold that keeps the error of the accepted strips within a target."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from sdnn.evaluation.metrics import BoolArray
from sdnn.evaluation.risk_coverage import check_share, risk_coverage
from sdnn.results import FloatArray

RISK: Final = 0.05
"""Probability that an upper bound lies below the truth; 0.05 makes it a one-sided 95 % bound."""
SECOND_START: Final = 4
"""Strips accepted at the second start of the search, over those accepted at the first."""
ROUNDING: Final = 1e-9
"""Relative tolerance, so that rounding asks for no further strip where the risk is met exactly."""


@dataclass(frozen=True)
class Threshold:
    """A confidence threshold, with its effect on the strips that it was chosen on.

    Attributes:
        value: Lowest confidence that is accepted.
        coverage: Share of strips accepted, 0 to 1.
        accepted: Number of strips accepted.
        wrong: Number of accepted strips that were read wrong.
        upper: Upper bound of the error among accepted strips, at 95 % or as the risk asks.
    """

    value: float
    coverage: float
    accepted: int
    wrong: int
    upper: float


def error_upper_bound(wrong: int, n: int, risk: float = RISK) -> float:
    """Exact upper bound of an error rate.

    Wilson's is too low for few errors: of 59 strips without an error it makes 4.4 %, and at 4.4 % wrong, 7 of
    100 such samples show none.

    Args:
        wrong: Number of wrong strips, 0 to n.
        n: Number of independent strips; with none, the bound is 1.
        risk: Probability that the true rate is above the bound, above 0 and below 1.

    Returns:
        Largest error rate, 0 to 1, at which at most `wrong` of n are wrong with this probability.

    Raises:
        ValueError: When wrong is not between 0 and n, or the risk not between 0 and 1.

    Reference:
        Clopper and Pearson 1934, The use of confidence or fiducial limits illustrated in the case of the
        binomial; the upper limit alone, so at 5 % where their two-sided interval has 2.5 %.
    """
    check_share(risk)
    if not 0 <= wrong <= n:
        raise ValueError(f"{wrong} wrong of {n}: must lie between 0 and n")
    if wrong == n:
        return 1.0
    low, high = wrong / n, 1.0
    # Halved until no floating-point number lies between.
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if _binomial_cdf(wrong, n, middle) > risk else (low, middle)
    return high


def min_sample_size(target_error: float, risk: float = RISK) -> int:
    """Number of strips, all read right, whose upper bound meets a target error.

    Args:
        target_error: Error, above 0 and below 1; 0.05, 0.01 and 0.001 take 59, 299 and 2,995 strips.
        risk: Probability that the true error is above the target, above 0 and below 1.
    """
    check_share(target_error)
    check_share(risk)
    return math.ceil(math.log(risk) / math.log1p(-target_error) * (1 - ROUNDING))


def select_threshold(
    confidences: FloatArray, right: BoolArray, target_error: float, risk: float = RISK
) -> Threshold | None:
    """The lowest confidence threshold that a fixed sequence of tests accepts.

    The lowest of all thresholds with a bound within the target would be optimistic: it is chosen because its
    errors happened to be few. So thresholds are tested in an order fixed beforehand, from the highest down to
    the first whose bound is above the target. A threshold that is too low is chosen only if the first one
    that is too low passes its test, which has the probability `risk`.

    One wrong label among the most confident strips would stop a search that starts where only error-free
    strips pass. With enough strips the search therefore has a second start, at four times as many accepted
    strips. The starts share the risk equally, and a search that reaches the second one carries its share
    along. Their places depend on the number of strips alone.

    The guarantee holds for independent strips of the same source as later ones, with errors no rarer at lower
    confidence. A temperature fitted on the same strips weakens it a little: it can change their order.

    Args:
        confidences: (N,) confidence of each string, 0 to 1.
        right: (N,) true where the whole string is right.
        target_error: Largest share of wrong strings among the accepted ones, above 0 and below 1.
        risk: Probability that the true error among accepted strips is above the target all the same.

    Returns:
        The threshold. None with fewer than `min_sample_size(target_error, risk)` strips, or with too many
        errors among the most confident ones.

    Raises:
        ValueError: When the shapes differ, or a number lies outside its range.

    Reference:
        Angelopoulos et al. 2021, Learn then test: calibrating predictive algorithms to achieve risk control,
        fixed sequence testing with several starts; carried shares are the fallback procedure of Wiens 2003, A
        fixed sequence Bonferroni procedure for testing multiple endpoints. Their thresholds are a grid; ours
        are the confidences themselves, by numbers of accepted strips, so that errors have to grow as
        confidence falls.
    """
    curve = risk_coverage(confidences, right)
    starts = _starts(len(right), target_error, risk)
    found, level, started = None, 0.0, 0
    for value, accepted, wrong in zip(curve.thresholds, curve.accepted, curve.wrong, strict=True):
        while started < len(starts) and accepted >= starts[started]:
            level += risk / len(starts)
            started += 1
        # The bound is within the target if and only if at most `wrong` errors are this improbable at it.
        if level > 0 and _binomial_cdf(int(wrong), int(accepted), target_error) <= level * (1 + ROUNDING):
            found = float(value), int(accepted), int(wrong)
        else:
            level = 0.0
    if found is None:
        return None
    value, accepted, wrong = found
    bound = error_upper_bound(wrong, accepted, risk)
    return Threshold(value, accepted / len(right), accepted, wrong, bound)


def _starts(n: int, target_error: float, risk: float) -> tuple[int, ...]:
    """Numbers of strips accepted at the starts of the search: two, one or none, as n permits."""
    shared = min_sample_size(target_error, risk / 2)
    if SECOND_START * shared <= n:
        return shared, SECOND_START * shared
    alone = min_sample_size(target_error, risk)
    return (alone,) if alone <= n else ()


def _binomial_cdf(wrong: int, n: int, error: float) -> float:
    """Probability of at most `wrong` errors among n strips, at an error rate between 0 and 1."""
    more = np.arange(1, wrong + 1)
    log_ways = np.concatenate([[0.0], np.cumsum(np.log(n - more + 1) - np.log(more))])
    count = np.arange(wrong + 1)
    return float(np.exp(log_ways + count * math.log(error) + (n - count) * math.log1p(-error)).sum())
