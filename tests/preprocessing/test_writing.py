import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdnn.choices import Polarity
from sdnn.datasets.digits import Pen
from sdnn.datasets.strips import Layout, random_strip
from sdnn.preprocessing import Writing, strip_of_page, to_strip, writing_on
from sdnn.results import Box, FloatArray, Geometry

seeds = st.integers(0, 2**32 - 1)
few = settings(max_examples=30, deadline=None, derandomize=True)
GEOMETRY = Geometry(height_px=32, text_height_px=20, window_px=40, stride_px=2)


def drawn_page(seed: int, digits: tuple[int, int] = (4, 6)) -> FloatArray:
    """Dark digits on white, with paper all round."""
    strip = random_strip(Pen(), Layout(digits=digits), np.random.default_rng(seed))
    page = 1 - strip.ink.astype(np.float32) / np.float32(255)
    return np.pad(page, ((16, 16), (20, 20)), constant_values=1)


def sheared(page: FloatArray, slant: float) -> FloatArray:
    """The page leaning to the right, in a wider picture."""
    height, width = page.shape
    reach = int(abs(slant) * height) + 1
    matrix = np.array([[1.0, -slant, reach + slant * height / 2 - reach / 2], [0.0, 1.0, 0.0]])
    return np.asarray(
        cv2.warpAffine(
            page, matrix, (width + reach, height), borderMode=cv2.BORDER_CONSTANT, borderValue=1.0
        ),
        dtype=np.float32,
    )


def writing(page: FloatArray) -> Writing:
    found = writing_on(page)
    assert found is not None
    return found


def edges(box: Box) -> list[float]:
    return [box.left, box.top, box.right, box.bottom]


@few
@given(seed=seeds)
def test_rulings_do_not_change_where_the_writing_is(seed: int) -> None:
    page = drawn_page(seed)
    ruled = page.copy()
    ruled[8:10] = ruled[-10:-8] = 0.4
    assert edges(writing(ruled).text) == pytest.approx(edges(writing(page).text), abs=1.5)
    assert writing(ruled).ink[8:10].max() < 0.3


@few
@given(seed=seeds)
def test_a_margin_bar_does_not_set_the_scale(seed: int) -> None:
    page = drawn_page(seed)
    barred = np.pad(page, ((0, 0), (10, 0)), constant_values=1)
    barred[:, 2:7] = 0
    left, top, right, bottom = edges(writing(page).text)
    found = writing(barred)
    assert edges(found.text) == pytest.approx([left + 10, top, right + 10, bottom], abs=1.5)
    assert not found.ink[:, 2:7].any()


def test_faint_writing_beside_a_black_bar_is_ink() -> None:
    page = np.full((60, 160), 0.9, np.float32)
    page[:, :6] = 0
    for left in (60, 80, 100):
        page[20:45, left : left + 4] = 0.75
    found = writing(page)
    assert found.ink[25:40, 61:63].min() > 0.9


@pytest.mark.parametrize("width", [20, 60])
def test_a_one_as_high_as_the_page_is_kept(width: int) -> None:
    page = np.ones((40, width), np.float32)
    page[:, 5:9] = 0
    page[1:39, width - 8 : width - 5] = 0
    text = writing(page).text
    assert (text.left, text.right) == pytest.approx((5, width - 5), abs=1)


