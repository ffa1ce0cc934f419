from dataclasses import replace

import numpy as np
import pytest
from sightings import OneLine, Seen

from sdnn.datasets.digits import Mixed, Pen, Writer
from sdnn.datasets.pages import ENDS_OFF, LineSource, PageRecipe, Viewing, random_page, random_strips
from sdnn.datasets.paper import Paper
from sdnn.detection import Detector, Sighting
from sdnn.results import FloatArray, Geometry

CLEAN = PageRecipe(clean_share=1.0)
ON_PAPER = PageRecipe(clean_share=0.0)
STILL = Viewing(log_scale=0, log_aspect=0, shear=0, drop=0)
PLAIN = LineSource(Pen(), OneLine())
"""Where the line of every clean page is found as it is."""


def test_a_page_is_made_again_from_its_seed() -> None:
    for recipe in (CLEAN, ON_PAPER):
        first, again = (random_page(Pen(), recipe, np.random.default_rng(5)) for _ in range(2))
        assert first.text == again.text
        np.testing.assert_array_equal(first.brightness, again.brightness)


def test_a_page_has_as_many_digits_as_the_recipe_allows() -> None:
    rng = np.random.default_rng(0)
    lengths = [len(random_page(Pen(), replace(CLEAN, most_digits=3), rng).text) for _ in range(60)]
    assert set(lengths) == {1, 2, 3}


def test_digits_repeat_as_often_as_the_recipe_says() -> None:
    rng = np.random.default_rng(0)
    always = [random_page(Pen(), replace(CLEAN, repeated=1.0, rounded=0.0), rng).text for _ in range(20)]
    assert all(len(set(text)) == 1 for text in always)
    never = "".join(random_page(Pen(), replace(CLEAN, repeated=0.0), rng).text for _ in range(200))
    assert {*never} == set("0123456789")


def test_numbers_are_rounded_as_often_as_the_recipe_says() -> None:
    rng = np.random.default_rng(0)
    recipe = replace(CLEAN, rounded=1.0)
    texts = [random_page(Pen(), recipe, rng).text for _ in range(60)]
    assert all(text.endswith("00") for text in texts if len(text) > 2)
    assert {text[0] for text in texts} == set("0123456789")


def test_a_clean_page_is_white_and_everything_on_it_is_digits() -> None:
    page = random_page(Pen(), CLEAN, np.random.default_rng(1))
    assert page.brightness.shape[0] == 28
    assert (page.brightness == 1).mean() > 0.4


def test_without_effects_paper_leaves_the_ink_alone() -> None:
    rng = np.random.default_rng(2)
    pages = [random_page(Pen(), replace(ON_PAPER, paper=Paper.clean()), rng) for _ in range(10)]
    assert all((page.brightness == 1).mean() > 0.3 for page in pages)


@pytest.mark.parametrize("recipe", [CLEAN, ON_PAPER], ids=["clean", "on paper"])
def test_strips_have_the_size_that_the_net_expects(recipe: PageRecipe) -> None:
    geometry = Geometry()
    source = LineSource(Pen(), Detector(threads=1))
    strips = random_strips(source, 9, recipe, geometry, np.random.default_rng(0))
    assert len(strips) == 9
    for strip in strips:
        assert strip.ink.shape[0] == geometry.height_px
        assert geometry.window_px <= strip.ink.shape[1] <= recipe.widest_px
        assert strip.ink.dtype == np.uint8
        assert strip.ink.max() > 100


def test_one_page_gives_as_many_strips_as_there_are_views_each_seen_in_another_way() -> None:
    recipe = replace(CLEAN, views=3)
    strips = random_strips(PLAIN, 6, recipe, Geometry(), np.random.default_rng(0))
    texts = [strip.text for strip in strips]
    assert texts == [texts[0]] * 3 + [texts[3]] * 3
    assert len({strip.ink.tobytes() for strip in strips}) == 6


def test_without_variation_all_views_are_alike() -> None:
    recipe = replace(CLEAN, views=2, viewing=STILL)
    first, second = random_strips(PLAIN, 2, recipe, Geometry(), np.random.default_rng(0))
    np.testing.assert_array_equal(first.ink, second.ink)


def test_strips_too_wide_to_be_a_line_are_left_out() -> None:
    recipe = replace(CLEAN, widest_px=120)
    strips = random_strips(PLAIN, 20, recipe, Geometry(), np.random.default_rng(0))
    assert max(strip.ink.shape[1] for strip in strips) <= 120


def test_strips_show_what_is_on_their_pages() -> None:
    recipe = replace(CLEAN, views=1, viewing=STILL)
    strips = random_strips(PLAIN, 10, recipe, Geometry(), np.random.default_rng(3))
    rng = np.random.default_rng(3)
    for strip in strips:
        page = random_page(Pen(), recipe, rng)
        rng.uniform(-1, 1, 4)  # how it is viewed
        assert strip.text == page.text
        share = (page.brightness < 0.5).sum() / page.text_box.height / page.text_box.width
        scale = Geometry().text_height_px / page.text_box.height
        width = page.text_box.width * scale
        assert (strip.ink > 127).sum() == pytest.approx(share * Geometry().text_height_px * width, rel=0.3)


@pytest.mark.parametrize("further", [0.8 * ENDS_OFF, -0.8 * ENDS_OFF])
def test_a_line_found_almost_from_end_to_end_is_learned(further: float) -> None:
    recipe = replace(CLEAN, views=1)
    source = LineSource(Pen(), OneLine(further))
    strips = random_strips(source, 5, recipe, Geometry(), np.random.default_rng(0))
    expected = random_strips(PLAIN, 5, recipe, Geometry(), np.random.default_rng(0))
    assert [strip.text for strip in strips] == [strip.text for strip in expected]


@pytest.mark.parametrize("further", [1.3 * ENDS_OFF, -1.3 * ENDS_OFF])
def test_a_line_that_is_found_in_part_or_with_something_else_is_not_learned(further: float) -> None:
    class SometimesWrong(OneLine):
        """Of every two pages it gets the first wrong."""

        pages = 0

        def __call__(self, picture: FloatArray) -> Sighting:
            self.pages += 1
            self.further = further if self.pages % 2 else 0.0
            return super().__call__(picture)

    recipe = replace(CLEAN, views=1)
    detector = SometimesWrong()
    strips = random_strips(LineSource(Pen(), detector), 5, recipe, Geometry(), np.random.default_rng(0))
    assert (len(strips), detector.pages) == (5, 10)


def test_a_page_on_which_nothing_is_found_gives_no_strip() -> None:
    class Sleepy(OneLine):
        """Finds nothing on the first pages."""

        pages = 0

        def __call__(self, picture: FloatArray) -> Sighting:
            self.pages += 1
            return Seen().sighting if self.pages <= 3 else super().__call__(picture)

    detector = Sleepy()
    source, recipe = LineSource(Pen(), detector), replace(CLEAN, views=2)
    assert len(random_strips(source, 4, recipe, Geometry(), np.random.default_rng(0))) == 4
    assert detector.pages == 5


def test_clean_pages_of_a_mixture_are_written_by_its_plain_part() -> None:
    class Second(Pen):
        def writer(self, rng: np.random.Generator, scale: int = 1) -> Writer:
            raise AssertionError("the plain part is the other one")

    mixed = Mixed(Pen(), Second(), 1.0)
    for seed in range(5):
        assert random_page(mixed, CLEAN, np.random.default_rng(seed)).text
