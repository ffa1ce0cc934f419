import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdnn.evaluation.confidence import (
    Bin,
    Curve,
    Threshold,
    coverage_at,
    error_upper_bound,
    expected_calibration_error,
    fewest_strips,
    reliability,
    risk_coverage,
    threshold_for,
)
from sdnn.evaluation.metrics import wilson_interval
from sdnn.results import FloatArray

BoolArray = npt.NDArray[np.bool_]

# Few different confidences, so that ties are common.
read_strips = st.lists(
    st.tuples(st.sampled_from([0.0, 0.1, 0.5, 0.9, 0.95, 1.0]), st.booleans()), max_size=40
)
Strips = list[tuple[float, bool]]


def arrays(strips: Strips) -> tuple[FloatArray, BoolArray]:
    return np.array([c for c, _ in strips], dtype=np.float64), np.array([r for _, r in strips], dtype=bool)


def surest_first(n: int, wrong: tuple[int, ...]) -> tuple[FloatArray, BoolArray]:
    """Strips of falling confidence, all different; `wrong` are places in that order, from 1."""
    right = np.ones(n, dtype=bool)
    right[np.array(wrong, dtype=np.intp) - 1] = False
    return np.linspace(1.0, 0.1, n), right


HAND = arrays([(0.95, True), (0.9, True), (0.9, False), (0.62, True), (0.6, False), (0.3, False)])
"""Accepted 1, 3, 4, 5, 6; wrong 0, 1, 1, 2, 3."""


def test_bins_hold_the_strips_of_their_stretch() -> None:
    bins = reliability(*HAND, bins=5)
    assert [(each.low, each.high, each.n, each.right) for each in bins] == [
        (0.2, 0.4, 1, 0),
        (0.6, 0.8, 2, 1),
        (0.8, 1.0, 3, 2),
    ]
    assert [each.confidence for each in bins] == pytest.approx([0.3, 0.61, 2.75 / 3])


def test_a_bin_compares_confidence_with_accuracy_and_its_interval() -> None:
    last = Bin(0.8, 1.0, n=3, right=2, confidence=0.917)
    assert last.accuracy == pytest.approx(2 / 3)
    assert last.interval == wilson_interval(2, 3)


def test_expected_calibration_error_is_the_gap_per_strip() -> None:
    # (1 |0 - 0.3| + 2 |0.5 - 0.61| + 3 |0.6667 - 0.9167|) / 6
    assert expected_calibration_error(*HAND, bins=5) == pytest.approx((0.3 + 0.22 + 0.75) / 6)


def test_certainty_lies_in_the_last_bin_and_an_edge_in_the_bin_above_it() -> None:
    # In floating point 0.29 * 100 lies below 29.
    bins = reliability(np.array([0.0, 0.29, 1.0]), np.array([False, True, True]), bins=100)
    assert [(each.low, each.high) for each in bins] == [(0.0, 0.01), (0.29, 0.3), (0.99, 1.0)]


def test_confidence_that_keeps_its_word_has_no_calibration_error() -> None:
    # 3 of 4 right at 0.75, 1 of 2 right at 0.5.
    confidences = np.array([0.75] * 4 + [0.5] * 2)
    right = np.array([True, True, True, False, True, False])
    assert expected_calibration_error(confidences, right) == pytest.approx(0, abs=1e-12)


def test_certain_and_wrong_is_the_greatest_calibration_error() -> None:
    assert expected_calibration_error(np.ones(7), np.zeros(7, dtype=bool)) == 1.0


@settings(max_examples=30)
@given(strips=read_strips, bins=st.integers(1, 30))
def test_every_strip_lies_in_the_one_bin_that_spans_its_confidence(strips: Strips, bins: int) -> None:
    table = reliability(*arrays(strips), bins)
    assert sum(each.n for each in table) == len(strips)
    assert sum(each.right for each in table) == sum(right for _, right in strips)
    assert all(each.low - 1e-12 <= each.confidence <= each.high + 1e-12 for each in table)
    assert 0 <= expected_calibration_error(*arrays(strips), bins) <= 1


@settings(max_examples=30)
@given(strips=read_strips)
def test_one_bin_compares_the_means(strips: Strips) -> None:
    confidences, right = arrays(strips)
    expected = abs(right.mean() - confidences.mean()) if strips else 0.0
    assert expected_calibration_error(confidences, right, bins=1) == pytest.approx(expected)


def test_strips_of_equal_confidence_are_accepted_together() -> None:
    curve = risk_coverage(*HAND)
    assert curve.thresholds.tolist() == [0.95, 0.9, 0.62, 0.6, 0.3]
    assert curve.accepted.tolist() == [1, 3, 4, 5, 6]
    assert curve.wrong.tolist() == [0, 1, 1, 2, 3]
    assert curve.coverage.tolist() == pytest.approx([1 / 6, 3 / 6, 4 / 6, 5 / 6, 1])
    assert curve.error.tolist() == pytest.approx([0, 1 / 3, 1 / 4, 2 / 5, 3 / 6])


