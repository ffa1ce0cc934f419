import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sdnn.preprocessing.normalization import thicken_strokes, to_strip
from sdnn.results import Box, FloatArray, Geometry

GEOMETRY = Geometry(height_px=28, text_height_px=20, window_px=28, stride_px=2)
seeds = st.integers(0, 2**32 - 1)
few = settings(max_examples=40, deadline=None, derandomize=True)


def edges(box: Box) -> list[float]:
    return [box.left, box.top, box.right, box.bottom]


def ink_box(ink: FloatArray) -> Box:
    rows, columns = np.flatnonzero((ink > 0.5).any(axis=1)), np.flatnonzero((ink > 0.5).any(axis=0))
    return Box(float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))


@st.composite
def rectangles(draw: st.DrawFn) -> tuple[FloatArray, Box]:
    """A page with one rectangle of ink, and where it is."""
    width, height = draw(st.integers(3, 150)), draw(st.integers(3, 120))
    left, top, right, bottom = (draw(st.integers(0, 80)) for _ in range(4))
    page = np.zeros((top + height + bottom, left + width + right), np.float32)
    page[top : top + height, left : left + width] = 1
    return page, Box(left, top, left + width, top + height)


@few
@given(rectangle=rectangles())
def test_the_writing_gets_the_text_height_with_paper_all_round(rectangle: tuple[FloatArray, Box]) -> None:
    page, box = rectangle
    assume(box.width * GEOMETRY.text_height_px >= 2 * box.height)  # thinner ink is grey on the strip
    strip = to_strip(page, box, GEOMETRY)
    assert strip.ink.shape[0] == GEOMETRY.height_px
    assert strip.ink.dtype == np.float32
    found = ink_box(strip.ink)
    assert found.top == pytest.approx((GEOMETRY.height_px - GEOMETRY.text_height_px) / 2, abs=1)
    assert found.height == pytest.approx(GEOMETRY.text_height_px, abs=1)
    margin = GEOMETRY.window_px // 2 + 2 * GEOMETRY.stride_px
    assert found.left == pytest.approx(margin, abs=1)
    assert strip.ink.shape[1] - found.right == pytest.approx(margin, abs=1)


@few
@given(rectangle=rectangles())
def test_the_proportions_of_the_writing_are_kept_within_a_pixel(rectangle: tuple[FloatArray, Box]) -> None:
    page, box = rectangle
    found = to_strip(page, box, GEOMETRY).from_page(box)
    assert found.width == pytest.approx(max(1, box.width * found.height / box.height), abs=0.51)


@few
@given(rectangle=rectangles())
def test_the_ink_in_the_strip_lies_where_the_ink_on_the_page_is(rectangle: tuple[FloatArray, Box]) -> None:
    page, box = rectangle
    assume(box.width * GEOMETRY.text_height_px >= 2 * box.height)  # thinner ink is grey on the strip
    strip = to_strip(page, box, GEOMETRY)
    assert edges(strip.from_page(box)) == pytest.approx(edges(ink_box(strip.ink)), abs=1)
    strip_pixel = max(1.0, box.height / GEOMETRY.text_height_px, box.width / strip.from_page(box).width)
    assert edges(strip.to_page(ink_box(strip.ink))) == pytest.approx(edges(box), abs=strip_pixel)


@few
@given(rectangle=rectangles(), x=st.integers(0, 60), y=st.integers(0, 20), side=st.integers(1, 8))
def test_a_box_survives_strip_to_page_to_strip(
    rectangle: tuple[FloatArray, Box], x: int, y: int, side: int
) -> None:
    strip = to_strip(*rectangle, GEOMETRY)
    box = Box(x, y, x + side, y + side)
    assert edges(strip.from_page(strip.to_page(box))) == pytest.approx(edges(box), abs=1e-6)


def test_the_first_and_last_columns_of_the_map_see_paper_at_their_centre() -> None:
    page = np.zeros((40, 100), np.float32)
    page[10:30, 20:80] = 1
    strip = to_strip(page, Box(20, 10, 80, 30), GEOMETRY)
    centre = GEOMETRY.window_px // 2
    assert not strip.ink[:, : centre + 2 * GEOMETRY.stride_px].any()
    assert not strip.ink[:, -centre - 2 * GEOMETRY.stride_px :].any()


