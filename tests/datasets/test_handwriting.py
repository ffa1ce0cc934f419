from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdnn.datasets.digits import DigitImage, Writer
from sdnn.datasets.handwriting import LineStyle, random_line_style, write_line
from sdnn.datasets.pen import SyntheticDigits
from sdnn.datasets.rasterizer import Ink
from sdnn.datasets.signs import random_signs

PLAIN = LineStyle(
    heights=np.ones(10),
    drops=np.zeros(10),
    text_px=40.0,
    gap=0.3,
    gap_spread=0.0,
    width_spread=0.0,
    size_spread=0.0,
    baseline_spread=0.0,
    wobble=0.0,
)


class Blocks:
    """A writer whose digits are full rectangles, 20 rows high and 10 columns wide."""

    pen_px = 2.0

    def draw(self, label: int, rng: np.random.Generator) -> DigitImage:
        ink = np.zeros((28, 10), np.uint8)
        ink[4:24] = 255
        return DigitImage(ink, label)

    def writer(self, rng: np.random.Generator, scale: int = 1) -> Writer:
        return self


def written(text: str, style: LineStyle = PLAIN, signs: dict[int, str] | None = None, seed: int = 0) -> Ink:
    return write_line(Blocks(), text, signs or {}, style, np.random.default_rng(seed))


def runs(line: Ink) -> list[tuple[int, int]]:
    """First column and end of each stretch of inked columns."""
    inked = np.append(0, (line > 127).any(axis=0).astype(int))
    change = np.diff(np.append(inked, 0))
    firsts, ends = np.flatnonzero(change == 1).tolist(), np.flatnonzero(change == -1).tolist()
    return list(zip(firsts, ends, strict=True))


def rows(line: Ink, run: tuple[int, int]) -> tuple[int, int]:
    inked = np.flatnonzero((line[:, run[0] : run[1]] > 127).any(axis=1))
    return int(inked[0]), int(inked[-1]) + 1


def test_digits_stand_side_by_side_at_the_size_and_gap_of_the_style() -> None:
    found = runs(written("123"))
    assert [end - first for first, end in found] == pytest.approx([20, 20, 20], abs=2)
    assert [after[0] - before[1] for before, after in pairwise(found)] == pytest.approx([12, 12], abs=2)


def test_the_line_is_cropped_to_its_ink() -> None:
    ink = written("42")
    assert ink[0].any()
    assert ink[-1].any()
    assert ink[:, 0].any()
    assert ink[:, -1].any()
    assert ink.shape[0] == pytest.approx(40, abs=2)


def test_a_digit_has_the_height_and_the_place_that_the_style_gives_it() -> None:
    heights, drops = np.ones(10), np.zeros(10)
    heights[0], drops[7] = 0.5, 0.25
    line = written("107", replace(PLAIN, heights=heights, drops=drops))
    one, zero, seven = (rows(line, run) for run in runs(line))
    assert zero[1] == pytest.approx(one[1], abs=1)
    assert zero[1] - zero[0] == pytest.approx(20, abs=2)
    assert seven[1] - one[1] == pytest.approx(10, abs=2)
    assert seven[1] - seven[0] == pytest.approx(40, abs=2)


@pytest.mark.parametrize("text", ["111", "777"], ids=["standing", "hanging"])
def test_a_style_can_make_the_first_digit_taller(text: str) -> None:
    line = written(text, replace(PLAIN, first=1.5))
    spans = [rows(line, run) for run in runs(line)]
    assert [bottom - top for top, bottom in spans] == pytest.approx([60, 40, 40], abs=2)
    assert [end - first for first, end in runs(line)] == pytest.approx([30, 20, 20], abs=2)
    assert [bottom for _, bottom in spans] == pytest.approx([line.shape[0]] * 3, abs=1)  # no tail


def test_the_first_digit_is_as_tall_as_the_others_by_default() -> None:
    np.testing.assert_array_equal(written("111", replace(PLAIN, first=1.0)), written("111"))
    line = written("111")
    heights = [bottom - top for top, bottom in (rows(line, run) for run in runs(line))]
    assert heights == pytest.approx([40, 40, 40], abs=2)