@settings(max_examples=30)
@given(strips=read_strips)
def test_the_curve_counts_what_each_threshold_accepts(strips: Strips) -> None:
    curve = risk_coverage(*arrays(strips))
    for step, threshold in enumerate(curve.thresholds):
        accepted = [right for confidence, right in strips if confidence >= threshold]
        assert (curve.accepted[step], curve.wrong[step]) == (len(accepted), accepted.count(False))


@settings(max_examples=30)
@given(strips=read_strips)
def test_coverage_rises_to_everything_as_the_threshold_falls(strips: Strips) -> None:
    curve = risk_coverage(*arrays(strips))
    assert (np.diff(curve.thresholds) < 0).all()
    assert (np.diff(curve.coverage) > 0).all()
    assert curve.coverage[-1:].tolist() == [1.0][: len(strips)]


@settings(max_examples=30)
@given(strips=read_strips, seed=st.integers(0, 2**32 - 1))
def test_the_order_of_the_strips_changes_nothing(strips: Strips, seed: int) -> None:
    confidences, right = arrays(strips)
    order = np.random.default_rng(seed).permutation(len(strips))
    one, other = risk_coverage(confidences, right), risk_coverage(confidences[order], right[order])
    assert one.thresholds.tolist() == other.thresholds.tolist()
    assert one.wrong.tolist() == other.wrong.tolist()


def test_coverage_is_the_greatest_with_so_small_an_error_even_past_a_greater_one() -> None:
    # Errors 0, 1/3, 1/4, 2/5, 1/2: at 30 % four strips, though three have more.
    assert coverage_at(*HAND, error=0.3) == pytest.approx(4 / 6)
    assert coverage_at(*HAND, error=0.25) == pytest.approx(4 / 6)
    assert coverage_at(*HAND, error=0.5) == 1.0


@pytest.mark.parametrize("error", [0.05, 0.01, 0.001])
def test_one_over_the_error_is_the_fewest_strips_that_support_it(error: float) -> None:
    n = round(1 / error)
    assert coverage_at(np.ones(n), np.ones(n, dtype=bool), error) == 1.0
    assert coverage_at(np.ones(n - 1), np.ones(n - 1, dtype=bool), error) is None


def test_coverage_needs_that_many_accepted_strips_and_not_just_strips() -> None:
    few = surest_first(1000, tuple(range(20, 1001)))
    assert coverage_at(*few, error=0.05) == 0.02  # one wrong among the first twenty
    assert coverage_at(*few, error=0.01) is None


def test_with_one_wrong_in_a_hundred_one_percent_is_kept_exactly() -> None:
    assert coverage_at(*surest_first(100, (50,)), error=0.01) == 1.0
    assert coverage_at(*surest_first(100, (50, 60)), error=0.01) is None


