import cv2
import numpy as np
import pytest
from helpers.fake_detections import line_along, maps_of
from hypothesis import given, settings
from hypothesis import strategies as st

from sdnn.datasets.pen import SyntheticDigits
from sdnn.datasets.strips import Layout, SyntheticStrip, random_strip
from sdnn.detection import LineCrop, TextLine, crop_line
from sdnn.detection.line_crop import CROP_HEIGHTS, MAX_DIGIT_PX, MAX_OVERHANG_HEIGHTS, OTHER_INK
from sdnn.enums import Polarity
from sdnn.models.lenet import LENET
from sdnn.preprocessing import to_strip
from sdnn.results import Box, FloatArray

seeds = st.integers(0, 2**32 - 1)
few = settings(max_examples=30, deadline=None, derandomize=True)
GEOMETRY = LENET.geometry
TEXT = Box(40, 44, 172, 68)
"""Where the bars of `bars` stand."""
STRONG = 0.75
"""Ink beyond which a pixel is part of a stroke, not of its edge."""


def bars(slant: float = 0.0) -> FloatArray:
    """(112, 220) ink: strokes four pixels wide and 24 high, leaning about their middle."""
    ink = np.zeros((112, 220), np.float32)
    for left in (40, 72, 104, 136, 168):
        for row in range(44, 68):
            x = round(left + slant * (56 - row))
            ink[row, x : x + 4] = 1
    return ink


def page_of(ink: FloatArray, paper: float = 0.8, contrast: float = 0.7) -> FloatArray:
    """Dark ink on grey paper."""
    return np.asarray(paper * (1 - contrast * ink), dtype=np.float32)


def line_of(text: Box, ink: FloatArray, **settings: float) -> TextLine:
    """The line through the middle of a box, found on maps that know all the ink."""
    middle = (text.top + text.bottom) / 2
    return line_along((text.left, middle), (text.right, middle), text.height, ink, **settings)


def found(
    page: FloatArray, line: TextLine, polarity: Polarity = Polarity.AUTO
) -> tuple[FloatArray, LineCrop]:
    matrix, crop = crop_line(page, line, polarity)
    assert crop is not None
    return matrix, crop


def digits(seed: int, count: tuple[int, int] = (2, 6)) -> tuple[SyntheticStrip, FloatArray, Box]:
    """Drawn digits with paper all round, their ink, and the box of their line."""
    strip = random_strip(SyntheticDigits(), Layout(digits=count), np.random.default_rng(seed))
    ink = np.pad(strip.ink.astype(np.float32) / 255, ((16, 16), (20, 20)))
    around = Box.around(list(strip.boxes))
    return strip, ink, Box(around.left + 20, around.top + 16, around.right + 20, around.bottom + 16)


def inked(ink: FloatArray) -> Box:
    """The box round what is more ink than paper."""
    rows, columns = np.flatnonzero((ink > 0.5).any(axis=1)), np.flatnonzero((ink > 0.5).any(axis=0))
    return Box(float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))


def edges(box: Box) -> list[float]:
    return [box.left, box.top, box.right, box.bottom]


def on_picture(box: Box, matrix: FloatArray) -> Box:
    """The box of the picture that holds a box of the cutout."""
    corners = np.array([(x, y, 1.0) for x in (box.left, box.right) for y in (box.top, box.bottom)])
    x, y = matrix @ corners.T
    return Box(float(x.min()), float(y.min()), float(x.max()), float(y.max()))


# Its ink.


@pytest.mark.parametrize("dark", [True, False], ids=["dark", "light"])
def test_ink_is_strong_and_paper_is_0_whichever_of_the_two_is_darker(dark: bool) -> None:
    ink = bars()
    page = page_of(ink) if dark else 1 - page_of(ink)
    matrix, crop = found(page, line_of(TEXT, ink))
    left, top = matrix[:, 2].round().astype(int)
    seen = crop.ink()
    there = ink[top : top + seen.shape[0], left : left + seen.shape[1]]
    assert seen.dtype == np.float32
    assert seen[there == 1].min() > STRONG
    assert 0 <= seen[there == 0].min() <= seen[there == 0].max() < 0.05
    assert seen.max() <= 1


