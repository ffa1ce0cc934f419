import math

import numpy as np
import pytest
from helpers.scored_strips import most_confident_first
from hypothesis import given, settings
from hypothesis import strategies as st

from sdnn.evaluation.metrics import BoolArray
from sdnn.evaluation.risk_coverage import risk_coverage
from sdnn.evaluation.threshold import Threshold, error_upper_bound, min_sample_size, select_threshold
from sdnn.results import FloatArray


@pytest.mark.parametrize(
    ("wrong", "n", "expected"),
    [
        # None wrong: (1 - p)^n = 0.05.
        (0, 1, 0.95),
        (0, 59, 1 - 0.05 ** (1 / 59)),
        # One of two: p² = 0.95. All wrong: anything is possible.
        (1, 2, math.sqrt(0.95)),
        (3, 3, 1.0),
        (0, 0, 1.0),
    ],
)
def test_upper_bound_equals_the_formula_worked_by_hand(wrong: int, n: int, expected: float) -> None:
    assert error_upper_bound(wrong, n) == pytest.approx(expected, rel=1e-12)


@settings(max_examples=30)
@given(n=st.integers(1, 400), risk=st.floats(0.001, 0.5), data=st.data())
def test_at_the_upper_bound_as_few_errors_have_the_probability_of_the_risk(
    n: int, risk: float, data: st.DataObject
) -> None:
    wrong = data.draw(st.integers(0, n - 1))
    bound = error_upper_bound(wrong, n, risk)
    few = sum(math.comb(n, k) * bound**k * (1 - bound) ** (n - k) for k in range(wrong + 1))
    assert few == pytest.approx(risk, rel=1e-6)


def test_upper_bound_of_many_strips_is_exact_too() -> None:
    # Normal approximation with continuity: 1 % of a million, 1.645 standard errors of 0.0000995.
    assert error_upper_bound(10_000, 1_000_000) == pytest.approx(0.010164, abs=2e-6)


@pytest.mark.parametrize(("target", "expected"), [(0.05, 59), (0.01, 299), (0.001, 2995), (0.95, 1)])
def test_the_smallest_sample_is_the_first_whose_bound_meets_the_target(target: float, expected: int) -> None:
    assert min_sample_size(target) == expected
    assert error_upper_bound(0, expected) <= target + 1e-12 < error_upper_bound(0, expected - 1)


@pytest.mark.parametrize("n", [59, 60, 250, 1000])
def test_if_all_are_right_a_large_enough_sample_is_accepted_whole(n: int) -> None:
    confidences, right = most_confident_first(n, ())
    found = select_threshold(confidences, right, 0.05)
    assert found == Threshold(confidences[-1], 1.0, accepted=n, wrong=0, upper=error_upper_bound(0, n))


@pytest.mark.parametrize("n", [0, 1, 58])
def test_too_few_strips_give_no_threshold(n: int) -> None:
    assert select_threshold(*most_confident_first(n, ()), 0.05) is None


def test_if_all_are_wrong_there_is_no_threshold() -> None:
    assert select_threshold(np.linspace(0, 1, 500), np.zeros(500, dtype=bool), 0.05) is None


def test_the_threshold_stops_above_the_first_step_with_too_high_a_bound() -> None:
    # Of 92 with one wrong the bound is above 5 %, of 93 it is not: the sequence has stopped by then.
    assert error_upper_bound(1, 92) > 0.05 > error_upper_bound(1, 93)
    found = select_threshold(*most_confident_first(200, (70,)), 0.05)
    assert found is not None
    assert (found.accepted, found.wrong) == (69, 0)
    later = select_threshold(*most_confident_first(200, (93,)), 0.05)
    assert later is not None
    assert (later.accepted, later.wrong) == (200, 1)


def test_with_many_strips_one_error_of_high_confidence_does_not_end_the_search() -> None:
    # Half the risk: 72 error-free strips at the first start, 4 * 72 = 288 strips at the second.
    assert min_sample_size(0.05, 0.025) == 72
    assert select_threshold(*most_confident_first(287, (3,)), 0.05) is None
    found = select_threshold(*most_confident_first(288, (3,)), 0.05)
    assert found is not None
    assert (found.accepted, found.wrong) == (288, 1)


