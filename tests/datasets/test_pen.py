"""Drawn digits: how large they are, the look of the hand, and the shapes themselves."""

from collections import Counter
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdnn.datasets.pen import (
    ALLOGRAPHS,
    IMAGE_PX,
    TEXT_PX,
    AllographPreference,
    WriterStyle,
    draw_digit,
    random_writer_style,
)

SHAPES = [(label, allograph.name) for label, allographs in ALLOGRAPHS.items() for allograph in allographs]
STEADY = WriterStyle(slant_deg=0, unevenness=0, width_spread=0, warp=0, jitter=0, roundness=0, sloppiness=0)
HOLES = [1, 0, 0, 0, 0, 0, 1, 0, 2, 1]
NO_HOLE = {0: ("open",), 6: ("open", "curled", "closed top"), 9: ("open", "ear")}
ONE_HOLE = {
    2: ("looped", "ringed", "closed", "heel", "q", "loop and tick"),
    3: ("looped",),
    4: ("closed", "looped"),
    8: ("gap", "ribbon", "tail"),
}
OTHER_HOLES = {
    (label, name): count
    for count, shapes in enumerate((NO_HOLE, ONE_HOLE))
    for label, names in shapes.items()
    for name in names
}

Image = npt.NDArray[np.uint8]
seeds = st.integers(0, 2**32 - 1)
shapes = pytest.mark.parametrize(("label", "name"), SHAPES, ids=[f"{label}-{name}" for label, name in SHAPES])


def steady(label: int, name: str | None = None, scale: int = 1, **settings: float) -> Image:
    return draw_digit(label, replace(STEADY, **settings), np.random.default_rng(0), name, scale)  # type: ignore[arg-type]


def points(label: int, name: str) -> list[list[tuple[int, int, bool]]]:
    """The strokes in the table: x, y and whether there is a corner."""
    (strokes,) = (allograph.strokes for allograph in ALLOGRAPHS[label] if allograph.name == name)
    return [
        [(*map(int, point.replace("!", "").split()), "!" in point) for point in stroke.split(",")]  # type: ignore[misc]
        for stroke in strokes.split("/")
    ]


def height_share(label: int, name: str) -> float:
    """Height in the table over that of a usual digit."""
    return float(np.ptp([y for stroke in points(label, name) for _, y, _ in stroke])) / 100


def width_and_height(image: Image) -> tuple[int, int]:
    # Half ink and more: how large the digit looks, without the soft rim.
    _, _, width, height = cv2.boundingRect((image >= 128).astype(np.uint8))
    return width, height


def lean(image: Image) -> float:
    """Pixels to the right per pixel up, from the second moments."""
    moments = cv2.moments(image)
    return -float(moments["mu11"] / moments["mu02"])


def holes(image: Image) -> int:
    """Patches of paper that the ink shuts in; a few pixels alone are a notch in the outline."""
    paper = (image < 128).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(paper, connectivity=4)
    ink_and_surroundings = 2
    return int((stats[:, cv2.CC_STAT_AREA] > 4).sum()) - ink_and_surroundings


def assert_whole(image: Image) -> None:
    assert image.max() > 0
    assert image[[0, -1]].max() == image[:, [0, -1]].max() == 0


def test_every_digit_has_many_allographs_with_names_of_their_own() -> None:
    assert sorted(ALLOGRAPHS) == list(range(10))
    assert len(SHAPES) == len(set(SHAPES))
    assert all(len(allographs) >= 8 for allographs in ALLOGRAPHS.values())


def test_the_usual_shape_of_a_digit_comes_first() -> None:
    for first, *others in ALLOGRAPHS.values():
        assert all(0 < other.weight <= first.weight for other in others)


@given(seed=seeds, label=st.integers(0, 9))
def test_a_digit_is_made_again_from_its_seed(seed: int, label: int) -> None:
    first, second = (
        draw_digit(label, random_writer_style(rng), rng)
        for rng in (np.random.default_rng(seed), np.random.default_rng(seed))
    )
    np.testing.assert_array_equal(first, second)