def test_aspect_widens_and_leaves_the_height() -> None:
    line = written("5", replace(PLAIN, aspect=1.5))
    ((first, end),) = runs(line)
    assert end - first == pytest.approx(30, abs=2)
    assert line.shape[0] == pytest.approx(40, abs=2)


def test_slant_leans_to_the_right_going_up() -> None:
    ink = written("1", replace(PLAIN, slant=0.5)) > 127
    top, bottom = (float(np.flatnonzero(ink[row]).mean()) for row in (3, -4))
    assert (top - bottom) / (ink.shape[0] - 7) == pytest.approx(0.5, abs=0.05)


def test_the_slope_raises_the_end_of_the_line() -> None:
    line = written("1111", replace(PLAIN, slope=0.1))
    feet = [rows(line, run)[1] for run in runs(line)]
    rise = (feet[0] - feet[-1]) / (runs(line)[-1][0] - runs(line)[0][0])
    assert rise == pytest.approx(0.1, abs=0.03)


@pytest.mark.parametrize("sign", list('.,:"-=$#'))
def test_a_sign_stands_between_its_neighbours(sign: str) -> None:
    plain, marked = written("12"), written("12", signs={1: sign})
    first, last = runs(marked)[0], runs(marked)[-1]
    between = marked[:, first[1] : last[0]]
    assert (between > 127).any()
    assert marked.shape[1] > plain.shape[1]


def test_a_dot_stands_at_the_foot_and_a_dash_half_way_up() -> None:
    for sign, low, high in ((".", 0.85, 1.1), ("-", 0.35, 0.75)):
        line = written("1", signs={1: sign})
        top, bottom = rows(line, runs(line)[-1])
        assert low < (top + bottom) / 2 / 40 < high


def test_signs_stand_before_the_first_and_after_the_last_digit_too() -> None:
    line = written("7", signs={0: "$", 1: "="})
    widths = [end - first for first, end in runs(line)]
    assert len(widths) >= 3
    assert any(width == pytest.approx(20, abs=2) for width in widths[1:-1])


def test_joined_digits_are_one_piece_of_ink() -> None:
    assert len(runs(written("8888"))) == 4
    assert len(runs(written("8888", replace(PLAIN, joined=1.0)))) == 1


def test_zeros_can_be_joined_where_other_digits_are_not() -> None:
    assert len(runs(written("80008", replace(PLAIN, joined_zeros=1.0)))) == 3


def test_digits_with_a_sign_between_them_are_not_joined() -> None:
    line = written("88", replace(PLAIN, joined=1.0, gap=0.6), signs={1: "."})
    assert len(runs(line)) > 1


@given(seed=st.integers(0, 10_000), count=st.integers(1, 12))
@settings(max_examples=60, deadline=None)
def test_any_style_writes_any_text(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    text = "".join(map(str, rng.integers(10, size=count)))
    line = write_line(
        SyntheticDigits().writer(rng, scale=2), text, random_signs(count, rng), random_line_style(rng), rng
    )
    assert line.dtype == np.uint8
    edges = (line[0], line[-1], line[:, 0], line[:, -1])
    assert all(edge.any() for edge in edges)
    assert line.shape[1] >= count  # a column for each digit at the very least


def test_one_seed_writes_one_line() -> None:
    def line(seed: int) -> Ink:
        rng = np.random.default_rng(seed)
        return write_line(SyntheticDigits().writer(rng), "2024", {}, random_line_style(rng), rng)

    np.testing.assert_array_equal(line(3), line(3))
    assert line(3).shape != line(4).shape or (line(3) != line(4)).any()


def test_styles_differ_widely() -> None:
    styles = [random_line_style(np.random.default_rng(seed)) for seed in range(400)]
    assert min(style.text_px for style in styles) < 20
    assert max(style.text_px for style in styles) > 38
    assert min(style.gap for style in styles) < 0 < 0.5 < max(style.gap for style in styles)
    assert min(style.heights[0] for style in styles) < 0.6
    assert max(style.drops.max() for style in styles) > 0.3
    assert any(style.joined > 0.3 for style in styles)
    firsts = np.array([style.first for style in styles])
    assert (firsts > 1).mean() == pytest.approx(0.1, abs=0.05)
    assert 1.15 <= firsts[firsts > 1].min() < 1.3 < 1.5 < firsts.max() <= 1.7
