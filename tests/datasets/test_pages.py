from dataclasses import replace

import numpy as np
import pytest
from helpers.fake_detections import OneLine, Seen, line_along, maps_of
from helpers.perfect_maps import string_at

from sdnn.datasets import pages
from sdnn.datasets.digits import MixedDigits, Writer
from sdnn.datasets.documents import Document, ScriptFonts, StringTruth
from sdnn.datasets.pages import (
    MAX_END_OFFSET,
    GeometryJitter,
    LabelledStrip,
    LineSource,
    PageRecipe,
    random_page,
    random_strips,
)
from sdnn.datasets.paper import DegradationConfig
from sdnn.datasets.pen import SyntheticDigits
from sdnn.detection import Detections, Detector, TextLine
from sdnn.models.lenet import LENET
from sdnn.results import FloatArray

CLEAN = PageRecipe(clean_share=1.0)
ON_PAPER = PageRecipe(clean_share=0.0)
STILL = GeometryJitter.none()
PLAIN = LineSource(SyntheticDigits(), OneLine())
"""Where the line of every clean page is found as it is."""


def test_a_page_is_made_again_from_its_seed() -> None:
    for recipe in (CLEAN, ON_PAPER):
        first, again = (random_page(SyntheticDigits(), recipe, np.random.default_rng(5)) for _ in range(2))
        assert first.text == again.text
        np.testing.assert_array_equal(first.brightness, again.brightness)


def test_a_page_has_as_many_digits_as_the_recipe_allows() -> None:
    rng = np.random.default_rng(0)
    lengths = [
        len(random_page(SyntheticDigits(), replace(CLEAN, most_digits=3), rng).text) for _ in range(60)
    ]
    assert set(lengths) == {1, 2, 3}


def test_digits_repeat_with_the_probability_of_the_recipe() -> None:
    rng = np.random.default_rng(0)
    always = [
        random_page(SyntheticDigits(), replace(CLEAN, repeated=1.0, rounded=0.0), rng).text for _ in range(20)
    ]
    assert all(len(set(text)) == 1 for text in always)
    never = "".join(
        random_page(SyntheticDigits(), replace(CLEAN, repeated=0.0), rng).text for _ in range(200)
    )
    assert {*never} == set("0123456789")


def test_numbers_are_rounded_with_the_probability_of_the_recipe() -> None:
    rng = np.random.default_rng(0)
    recipe = replace(CLEAN, rounded=1.0)
    texts = [random_page(SyntheticDigits(), recipe, rng).text for _ in range(60)]
    assert all(text.endswith("00") for text in texts if len(text) > 2)
    assert {text[0] for text in texts} == set("0123456789")


def test_a_clean_page_is_white_and_everything_on_it_is_digits() -> None:
    page = random_page(SyntheticDigits(), CLEAN, np.random.default_rng(1))
    assert page.brightness.shape[0] == 28
    assert (page.brightness == 1).mean() > 0.4


def test_without_effects_paper_leaves_the_ink_alone() -> None:
    rng = np.random.default_rng(2)
    pages = [
        random_page(SyntheticDigits(), replace(ON_PAPER, paper=DegradationConfig.clean()), rng)
        for _ in range(10)
    ]
    assert all((page.brightness == 1).mean() > 0.3 for page in pages)


@pytest.mark.parametrize("recipe", [CLEAN, ON_PAPER], ids=["clean", "on paper"])
def test_strips_have_the_size_that_the_net_expects(recipe: PageRecipe) -> None:
    geometry = LENET.geometry
    source = LineSource(SyntheticDigits(), Detector(threads=1))
    strips = random_strips(source, 9, recipe, geometry, np.random.default_rng(0))
    assert len(strips) == 9
    for strip in strips:
        assert strip.ink.shape[0] == geometry.height_px
        assert geometry.window_px <= strip.ink.shape[1] <= recipe.widest_px
        assert strip.ink.dtype == np.uint8
        assert strip.ink.max() > 100