@pytest.mark.parametrize("probability", [0.07, 0.3, 0.9])
def test_ink_counts_given_that_the_line_is_one_of_digits(probability: float) -> None:
    ink = bars()
    sure = found(page_of(ink), line_of(TEXT, ink, probability=1.0))[1]
    unsure = found(page_of(ink), line_of(TEXT, 0.9 * probability * ink, probability=probability))[1]
    np.testing.assert_allclose(unsure.layers, sure.layers, atol=0.02)


def test_ink_that_is_improbable_even_given_the_line_is_none() -> None:
    ink = bars()
    assert crop_line(page_of(ink), line_of(TEXT, 0.04 * ink, probability=0.1))[1] is None


@few
@given(seed=seeds)
def test_an_inverted_page_has_the_same_writing(seed: int) -> None:
    _, ink, text = digits(seed)
    _, dark = found(page_of(ink), line_of(text, ink))
    _, light = found(1 - page_of(ink), line_of(text, ink))
    assert edges(light.text) == pytest.approx(edges(dark.text), abs=1)
    assert light.slant == pytest.approx(dark.slant, abs=0.05)
    assert np.abs(dark.ink() - light.ink()).mean() < 0.03


@pytest.mark.parametrize("polarity", [Polarity.DARK, Polarity.LIGHT])
def test_a_forced_polarity_sees_ink_of_that_side_only(polarity: Polarity) -> None:
    ink = bars()
    page = page_of(ink) if polarity is Polarity.DARK else 1 - page_of(ink)
    _, right = found(page, line_of(TEXT, ink), polarity)
    _, wrong = found(1 - page, line_of(TEXT, ink), polarity)
    assert right.ink().max() > STRONG
    assert wrong.ink()[right.ink() > STRONG].max() == 0


def test_what_the_detector_does_not_take_for_digits_is_pale() -> None:
    ink = bars()
    page = page_of(ink)
    page[54:56] = 0.1  # a ruling through all of the bars
    page[20:90, 55:58] = 0.1  # a column line between them
    matrix, crop = found(page, line_of(TEXT, ink))
    assert (crop.ink() > OTHER_INK + 0.01).any(axis=0).sum() == 5 * 4
    left = round(55 - matrix[0, 2])
    assert crop.ink()[:, left : left + 3].max() == pytest.approx(OTHER_INK, abs=0.01)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.8, 1.0])
def test_other_ink_keeps_the_share_that_is_asked_for_and_that_of_digits_stays_as_it_is(share: float) -> None:
    ink = bars()
    page = page_of(ink)
    page[20:90, 55:58] = page[30:36, 30:180] = 0.1  # between the bars and above them
    matrix, crop = found(page, line_of(TEXT, ink))
    usual, asked = crop.ink(), crop.ink(share)
    left, top = matrix[:, 2].round().astype(int)
    there = ink[top : top + usual.shape[0], left : left + usual.shape[1]] == 1
    assert there.sum() == 5 * 4 * 24
    np.testing.assert_allclose(asked[there], usual[there], atol=1e-6)
    others = ~there & (usual > OTHER_INK - 0.01)
    assert others.sum() > 500
    assert usual[others].max() == pytest.approx(OTHER_INK)
    np.testing.assert_allclose(asked[others], share / OTHER_INK * usual[others], atol=1e-6)
    assert asked[~there].max() == pytest.approx(share, abs=1e-6)


@pytest.mark.parametrize(("width_px", "least"), [(1, 0.5), (40, 0.6), (200, 0.7)])
def test_ink_in_a_shadow_is_ink_however_sharp_its_edge(width_px: int, least: float) -> None:
    """It is paler right beside an edge, where some of what surrounds it is darker than its own paper."""
    ink = bars()
    shade = np.interp(np.arange(220), [110 - width_px / 2, 110 + width_px / 2], [1.0, 0.4])
    _, bright = found(page_of(ink), line_of(TEXT, ink))
    _, shaded = found((page_of(ink) * shade).astype(np.float32), line_of(TEXT, ink))
    assert shaded.ink()[bright.ink() > STRONG].min() > least
    assert shaded.ink()[bright.ink() < 0.05].max() < 0.3


