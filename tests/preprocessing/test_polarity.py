import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdnn.choices import Polarity
from sdnn.datasets.digits import Pen
from sdnn.datasets.strips import Layout, random_strip
from sdnn.preprocessing.polarity import LEAST_CONTRAST, darkness_of, ink_of
from sdnn.results import FloatArray

seeds = st.integers(0, 2**32 - 1)
few = settings(max_examples=30, deadline=None, derandomize=True)


def drawn_page(seed: int) -> FloatArray:
    """Dark digits on white, with some paper all round."""
    strip = random_strip(Pen(), Layout(digits=(1, 6)), np.random.default_rng(seed))
    return np.pad(1 - strip.ink.astype(np.float32) / 255, 8, constant_values=1)


def share_that_differs(first: FloatArray, second: FloatArray) -> float:
    """Pixels that are ink on one of two pages only, as a share of the ink."""
    differ = (first > 0.5) != (second > 0.5)
    return float(differ.sum() / (first > 0.5).sum())


@few
@given(seed=seeds)
def test_ink_is_what_is_darker_than_the_paper(seed: int) -> None:
    page = drawn_page(seed)
    ink = ink_of(page)
    assert ink.shape == page.shape
    assert ink.dtype == np.float32
    assert ink.min() == 0
    assert ink.max() == 1
    np.testing.assert_allclose(ink, 1 - page, atol=0.2)


@few
@given(seed=seeds)
def test_an_inverted_page_has_the_same_ink(seed: int) -> None:
    page = drawn_page(seed)
    np.testing.assert_allclose(ink_of(1 - page), ink_of(page), atol=0.02)


@few
@given(seed=seeds, paper=st.floats(0.5, 1.0), contrast=st.floats(0.15, 0.5))
def test_grey_paper_and_faint_ink_make_no_difference(seed: int, paper: float, contrast: float) -> None:
    page = drawn_page(seed)
    faint = (paper - contrast * (1 - page)).astype(np.float32)
    assert share_that_differs(ink_of(page), ink_of(faint)) < 0.15


@few
@given(seed=seeds, darkest=st.floats(0.5, 1.0), mirrored=st.booleans())
def test_a_shadow_across_the_page_makes_no_difference(seed: int, darkest: float, mirrored: bool) -> None:
    page = drawn_page(seed)
    light = np.linspace(darkest, 1, page.shape[1], dtype=np.float32)
    shaded = page * (light[::-1] if mirrored else light)
    assert share_that_differs(ink_of(page), ink_of(shaded)) < 0.25
    paper = page == 1
    assert ink_of(shaded)[paper].max() < 0.5


def test_paper_in_the_shadow_may_be_darker_than_ink_in_the_light() -> None:
    page = np.tile(np.linspace(0.3, 1, 800, dtype=np.float32), (40, 1))
    for left in range(50, 800, 100):
        page[10:30, left : left + 6] -= 0.2
    inked = np.flatnonzero((ink_of(page) > 0.5).any(axis=0))
    away_from_the_edge = inked[inked > 30]
    assert away_from_the_edge.tolist() == [
        left + column for left in range(50, 800, 100) for column in range(6)
    ]


@pytest.mark.parametrize("level", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (2, 2), (40, 200)])
def test_an_even_page_has_no_ink(level: float, shape: tuple[int, int]) -> None:
    ink = ink_of(np.full(shape, level, np.float32))
    assert ink.shape == shape
    assert not ink.any()


@pytest.mark.parametrize("shape", [(1, 5000), (5000, 1), (40, 200)])
def test_the_grain_of_paper_is_no_ink(shape: tuple[int, int]) -> None:
    grain = np.random.default_rng(0).normal(0.8, 0.01, shape).astype(np.float32)
    assert not ink_of(grain).any()


def test_ink_begins_at_the_least_contrast() -> None:
    page = np.full((40, 100), 0.8, np.float32)
    page[10:30, 40:44] = 0.8 - 1.3 * LEAST_CONTRAST
    assert ink_of(page)[20, 42] == pytest.approx(1, abs=0.01)
    page[10:30, 40:44] = 0.8 - 0.7 * LEAST_CONTRAST
    assert not ink_of(page).any()


@pytest.mark.parametrize(("paper", "pen"), [(1.0, 0.0), (0.0, 1.0), (0.6, 0.2), (0.2, 0.6)])
def test_a_stroke_keeps_its_edges_whatever_the_polarity(paper: float, pen: float) -> None:
    page = np.full((40, 100), paper, np.float32)
    page[10:30, 40:44] = pen
    np.testing.assert_allclose(ink_of(page), np.abs(page - paper) / abs(pen - paper), atol=0.02)


def test_ink_at_the_edge_of_the_page_is_ink() -> None:
    page = np.ones((28, 100), np.float32)
    page[:, :4] = 0
    page[:, -4:] = 0
    ink = ink_of(page)
    assert ink[:, :4].min() == ink[:, -4:].min() == 1
    assert not ink[:, 4:-4].any()


def test_few_strong_strokes_outweigh_much_weak_texture_of_the_other_polarity() -> None:
    page = np.full((40, 200), 0.6, np.float32)
    page[::2] += 0.1
    page[10:30, 90:95] = 0.05
    ink = ink_of(page)
    assert ink[12:28, 91:94].min() > 0.9
    assert ink[:, :80].max() < 0.5


def page_with_strokes(paper: float, **levels: float) -> FloatArray:
    """A left and a right stroke of a brightness each."""
    page = np.full((40, 200), paper, np.float32)
    page[10:30, 50:55] = levels["left"]
    page[10:30, 150:155] = levels["right"]
    return page


@pytest.mark.parametrize(("left", "right"), [(0.1, 0.6), (0.4, 0.9), (0.3, 0.7)])
def test_a_forced_polarity_sees_strokes_of_its_side_only(left: float, right: float) -> None:
    page = page_with_strokes(0.5, left=left, right=right)
    dark, light = darkness_of(page, Polarity.DARK), darkness_of(page, Polarity.LIGHT)
    assert dark[20, [52, 152]] == pytest.approx([0.5 - left, 0], abs=0.01)
    assert light[20, [52, 152]] == pytest.approx([0, right - 0.5], abs=0.01)
    assert dark.min() == light.min() == 0


@few
@given(seed=seeds, forced=st.sampled_from(Polarity))
def test_where_it_is_right_a_forced_polarity_changes_nothing(seed: int, forced: Polarity) -> None:
    page = drawn_page(seed) if forced != Polarity.LIGHT else 1 - drawn_page(seed)
    np.testing.assert_array_equal(darkness_of(page, forced), darkness_of(page))


def test_without_being_told_the_stronger_strokes_are_ink() -> None:
    page = page_with_strokes(0.5, left=0.1, right=0.6)
    np.testing.assert_array_equal(darkness_of(page), darkness_of(page, Polarity.DARK))
    page = page_with_strokes(0.5, left=0.4, right=0.9)
    np.testing.assert_array_equal(darkness_of(page), darkness_of(page, Polarity.LIGHT))