def test_one_page_gives_as_many_strips_as_there_are_views_each_seen_in_another_way() -> None:
    recipe = replace(CLEAN, views=3)
    strips = random_strips(PLAIN, 6, recipe, LENET.geometry, np.random.default_rng(0))
    texts = [strip.text for strip in strips]
    assert texts == [texts[0]] * 3 + [texts[3]] * 3
    assert len({strip.ink.tobytes() for strip in strips}) == 6


def test_without_variation_all_views_are_alike() -> None:
    recipe = replace(CLEAN, views=2, jitter=STILL, other_ink=(0.5, 0.5))
    first, second = random_strips(PLAIN, 2, recipe, LENET.geometry, np.random.default_rng(0))
    np.testing.assert_array_equal(first.ink, second.ink)


def test_strips_too_wide_to_be_a_line_are_left_out() -> None:
    recipe = replace(CLEAN, widest_px=160)
    strips = random_strips(PLAIN, 20, recipe, LENET.geometry, np.random.default_rng(0))
    assert max(strip.ink.shape[1] for strip in strips) <= 160


def test_strips_show_the_text_of_their_pages() -> None:
    recipe = replace(CLEAN, views=1, jitter=STILL)
    strips = random_strips(PLAIN, 10, recipe, LENET.geometry, np.random.default_rng(3))
    rng = np.random.default_rng(3)
    for strip in strips:
        page = random_page(SyntheticDigits(), recipe, rng)
        rng.uniform(-1, 1, 4)  # how it is viewed
        rng.uniform(*recipe.other_ink)
        assert strip.text == page.text
        share = (page.brightness < 0.5).sum() / page.text_box.height / page.text_box.width
        height = LENET.geometry.text_height_px
        width = page.text_box.width * height / page.text_box.height
        assert (strip.ink > 127).sum() == pytest.approx(share * height * width, rel=0.3)


@pytest.mark.parametrize("further", [3.0, 0.8 * MAX_END_OFFSET, -0.8 * MAX_END_OFFSET])
def test_a_line_found_almost_from_end_to_end_or_beyond_is_learned(further: float) -> None:
    recipe = replace(CLEAN, views=1)
    source = LineSource(SyntheticDigits(), OneLine(further))
    strips = random_strips(source, 5, recipe, LENET.geometry, np.random.default_rng(0))
    expected = random_strips(PLAIN, 5, recipe, LENET.geometry, np.random.default_rng(0))
    assert [strip.text for strip in strips] == [strip.text for strip in expected]


def test_a_line_that_is_found_in_part_is_not_learned() -> None:
    class SometimesWrong(OneLine):
        """Of every two pages it gets the first wrong."""

        pages = 0

        def __call__(self, picture: FloatArray) -> Detections:
            self.pages += 1
            self.further = -1.3 * MAX_END_OFFSET if self.pages % 2 else 0.0
            return super().__call__(picture)

    recipe = replace(CLEAN, views=1)
    detector = SometimesWrong()
    strips = random_strips(
        LineSource(SyntheticDigits(), detector), 5, recipe, LENET.geometry, np.random.default_rng(0)
    )
    assert (len(strips), detector.pages) == (5, 10)


def test_a_page_on_which_nothing_is_found_gives_no_strip() -> None:
    class Sleepy(OneLine):
        """Finds nothing on the first pages."""

        pages = 0

        def __call__(self, picture: FloatArray) -> Detections:
            self.pages += 1
            return Seen().detections if self.pages <= 3 else super().__call__(picture)

    detector = Sleepy()
    source, recipe = LineSource(SyntheticDigits(), detector), replace(CLEAN, views=2)
    assert len(random_strips(source, 4, recipe, LENET.geometry, np.random.default_rng(0))) == 4
    assert detector.pages == 5


def test_clean_pages_of_a_mixture_are_written_by_its_plain_part() -> None:
    class Second(SyntheticDigits):
        def writer(self, rng: np.random.Generator, scale: int = 1) -> Writer:
            raise AssertionError("the plain part is the other one")

    mixed = MixedDigits(SyntheticDigits(), Second(), 1.0)
    for seed in range(5):
        assert random_page(mixed, CLEAN, np.random.default_rng(seed)).text


