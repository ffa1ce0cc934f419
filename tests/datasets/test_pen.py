"""Drawn digits: the format of MNIST, the look of the hand, and the shapes themselves."""

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdnn.datasets.pen import ALLOGRAPHS, IMAGE_PX, TEXT_PX, Hand, draw_digit, random_hand

SHAPES = [(label, allograph.name) for label, allographs in ALLOGRAPHS.items() for allograph in allographs]
STEADY = Hand(slant_deg=0, unevenness=0, warp=0, jitter=0)
HOLES = [1, 0, 0, 0, 0, 0, 1, 0, 2, 1]
LOOPED = [(2, "looped"), (4, "closed")]

Image = npt.NDArray[np.uint8]
seeds = st.integers(0, 2**32 - 1)
shapes = pytest.mark.parametrize(("label", "name"), SHAPES, ids=[f"{label}-{name}" for label, name in SHAPES])


def steady(label: int, name: str | None = None, **settings: float) -> Image:
    return draw_digit(label, replace(STEADY, **settings), np.random.default_rng(0), name)


def width_and_height(image: Image) -> tuple[int, int]:
    # Half ink and more: how large the digit looks, without the soft rim.
    _, _, width, height = cv2.boundingRect((image >= 128).astype(np.uint8))
    return width, height


def centre_of_mass(image: Image) -> npt.NDArray[np.float64]:
    y, x = np.indices(image.shape) + 0.5
    return np.array([np.average(x, weights=image), np.average(y, weights=image)])


def lean(image: Image) -> float:
    """Pixels to the right per pixel up, from the second moments."""
    moments = cv2.moments(image)
    return -float(moments["mu11"] / moments["mu02"])


def holes(image: Image) -> int:
    """Patches of paper that the ink shuts in; one pixel alone is a notch in the outline."""
    paper = (image < 128).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(paper, connectivity=4)
    ink_and_surroundings = 2
    return int((stats[:, cv2.CC_STAT_AREA] > 1).sum()) - ink_and_surroundings


def test_every_digit_has_allographs_with_names_of_their_own() -> None:
    assert sorted(ALLOGRAPHS) == list(range(10))
    assert len(SHAPES) == len(set(SHAPES))
    assert all(len(allographs) >= 2 for allographs in ALLOGRAPHS.values())


@given(seed=seeds, label=st.integers(0, 9))
def test_a_digit_is_made_again_from_its_seed(seed: int, label: int) -> None:
    first, second = (
        draw_digit(label, random_hand(rng), rng)
        for rng in (np.random.default_rng(seed), np.random.default_rng(seed))
    )
    np.testing.assert_array_equal(first, second)


@given(seed=seeds, shape=st.sampled_from(SHAPES))
def test_a_picture_is_whole_centred_and_of_the_size_of_mnist(seed: int, shape: tuple[int, str]) -> None:
    rng = np.random.default_rng(seed)
    image = draw_digit(shape[0], random_hand(rng), rng, shape[1])
    assert image.shape == (IMAGE_PX, IMAGE_PX)
    assert image.dtype == np.uint8
    assert image.max() > 200
    assert image[[0, -1]].max() == image[:, [0, -1]].max() == 0
    assert TEXT_PX - 4 <= max(width_and_height(image)) <= TEXT_PX + 3
    # Beyond a pixel only where a lopsided digit, mostly a 7, would otherwise leave the picture.
    assert np.abs(centre_of_mass(image) - IMAGE_PX / 2).max() < 3


@shapes
def test_a_steady_digit_fills_the_text_height_and_is_centred_within_a_pixel(label: int, name: str) -> None:
    image = steady(label, name)
    assert max(width_and_height(image)) == pytest.approx(TEXT_PX, abs=1)
    assert np.abs(centre_of_mass(image) - IMAGE_PX / 2).max() < 1


@shapes
def test_no_hand_cuts_a_digit_at_the_border(label: int, name: str) -> None:
    image = steady(label, name, size=2.0, pen_px=4, slant_deg=30)
    assert image[[0, -1]].max() == image[:, [0, -1]].max() == 0


@shapes
def test_a_steady_digit_has_the_holes_of_its_class(label: int, name: str) -> None:
    expected = HOLES[label] + ((label, name) in LOOPED)
    assert holes(steady(label, name, pen_px=2.0, aspect=1.2)) == expected


