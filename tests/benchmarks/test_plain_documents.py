import numpy as np
import pytest
from plain_documents import Document, DocumentRecipe, frame, random_document

from sdnn.datasets.documents.distractors import scribble
from sdnn.datasets.pen import SyntheticDigits
from sdnn.datasets.typefaces import TYPEFACES, render_text
from sdnn.results import Box

BARE = DocumentRecipe(
    framed=0, underlined=0, labelled=0, paragraphs=(0, 0), rulings=(0, 0), frames=(0, 0), signatures=(0, 0)
)


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    return [
        random_document(SyntheticDigits(), DocumentRecipe(), np.random.default_rng([1, n])) for n in range(6)
    ]


def ink_in(document: Document, box: Box) -> float:
    """Darkest ink in a box, against the paper's median."""
    left, top, right, bottom = box.rounded()
    return float(np.median(document.brightness) - document.brightness[top:bottom, left:right].min())


def test_a_document_is_made_again_from_its_seed(documents: list[Document]) -> None:
    again = random_document(SyntheticDigits(), DocumentRecipe(), np.random.default_rng([1, 0]))
    np.testing.assert_array_equal(again.brightness, documents[0].brightness)
    assert [string.text for string in again.strings] == [string.text for string in documents[0].strings]


def test_documents_have_the_size_and_strings_of_their_recipe(documents: list[Document]) -> None:
    for document in documents:
        height, width = document.brightness.shape
        assert 600 <= height < 1400
        assert 900 <= width < 1800
        assert 1 <= len(document.strings) <= 6
        assert all(3 <= len(string.text) <= 8 for string in document.strings)


def test_brightness_lies_between_black_and_white(documents: list[Document]) -> None:
    for document in documents:
        assert document.brightness.dtype == np.float32
        assert 0 <= document.brightness.min() < document.brightness.max() <= 1


def test_each_digit_has_a_box_with_ink(documents: list[Document]) -> None:
    for document in documents:
        for string in document.strings:
            assert len(string.digits) == len(string.text)
            assert all(ink_in(document, box) > 0.2 for box in string.digits)


def test_boxes_are_tight_round_the_ink() -> None:
    document = random_document(SyntheticDigits(), BARE, np.random.default_rng(4))
    dark = document.brightness < np.median(document.brightness) - 0.2
    rows, columns = np.nonzero(dark)
    around = Box.around([string.box for string in document.strings])
    assert (columns.min(), rows.min()) == pytest.approx((around.left, around.top), abs=2)
    assert (columns.max() + 1, rows.max() + 1) == pytest.approx((around.right, around.bottom), abs=2)


def test_the_corners_hold_the_digits(documents: list[Document]) -> None:
    for document in documents:
        for string in document.strings:
            (left, top), (right, bottom) = string.corners.min(axis=0), string.corners.max(axis=0)
            box = string.box
            assert left - 1 <= box.left < box.right <= right + 1
            assert top - 1 <= box.top < box.bottom <= bottom + 1


def test_strings_are_tilted_by_no_more_than_the_recipe_says(documents: list[Document]) -> None:
    across = [string.corners[1] - string.corners[0] for document in documents for string in document.strings]
    tilts = np.rad2deg([np.arctan2(y, x) for x, y in across])
    assert 1 < np.abs(tilts).max() <= 5


def test_round_a_string_there_is_paper(documents: list[Document]) -> None:
    for document in documents:
        boxes = [string.box for string in document.strings]
        for place, box in enumerate(boxes):
            for other in boxes[:place]:
                apart = max(
                    other.left - box.right,
                    box.left - other.right,
                    other.top - box.bottom,
                    box.top - other.bottom,
                )
                assert apart > 8


@pytest.mark.parametrize("typeface", range(TYPEFACES))
def test_words_are_as_high_as_asked(typeface: int) -> None:
    assert render_text("HI", typeface, 30).shape[0] == pytest.approx(30, abs=8)


def test_words_are_cut_out_close() -> None:
    ink = render_text("Total", 0, 30)
    assert ink[0].any()
    assert ink[-1].any()
    assert ink[:, 0].any()
    assert ink[:, -1].any()


def test_a_frame_is_hollow() -> None:
    ink = frame(20, 30, 2)
    assert ink[:2].all()
    assert not ink[2:-2, 2:-2].any()


def test_a_scribble_stays_in_its_rectangle() -> None:
    ink = scribble(60, 200, np.random.default_rng(0))
    assert ink.shape == (60, 200)
    assert ink.any()