def test_ink_beyond_the_ends_of_a_line_is_no_part_of_it() -> None:
    ink = bars()
    line = line_along((72, 56), (140, 56), 24, ink)  # three of the five bars
    matrix, crop = found(page_of(ink), line)
    columns = np.flatnonzero((crop.ink() > OTHER_INK + 0.01).any(axis=0)) + round(matrix[0, 2])
    assert set(columns) == {left + pixel for left in (72, 104, 136) for pixel in range(4)}


def test_ink_a_little_beyond_the_ends_still_belongs_to_the_line() -> None:
    ink = bars()
    reach = MAX_OVERHANG_HEIGHTS * TEXT.height
    line = line_along((TEXT.left + 0.9 * reach, 56), (TEXT.right - 0.9 * reach, 56), TEXT.height, ink)
    matrix, crop = found(page_of(ink), line)
    assert edges(on_picture(inked(crop.ink()), matrix)) == pytest.approx(edges(TEXT), abs=0.5)
    assert edges(on_picture(crop.text, matrix)) == pytest.approx(edges(TEXT), abs=0.5)


@pytest.mark.parametrize("pixels", [0, 3])
def test_a_line_without_ink_has_no_writing(pixels: int) -> None:
    ink = np.zeros((112, 220), np.float32)
    ink[56, 100 : 100 + pixels] = 1
    matrix, crop = crop_line(page_of(ink), line_of(TEXT, ink))
    assert crop is None
    assert matrix.shape == (2, 3)


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_blank_paper_that_is_taken_for_ink_has_none(level: float) -> None:
    page = np.full((112, 220), level, np.float32)
    _, crop = found(page, line_of(TEXT, bars()))
    assert not crop.ink().any()


# Where it is.


@few
@given(seed=seeds)
def test_the_text_is_as_high_as_the_line_says_and_as_wide_as_the_ink(seed: int) -> None:
    _, ink, text = digits(seed)
    matrix, crop = found(page_of(ink), line_of(text, ink))
    assert crop.text.height == pytest.approx(text.height)
    assert crop.ink().shape[0] == round(CROP_HEIGHTS * text.height)
    box = on_picture(crop.text, matrix)
    assert [box.top, box.bottom] == pytest.approx([text.top, text.bottom], abs=0.5)
    # Half-way up the edges of leaning writing are where its ink would be if it were upright.
    reach = abs(crop.slant) * text.height / 2 + 1.5
    assert [box.left, box.right] == pytest.approx([text.left, text.right], abs=reach)


@few
@given(
    x=st.integers(40, 150), y=st.integers(24, 40), angle_deg=st.floats(-180, 180), scale=st.floats(1.0, 4.0)
)
def test_a_box_survives_picture_to_writing_to_picture_within_a_pixel(
    x: int, y: int, angle_deg: float, scale: float
) -> None:
    """A blot on a line that runs through the middle of the picture at any angle, digits of any height."""
    turn = np.deg2rad(angle_deg)
    along, down = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
    middle = np.array([300.0, 300.0])
    ink = np.zeros((600, 600), np.float32)
    blot = middle + scale * ((x - 100) * along + (y - 32) * down) / 2
    left, top = np.floor(blot).astype(int)
    ink[top - 4 : top + 5, left - 4 : left + 5] = 1
    ends = [tuple((middle + place * scale * along).tolist()) for place in (-40, 40)]
    matrix, crop = found(page_of(ink), line_along(ends[0], ends[1], 24 * scale, ink))
    weight = np.where(crop.ink() > OTHER_INK, crop.ink(), 0)
    weight /= weight.sum()
    rows, columns = np.indices(crop.ink().shape) + 0.5
    back = matrix @ [(weight * columns).sum(), (weight * rows).sum(), 1.0]
    assert back == pytest.approx([left + 0.5, top + 0.5], abs=1)


