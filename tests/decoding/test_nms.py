from itertools import pairwise

import numpy as np
import pytest
from helpers.brute_force import class_maps
from hypothesis import given, settings
from hypothesis import strategies as st

from sdnn.decoding.nms import RADIUS_COLUMNS, pick_peaks
from sdnn.results import FloatArray, Span


def peaked(columns: int, **peaks: tuple[int, float]) -> FloatArray:
    """A map of 11 classes, sure of no-digit except for `at<column>=(digit, probability)`."""
    probs = np.full((columns, 11), 0.001)
    probs[:, 10] = 0.99
    for name, (digit, prob) in peaks.items():
        column = int(name.removeprefix("at"))
        probs[column] = 0.0001
        probs[column, [digit, 10]] = prob, 0.999 - prob
    log_probs: FloatArray = np.log(probs)
    return log_probs


def test_each_peak_far_from_others_is_a_digit_of_one_column_from_left_to_right() -> None:
    log_probs = peaked(30, at3=(7, 0.8), at12=(7, 0.9), at28=(0, 0.85))
    assert pick_peaks(log_probs) == [Span(7, 3, 3), Span(7, 12, 12), Span(0, 28, 28)]


def test_a_peak_silences_weaker_ones_whatever_their_class() -> None:
    log_probs = peaked(10, at4=(4, 0.8), at5=(9, 0.9), at6=(4, 0.7))
    assert pick_peaks(log_probs) == [Span(9, 5, 5)]


def test_the_radius_is_the_last_column_that_a_peak_silences() -> None:
    within, beyond = peaked(20, at2=(1, 0.9), at5=(1, 0.8)), peaked(20, at2=(1, 0.9), at6=(1, 0.8))
    assert pick_peaks(within, radius=3) == [Span(1, 2, 2)]
    assert pick_peaks(beyond, radius=3) == [Span(1, 2, 2), Span(1, 6, 6)]


def test_the_radius_counts_to_the_left_as_to_the_right() -> None:
    within, beyond = peaked(20, at2=(1, 0.8), at5=(1, 0.9)), peaked(20, at2=(1, 0.8), at6=(1, 0.9))
    assert pick_peaks(within, radius=3) == [Span(1, 5, 5)]
    assert pick_peaks(beyond, radius=3) == [Span(1, 2, 2), Span(1, 6, 6)]


def test_a_silenced_column_silences_nobody() -> None:
    log_probs = peaked(10, at3=(1, 0.9), at4=(2, 0.8), at5=(3, 0.7))
    assert pick_peaks(log_probs, radius=1) == [Span(1, 3, 3), Span(3, 5, 5)]


def test_a_column_less_sure_of_some_digit_than_the_threshold_is_no_peak() -> None:
    log_probs = peaked(10, at2=(1, 0.4), at8=(1, 0.6))
    assert pick_peaks(log_probs, threshold=0.5) == [Span(1, 8, 8)]
    assert pick_peaks(log_probs, threshold=0.3) == [Span(1, 2, 2), Span(1, 8, 8)]


def test_digits_that_share_a_column_pass_the_threshold_together() -> None:
    assert pick_peaks(np.log([[0.3, 0.4, 0.3]]), threshold=0.5) == [Span(1, 0, 0)]


def test_of_equal_columns_the_left_one_is_the_peak() -> None:
    assert pick_peaks(peaked(10, at4=(1, 0.9), at5=(1, 0.9))) == [Span(1, 4, 4)]


@pytest.mark.parametrize("columns", [1, 3])
def test_a_map_of_no_digit_has_no_peaks(columns: int) -> None:
    assert pick_peaks(peaked(columns)) == []


@settings(max_examples=100, deadline=None)
@given(class_maps(max_columns=20), st.integers(1, 2 * RADIUS_COLUMNS))
def test_peaks_stand_apart_and_leave_no_digit_column_uncovered(log_probs: FloatArray, radius: int) -> None:
    peaks = [span.first for span in pick_peaks(log_probs, radius)]
    assert all(right - left > radius for left, right in pairwise(peaks))
    for column in np.flatnonzero(np.exp(log_probs[:, -1]) < 0.499):
        assert any(abs(column - peak) <= radius for peak in peaks)