@given(seed=seeds, shape=st.sampled_from(SHAPES), scale=st.sampled_from([1, 2, 4]))
def test_a_digit_is_whole_centred_and_as_high_as_its_hand_says(
    seed: int, shape: tuple[int, str], scale: int
) -> None:
    rng = np.random.default_rng(seed)
    hand = random_writer_style(rng)
    image = draw_digit(shape[0], hand, rng, shape[1], scale)
    assert len(image) == IMAGE_PX * scale
    assert image.dtype == np.uint8
    assert_whole(image)
    assert image.max() > 120
    paper = [image[:scale], image[-scale:], image[:, :scale], image[:, -scale:]]
    assert max(edge.max() for edge in paper) == 0

    # A quill's line ends in a thin or a broad edge.
    slack_px = 2 + hand.pressure * hand.pen_px * scale
    inked_rows, inked_columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    assert inked_rows[0] + inked_rows[-1] == pytest.approx(len(image) - 1, abs=slack_px)
    assert inked_columns[0] + inked_columns[-1] == pytest.approx(image.shape[1] - 1, abs=slack_px)
    height = len(image[inked_rows[0] : inked_rows[-1] + 1])
    usual = min(TEXT_PX * hand.size * height_share(*shape), 25.5) * scale
    assert (
        (1 - 2 * hand.unevenness) * usual - slack_px <= height <= (1 + 2 * hand.unevenness) * usual + slack_px
    )


@shapes
def test_a_steady_digit_is_as_high_as_its_allograph(label: int, name: str) -> None:
    for scale in (1, 2):
        height = scale * min(TEXT_PX * height_share(label, name), IMAGE_PX - 2.5)
        assert width_and_height(steady(label, name, scale))[1] == pytest.approx(height, abs=1.3)


@shapes
def test_twice_the_scale_is_the_same_picture_twice_as_large(label: int, name: str) -> None:
    small, large = steady(label, name), steady(label, name, 2)
    assert large.shape[1] == pytest.approx(2 * small.shape[1], abs=2)
    assert large.sum() / 4 == pytest.approx(small.sum(), rel=0.05)


@shapes
def test_no_hand_cuts_a_digit_at_the_border(label: int, name: str) -> None:
    assert_whole(steady(label, name, size=2.0, pen_px=5, slant_deg=45, aspect=2))


@shapes
def test_a_steady_digit_has_the_holes_of_its_class(label: int, name: str) -> None:
    expected = OTHER_HOLES.get((label, name), HOLES[label])
    assert holes(steady(label, name, 2, pen_px=1.2, aspect=1.2)) == expected


@pytest.mark.parametrize("label", [0, 8])
def test_the_loops_of_most_random_digits_stay_open(label: int) -> None:
    rng = np.random.default_rng(1)
    counts = [holes(draw_digit(label, random_writer_style(rng), rng, scale=2)) for _ in range(200)]
    assert np.mean(np.greater(counts, 0)) > 0.8


def test_with_more_rows_a_long_tail_is_not_pressed_into_the_height() -> None:
    def height(rows_px: int) -> int:
        ink = draw_digit(9, STEADY, np.random.default_rng(0), "deep", scale=2, rows_px=rows_px)
        assert len(ink) == 2 * rows_px
        assert_whole(ink)
        return int(np.ptp(np.flatnonzero(ink.any(axis=1)))) + 1

    assert height(28) == pytest.approx(2 * 25.5, abs=1)
    assert height(36) == pytest.approx(2 * 20 * 1.46, abs=2)


def test_a_one_climbs_steeply_to_its_corner_and_a_seven_runs_level() -> None:
    for label, steep in ((1, True), (7, False)):
        met = 0
        for allograph in ALLOGRAPHS[label]:
            for stroke in points(label, allograph.name):
                corners = [at for at, (_, _, corner) in enumerate(stroke) if corner]
                if not corners:
                    continue
                (x0, y0, _), (x1, y1, _) = stroke[corners[-1] - 1 : corners[-1] + 1]
                angle_deg = np.degrees(np.arctan2(y0 - y1, x1 - x0))
                assert angle_deg > 45 if steep else abs(angle_deg) < 45
                met += 1
        assert met >= 6


@shapes
def test_no_two_allographs_of_a_digit_are_the_same_picture(label: int, name: str) -> None:
    image = steady(label, name).astype(int)
    for other in ALLOGRAPHS[label]:
        if other.name != name:
            drawn = steady(label, other.name).astype(int)
            width = min(image.shape[1], drawn.shape[1])
            assert np.abs(image[:, :width] - drawn[:, :width]).sum() > 8 * 255