@pytest.mark.parametrize("angle_deg", [-40.0, -12.0, 7.0, 30.0, 90.0, 180.0])
def test_a_turned_line_comes_out_level(angle_deg: float) -> None:
    ink = np.pad(bars(), ((100, 100), (30, 30)))
    text = Box(TEXT.left + 30, TEXT.top + 100, TEXT.right + 30, TEXT.bottom + 100)
    height, width = ink.shape
    turn = cv2.getRotationMatrix2D((width / 2 - 0.5, height / 2 - 0.5), -angle_deg, 1.0)
    turned = np.asarray(cv2.warpAffine(ink, turn, (width, height)), dtype=np.float32)
    about = cv2.getRotationMatrix2D((width / 2, height / 2), -angle_deg, 1.0)
    middle = (text.top + text.bottom) / 2
    ends = [tuple((about @ [x, middle, 1.0]).tolist()) for x in (text.left, text.right)]
    _, level = found(page_of(ink), line_of(text, ink))
    _, crop = found(page_of(turned), line_along(ends[0], ends[1], text.height, turned))
    assert crop.slant == pytest.approx(0, abs=0.05)
    assert edges(crop.text) == pytest.approx(edges(level.text), abs=1)
    assert np.abs(crop.ink() - level.ink()).mean() < 0.03


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_the_maps_may_be_of_another_scale(scale: float) -> None:
    ink = np.kron(bars(), np.ones((2, 2), np.float32))
    text = Box(*(2 * edge for edge in edges(TEXT)))
    matrix, crop = found(page_of(ink), line_of(text, ink))
    middle = (text.top + text.bottom) / 2
    line = line_along((text.left, middle), (text.right, middle), text.height, maps_of(ink, scale))
    again, other = found(page_of(ink), line)
    np.testing.assert_array_equal(again, matrix)
    assert edges(other.text) == pytest.approx(edges(crop.text), abs=1)
    assert np.abs(other.ink() - crop.ink()).mean() < 0.02


@few
@given(seed=seeds, scale=st.integers(2, 12))
def test_tall_writing_is_brought_down_with_its_thin_strokes(seed: int, scale: int) -> None:
    _, ink, text = digits(seed)
    large = np.kron(ink, np.ones((scale, scale), np.float32))
    tall = Box(*(scale * edge for edge in edges(text)))
    _, crop = found(page_of(ink), line_of(text, ink))
    matrix, small = found(page_of(large), line_of(tall, large))
    assert small.text.height == pytest.approx(min(MAX_DIGIT_PX, tall.height))
    box = on_picture(small.text, matrix)
    assert [box.top / scale, box.bottom / scale] == pytest.approx([text.top, text.bottom], abs=0.5)
    # As much of the line is ink as before, whatever its size.
    assert small.ink().mean() == pytest.approx(crop.ink().mean(), rel=0.15)


def test_a_line_wider_than_opencv_counts_in_sixteen_bits_is_kept() -> None:
    ink = np.zeros((64, 40_000), np.float32)
    ink[20:44, 100:104] = ink[20:44, -104:-100] = 1
    matrix, crop = found(page_of(ink), line_along((100, 32), (39_900, 32), 24, ink))
    assert edges(on_picture(inked(crop.ink()), matrix)) == pytest.approx([100, 20, 39_900, 44], abs=1)


def test_a_line_that_sticks_out_of_the_picture_has_paper_there() -> None:
    ink = bars()[50:, 60:]  # cut through the ink
    text = Box(TEXT.left - 60, TEXT.top - 50, TEXT.right - 60, TEXT.bottom - 50)
    matrix, crop = found(page_of(ink), line_of(text, ink))
    left, top, right, _ = edges(on_picture(inked(crop.ink()), matrix))
    assert (left, top, right) == pytest.approx((12, 0, text.right), abs=1)


# How it leans.


