import math

import numpy as np
import pytest
from helpers.scored_strips import HAND, READ_STRIPS, Strips, arrays
from hypothesis import given, settings
from hypothesis import strategies as st

from sdnn.evaluation.metrics import wilson_interval
from sdnn.evaluation.reliability import Bin, expected_calibration_error, reliability


def test_bins_hold_the_strips_of_their_interval() -> None:
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


def test_calibrated_confidence_has_no_calibration_error() -> None:
    # 3 of 4 right at 0.75, 1 of 2 right at 0.5.
    confidences = np.array([0.75] * 4 + [0.5] * 2)
    right = np.array([True, True, True, False, True, False])
    assert expected_calibration_error(confidences, right) == pytest.approx(0, abs=1e-12)


def test_certain_and_wrong_is_the_greatest_calibration_error() -> None:
    assert expected_calibration_error(np.ones(7), np.zeros(7, dtype=bool)) == 1.0


@settings(max_examples=30)
@given(strips=READ_STRIPS, bins=st.integers(1, 30))
def test_every_strip_lies_in_the_one_bin_that_spans_its_confidence(strips: Strips, bins: int) -> None:
    table = reliability(*arrays(strips), bins)
    assert sum(each.n for each in table) == len(strips)
    assert sum(each.right for each in table) == sum(right for _, right in strips)
    assert all(each.low - 1e-12 <= each.confidence <= each.high + 1e-12 for each in table)
    assert 0 <= expected_calibration_error(*arrays(strips), bins) <= 1


@settings(max_examples=30)
@given(strips=READ_STRIPS)
def test_one_bin_compares_the_means(strips: Strips) -> None:
    confidences, right = arrays(strips)
    expected = abs(right.mean() - confidences.mean()) if strips else 0.0
    assert expected_calibration_error(confidences, right, bins=1) == pytest.approx(expected)


def test_no_strips_have_no_bins_and_no_error() -> None:
    assert reliability(*arrays([])) == ()
    assert expected_calibration_error(*arrays([])) == 0.0


@pytest.mark.parametrize("confidence", [-0.01, 1.01, math.nan])
def test_a_confidence_outside_0_to_1_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        reliability(np.array([0.5, confidence]), np.array([True, True]))


def test_confidences_and_results_must_match_in_number() -> None:
    with pytest.raises(ValueError, match=r"\(N,\)"):
        reliability(np.array([0.5, 0.6]), np.array([True]))


def test_bins_are_at_least_one() -> None:
    with pytest.raises(ValueError, match="at least one"):
        reliability(*HAND, bins=0)
