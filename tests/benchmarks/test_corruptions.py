import numpy as np
import pytest
from card.corruptions import CORRUPTIONS, MARGIN_PX, Corruption, with_margin

from sdnn.datasets.pen import SyntheticDigits
from sdnn.datasets.strips import Layout, random_strip
from sdnn.results import FloatArray

PAGE = random_strip(SyntheticDigits(), Layout(), np.random.default_rng(0)).page
EVERY = [
    pytest.param(corruption, strength, id=corruption.label(strength))
    for corruption in CORRUPTIONS
    for strength in corruption.strengths
]


def named(part: str) -> Corruption:
    """The one corruption with this in its name."""
    (found,) = (each for each in CORRUPTIONS if part in each.name)
    return found


def corrupted(part: str, strength: float, seed: int = 1) -> FloatArray:
    return named(part).corrupt(PAGE, strength, np.random.default_rng(seed))


def ink(page: FloatArray) -> float:
    return float((1 - page).sum())


@pytest.mark.parametrize(("corruption", "strength"), EVERY)
def test_a_corrupted_page_is_brightness_and_not_the_page_that_was_given(
    corruption: Corruption, strength: float
) -> None:
    before = PAGE.copy()
    page = corruption.corrupt(PAGE, strength, np.random.default_rng(1))
    assert page.dtype == np.float32
    assert 0 <= page.min() < page.max() <= 1
    assert min(page.shape) >= min(PAGE.shape)
    np.testing.assert_array_equal(PAGE, before)


@pytest.mark.parametrize(("corruption", "strength"), EVERY)
def test_the_generator_decides_everything(corruption: Corruption, strength: float) -> None:
    one, other = (corruption.corrupt(PAGE, strength, np.random.default_rng(1)) for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_every_row_of_the_table_has_a_name_of_its_own() -> None:
    labels = [corruption.label(strength) for corruption in CORRUPTIONS for strength in corruption.strengths]
    assert len(set(labels)) == len(labels)
    assert "turned by 5°" in labels


@pytest.mark.parametrize("corruption", CORRUPTIONS, ids=lambda each: each.name)
def test_there_are_two_or_three_strengths(corruption: Corruption) -> None:
    assert len(set(corruption.strengths)) in {2, 3}


@pytest.mark.parametrize("part", ["noise", "pixels", "thinner", "thicker", "rulings"])
def test_a_greater_strength_corrupts_more(part: str) -> None:
    changes = [np.abs(corrupted(part, each) - with_margin(PAGE)).sum() for each in named(part).strengths]
    assert changes == sorted(changes)
    assert changes[0] > 0


def test_thin_strokes_have_less_ink_and_thick_ones_more() -> None:
    inks = [
        ink(corrupted("thinner", 1)),
        ink(PAGE),
        ink(corrupted("thicker", 1)),
        ink(corrupted("thicker", 2)),
    ]
    assert inks == sorted(inks)


def test_a_turned_page_keeps_its_ink_on_larger_paper() -> None:
    page = corrupted("turned", 10)
    assert page.shape[0] > with_margin(PAGE).shape[0]
    assert ink(page) == pytest.approx(ink(PAGE), rel=0.1)
    edge = np.concatenate([page[0], page[-1], page[:, 0], page[:, -1]])
    np.testing.assert_allclose(edge, 1, atol=1e-3)


def test_pages_are_turned_to_either_side() -> None:
    pages = {corrupted("turned", 5, seed).tobytes() for seed in range(10)}
    assert len(pages) == 2


@pytest.mark.parametrize("seed", range(5))
def test_a_ruling_goes_through_the_digits(seed: int) -> None:
    page = corrupted("rulings", 1, seed)
    ruled = np.flatnonzero((page == 0).all(axis=1)) - MARGIN_PX
    inked = np.flatnonzero((PAGE < 1).any(axis=1))
    assert ((ruled >= inked[0]) & (ruled <= inked[-1])).any()


@pytest.mark.parametrize("contrast", [0.1, 0.2])
def test_faint_ink_takes_away_little_of_the_brightness(contrast: float) -> None:
    page = corrupted("dark on light", contrast)
    before = with_margin(PAGE)
    inked = before < 0.3  # a thin pen leaves no pixel all black
    assert inked.sum() > 40
    expected = 1 - contrast * (1 - np.median(before[inked]))
    assert np.median(page[inked]) == pytest.approx(expected, abs=0.02)


def test_light_on_dark_is_the_negative_of_dark_on_light() -> None:
    np.testing.assert_allclose(
        corrupted("light on dark", 0.2), 1 - corrupted("dark on light", 0.2), atol=1e-6
    )