def test_strips_with_the_confidence_of_the_threshold_are_accepted() -> None:
    confidences = np.repeat([0.9, 0.5], 100)
    right = np.repeat([True, False], 100)
    found = select_threshold(confidences, right, 0.05)
    assert found is not None
    assert (found.value, found.coverage, found.accepted) == (0.9, 0.5, 100)
    # One step down, half are wrong; a tie that is half wrong gives nothing.
    assert select_threshold(np.full(200, 0.9), right, 0.05) is None


def strips_of(rng: np.random.Generator, n: int, power: int) -> tuple[FloatArray, BoolArray]:
    """Confidence c, uniform, and wrong with probability (1 - c)^power."""
    confidences = rng.random(n)
    return confidences, rng.random(n) >= (1 - confidences) ** power


def true_error(threshold: float, power: int) -> float:
    """The mean of (1 - c)^power over all c from the threshold up."""
    return (1 - threshold) ** power / (power + 1)


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(0, 500), target=st.sampled_from([0.02, 0.05, 0.2]))
def test_the_counts_of_a_threshold_are_right_and_its_bound_meets_the_target(
    seed: int, n: int, target: float
) -> None:
    confidences, right = strips_of(np.random.default_rng(seed), n, power=3)
    found = select_threshold(confidences, right, target)
    if found is not None:
        accepted = confidences >= found.value
        assert (found.accepted, found.wrong) == (accepted.sum(), (~right[accepted]).sum())
        assert found.coverage == accepted.mean()
        assert found.upper <= target + 1e-9
        assert found.upper == error_upper_bound(found.wrong, found.accepted)


@pytest.mark.slow
@pytest.mark.parametrize(("n", "target", "power"), [(300, 0.05, 4), (300, 0.2, 1)])
def test_the_true_error_of_accepted_strips_meets_the_target_in_95_of_100_calibrations(
    n: int, target: float, power: int
) -> None:
    rng = np.random.default_rng(30)
    found = [select_threshold(*strips_of(rng, n, power), target) for _ in range(300)]
    kept = [each is None or true_error(each.value, power) <= target for each in found]
    assert np.mean(kept) >= 0.93
    # Not by accepting next to nothing.
    most = (target * (power + 1)) ** (1 / power)
    assert np.mean([each.coverage if each else 0.0 for each in found]) > most / 4


@pytest.mark.slow
def test_the_lowest_threshold_with_a_good_bound_would_break_the_target_more_often() -> None:
    """Why the search stops where it first fails: all strips are as often wrong, a little above the target."""
    rng = np.random.default_rng(31)
    n, target, trials = 400, 0.2, 150
    looks = range(20, n + 1, 40)
    most = [max(w for w in range(k // 5) if error_upper_bound(w, k) <= target) for k in looks]
    broken, broken_by_lowest = 0, 0
    for _ in range(trials):
        confidences, right = rng.random(n), rng.random(n) > target + 0.001
        # Every threshold is too low, so to find one is to break the target.
        broken += select_threshold(confidences, right, target) is not None
        curve = risk_coverage(confidences, right)
        broken_by_lowest += bool((curve.wrong[np.array(looks) - 1] <= most).any())
    assert broken / trials <= 0.07
    assert broken_by_lowest / trials > 0.12


def test_a_smaller_risk_asks_for_more() -> None:
    strips = most_confident_first(500, (300, 350, 380, 400, 410, 420, 430, 440))
    usual, careful = select_threshold(*strips, 0.03), select_threshold(*strips, 0.03, risk=0.001)
    assert usual is not None
    assert careful is not None
    assert careful.accepted < usual.accepted


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, math.nan])
def test_a_target_or_risk_that_is_no_share_is_refused(share: float) -> None:
    confidences, right = most_confident_first(100, ())
    with pytest.raises(ValueError, match="above 0 and below 1"):
        select_threshold(confidences, right, share)
    with pytest.raises(ValueError, match="above 0 and below 1"):
        select_threshold(confidences, right, 0.05, risk=share)


def test_more_wrong_strips_than_strips_are_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and n"):
        error_upper_bound(3, 2)