@pytest.mark.parametrize("scale", [0.5, 1, 2, 3, 4, 7])
def test_what_is_symmetrical_on_the_page_is_symmetrical_in_the_strip(scale: float) -> None:
    high, wide, rim = round(20 * scale), round(30 * scale), round(6 * scale)
    page = np.pad(np.ones((high, wide), np.float32), rim)
    strip = to_strip(page, Box(rim, rim, rim + wide, rim + high), GEOMETRY)
    np.testing.assert_allclose(strip.ink, strip.ink[:, ::-1], atol=0.05)
    np.testing.assert_allclose(strip.ink, strip.ink[::-1], atol=0.05)


def test_thin_strokes_survive_when_a_large_page_shrinks() -> None:
    page = np.zeros((400, 800), np.float32)
    page[100:300, 100:700:20] = 1  # a stroke one pixel wide, a tenth of a strip pixel
    strip = to_strip(page, Box(100, 100, 700, 300), GEOMETRY)
    covered = strip.ink[10:18, 20:74].sum(axis=1)
    np.testing.assert_allclose(covered, 27 * 0.1, rtol=0.2)


def test_ink_outside_the_writing_stays_visible() -> None:
    page = np.zeros((60, 100), np.float32)
    page[20:40, 20:80] = 1
    page[17:19, 50:52] = 1
    assert to_strip(page, Box(20, 20, 80, 40), GEOMETRY).ink[1:3, 40:60].max() > 0.9


def test_a_page_wider_than_opencv_counts_in_sixteen_bits_keeps_its_ends() -> None:
    page = np.zeros((40, 40_000), np.float32)
    page[10:30, 20:30] = page[10:30, -30:-20] = 1
    strip = to_strip(page, Box(20, 10, 39_980, 30), GEOMETRY)
    margin = GEOMETRY.window_px // 2 + 2 * GEOMETRY.stride_px
    assert strip.ink[14, [margin + 2, -margin - 3]].min() > 0.9


def test_another_geometry_gives_a_strip_of_its_sizes() -> None:
    page = np.zeros((60, 100), np.float32)
    page[20:40, 30:70] = 1
    geometry = Geometry(height_px=40, text_height_px=30, window_px=40, stride_px=4)
    strip = to_strip(page, Box(30, 20, 70, 40), geometry)
    assert strip.ink.shape == (40, 60 + 2 * (20 + 8))
    assert ink_box(strip.ink).height == pytest.approx(30, abs=1)


@few
@given(rectangle=rectangles(), scale=st.floats(0.7, 1.3), aspect=st.floats(0.7, 1.4))
def test_scale_and_aspect_change_height_and_width_alone(
    rectangle: tuple[FloatArray, Box], scale: float, aspect: float
) -> None:
    page, box = rectangle
    plain, strip = to_strip(page, box, GEOMETRY), to_strip(page, box, GEOMETRY, scale=scale, aspect=aspect)
    assert strip.ink.shape[0] == GEOMETRY.height_px
    before, after = plain.from_page(box), strip.from_page(box)
    assert after.height == pytest.approx(scale * before.height)
    width = scale * aspect * box.width * GEOMETRY.text_height_px / box.height
    assert after.width == pytest.approx(max(1, width), abs=0.51)


def test_bolder_strokes_are_broader_and_as_dark_and_paper_stays_paper() -> None:
    ink = np.zeros((48, 60), np.float32)
    ink[:, 29:31] = 0.8
    broad = thicken_strokes(ink, 1.0)
    assert (broad[24] > 0.3).sum() > (ink[24] > 0.3).sum()
    assert broad[24, 29] > 0.9 * ink[24, 29]
    assert broad[24, [0, 10, -1]].max() == 0
    assert broad.max() <= 1


def test_strokes_that_are_not_to_be_bolder_stay_as_they_are() -> None:
    ink = np.linspace(0, 1, 48 * 60, dtype=np.float32).reshape(48, 60)
    assert (thicken_strokes(ink, 0.0) == ink).all()


def test_each_layer_becomes_bolder_by_itself() -> None:
    layers = np.random.default_rng(3).random((20, 30, 2)).astype(np.float32)
    each = np.stack(
        [thicken_strokes(np.ascontiguousarray(layers[..., place]), 0.7) for place in (0, 1)], axis=2
    )
    np.testing.assert_allclose(thicken_strokes(layers, 0.7), each, atol=1e-6)
