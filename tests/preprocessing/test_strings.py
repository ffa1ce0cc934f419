from dataclasses import astuple
from pathlib import Path

import cv2
import numpy as np
import pytest

from sdnn.choices import Polarity
from sdnn.datasets.clutter import word
from sdnn.datasets.digits import Pen
from sdnn.datasets.documents import Document, DocumentRecipe, random_document
from sdnn.datasets.strips import Layout, SyntheticStrip, random_strip
from sdnn.preprocessing import load_page
from sdnn.preprocessing.strings import find_strings, is_page
from sdnn.results import Box, Cutout, FloatArray, Strip

PICTURES = sorted((Path(__file__).parents[2] / "data").glob("*/*.png"))


def strip_of(text: str, seed: int = 0, gap_px: int = 3) -> SyntheticStrip:
    layout = Layout(gap_px=(gap_px, gap_px))
    return random_strip(Pen(), layout, np.random.default_rng(seed), text)


def enlarged(page: FloatArray, factor: float) -> FloatArray:
    size = (round(page.shape[1] * factor), round(page.shape[0] * factor))
    return np.asarray(
        cv2.resize(page, size, interpolation=cv2.INTER_LINEAR if factor > 1 else cv2.INTER_AREA)
    )


def sheet_with(*pictures: tuple[FloatArray, int, int], size: tuple[int, int] = (400, 700)) -> FloatArray:
    """Pictures (brightness, left, top) on a sheet."""
    page = np.full(size, 0.9, np.float32)
    for brightness, left, top in pictures:
        height, width = brightness.shape
        place = page[top : top + height, left : left + width]
        np.minimum(place, brightness, out=place)
    return page