def test_the_bar_of_a_seven_as_wide_as_the_page_is_kept() -> None:
    page = np.ones((50, 40), np.float32)
    page[3:6, 2:38] = 0
    for row in range(6, 48):
        page[row, 36 - row // 3 : 40 - row // 3] = 0
    assert writing(page).ink[3:6, 4:30].min() > 0.9


def test_ink_that_reaches_in_from_another_line_is_taken_away() -> None:
    page = np.ones((60, 160), np.float32)
    for left in (40, 60, 80):
        page[18:44, left : left + 5] = 0
    page[:7, 120:135] = 0
    found = writing(page)
    assert found.text.right == pytest.approx(85, abs=0.5)
    assert not found.ink[:, 110:].any()


@few
@given(seed=seeds)
def test_an_inverted_page_has_the_same_writing(seed: int) -> None:
    page = drawn_page(seed)
    assert edges(writing(1 - page).text) == pytest.approx(edges(writing(page).text), abs=1)
    assert writing(1 - page).slant == pytest.approx(writing(page).slant, abs=0.05)


@few
@given(seed=seeds, angle=st.floats(-15, 25))
def test_a_sheared_page_leans_by_as_much_more(seed: int, angle: float) -> None:
    page = drawn_page(seed)
    upright = sheared(page, -writing(page).slant)
    more = np.tan(np.deg2rad(angle))
    leaning = writing(sheared(upright, more)).slant - writing(upright).slant
    # Doubt draws weak evidence towards none: what is found is no more than what was added, on the whole.
    assert min(0.0, more) - 0.25 <= leaning <= max(0.0, more) + 0.25


@few
@given(seed=seeds, slant=st.floats(-0.5, 1.0), scale=st.floats(0.7, 1.3), aspect=st.floats(0.7, 1.4))
def test_a_point_survives_page_to_strip_to_page_however_it_is_viewed(
    seed: int, slant: float, scale: float, aspect: float
) -> None:
    found = writing(drawn_page(seed))
    strip = to_strip(found.ink, found.text, GEOMETRY, slant=slant, scale=scale, aspect=aspect)
    middle = (found.text.top + found.text.bottom) / 2
    dot = Box(found.text.left, middle, found.text.left, middle)
    on_strip = strip.from_page(dot)
    assert edges(strip.to_page(on_strip)) == pytest.approx(edges(dot), abs=1e-6)
    margin = GEOMETRY.window_px // 2 + 2 * GEOMETRY.stride_px
    assert on_strip.left == pytest.approx(margin, abs=1e-6)
    assert on_strip.top == pytest.approx(GEOMETRY.height_px / 2, abs=1e-6)


@pytest.mark.parametrize("slant", [-0.4, 0.0, 0.6])
def test_a_leaning_stroke_stands_upright_in_the_strip_and_maps_back(slant: float) -> None:
    page = np.ones((60, 160), np.float32)
    for left in (50, 80, 110):
        for row in range(15, 45):
            x = round(left + slant * (30 - row))
            page[row, x : x + 4] = 0
    found = writing(page)
    assert found.slant == pytest.approx(slant, abs=0.1)
    strip = strip_of_page(page, GEOMETRY)
    assert strip is not None
    columns = np.flatnonzero(strip.ink.max(axis=0) > 0.5)
    first = columns[: np.flatnonzero(np.diff(columns) > 1)[0] + 1]
    assert len(first) <= 7  # 4 px at two thirds of the size, and what is left of the slant
    middle_of_first = (first[0] + first[-1] + 1) / 2
    half_way = GEOMETRY.height_px / 2
    on_page = strip.to_page(Box(middle_of_first, half_way, middle_of_first, half_way))
    assert on_page.left == pytest.approx(52, abs=1.5)
    assert on_page.top == pytest.approx(30, abs=1)


def test_scale_and_aspect_change_height_and_width_alone() -> None:
    found = writing(drawn_page(0))
    plain = to_strip(found.ink, found.text, GEOMETRY)
    for scale, aspect in ((0.8, 1.0), (1.0, 0.8), (1.2, 1.3)):
        strip = to_strip(found.ink, found.text, GEOMETRY, scale=scale, aspect=aspect)
        assert strip.ink.shape[0] == GEOMETRY.height_px
        before, after = plain.from_page(found.text), strip.from_page(found.text)
        assert after.height == pytest.approx(scale * before.height)
        assert after.width == pytest.approx(scale * aspect * before.width, abs=1.1)


@few
@given(seed=seeds)
def test_a_page_higher_than_the_writing_is_sought_on_has_its_writing_in_the_same_place(seed: int) -> None:
    page = drawn_page(seed)
    large = np.asarray(cv2.resize(page, None, fx=12, fy=12, interpolation=cv2.INTER_LINEAR), dtype=np.float32)
    found = writing(large)
    assert found.ink.shape == large.shape
    assert np.array(edges(found.text)) / 12 == pytest.approx(edges(writing(page).text), abs=2)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (2, 2), (40, 200), (600, 50)])
@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_an_even_page_has_no_writing(shape: tuple[int, int], level: float) -> None:
    assert writing_on(np.full(shape, level, np.float32)) is None


def test_a_ruling_alone_is_no_writing() -> None:
    page = np.ones((80, 160), np.float32)
    page[40:45] = 0
    assert writing_on(page) is None


def test_a_line_on_a_high_page_is_as_sharp_as_on_a_page_of_its_own() -> None:
    strip = np.ones((120, 400), np.float32)
    for left in range(60, 340, 40):
        strip[30:90, left : left + 4] = 0
        strip[30:34, left : left + 20] = 0
    sheet = np.ones((2000, 400), np.float32)
    sheet[700:820] = strip
    alone, among = writing_on(strip), writing_on(sheet)
    assert alone
    assert among
    np.testing.assert_allclose(among.ink[700:820], alone.ink, atol=0.02)
    assert not among.ink[:700].any()
    assert among.text.top - 700 == pytest.approx(alone.text.top, abs=1)
    assert among.text.left == pytest.approx(alone.text.left, abs=1)


@pytest.mark.parametrize("height", [120, 2000])
def test_a_forced_polarity_holds_on_every_look_at_the_page(height: int) -> None:
    """A dark line of writing, a fainter light one, and a page so high that it is looked at more than once."""
    page = np.full((height, 400), 0.5, np.float32)
    page[10:40, 40:360:40] = page[10:40, 41:360:40] = page[10:40, 42:360:40] = 0.0
    page[70:100, 60:340:40] = page[70:100, 61:340:40] = page[70:100, 62:340:40] = 0.8
    dark, light = writing_on(page, Polarity.DARK), writing_on(page, Polarity.LIGHT)
    assert dark
    assert light
    assert [dark.text.top, dark.text.bottom] == pytest.approx([10, 40], abs=2)
    assert [light.text.top, light.text.bottom] == pytest.approx([70, 100], abs=2)
    assert not dark.ink[60:].any()
    assert not light.ink[:60].any()
