from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest
from helpers.fake_detections import Seen, line_along

from sdnn.datasets.digits import DigitImage, Writer
from sdnn.datasets.distortion import Distortion
from sdnn.datasets.pen import SyntheticDigits
from sdnn.datasets.strips import Layout, SyntheticStrip, random_strip
from sdnn.datasets.windows import DigitsOnStrip, WindowRecipe, clean_strip, make_windows, right_classes
from sdnn.models.lenet import LENET
from sdnn.reading.preprocessor import PreProcessor
from sdnn.reading.settings import ReadingSettings
from sdnn.reading.views import View
from sdnn.results import CLASSES, NO_DIGIT, Box, FloatArray

GEOMETRY = LENET.geometry
ROW, MIDDLE = GEOMETRY.height_px // 2, GEOMETRY.window_px // 2
STILL = Distortion(rotation_deg=0, shear=0, log_scale=0, log_aspect=0, shift_px=0, drop_px=0)
CLEAN = WindowRecipe(near=0.15, far=0.3, noisy_share=0, distortion=STILL)

# A 3 as wide as most digits, its middle at 30, and a 7 as narrow as a stroke, its middle at 50.
DIGITS = DigitsOnStrip(np.array([3, 7]), np.array([30.0, 50.0]), np.array([20.0, 4.0]))


class Bars:
    """Solid digits, their width by the label, their height by chance."""

    pen_px = 2.0

    def __init__(self, lowest_px: int = 0) -> None:
        self.lowest_px = lowest_px

    def draw(self, label: int, rng: np.random.Generator) -> DigitImage:
        ink = np.zeros((28, 6 + label), np.uint8)
        top = 4 + int(rng.integers(-self.lowest_px, self.lowest_px, endpoint=True))
        ink[top : top + 20] = 255
        return DigitImage(ink, label)

    def writer(self, rng: np.random.Generator, scale: int = 1) -> Writer:
        return self


def right_sets(places_px: list[float], digits: DigitsOnStrip, recipe: WindowRecipe = CLEAN) -> list[set[int]]:
    rows = right_classes(np.array(places_px), digits, recipe)
    return [set(np.flatnonzero(row).tolist()) for row in rows]


def right_at(place_px: float, recipe: WindowRecipe = CLEAN) -> set[int]:
    (right,) = right_sets([place_px], DIGITS, recipe)
    return right


def pieces(window: FloatArray) -> int:
    count, _ = cv2.connectedComponents((window > 0.3).astype(np.uint8))
    return int(count) - 1


@pytest.mark.parametrize("place_px", [30, 27, 33, 28.5])
def test_near_the_middle_of_a_digit_it_alone_is_right(place_px: float) -> None:
    assert right_at(place_px) == {3}


@pytest.mark.parametrize("place_px", [26.9, 33.1, 24.1, 35.9])
def test_between_near_and_far_the_digit_or_no_digit_is_right(place_px: float) -> None:
    assert right_at(place_px) == {3, NO_DIGIT}


@pytest.mark.parametrize("place_px", [0, 23.9, 36.1, 40, 45.9, 54.1, 90])
def test_far_from_every_digit_no_digit_alone_is_right(place_px: float) -> None:
    assert right_at(place_px) == {NO_DIGIT}


@pytest.mark.parametrize(
    ("place_px", "right"),
    [(52, {7}), (48, {7}), (52.1, {7, NO_DIGIT}), (53.9, {7, NO_DIGIT}), (54.1, {NO_DIGIT})],
)
def test_a_narrow_digit_reaches_half_a_stride_or_a_whole_one_whatever_its_width(
    place_px: float, right: set[int]
) -> None:
    assert right_at(place_px) == right


def test_between_two_digits_that_both_reach_there_three_classes_are_right() -> None:
    overlapping = replace(DIGITS, middles=np.array([30.0, 40.0]), widths=np.array([20.0, 20.0]))
    assert right_sets([35.0, 32.0], overlapping) == [{3, 7, NO_DIGIT}, {3}]


def test_two_equal_digits_are_one_class() -> None:
    equal = replace(DIGITS, labels=np.array([5, 5]))
    assert right_sets([30.0, 40.0, 50.0], equal) == [{5}, {NO_DIGIT}, {5}]


def test_near_and_far_are_shares_of_the_width() -> None:
    recipe = replace(CLEAN, near=0.125, far=0.5)
    assert right_at(32.5, recipe) == {3}
    assert right_at(32.6, recipe) == {3, NO_DIGIT}
    assert right_at(39.9, recipe) == {3, NO_DIGIT}
    assert right_at(40.1, recipe) == {NO_DIGIT}