@pytest.mark.parametrize("slant", [-0.4, 0.0, 0.6])
def test_a_leaning_stroke_stands_upright_in_the_strip_and_maps_back(slant: float) -> None:
    ink = bars(slant)
    matrix, crop = found(page_of(ink), line_of(TEXT, ink))
    assert crop.slant == pytest.approx(slant, abs=0.1)
    box = on_picture(crop.text, matrix)
    assert [box.left, box.right] == pytest.approx([TEXT.left, TEXT.right], abs=2)
    strip = to_strip(crop.ink(), crop.text, GEOMETRY, slant=crop.slant).on_page(matrix)
    columns = np.flatnonzero(strip.ink.max(axis=0) > 0.5)
    first = columns[: np.flatnonzero(np.diff(columns) > 1)[0] + 1]
    assert len(first) <= 7  # 4 px, here 26/24 of that, and what is left of the slant
    middle_of_first = (first[0] + first[-1] + 1) / 2
    half_way = GEOMETRY.height_px / 2
    on_page = strip.to_page(Box(middle_of_first, half_way, middle_of_first, half_way))
    assert on_page.left == pytest.approx(42, abs=1.5)
    assert on_page.top == pytest.approx(56, abs=1)


# The strip that is made of it.


@few
@given(seed=seeds, slant=st.floats(-0.5, 1.0), scale=st.floats(0.7, 1.3), aspect=st.floats(0.7, 1.4))
def test_a_point_survives_writing_to_strip_to_writing_however_it_is_viewed(
    seed: int, slant: float, scale: float, aspect: float
) -> None:
    _, ink, text = digits(seed)
    _, crop = found(page_of(ink), line_of(text, ink))
    strip = to_strip(crop.ink(), crop.text, GEOMETRY, slant=slant, scale=scale, aspect=aspect)
    middle = (crop.text.top + crop.text.bottom) / 2
    dot = Box(crop.text.left, middle, crop.text.left, middle)
    on_strip = strip.from_page(dot)
    assert edges(strip.to_page(on_strip)) == pytest.approx(edges(dot), abs=1e-6)
    margin = GEOMETRY.window_px // 2 + 2 * GEOMETRY.stride_px
    assert on_strip.left == pytest.approx(margin, abs=1e-6)
    assert on_strip.top == pytest.approx(GEOMETRY.height_px / 2, abs=1e-6)


@few
@given(seed=seeds, paddings=st.tuples(*[st.integers(0, 80)] * 4))
def test_paper_round_the_writing_moves_the_boxes_and_nothing_else(
    seed: int, paddings: tuple[int, int, int, int]
) -> None:
    above, below, left, right = paddings
    strip, ink, text = digits(seed)
    padded = np.pad(ink, ((above, below), (left, right)))
    moved = Box(text.left + left, text.top + above, text.right + left, text.bottom + above)
    matrix, crop = found(page_of(ink), line_of(text, ink))
    other_matrix, other = found(page_of(padded), line_of(moved, padded))
    alone = to_strip(crop.ink(), crop.text, GEOMETRY, slant=crop.slant).on_page(matrix)
    among = to_strip(other.ink(), other.text, GEOMETRY, slant=other.slant).on_page(other_matrix)
    np.testing.assert_allclose(among.ink, alone.ink, atol=0.02)
    for box in strip.boxes:
        x, y = (box.left + box.right) / 2 + 20, (box.top + box.bottom) / 2 + 16
        point, there = Box(x, y, x, y), Box(x + left, y + above, x + left, y + above)
        assert edges(among.from_page(there)) == pytest.approx(edges(alone.from_page(point)), abs=1e-6)


def test_a_page_of_twice_the_size_gives_the_same_strip_unless_its_slant_is_a_close_call() -> None:
    same = 0
    for seed in range(100):
        _, ink, text = digits(seed)
        large, tall = np.kron(ink, np.ones((2, 2), np.float32)), Box(*(2 * edge for edge in edges(text)))
        _, crop = found(page_of(ink), line_of(text, ink))
        _, doubled = found(page_of(large), line_of(tall, large))
        one, other = (
            to_strip(each.ink(), each.text, GEOMETRY, slant=each.slant).ink for each in (crop, doubled)
        )
        width = min(one.shape[1], other.shape[1])
        alike = np.abs(one[:, :width] - other[:, :width]).mean() < 0.05
        same += bool(alike and abs(one.shape[1] - other.shape[1]) <= 2)
    # Where two slants make the columns about equally uneven, a few pixels decide for one or the other.
    assert same >= 95