def box_of(cutout: Cutout) -> Box:
    """The ink of a cutout on its page."""
    rows, columns = np.nonzero(cutout.brightness < np.median(cutout.brightness) - 0.15)
    ink = Box(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    return Strip(cutout.brightness, cutout.page_from_cutout).to_page(ink)


def overlap(box: Box, other: Box) -> float:
    """Shared area over that of both together."""
    width = max(0.0, min(box.right, other.right) - max(box.left, other.left))
    height = max(0.0, min(box.bottom, other.bottom) - max(box.top, other.top))
    return width * height / (box.width * box.height + other.width * other.height - width * height)


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    return [random_document(Pen(), DocumentRecipe(), np.random.default_rng([5, n])) for n in range(4)]


def test_every_string_on_a_document_is_among_the_candidates(documents: list[Document]) -> None:
    for document in documents:
        boxes = [box_of(cutout) for cutout in find_strings(document.brightness)]
        for string in document.strings:
            assert max(overlap(box, string.box) for box in boxes) > 0.7


def test_candidates_come_in_reading_order() -> None:
    words = [strip_of("123").page, strip_of("456").page, strip_of("789").page]
    page = sheet_with((words[2], 100, 200), (words[1], 400, 55), (words[0], 100, 50))
    places = [box_of(cutout) for cutout in find_strings(page)]
    assert [(round(box.left, -2), round(box.top, -2)) for box in places] == [
        (100, 100),
        (400, 100),
        (100, 200),
    ]


def test_large_and_small_strings_are_found_on_the_same_page() -> None:
    small, large = strip_of("1234").page, strip_of("5678").page
    tiny = enlarged(small, 0.7)
    huge = enlarged(large, 6)
    page = sheet_with((tiny, 50, 40), (huge, 50, 150), size=(500, 1200))
    heights = sorted(box_of(cutout).height for cutout in find_strings(page))
    assert heights[0] == pytest.approx(14, abs=3)
    assert heights[-1] > 100


@pytest.mark.parametrize("high_px", [44, 70, 120])
def test_a_frame_round_a_string_is_no_part_of_it(high_px: int) -> None:
    strip = strip_of("50417")
    page = sheet_with((strip.page, 200, 100))
    width = strip.ink.shape[1]
    cv2.rectangle(page, (200, 114 - high_px // 2), (200 + width, 114 + high_px // 2), 0.1, 2)
    (cutout,) = find_strings(page)
    truth = Box.around(list(strip.boxes))
    found = box_of(cutout)
    assert found.left == pytest.approx(200 + truth.left, abs=2)
    assert found.right == pytest.approx(200 + truth.right, abs=2)
    assert found.height == pytest.approx(truth.height, abs=3)


def test_a_ruling_that_the_string_stands_on_does_not_hide_it() -> None:
    strip = strip_of("50417")
    page = sheet_with((enlarged(strip.page, 2), 200, 100))
    page[148:150] = 0.2
    truth = Box.around(list(strip.boxes))
    best = max(find_strings(page), key=lambda cutout: cutout.brightness.shape[1])
    assert box_of(best).width == pytest.approx(2 * truth.width, rel=0.1)


def test_a_label_half_a_text_height_away_is_a_candidate_of_its_own() -> None:
    strip = strip_of("50417")
    label = 1 - word("Total", 0, 18).astype(np.float32) / 255
    page = sheet_with((label, 190 - label.shape[1], 106), (strip.page, 190, 100))
    truth = Box.around(list(strip.boxes))
    widths = [box_of(cutout).width for cutout in find_strings(page)]
    assert min(abs(width - truth.width) for width in widths) <= 3


def test_a_gap_as_wide_as_a_digit_may_belong_to_the_string() -> None:
    parts = [strip_of("50").page[:, 5:-5], strip_of("417").page[:, 5:-5]]
    page = sheet_with((parts[0], 200, 100), (parts[1], 200 + parts[0].shape[1] + 2, 100))
    widths = sorted(box_of(cutout).width for cutout in find_strings(page))
    assert len(widths) == 3
    assert widths[2] > sum(widths[:2]) + 8


def test_other_ink_is_wiped_from_a_cutout() -> None:
    strip, other = strip_of("50417"), strip_of("88888888")
    page = sheet_with((strip.page, 200, 100), (other.page, 150, 124))
    cutout = find_strings(page)[0]
    assert box_of(cutout).height <= 25


def test_light_writing_on_dark_paper_is_found() -> None:
    page = 1 - sheet_with((strip_of("50417").page, 200, 100))
    assert len(find_strings(page)) == 1


def test_blank_paper_has_no_candidates() -> None:
    rough = np.random.default_rng(0).normal(0.9, 0.02, (300, 400)).astype(np.float32)
    assert find_strings(rough) == []
    assert find_strings(np.ones((1, 1), np.float32)) == []


def test_documents_are_pages(documents: list[Document]) -> None:
    assert all(is_page(document.brightness) for document in documents)


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_pictures_of_one_line_are_no_pages(path: Path) -> None:
    assert not is_page(load_page(path))


def test_a_line_with_much_paper_round_it_is_no_page() -> None:
    assert not is_page(sheet_with((strip_of("50417").page, 300, 400), size=(900, 900)))


def test_the_size_of_a_scan_does_not_matter() -> None:
    document = random_document(Pen(), DocumentRecipe(), np.random.default_rng(1))
    found = [box_of(cutout) for cutout in find_strings(enlarged(document.brightness, 3.0))]
    for string in document.strings:
        box = Box(*(3 * edge for edge in astuple(string.box)))
        assert max(overlap(each, box) for each in found) > 0.8


@pytest.mark.parametrize("polarity", [Polarity.DARK, Polarity.LIGHT])
def test_forced_polarity_finds_writing_of_that_side_only(polarity: Polarity) -> None:
    page = random_document(Pen(), DocumentRecipe(), np.random.default_rng(1)).brightness
    page = page if polarity is Polarity.DARK else 1 - page
    other = Polarity.LIGHT if polarity is Polarity.DARK else Polarity.DARK
    assert len(find_strings(page, polarity)) == len(find_strings(page))
    assert is_page(page, polarity)
    assert len(find_strings(page, other)) < len(find_strings(page)) / 2