@settings(max_examples=30)
@given(strips=read_strips, errors=st.tuples(st.floats(0.02, 0.98), st.floats(0.02, 0.98)))
def test_a_greater_error_never_costs_coverage(strips: Strips, errors: tuple[float, float]) -> None:
    less, more = (coverage_at(*arrays(strips), error) or 0.0 for error in sorted(errors))
    assert less <= more


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
def test_at_the_upper_bound_so_few_wrong_are_as_improbable_as_the_risk(
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
def test_fewest_strips_are_the_first_whose_bound_keeps_the_target(target: float, expected: int) -> None:
    assert fewest_strips(target) == expected
    assert error_upper_bound(0, expected) <= target + 1e-12 < error_upper_bound(0, expected - 1)


@pytest.mark.parametrize("n", [59, 60, 250, 1000])
def test_if_all_are_right_all_are_accepted_as_soon_as_there_are_strips_enough(n: int) -> None:
    confidences, right = surest_first(n, ())
    found = threshold_for(confidences, right, 0.05)
    assert found == Threshold(confidences[-1], 1.0, accepted=n, wrong=0, upper=error_upper_bound(0, n))


@pytest.mark.parametrize("n", [0, 1, 58])
def test_too_few_strips_give_no_threshold(n: int) -> None:
    assert threshold_for(*surest_first(n, ()), 0.05) is None


def test_if_all_are_wrong_there_is_no_threshold() -> None:
    assert threshold_for(np.linspace(0, 1, 500), np.zeros(500, dtype=bool), 0.05) is None


def test_the_threshold_stops_above_the_first_step_with_too_high_a_bound() -> None:
    # Of 92 with one wrong the bound is above 5 %, of 93 it is not: the sequence has stopped by then.
    assert error_upper_bound(1, 92) > 0.05 > error_upper_bound(1, 93)
    found = threshold_for(*surest_first(200, (70,)), 0.05)
    assert found is not None
    assert (found.accepted, found.wrong) == (69, 0)
    later = threshold_for(*surest_first(200, (93,)), 0.05)
    assert later is not None
    assert (later.accepted, later.wrong) == (200, 1)


def test_where_strips_are_many_one_wrong_among_the_surest_does_not_end_the_search() -> None:
    # Half the risk: 72 error-free strips at the first start, 4 * 72 = 288 strips at the second.
    assert fewest_strips(0.05, 0.025) == 72
    assert threshold_for(*surest_first(287, (3,)), 0.05) is None
    found = threshold_for(*surest_first(288, (3,)), 0.05)
    assert found is not None
    assert (found.accepted, found.wrong) == (288, 1)


def test_strips_as_sure_as_the_threshold_are_counted_with_it() -> None:
    confidences = np.repeat([0.9, 0.5], 100)
    right = np.repeat([True, False], 100)
    found = threshold_for(confidences, right, 0.05)
    assert found is not None
    assert (found.value, found.coverage, found.accepted) == (0.9, 0.5, 100)
    # One step down, half are wrong; a tie that is half wrong gives nothing.
    assert threshold_for(np.full(200, 0.9), right, 0.05) is None


def strips_of(rng: np.random.Generator, n: int, power: int) -> tuple[FloatArray, BoolArray]:
    """Confidence c, uniform, and wrong with probability (1 - c)^power."""
    confidences = rng.random(n)
    return confidences, rng.random(n) >= (1 - confidences) ** power


def true_error(threshold: float, power: int) -> float:
    """The mean of (1 - c)^power over all c from the threshold up."""
    return (1 - threshold) ** power / (power + 1)


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(0, 500), target=st.sampled_from([0.02, 0.05, 0.2]))
def test_a_threshold_accepts_what_it_says_and_its_bound_keeps_the_target(
    seed: int, n: int, target: float
) -> None:
    confidences, right = strips_of(np.random.default_rng(seed), n, power=3)
    found = threshold_for(confidences, right, target)
    if found is not None:
        accepted = confidences >= found.value
        assert (found.accepted, found.wrong) == (accepted.sum(), (~right[accepted]).sum())
        assert found.coverage == accepted.mean()
        assert found.upper <= target + 1e-9
        assert found.upper == error_upper_bound(found.wrong, found.accepted)


@pytest.mark.slow
@pytest.mark.parametrize(("n", "target", "power"), [(300, 0.05, 4), (300, 0.2, 1)])
def test_the_true_error_of_the_accepted_keeps_the_target_in_95_of_100_calibrations(
    n: int, target: float, power: int
) -> None:
    rng = np.random.default_rng(30)
    found = [threshold_for(*strips_of(rng, n, power), target) for _ in range(300)]
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
        broken += threshold_for(confidences, right, target) is not None
        curve = risk_coverage(confidences, right)
        broken_by_lowest += bool((curve.wrong[np.array(looks) - 1] <= most).any())
    assert broken / trials <= 0.07
    assert broken_by_lowest / trials > 0.12


def test_a_smaller_risk_asks_for_more() -> None:
    strips = surest_first(500, (300, 350, 380, 400, 410, 420, 430, 440))
    usual, careful = threshold_for(*strips, 0.03), threshold_for(*strips, 0.03, risk=0.001)
    assert usual is not None
    assert careful is not None
    assert careful.accepted < usual.accepted


def test_no_strips_have_no_bins_no_error_and_an_empty_curve() -> None:
    nothing = arrays([])
    assert reliability(*nothing) == ()
    assert expected_calibration_error(*nothing) == 0.0
    assert coverage_at(*nothing, error=0.05) is None
    curve = risk_coverage(*nothing)
    assert isinstance(curve, Curve)
    assert len(curve.thresholds) == len(curve.coverage) == len(curve.error) == 0


@pytest.mark.parametrize("confidence", [-0.01, 1.01, math.nan])
def test_what_is_no_probability_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        risk_coverage(np.array([0.5, confidence]), np.array([True, True]))


def test_confidences_and_results_must_match_in_number() -> None:
    with pytest.raises(ValueError, match=r"\(N,\)"):
        reliability(np.array([0.5, 0.6]), np.array([True]))


@pytest.mark.parametrize("share", [0.0, 1.0, -0.1, math.nan])
def test_an_error_that_is_no_target_is_refused(share: float) -> None:
    confidences, right = surest_first(100, ())
    with pytest.raises(ValueError, match="above 0 and below 1"):
        coverage_at(confidences, right, share)
    with pytest.raises(ValueError, match="above 0 and below 1"):
        threshold_for(confidences, right, share)
    with pytest.raises(ValueError, match="above 0 and below 1"):
        threshold_for(confidences, right, 0.05, risk=share)


def test_counts_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and n"):
        error_upper_bound(3, 2)
    with pytest.raises(ValueError, match="at least one"):
        reliability(*HAND, bins=0)
