from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdnn.datasets.digits import DigitImage, Writer
from sdnn.datasets.pen import SyntheticDigits
from sdnn.datasets.strips import Layout, random_strip, set_side_by_side

seeds = st.integers(0, 2**32 - 1)
gaps = st.lists(st.integers(-30, 12), min_size=4, max_size=4)


def drawn_digits(seed: int, count: int) -> list[DigitImage]:
    rng = np.random.default_rng(seed)
    return [SyntheticDigits().draw(int(rng.integers(10)), rng) for _ in range(count)]


def block(width: int, ink: int = 255, label: int = 0) -> DigitImage:
    picture = np.zeros((28, width), np.uint8)
    picture[4:24] = ink
    return DigitImage(picture, label)


class CountingWriters:
    """A source with the number of the writer in each digit's index."""

    pen_px = 2.0

    def __init__(self) -> None:
        self.writers = 0

    def draw(self, label: int, rng: np.random.Generator) -> DigitImage:
        return DigitImage(np.ones((28, 3), np.uint8), label, self.writers)

    def writer(self, rng: np.random.Generator, scale: int = 1) -> Writer:
        self.writers += 1
        return self


@given(seed=seeds, gaps_px=st.lists(st.integers(1, 12), min_size=4, max_size=4))
def test_the_paper_between_two_digits_is_as_wide_as_asked(seed: int, gaps_px: list[int]) -> None:
    digits = [block(width) for width in np.random.default_rng(seed).integers(1, 20, size=5)]
    strip = set_side_by_side(digits, gaps_px, margin_px=7)
    inked = np.flatnonzero(strip.ink.any(axis=0))
    steps = np.diff(inked)
    assert (steps[steps > 1] - 1).tolist() == gaps_px
    assert inked[0] == 7
    assert strip.ink.shape[1] - 1 - inked[-1] == 7


@given(seed=seeds, gaps_px=gaps)
def test_each_box_is_exactly_the_ink_of_its_digit(seed: int, gaps_px: list[int]) -> None:
    digits = drawn_digits(seed, 5)
    strip = set_side_by_side(digits, gaps_px, margin_px=3)
    covered = np.zeros_like(strip.ink)
    for digit, box in zip(digits, strip.boxes, strict=True):
        left, top, right, bottom = box.rounded()
        assert (left, top, right, bottom) == (box.left, box.top, box.right, box.bottom)
        own = np.zeros_like(strip.ink)
        own[:, left:right] = digit.ink
        assert not own[:top].any()
        assert not own[bottom:].any()
        assert own[top].any()
        assert own[bottom - 1].any()
        covered = np.maximum(covered, own)
    np.testing.assert_array_equal(strip.ink, covered)


@given(seed=seeds, gaps_px=gaps)
def test_no_digit_begins_to_the_left_of_the_one_before(seed: int, gaps_px: list[int]) -> None:
    strip = set_side_by_side(drawn_digits(seed, 5), gaps_px, margin_px=3)
    for (before, after), gap in zip(pairwise(strip.boxes), gaps_px, strict=True):
        assert after.left - before.right == max(gap, 1 - before.width)


def test_digits_overlap_by_a_negative_gap_and_the_darker_ink_shows() -> None:
    strip = set_side_by_side([block(6, 100), block(5, 200)], [-2], margin_px=1)
    assert strip.ink[10].tolist() == [0, 100, 100, 100, 100, 200, 200, 200, 200, 200, 0]
    swapped = set_side_by_side([block(6, 200), block(5, 100)], [-2], margin_px=1)
    assert swapped.ink[10].tolist() == [0, 200, 200, 200, 200, 200, 200, 100, 100, 100, 0]


def test_a_wide_digit_under_a_narrow_one_keeps_its_right_margin() -> None:
    strip = set_side_by_side([block(20), block(3)], [-15], margin_px=4)
    assert strip.ink.shape == (28, 28)
    assert not strip.ink[:, -4:].any()


def test_one_digit_needs_no_gap() -> None:
    strip = set_side_by_side([block(6, label=8)], [], margin_px=10)
    assert strip.ink.shape == (28, 26)
    assert strip.text == "8"


@pytest.mark.parametrize("gaps_px", [[], [1, 1]])
def test_a_wrong_number_of_gaps_is_an_error(gaps_px: list[int]) -> None:
    with pytest.raises(ValueError, match="zip"):
        set_side_by_side([block(3), block(3)], gaps_px, margin_px=1)


def test_leading_zeros_are_in_the_text() -> None:
    assert set_side_by_side([block(3, label=0), block(3, label=7)], [1], margin_px=1).text == "07"


@given(seed=seeds)
def test_the_text_is_the_labels_of_the_digits(seed: int) -> None:
    strip = random_strip(SyntheticDigits(), Layout(digits=(1, 4)), np.random.default_rng(seed))
    assert strip.text == "".join(str(digit.label) for digit in strip.digits)
    assert len(strip.text) == len(strip.boxes)


@given(seed=seeds)
def test_the_same_seed_gives_the_same_strip(seed: int) -> None:
    first, second = (
        random_strip(SyntheticDigits(), Layout(digits=(1, 4)), np.random.default_rng(seed)) for _ in range(2)
    )
    np.testing.assert_array_equal(first.ink, second.ink)
    assert (first.text, first.boxes) == (second.text, second.boxes)


def test_lengths_gaps_and_labels_take_every_value_allowed_and_no_other() -> None:
    rng = np.random.default_rng(0)
    strips = [random_strip(CountingWriters(), Layout(digits=(2, 5), gap_px=(-1, 3)), rng) for _ in range(300)]
    gaps_px = {after.left - before.right for strip in strips for before, after in pairwise(strip.boxes)}
    assert {len(strip.text) for strip in strips} == {2, 3, 4, 5}
    assert gaps_px == {-1, 0, 1, 2, 3}
    assert {label for strip in strips for label in strip.text} == set("0123456789")


def test_as_many_gaps_are_wide_as_asked() -> None:
    layout = Layout(digits=(200, 200), gap_px=(0, 2), wide_gap_px=(10, 14), wide_share=0.25)
    strip = random_strip(CountingWriters(), layout, np.random.default_rng(0))
    gaps_px = np.array([after.left - before.right for before, after in pairwise(strip.boxes)])
    assert set(gaps_px) == {0, 1, 2, 10, 11, 12, 13, 14}
    assert (gaps_px >= 10).mean() == pytest.approx(0.25, abs=0.08)


def test_a_strip_is_by_one_writer() -> None:
    source = CountingWriters()
    strips = [random_strip(source, Layout(), np.random.default_rng(seed)) for seed in range(3)]
    assert [{digit.index for digit in strip.digits} for strip in strips] == [{1}, {2}, {3}]


def test_the_middle_of_a_digit_is_the_centre_of_its_ink() -> None:
    lopsided = block(4)
    lopsided.ink[4:24, 0] = 85  # columns weigh 1, 3, 3, 3
    strip = set_side_by_side([block(6), lopsided], [2], margin_px=5)
    assert strip.middles_px == pytest.approx((8, 13.5 + (3 + 6 + 9) / 10))
