import math

import numpy as np
import pytest
from helpers.scored_strips import HAND, READ_STRIPS, Strips, arrays, most_confident_first
from hypothesis import given, settings
from hypothesis import strategies as st

from sdnn.evaluation.risk_coverage import coverage_at, risk_coverage


def test_strips_of_equal_confidence_are_accepted_together() -> None:
    curve = risk_coverage(*HAND)
    assert curve.thresholds.tolist() == [0.95, 0.9, 0.62, 0.6, 0.3]
    assert curve.accepted.tolist() == [1, 3, 4, 5, 6]
    assert curve.wrong.tolist() == [0, 1, 1, 2, 3]
    assert curve.coverage.tolist() == pytest.approx([1 / 6, 3 / 6, 4 / 6, 5 / 6, 1])
    assert curve.error.tolist() == pytest.approx([0, 1 / 3, 1 / 4, 2 / 5, 3 / 6])


@settings(max_examples=30)
@given(strips=READ_STRIPS)
def test_the_curve_counts_what_each_threshold_accepts(strips: Strips) -> None:
    curve = risk_coverage(*arrays(strips))
    for step, threshold in enumerate(curve.thresholds):
        accepted = [right for confidence, right in strips if confidence >= threshold]
        assert (curve.accepted[step], curve.wrong[step]) == (len(accepted), accepted.count(False))


@settings(max_examples=30)
@given(strips=READ_STRIPS)
def test_coverage_rises_to_everything_as_the_threshold_falls(strips: Strips) -> None:
    curve = risk_coverage(*arrays(strips))
    assert (np.diff(curve.thresholds) < 0).all()
    assert (np.diff(curve.coverage) > 0).all()
    assert curve.coverage[-1:].tolist() == [1.0][: len(strips)]


@settings(max_examples=30)
@given(strips=READ_STRIPS, seed=st.integers(0, 2**32 - 1))
def test_the_order_of_the_strips_changes_nothing(strips: Strips, seed: int) -> None:
    confidences, right = arrays(strips)
    order = np.random.default_rng(seed).permutation(len(strips))
    one, other = risk_coverage(confidences, right), risk_coverage(confidences[order], right[order])
    assert one.thresholds.tolist() == other.thresholds.tolist()
    assert one.wrong.tolist() == other.wrong.tolist()


def test_coverage_is_the_greatest_within_the_error_even_past_a_greater_error() -> None:
    # Errors 0, 1/3, 1/4, 2/5, 1/2: at 30 % four strips, though three have more.
    assert coverage_at(*HAND, error=0.3) == pytest.approx(4 / 6)
    assert coverage_at(*HAND, error=0.25) == pytest.approx(4 / 6)
    assert coverage_at(*HAND, error=0.5) == 1.0


@pytest.mark.parametrize("error", [0.05, 0.01, 0.001])
def test_one_over_the_error_is_the_smallest_sample_that_supports_it(error: float) -> None:
    n = round(1 / error)
    assert coverage_at(np.ones(n), np.ones(n, dtype=bool), error) == 1.0
    assert coverage_at(np.ones(n - 1), np.ones(n - 1, dtype=bool), error) is None


def test_that_sample_is_of_accepted_strips() -> None:
    few = most_confident_first(1000, tuple(range(20, 1001)))
    assert coverage_at(*few, error=0.05) == 0.02  # one wrong among the first twenty
    assert coverage_at(*few, error=0.01) is None


def test_one_wrong_in_a_hundred_is_exactly_one_percent() -> None:
    assert coverage_at(*most_confident_first(100, (50,)), error=0.01) == 1.0
    assert coverage_at(*most_confident_first(100, (50, 60)), error=0.01) is None


@settings(max_examples=30)
@given(strips=READ_STRIPS, errors=st.tuples(st.floats(0.02, 0.98), st.floats(0.02, 0.98)))
def test_a_greater_error_never_costs_coverage(strips: Strips, errors: tuple[float, float]) -> None:
    less, more = (coverage_at(*arrays(strips), error) or 0.0 for error in sorted(errors))
    assert less <= more


def test_no_strips_have_an_empty_curve_and_no_coverage() -> None:
    curve = risk_coverage(*arrays([]))
    assert len(curve.thresholds) == len(curve.coverage) == len(curve.error) == 0
    assert coverage_at(*arrays([]), error=0.05) is None


@pytest.mark.parametrize("confidence", [-0.01, 1.01, math.nan])
def test_a_confidence_outside_0_to_1_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        risk_coverage(np.array([0.5, confidence]), np.array([True, True]))


@pytest.mark.parametrize("error", [0.0, 1.0, -0.1, math.nan])
def test_an_error_that_is_no_share_is_refused(error: float) -> None:
    with pytest.raises(ValueError, match="above 0 and below 1"):
        coverage_at(*HAND, error)
