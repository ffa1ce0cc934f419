from dataclasses import fields

import cv2
import numpy as np
import pytest

from sdnn.datasets.documents import Document, DocumentRecipe, ScriptFonts, random_document, truth_maps
from sdnn.datasets.documents.crop_layout import fill_crop
from sdnn.datasets.documents.page_layout import fill_page
from sdnn.datasets.documents.sheet import Sheet, random_sheet
from sdnn.datasets.pen import SyntheticDigits
from sdnn.datasets.rasterizer import Ink

PAGE = DocumentRecipe(crop_share=0.0)
CROP = DocumentRecipe(size_px=(96, 320), crop_share=1.0)


def documents(recipe: DocumentRecipe, count: int) -> list[Document]:
    return [
        random_document(SyntheticDigits(), ScriptFonts(), recipe, np.random.default_rng([5, seed]))
        for seed in range(count)
    ]


@pytest.fixture(scope="module")
def pages() -> list[Document]:
    return documents(PAGE, 24)


@pytest.fixture(scope="module")
def crops() -> list[Document]:
    return documents(CROP, 300)


def assert_same(first: Document, second: Document) -> None:
    np.testing.assert_array_equal(first.picture, second.picture)
    np.testing.assert_array_equal(first.ink, second.ink)
    np.testing.assert_array_equal(first.signs, second.signs)
    for one, other in zip(first.strings, second.strings, strict=True):
        for each in fields(one):
            np.testing.assert_array_equal(getattr(one, each.name), getattr(other, each.name))


def test_the_same_seed_gives_the_same_document(pages: list[Document], crops: list[Document]) -> None:
    for first, second in zip(pages, documents(PAGE, 5), strict=False):
        assert_same(first, second)
    for first, second in zip(crops, documents(CROP, 10), strict=False):
        assert_same(first, second)


def test_other_seeds_give_other_documents(pages: list[Document], crops: list[Document]) -> None:
    assert len({document.picture.tobytes() for document in pages}) == len(pages)
    assert len({document.picture.tobytes() for document in crops}) == len(crops)


def test_a_document_does_not_depend_on_those_drawn_before() -> None:
    _, second = documents(CROP, 2)
    assert_same(
        second, random_document(SyntheticDigits(), ScriptFonts(), CROP, np.random.default_rng([5, 1]))
    )


def test_pages_have_the_given_size_and_crops_are_not_larger(
    pages: list[Document], crops: list[Document]
) -> None:
    assert {document.picture.shape for document in pages} == {(256, 256)}
    for document in crops:
        rows, columns = document.picture.shape
        assert 12 <= rows <= 96
        assert 16 <= columns <= 320
    assert len({document.picture.shape for document in crops}) > 60


def test_pictures_are_brightness_and_the_truth_has_their_shape(
    pages: list[Document], crops: list[Document]
) -> None:
    for document in pages + crops:
        assert document.picture.dtype == np.float32
        assert document.picture.min() >= 0
        assert document.picture.max() <= 1
        assert document.ink.shape == document.picture.shape
        assert document.signs.shape[1:] == (3,)
        maps = truth_maps(document)
        rows, columns = (length // 4 for length in document.picture.shape)
        assert maps.masks.shape == maps.masks_valid.shape == (5, rows, columns)


def test_strings_are_on_the_picture_and_their_parts_agree(
    pages: list[Document], crops: list[Document]
) -> None:
    strings = [(string, document) for document in pages + crops for string in document.strings]
    assert len(strings) > 200
    on_picture = []
    for string, document in strings:
        assert string.text.isdigit()
        assert string.quads.shape == (len(string.text), 4, 2)
        assert all(0 <= number < len(string.text) for number in string.struck)
        size = np.array(document.picture.shape[::-1])
        ends = string.quads[[0, -1]].mean(axis=1)
        assert ((ends > 0) & (ends < size)).all()
        corners = string.quads.reshape(-1, 2)
        on_picture.append(((corners > -1) & (corners < size + 1)).all(axis=1).mean())
        # In strings of one or two digits the first, which may be taller, sets the usual height.
        assert 2 < string.height_px < (140 if len(string.text) > 2 else 1.7 * 140)
        assert np.hypot(*string.along) == pytest.approx(1)
        assert string.along[0] > 0.7
    assert np.mean(on_picture) > 0.9


def test_the_centre_line_passes_all_digits_of_a_string(pages: list[Document]) -> None:
    for document in pages:
        for string in document.strings:
            middles = string.quads.mean(axis=1)
            # Digits of uneven sizes and those with tails have their middles above or below it.
            off = np.abs((middles - string.centre[0]) @ string.down) / string.height_px
            # Of a digit alone up to 0.6 may be tail, and then the middle of it all is half of that away.
            assert np.median(off) < (0.35 if len(string.text) > 1 else 0.3 / 0.4)
            along = (middles - string.centre[0]) @ string.along
            assert (along > -0.5 * string.height_px).all()
            assert along[-1] >= along[0]


def filled(sheet: Sheet, crop: bool) -> Sheet:
    if crop:
        fill_crop(sheet)
    else:
        fill_page(sheet)
    return sheet


@pytest.mark.parametrize("crop", [False, True])
def test_there_is_no_ink_of_digits_where_no_quad_is(crop: bool) -> None:
    recipe = CROP if crop else PAGE
    for seed in range(10):
        sheet = filled(
            random_sheet(SyntheticDigits(), ScriptFonts(), recipe, np.random.default_rng(seed)), crop
        )
        held: Ink = np.zeros_like(sheet.canvas.mask)
        for written in sheet.written:
            for quad in written.truth.quads:
                corners = [np.rint((quad - 0.5) * 16).astype(np.int32)]
                cv2.fillPoly(held, corners, 1, cv2.LINE_8, 4)
                cv2.polylines(held, corners, True, 1, 3, cv2.LINE_8, 4)
        assert not (sheet.canvas.mask[held == 0] > 60).any()
        assert sheet.canvas.mask.any() == bool(held.any())


def test_some_documents_are_blank_or_have_no_digits(pages: list[Document], crops: list[Document]) -> None:
    for drawn, least in ((pages, 0.0), (crops, 0.05)):
        without = [document for document in drawn if not document.strings]
        assert least <= len(without) / len(drawn) < 0.4
    assert any(document.picture.std() > 0.05 for document in crops if not document.strings)


def test_print_signs_struck_digits_and_slanted_writing_all_occur(
    pages: list[Document], crops: list[Document]
) -> None:
    drawn = pages + crops
    strings = [string for document in drawn for string in document.strings]
    assert 0.02 < np.mean([string.printed for string in strings]) < 0.4
    assert any(string.struck for string in strings)
    assert any(len(document.signs) for document in drawn)
    assert np.ptp([string.slant for string in strings]) > 0.3
    assert {len(string.text) for string in strings} >= set(range(1, 9))
    heights = np.array([string.height_px for string in strings])
    assert heights.min() < 11
    assert heights.max() > 26


def test_the_share_of_crops_is_that_of_the_recipe() -> None:
    sizes = [document.picture.shape for document in documents(DocumentRecipe(crop_share=0.5), 20)]
    assert 4 < sum(size != (256, 256) for size in sizes) < 16