def test_without_a_habit_every_allograph_turns_up_and_the_usual_ones_most() -> None:
    rng = np.random.default_rng(0)
    names = {steady(7, allograph.name).tobytes(): allograph.name for allograph in ALLOGRAPHS[7]}
    drawn = Counter(names[draw_digit(7, STEADY, rng).tobytes()] for _ in range(1500))
    assert sorted(drawn) == sorted(names.values())
    total = sum(allograph.weight for allograph in ALLOGRAPHS[7])
    for allograph in ALLOGRAPHS[7]:
        assert drawn[allograph.name] / 1500 == pytest.approx(allograph.weight / total, abs=0.04)


def test_a_writer_keeps_to_his_habit_but_not_always() -> None:
    rng = np.random.default_rng(0)
    habits = tuple(
        AllographPreference(allographs[-1].name, np.zeros((5, 2))) for allographs in ALLOGRAPHS.values()
    )
    for loyalty in (0.6, 1.0):
        hand = replace(STEADY, habits=habits, loyalty=loyalty)
        habitual = steady(4, habits[4].allograph).tobytes()
        kept = np.mean([draw_digit(4, hand, rng).tobytes() == habitual for _ in range(400)])
        by_chance = ALLOGRAPHS[4][-1].weight / sum(allograph.weight for allograph in ALLOGRAPHS[4])
        assert kept == pytest.approx(loyalty + (1 - loyalty) * by_chance, abs=0.07)


def test_two_digits_of_one_random_writer_are_more_alike_than_of_two() -> None:
    rng = np.random.default_rng(0)

    def ink_apart(first: Image, second: Image) -> float:
        width = max(first.shape[1], second.shape[1])
        padded = [np.pad(image, ((0, 0), (0, width - image.shape[1]))) for image in (first, second)]
        return float(cv2.absdiff(*padded).sum())

    same, other = [], []
    for label in 20 * list(range(10)):
        hand, another = random_writer_style(rng), random_writer_style(rng)
        first = draw_digit(label, hand, rng)
        same.append(ink_apart(first, draw_digit(label, hand, rng)))
        other.append(ink_apart(first, draw_digit(label, another, rng)))
    assert np.mean(same) < 0.75 * np.mean(other)


def test_a_habit_bends_the_digit_its_own_way_every_time() -> None:
    habits = tuple(
        AllographPreference(allographs[0].name, np.full((5, 2), 0.1)) for allographs in ALLOGRAPHS.values()
    )
    hand = replace(STEADY, habits=habits, loyalty=1)
    bent = {draw_digit(2, hand, np.random.default_rng(seed)).tobytes() for seed in range(5)}
    assert len(bent) == 1
    assert bent != {steady(2, ALLOGRAPHS[2][0].name).tobytes()}


@shapes
def test_one_hand_never_writes_a_digit_twice_alike(label: int, name: str) -> None:
    rng = np.random.default_rng(0)
    assert not np.array_equal(
        draw_digit(label, WriterStyle(), rng, name), draw_digit(label, WriterStyle(), rng, name)
    )


def test_random_hands_differ_in_every_setting_and_some_press_and_some_do_not() -> None:
    rng = np.random.default_rng(0)
    hands = [random_writer_style(rng) for _ in range(300)]
    for setting in vars(WriterStyle()).keys() - {"habits", "loyalty", "pressure"}:
        assert len({getattr(hand, setting) for hand in hands}) > 250 - 150 * (setting == "pen_px")
    assert 0.1 < np.mean([hand.pressure > 0 for hand in hands]) < 0.3
    assert len({tuple(habit.allograph for habit in hand.habits) for hand in hands}) == 300
    assert min(hand.slant_deg for hand in hands) < -10
    assert max(hand.slant_deg for hand in hands) > 40
    assert min(hand.pen_px for hand in hands) < 1
    assert max(hand.pen_px for hand in hands) > 4


@shapes
def test_edges_are_soft(label: int, name: str) -> None:
    image = steady(label, name)
    ink = image > 0
    between = ink & (image < 255)
    assert between.sum() > 0.3 * ink.sum()
    assert len(np.unique(image)) > 8


