from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from helpers.steady_digits import STEADY, holes, lean, steady, width_and_height

from sdnn.datasets.allographs import ALLOGRAPHS
from sdnn.datasets.digits import TEXT_PX
from sdnn.datasets.pen import draw_digit
from sdnn.datasets.writer_style import AllographPreference, WriterStyle, random_writer_style


def test_without_a_preference_allographs_turn_up_by_their_weights() -> None:
    rng = np.random.default_rng(0)
    names = {steady(7, allograph.name).tobytes(): allograph.name for allograph in ALLOGRAPHS[7]}
    drawn = Counter(names[draw_digit(7, STEADY, rng).tobytes()] for _ in range(1500))
    assert sorted(drawn) == sorted(names.values())
    total = sum(allograph.weight for allograph in ALLOGRAPHS[7])
    for allograph in ALLOGRAPHS[7]:
        assert drawn[allograph.name] / 1500 == pytest.approx(allograph.weight / total, abs=0.04)


def test_the_preferred_allograph_is_as_frequent_as_the_consistency() -> None:
    rng = np.random.default_rng(0)
    preferences = tuple(
        AllographPreference(allographs[-1].name, np.zeros((5, 2))) for allographs in ALLOGRAPHS.values()
    )
    for consistency in (0.6, 1.0):
        style = replace(STEADY, preferences=preferences, consistency=consistency)
        preferred = steady(4, preferences[4].allograph).tobytes()
        kept = np.mean([draw_digit(4, style, rng).tobytes() == preferred for _ in range(400)])
        by_chance = ALLOGRAPHS[4][-1].weight / sum(allograph.weight for allograph in ALLOGRAPHS[4])
        assert kept == pytest.approx(consistency + (1 - consistency) * by_chance, abs=0.07)


def test_a_mean_warp_is_the_same_every_time() -> None:
    preferences = tuple(
        AllographPreference(allographs[0].name, np.full((5, 2), 0.1)) for allographs in ALLOGRAPHS.values()
    )
    style = replace(STEADY, preferences=preferences, consistency=1)
    bent = {draw_digit(2, style, np.random.default_rng(seed)).tobytes() for seed in range(5)}
    assert len(bent) == 1
    assert bent != {steady(2, ALLOGRAPHS[2][0].name).tobytes()}


def test_random_styles_differ_in_every_setting_and_some_have_pressure() -> None:
    rng = np.random.default_rng(0)
    styles = [random_writer_style(rng) for _ in range(300)]
    for setting in vars(WriterStyle()).keys() - {"preferences", "consistency", "pressure"}:
        assert len({getattr(style, setting) for style in styles}) > 250 - 150 * (setting == "pen_px")
    assert 0.1 < np.mean([style.pressure > 0 for style in styles]) < 0.3
    assert len({tuple(preference.allograph for preference in style.preferences) for style in styles}) == 300
    assert min(style.slant_deg for style in styles) < -10
    assert max(style.slant_deg for style in styles) > 40
    assert min(style.pen_px for style in styles) < 1
    assert max(style.pen_px for style in styles) > 4


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
    assert narrow == pytest.approx(wavy.min_aspect * normal, rel=0.1)
    assert holes(steady(8, "slim", 2, aspect=0.3, pen_px=4)) > 0


def test_round_corners_cut_off_what_sharp_ones_reach() -> None:
    sharp, rounded = (steady(4, "open", 2, pen_px=1.5, roundness=roundness) for roundness in (0, 1))
    assert np.abs(sharp.astype(int)[:, :20] - rounded.astype(int)[:, :20]).sum() > 10 * 255
    np.testing.assert_array_equal(steady(0, "closed"), steady(0, "closed", roundness=1))


def test_overshoot_opens_some_loops_and_closes_some_open_ones() -> None:
    rng = np.random.default_rng(0)
    sloppy = replace(STEADY, overshoot=0.1, pen_px=1.2)
    for name in ("closed", "open"):
        kept = holes(steady(0, name, 2, pen_px=1.2))
        same = [holes(draw_digit(0, sloppy, rng, name, 2)) == kept for _ in range(100)]
        assert 0.4 < np.mean(same) < 0.9


def test_digits_without_spread_are_alike_and_size_spread_changes_the_size() -> None:
    rng = np.random.default_rng(0)
    uneven_style = replace(STEADY, size_spread=0.08)
    uneven = {width_and_height(draw_digit(1, uneven_style, rng, "plain"))[1] for _ in range(20)}
    even = {draw_digit(1, STEADY, rng, "plain").tobytes() for _ in range(20)}
    assert len(uneven) > 3
    assert len(even) == 1