# Lines of documents: a string here, lines that a detector might see there, and ink wherever it looks.

STROKES = np.zeros((200, 400), np.float32)
STROKES[:, 0::8] = STROKES[:, 1::8] = 1
TWELVE = string_at("12", (100.0, 120.0), 20.0)
"""Its digits' middles run from (100, 120) to (127, 120): 0.75 heights from digit to digit, each 0.6 wide."""
ALONG = line_along((100, 120), (127, 120), 20, STROKES)
FAR = line_along((20, 20), (60, 20), 20, STROKES)
"""On no string."""
DOCUMENTS = PageRecipe(clean_share=0.0, document_share=1.0, views=1, jitter=STILL, other_ink=(0.5, 0.5))

Ends = tuple[tuple[float, float], tuple[float, float]]


def learned(
    monkeypatch: pytest.MonkeyPatch,
    string: StringTruth | tuple[StringTruth, ...],
    *lines: TextLine,
    count: int,
    recipe: PageRecipe = DOCUMENTS,
    picture: FloatArray | None = None,
) -> list[LabelledStrip]:
    """Strips of documents that are all alike, with a string or several and these lines found on them."""
    strings = (string,) if isinstance(string, StringTruth) else string
    blank = np.zeros(STROKES.shape, np.uint8)
    document = Document(1 - STROKES if picture is None else picture, blank, strings, np.zeros((0, 3)))
    monkeypatch.setattr(pages, "random_document", lambda *_: document)
    source = LineSource(SyntheticDigits(), Seen(*lines), ScriptFonts())
    return random_strips(source, count, recipe, LENET.geometry, np.random.default_rng(0))


def test_a_line_along_a_string_has_its_text_and_one_on_no_string_an_empty_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    strips = learned(monkeypatch, TWELVE, FAR, ALONG, count=4)
    assert [strip.text for strip in strips] == ["12", "", "12", ""]
    alone = [learned(monkeypatch, TWELVE, line, count=1)[0] for line in (ALONG, FAR)]
    assert [strip.ink.shape for strip in strips] == [strip.ink.shape for strip in alone] * 2
    assert alone[0].ink.shape != alone[1].ink.shape
    assert min(strip.ink.max() for strip in strips) > 100


# Up to 0.75 of both heights together a line may be along some of the digits: 30 px from lines 20 px high.
@pytest.mark.parametrize(
    ("height_px", "near", "off"),
    [
        (20, ((100, 149), (200, 149)), ((100, 151), (200, 151))),  # below it
        (20, ((60, 91), (160, 91)), ((60, 89), (160, 89))),  # above it
        (20, ((156, 120), (256, 120)), ((158, 120), (258, 120))),  # after it, on the same level
        (20, ((10, 120), (71, 120)), ((8, 120), (69, 120))),  # before it
        (20, ((147, 140), (247, 140)), ((149, 142), (249, 142))),  # 28.3 and 31.1 aslant from its end
        (20, ((300, 40), (140, 120)), ((300, 40), (160, 120))),  # ends beside it
        (20, ((113, 60), (113, 180)), ((165, 60), (165, 180))),  # through its middle, and past it
        (20, ((20, 131), (260, 131)), ((20, 151), (260, 151))),  # begins before it and ends after it
        (12, ((100, 143), (200, 143)), ((100, 145), (200, 145))),  # 24 px from lines 12 px high
        (36, ((100, 161), (200, 161)), ((100, 163), (200, 163))),  # 42 px from lines 36 px high
    ],
)
def test_only_a_line_far_from_all_digits_has_an_empty_text(
    monkeypatch: pytest.MonkeyPatch, height_px: float, near: Ends, off: Ends
) -> None:
    (far,) = learned(monkeypatch, TWELVE, FAR, count=1)
    for ends, is_near in ((near, True), (off, False)):
        for start, end in (ends, ends[::-1]):
            line = line_along(start, end, height_px, STROKES)
            strips = learned(monkeypatch, TWELVE, line, FAR, count=4)
            assert [strip.text for strip in strips] == [""] * 4
            are_far = [strip.ink.shape == far.ink.shape for strip in strips]
            assert are_far == [is_near, True, is_near, True]