@pytest.mark.parametrize("label", [0, 8])
def test_the_loops_of_most_random_digits_stay_open(label: int) -> None:
    rng = np.random.default_rng(1)
    counts = [holes(draw_digit(label, random_hand(rng), rng)) for _ in range(200)]
    assert np.mean(np.equal(counts, HOLES[label])) > 0.75


@shapes
def test_no_two_allographs_of_a_digit_are_the_same_picture(label: int, name: str) -> None:
    image = steady(label, name).astype(int)
    for other in ALLOGRAPHS[label]:
        if other.name != name:
            assert np.abs(image - steady(label, other.name)).sum() > 10 * 255


def test_without_a_name_every_allograph_turns_up() -> None:
    drawn = {draw_digit(7, STEADY, np.random.default_rng(seed)).tobytes() for seed in range(30)}
    assert drawn == {steady(7, "plain").tobytes(), steady(7, "crossed").tobytes()}


@shapes
def test_one_hand_never_writes_a_digit_twice_alike(label: int, name: str) -> None:
    rng = np.random.default_rng(0)
    assert (draw_digit(label, Hand(), rng, name) != draw_digit(label, Hand(), rng, name)).any()


def test_two_random_hands_differ_in_every_setting() -> None:
    rng = np.random.default_rng(0)
    first, second = vars(random_hand(rng)), vars(random_hand(rng))
    assert all(first[setting] != second[setting] for setting in first)


@shapes
def test_edges_are_soft(label: int, name: str) -> None:
    image = steady(label, name)
    ink = image > 0
    between = ink & (image < 255)
    assert between.sum() > 0.3 * ink.sum()
    assert len(np.unique(image)) > 8


@shapes
def test_a_broader_pen_leaves_more_ink_in_the_same_extent(label: int, name: str) -> None:
    thin, broad = steady(label, name, pen_px=1.6), steady(label, name, pen_px=3.2)
    assert broad.sum() > 1.4 * thin.sum()
    assert max(width_and_height(broad)) == pytest.approx(TEXT_PX, abs=1)


def test_the_line_is_as_wide_as_the_pen() -> None:
    for pen_px in (1.5, 2.0, 2.7, 3.5):
        across = steady(1, "plain", pen_px=pen_px)[IMAGE_PX // 2].sum() / 255
        assert across == pytest.approx(pen_px, abs=0.13)


def test_slant_leans_to_the_right_by_its_angle() -> None:
    for slant_deg in (-15, 0, 25):
        assert lean(steady(1, "plain", slant_deg=slant_deg)) == pytest.approx(
            np.tan(np.radians(slant_deg)), abs=0.02
        )


def test_rotation_turns_clockwise() -> None:
    # A clockwise turn takes the top of a stroke to the right.
    assert lean(steady(1, "plain", rotation_deg=6)) == pytest.approx(np.tan(np.radians(6)), abs=0.02)


def test_aspect_and_size_set_the_proportions() -> None:
    width, height = width_and_height(steady(0, "closed"))
    wide, tall = width_and_height(steady(0, "closed", aspect=1.3))
    assert wide > width + 2
    assert tall == height
    assert width_and_height(steady(0, "closed", size=0.8))[1] == pytest.approx(0.8 * TEXT_PX, abs=1)


def test_a_hand_without_spread_repeats_itself_and_unevenness_changes_the_size() -> None:
    rng = np.random.default_rng(0)
    uneven_hand = replace(STEADY, unevenness=0.08)
    uneven = {width_and_height(draw_digit(1, uneven_hand, rng, "plain"))[1] for _ in range(20)}
    even = {draw_digit(1, STEADY, rng, "plain").tobytes() for _ in range(20)}
    assert len(uneven) > 3
    assert len(even) == 1


@pytest.mark.parametrize("label", [-1, 10])
def test_a_label_that_is_no_digit_is_refused(label: int) -> None:
    with pytest.raises(ValueError, match=f"no digit {label}"):
        draw_digit(label, STEADY, np.random.default_rng(0))


def test_an_unknown_allograph_is_refused_with_the_known_ones_named() -> None:
    with pytest.raises(ValueError, match="digit 7 has no allograph 'curly': it has plain, crossed"):
        steady(7, "curly")