@shapes
def test_a_broader_pen_leaves_more_ink_in_the_same_height(label: int, name: str) -> None:
    thin, broad = (steady(label, name, 2, pen_px=pen_px) for pen_px in (1.6, 3.2))
    assert broad.sum() > 1.4 * thin.sum()
    assert width_and_height(broad)[1] == pytest.approx(width_and_height(thin)[1], abs=2)


@pytest.mark.parametrize("scale", [1, 2])
def test_the_line_is_as_wide_as_the_pen(scale: int) -> None:
    for pen_px in (0.7, 1.5, 2.0, 2.7, 3.5, 5.0):
        across = steady(1, "plain", scale, pen_px=pen_px)[IMAGE_PX * scale // 2].sum() / 255
        assert across == pytest.approx(scale * pen_px, abs=0.14 * scale)


def test_a_quill_draws_broad_down_strokes_and_thin_bars() -> None:
    quill, ballpoint = (steady(7, "plain", 4, pen_px=3, pressure=pressure) for pressure in (0.6, 0))
    down_strokes = [(image[16 * 4] > 127).sum() for image in (quill, ballpoint)]
    bars = [(image[:40, image.shape[1] // 2] > 127).sum() for image in (quill, ballpoint)]
    assert down_strokes[0] > 0.85 * down_strokes[1]
    assert bars[0] < 0.6 * bars[1]


def test_slant_leans_to_the_right_by_its_angle() -> None:
    for slant_deg in (-20, 0, 25, 45):
        assert lean(steady(1, "plain", slant_deg=slant_deg)) == pytest.approx(
            np.tan(np.radians(slant_deg)), abs=0.03
        )


def test_rotation_turns_clockwise() -> None:
    # A clockwise turn takes the top of a stroke to the right.
    assert lean(steady(1, "plain", rotation_deg=6)) == pytest.approx(np.tan(np.radians(6)), abs=0.02)


def test_aspect_and_size_set_the_proportions() -> None:
    width, height = width_and_height(steady(0, "closed"))
    wide, tall = width_and_height(steady(0, "closed", aspect=1.4))
    assert wide > width + 2
    assert tall == height
    assert width_and_height(steady(0, "closed", size=0.8))[1] == pytest.approx(0.8 * TEXT_PX, abs=1)


def test_width_spread_makes_digits_narrow_and_wide_within_bounds() -> None:
    rng = np.random.default_rng(0)
    usual, _ = width_and_height(steady(0, "closed"))
    spread = replace(STEADY, width_spread=0.3)
    widths = [width_and_height(draw_digit(0, spread, rng, "closed"))[0] for _ in range(200)]
    # The pen is as broad on a narrow digit as on a wide one.
    assert 0.5 * usual <= min(widths) < 0.75 * usual
    assert 1.4 * usual < max(widths) <= 2 * usual + 1


def test_a_narrow_writer_draws_no_seven_as_narrow_as_a_one_and_a_marker_leaves_room() -> None:
    narrow, normal = (width_and_height(steady(7, "wavy", 4, aspect=aspect))[0] for aspect in (0.3, 1))
    (wavy,) = (allograph for allograph in ALLOGRAPHS[7] if allograph.name == "wavy")
    assert narrow == pytest.approx(wavy.least_aspect * normal, rel=0.1)
    assert holes(steady(8, "slim", 2, aspect=0.3, pen_px=4)) > 0


def test_round_corners_cut_off_what_sharp_ones_reach() -> None:
    sharp, rounded = (steady(4, "open", 2, pen_px=1.5, roundness=roundness) for roundness in (0, 1))
    assert np.abs(sharp.astype(int)[:, :20] - rounded.astype(int)[:, :20]).sum() > 10 * 255
    np.testing.assert_array_equal(steady(0, "closed"), steady(0, "closed", roundness=1))


def test_a_sloppy_hand_leaves_some_loops_open_and_closes_some_open_ones() -> None:
    rng = np.random.default_rng(0)
    sloppy = replace(STEADY, sloppiness=0.1, pen_px=1.2)
    for name in ("closed", "open"):
        kept = holes(steady(0, name, 2, pen_px=1.2))
        same = [holes(draw_digit(0, sloppy, rng, name, 2)) == kept for _ in range(100)]
        assert 0.4 < np.mean(same) < 0.9


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