@pytest.mark.parametrize("count", [1, 7, 100])
def test_a_batch_has_as_many_windows_as_asked(count: int) -> None:
    windows, right = make_windows(
        SyntheticDigits(), count, WindowRecipe(), GEOMETRY, np.random.default_rng(0)
    )
    assert windows.shape == (count, GEOMETRY.height_px, GEOMETRY.window_px)
    assert right.shape == (count, CLASSES)
    assert windows.dtype == np.float32
    assert right.dtype == np.bool_
    assert 0 <= windows.min() <= windows.max() <= 1
    assert right.any(axis=1).all()


def test_the_same_seed_gives_the_same_batch_and_another_one_another() -> None:
    first, again, other = (
        make_windows(SyntheticDigits(), 40, WindowRecipe(), GEOMETRY, np.random.default_rng(seed))
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert not np.array_equal(first[0], other[0])


def test_windows_on_digits_carry_the_digit_alone_and_show_it_in_the_middle() -> None:
    recipe = replace(CLEAN, anywhere_share=0, layout=Layout(digits=(1, 5), gap_px=(30, 40)))
    windows, right = make_windows(Bars(), 60, recipe, GEOMETRY, np.random.default_rng(0))
    assert (right.sum(axis=1) == 1).all()
    assert not right[:, NO_DIGIT].any()
    for window, label in zip(windows, right.argmax(axis=1), strict=True):
        inked = np.flatnonzero(window[ROW] > 0.5)
        width = (6 + label) * GEOMETRY.text_height_px / 20  # the bars are drawn 20 px high
        assert len(inked) == pytest.approx(width, abs=1)
        assert inked.mean() + 0.5 == pytest.approx(MIDDLE, abs=max(2, 0.15 * width) + 0.6)


def test_a_window_of_no_digit_alone_has_no_digit_in_its_middle() -> None:
    recipe = replace(CLEAN, layout=Layout(digits=(1, 5), gap_px=(8, 20)))
    windows, right = make_windows(Bars(), 400, recipe, GEOMETRY, np.random.default_rng(0))
    blank = right[:, NO_DIGIT] & (right.sum(axis=1) == 1)
    assert blank.sum() > 50
    for window in windows[blank]:
        inked = window[ROW] > 0.5
        if inked[MIDDLE - 1 : MIDDLE + 1].all():
            # The middle lies on a digit, but at least 4 px from the digit's own middle.
            edges = np.flatnonzero(np.diff(np.concatenate([[False], inked, [False]])))
            start, stop = edges[edges < MIDDLE].max(), edges[edges > MIDDLE].min()
            assert abs((start + stop) / 2 - MIDDLE) >= 3.5


def test_the_share_of_windows_anywhere_is_as_asked() -> None:
    recipe = replace(CLEAN, layout=Layout(digits=(6, 6), gap_px=(30, 30)), anywhere_share=0.6)
    _, right = make_windows(Bars(), 2000, recipe, GEOMETRY, np.random.default_rng(0))
    on_digit = (right.sum(axis=1) == 1) & ~right[:, NO_DIGIT]
    # Those cut anywhere are near a digit by chance: on 4.5 px in every 53 px of strip. A digit and the gap
    # after it take 10.5 + 30 px on the page, of which the strip makes 1.3 times as much, and near is 0.15 of
    # the 7.8 to 19.5 px that the digits are wide there, but at least 2 px: 2.3 px on the mean.
    assert on_digit.mean() == pytest.approx(0.4 + 0.6 * 4.5 / 53, abs=0.05)


def test_some_windows_are_noisy_and_the_others_stay_clean() -> None:
    still = replace(CLEAN, noisy_share=0.25, noise=0.1)
    clean, _ = make_windows(Bars(), 400, CLEAN, GEOMETRY, np.random.default_rng(0))
    noisy, _ = make_windows(Bars(), 400, still, GEOMETRY, np.random.default_rng(0))
    hit = (clean != noisy).any(axis=(1, 2))
    assert hit.mean() == pytest.approx(0.25, abs=0.07)
    assert (clean != noisy)[hit].mean() <= 0.1


@pytest.mark.parametrize("lowest_px", [0, 3], ids=["level", "uneven"])
def test_an_isolated_window_never_shows_two_digits(lowest_px: int) -> None:
    recipe = replace(WindowRecipe.isolated(), noisy_share=0)
    windows, _ = make_windows(Bars(lowest_px), 1000, recipe, GEOMETRY, np.random.default_rng(0))
    assert max(pieces(window) for window in windows) == 1


def test_a_flanked_window_shows_neighbours() -> None:
    recipe = replace(WindowRecipe(), noisy_share=0)
    windows, _ = make_windows(Bars(), 300, recipe, GEOMETRY, np.random.default_rng(0))
    assert np.mean([pieces(window) >= 2 for window in windows]) > 0.3


# Strips as the reader's net would see them.


def inked(ink: FloatArray) -> FloatArray:
    """The columns from the first with ink to the last."""
    columns = np.flatnonzero((ink > 0.3).any(axis=0))
    return ink[:, columns[0] : columns[-1] + 1]


def test_a_clean_strip_has_the_text_height_of_most_of_its_digits() -> None:
    """Bars 20 rows high, one of them with a tail twice as long: it does not make the others smaller."""
    ink = np.zeros((48, 120), np.uint8)
    boxes = [Box(left, 14, left + 8, 34) for left in (10, 40, 70, 100)]
    for box in boxes:
        ink[14:34, int(box.left) : int(box.right)] = 255
    ink[34:48, 70:78] = 255
    boxes[2] = Box(70, 14, 78, 48)
    digits = tuple(DigitImage(np.full((28, 8), 255, np.uint8), 1) for _ in boxes)
    synthetic = SyntheticStrip(ink, "1111", tuple(boxes), tuple(box.left + 4 for box in boxes), digits)
    strip = clean_strip(synthetic, GEOMETRY)
    assert strip.ink.shape[0] == GEOMETRY.height_px
    on_strip = strip.from_page(boxes[0])
    assert on_strip.height == pytest.approx(GEOMETRY.text_height_px)
    assert (on_strip.top + on_strip.bottom) / 2 == pytest.approx(GEOMETRY.height_px / 2)
    margin = GEOMETRY.window_px // 2 + 2 * GEOMETRY.stride_px
    assert on_strip.left == pytest.approx(margin, abs=0.5)
    assert not strip.ink[:, : margin - 1].any()


def test_the_digits_of_a_clean_strip_stand_where_its_boxes_say() -> None:
    synthetic = random_strip(
        SyntheticDigits(), Layout(digits=(6, 6), gap_px=(4, 8)), np.random.default_rng(2)
    )
    strip = clean_strip(synthetic, GEOMETRY)
    found = strip.ink.max(axis=0) > 0.2
    for box, other in pairwise(synthetic.boxes):
        y = (box.top + box.bottom) / 2
        left, right = (strip.from_page(Box(x, y, x, y)).left for x in (box.left, other.left))
        assert found[round(left) : round(right)].any()


@pytest.mark.parametrize("slant", [-0.4, 0.6])
def test_leaning_digits_of_a_clean_strip_are_set_upright(slant: float) -> None:
    height, width = 20, 8
    rows = np.arange(28)
    ink = np.zeros((28, 160), np.uint8)
    boxes = []
    for left in (30, 60, 90, 120):
        for row in rows[4 : 4 + height]:
            start = round(left + slant * (14 - row))
            ink[row, start : start + 3] = 255
        reach = abs(slant) * height / 2
        boxes.append(Box(left - reach, 4, left + 3 + reach, 24))
    digits = tuple(DigitImage(np.full((28, width), 255, np.uint8), 1) for _ in boxes)
    middles = tuple((box.left + box.right) / 2 for box in boxes)
    strip = clean_strip(SyntheticStrip(ink, "1111", tuple(boxes), middles, digits), GEOMETRY)
    inked = np.flatnonzero((strip.ink > 0.3).any(axis=0))
    groups = np.split(inked, np.flatnonzero(np.diff(inked) > 1) + 1)
    # Strokes 3 px wide on the page are 3.9 here, and there is what is left of the slant over 26 rows.
    assert [len(group) <= 7 for group in groups] == [True] * 4


def test_a_clean_strip_equals_the_readers_strip_of_its_page() -> None:
    """Seen at its usual size, where the detector finds it as high as most digits and as long as all."""
    alike = 0
    for seed in range(40):
        layout = Layout(digits=(3, 6), gap_px=(2, 6))
        synthetic = random_strip(SyntheticDigits(), layout, np.random.default_rng(seed))
        ink = np.pad(1 - synthetic.page, 20)
        height = np.median([box.height for box in synthetic.boxes])
        middle = 20 + np.median([(box.top + box.bottom) / 2 for box in synthetic.boxes])
        ends = 20 + synthetic.boxes[0].left, 20 + max(box.right for box in synthetic.boxes)
        found = line_along((ends[0], middle), (ends[1], middle), float(height), ink)
        plain = ReadingSettings(views=(View(),))
        (line,) = PreProcessor(Seen(found), settings=plain).page(1 - ink, "page").lines
        one, other = inked(clean_strip(synthetic, GEOMETRY).ink), inked(line.outputs[0].strip.ink)
        width = min(one.shape[1], other.shape[1])
        difference = np.abs(one[:, :width] - other[:, :width]).mean()
        alike += bool(abs(one.shape[1] - other.shape[1]) <= 2 and difference < 0.1)
    # Where two slants make the columns about equally uneven, a few pixels decide for one or the other.
    assert alike >= 38
