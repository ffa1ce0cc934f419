from collections import Counter

import numpy as np
import pytest

from reproduction.synthetic_zip import (
    HEIGHT_PX,
    LENGTH,
    WINDOW_PX,
    distinct_strings,
    flanked_digits,
    lone_digits,
    zip_strips,
)
from sdnn.datasets.mnist import Mnist
from sdnn.enums import Split
from sdnn.results import NO_DIGIT

FEW = 30


def test_distinct_strings_are_distinct_and_show_every_digit_at_every_place() -> None:
    strings = distinct_strings(10, seed=3)
    assert len(set(strings)) == 10
    for place in range(LENGTH):
        assert {text[place] for text in strings} == set("0123456789")


def test_strings_that_are_barred_do_not_come() -> None:
    barred = distinct_strings(1_000, seed=0)
    assert not set(distinct_strings(1_000, seed=1, but=barred)) & set(barred)


@pytest.mark.usefixtures("mnist")
def test_a_strip_is_the_same_however_many_are_made() -> None:
    few, more = (zip_strips(Split.VALIDATION, count, 5) for count in (FEW // 2, FEW))
    for one, other in zip(few, more, strict=False):
        assert one.text == other.text
        np.testing.assert_array_equal(one.ink, other.ink)


@pytest.mark.usefixtures("mnist")
def test_strips_say_the_repertoire_in_turn_and_nothing_else() -> None:
    strips = zip_strips(Split.VALIDATION, FEW, 5, ("12345", "00000"))
    assert Counter(strip.text for strip in strips) == {"12345": FEW // 2, "00000": FEW // 2}


@pytest.mark.usefixtures("mnist")
def test_strips_are_as_high_as_the_window_with_room_for_it_at_both_ends() -> None:
    for strip in zip_strips(Split.VALIDATION, FEW, 5):
        assert strip.ink.shape[0] == HEIGHT_PX
        assert len(strip.text) == len(strip.middles_px) == len(strip.indices) == LENGTH
        assert list(strip.middles_px) == sorted(strip.middles_px)
        assert strip.middles_px[0] > WINDOW_PX / 2
        assert strip.middles_px[-1] < strip.ink.shape[1] - WINDOW_PX / 2


def test_a_strip_says_which_images_its_digits_are(mnist: Mnist) -> None:
    for strip in zip_strips(Split.VALIDATION, FEW, 5):
        labels = [mnist.labels[index - mnist.first_index] for index in strip.indices]
        assert "".join(map(str, labels)) == strip.text


@pytest.mark.usefixtures("mnist")
def test_neighbours_reach_into_flanked_windows_and_into_no_others() -> None:
    def at_the_edges(length: int) -> float:
        windows = flanked_digits(Split.VALIDATION, 20 * FEW, 5, noise=0.0, length=length)
        shown = windows.ink[windows.labels != NO_DIGIT]
        return float((shown[:, :, [0, 1, -2, -1]] > 128).any(axis=(1, 2)).mean())

    assert at_the_edges(LENGTH) > 0.5
    assert at_the_edges(1) < 0.2


@pytest.mark.usefixtures("mnist")
@pytest.mark.parametrize("length", [1, LENGTH])
def test_for_five_windows_with_a_digit_there_are_as_many_without_as_asked_for(length: int) -> None:
    labels = flanked_digits(Split.VALIDATION, 900, 5, between=4, length=length).labels
    assert (labels == NO_DIGIT).sum() == pytest.approx(400, abs=40)


@pytest.mark.usefixtures("mnist")
def test_a_lone_digit_stands_in_the_middle() -> None:
    windows = lone_digits(Split.VALIDATION, FEW, 5)
    weights = np.where(windows.ink > 100, windows.ink, 0).sum(axis=1).astype(float)
    middles = (weights * (np.arange(WINDOW_PX) + 0.5)).sum(axis=1) / weights.sum(axis=1)
    np.testing.assert_allclose(middles, WINDOW_PX / 2, atol=1.5)