# An end may be 0.45 heights off, which are 9 px, and the line so far above or below.
@pytest.mark.parametrize(
    ("ends", "text"),
    [
        (((100, 120), (127, 120)), "12"),
        (((108, 120), (119, 120)), "12"),
        (((110, 120), (127, 120)), ""),
        (((100, 120), (117, 120)), ""),
        (((127, 120), (100, 120)), ""),  # on its head
        (((60, 120), (127, 120)), "12"),  # with what stands before it
        (((100, 120), (200, 120)), "12"),  # and after it
        (((60, 112), (200, 112)), "12"),
        (((60, 110), (200, 110)), ""),
        (((113, 60), (113, 180)), ""),
    ],
)
def test_a_line_along_all_of_a_string_is_learned_and_one_along_part_of_it_or_across_is_not(
    monkeypatch: pytest.MonkeyPatch, ends: Ends, text: str
) -> None:
    (far,) = learned(monkeypatch, TWELVE, FAR, count=1)
    line = line_along(*ends, 20, STROKES)
    first, second = learned(monkeypatch, TWELVE, line, FAR, count=2)
    assert (first.text, second.text) == (text, "")
    assert (first.ink.shape == far.ink.shape) == (not text)  # else it is the line itself


def test_a_line_along_two_strings_is_not_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    (far,) = learned(monkeypatch, TWELVE, FAR, count=1)
    beside = string_at("34", (200.0, 120.0), 20.0)
    lines = line_along((100, 120), (227, 120), 20, STROKES), line_along((200, 120), (227, 120), 20, STROKES)
    for other in (beside, replace(beside, struck=(0, 1))):
        (strip,) = learned(monkeypatch, (TWELVE, other), lines[0], FAR, count=1)
        assert (strip.text, strip.ink.shape) == ("", far.ink.shape)
    strips = learned(monkeypatch, (TWELVE, beside), ALONG, lines[1], FAR, count=3)
    assert [strip.text for strip in strips] == ["12", "34", ""]


def test_struck_out_digits_are_left_out_and_where_nothing_else_is_nothing_is_learned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for struck, texts in (((), ["12", ""]), ((0,), ["2", ""]), ((1,), ["1", ""]), ((0, 1), ["", ""])):
        strips = learned(monkeypatch, replace(TWELVE, struck=struck), ALONG, FAR, count=2)
        assert [strip.text for strip in strips] == texts
        assert (strips[0].ink.shape == strips[1].ink.shape) == (not texts[0])  # the line far off both times


def test_other_ink_keeps_a_share_within_the_bounds_of_the_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stroke of the detector's ink, and beside it one as dark that it does not take for a digit's."""
    picture = np.ones(STROKES.shape, np.float32)
    ink = np.zeros(STROKES.shape, np.float32)
    ink[110:130, 100:104] = 1
    picture[110:130, 100:104] = picture[110:130, 120:124] = 0
    line = line_along((100, 120), (127, 120), 20, maps_of(ink))

    def shares(low: float, high: float) -> FloatArray:
        recipe = replace(DOCUMENTS, other_ink=(low, high))
        strips = learned(monkeypatch, TWELVE, line, count=30, recipe=recipe, picture=picture)
        first, second = (
            np.array([part.max() for part in each]) / 255
            for each in zip(*((strip.ink[:, :60], strip.ink[:, 60:]) for strip in strips), strict=True)
        )
        np.testing.assert_allclose(first, first[0], atol=0.01)
        return np.asarray(second / first)

    np.testing.assert_allclose(shares(0.4, 0.4), 0.4, atol=0.02)
    spread = shares(0.3, 0.8)
    assert 0.28 < spread.min() < 0.4
    assert 0.7 < spread.max() < 0.82
