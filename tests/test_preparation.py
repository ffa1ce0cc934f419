from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sdnn.choices import Contents
from sdnn.errors import UnreadableInput
from sdnn.preparation import Page, Preparation, name_of
from sdnn.results import FloatArray

SAMPLES = Path(__file__).parents[1] / "data" / "samples"
SAMPLE = SAMPLES / "00000.png"


@pytest.fixture
def pages() -> list[Page]:
    return list(Preparation().pages(SAMPLE))


@pytest.fixture
def two_lines() -> FloatArray:
    """A page with two strips, one below the other."""
    with Image.open(SAMPLE) as first, Image.open(SAMPLES / "00001.png") as second:
        page = Image.new("L", (900, 700), 255)
        for row in range(4):
            page.paste(first, (80, 60 + 150 * row))
            page.paste(second, (500, 70 + 150 * row))
    return np.asarray(page, dtype=np.float32) / 255


def test_a_picture_of_one_line_is_one_page_with_one_strip(pages: list[Page]) -> None:
    (page,) = pages
    assert (page.source, page.number, page.contents, page.error) == (str(SAMPLE), 0, Contents.LINE, None)
    (line,) = page.lines
    assert line.strip is not None
    assert line.strip.ink.shape[0] == Preparation().geometry.height_px
    assert page.elapsed_ms > 0
    assert page.held_bytes >= page.brightness.nbytes


def test_a_blank_page_has_a_line_without_a_strip() -> None:
    page = Preparation().page(np.ones((40, 300), np.float32), "blank")
    (line,) = page.lines
    assert (line.writing, line.strip) == (None, None)


def test_the_way_back_of_a_strip_leads_to_the_page_and_not_to_the_region() -> None:
    with Image.open(SAMPLE) as image:
        page = Image.new("L", (400, 200), 255)
        page.paste(image, (100, 120))
    brightness = np.asarray(page, dtype=np.float32) / 255
    (inside,) = Preparation(region=(95, 115, 250, 60)).page(brightness, "page").lines
    (everywhere,) = Preparation().page(brightness, "page").lines
    assert inside.strip is not None
    assert everywhere.strip is not None
    np.testing.assert_allclose(inside.strip.page_from_strip, everywhere.strip.page_from_strip, atol=1.5)


@pytest.mark.parametrize("contents", [Contents.PAGE, Contents.AUTO])
def test_a_page_has_a_line_for_each_string_on_it(two_lines: FloatArray, contents: Contents) -> None:
    page = Preparation(contents=contents).page(two_lines, "page")
    assert page.contents is Contents.PAGE
    assert len(page.lines) == 8


def test_what_clearly_is_a_page_is_still_one_line_where_one_says_so(two_lines: FloatArray) -> None:
    assert len(Preparation(contents=Contents.LINE).page(two_lines, "page").lines) == 1


def test_a_page_that_cannot_be_read_has_an_error_and_ends_the_file() -> None:
    (page,) = Preparation().pages(SAMPLES / "missing.png")
    assert page.lines == ()
    assert page.error
    assert "missing.png" in page.error


def test_pages_are_loaded_when_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = 0

    def load_pages(source: object, max_pixels: int) -> Iterator[FloatArray]:
        nonlocal loaded
        for _ in range(5):
            loaded += 1
            yield np.ones((40, 100), np.float32)

    monkeypatch.setattr("sdnn.preparation.load_pages", load_pages)
    pages = Preparation().pages("many.tiff")
    assert (next(pages).number, loaded) == (0, 1)
    assert (next(pages).number, loaded) == (1, 2)


def test_a_line_too_long_is_an_error_that_names_the_picture() -> None:
    page = np.ones((30, 12_000), np.float32)
    page[12:17, ::9] = 0
    with pytest.raises(UnreadableInput, match=r"long\.png: the line is too long"):
        Preparation().page(page, "long.png")


def test_a_page_that_is_not_kept_is_blank_and_takes_no_memory() -> None:
    (kept,) = Preparation().pages(SAMPLE)
    (page,) = Preparation(keeps_pages=False).pages(SAMPLE)
    assert page.brightness.shape == kept.brightness.shape
    assert page.brightness.min() == 1
    assert page.held_bytes == kept.held_bytes - kept.brightness.nbytes


def test_a_page_beyond_the_region_does_not_hide_those_after_it(tmp_path: Path) -> None:
    with Image.open(SAMPLE) as image:
        path = tmp_path / "pages.tiff"
        image.save(path, save_all=True, append_images=[Image.new("L", (9, 9), 255), image])
    first, second, third = Preparation(region=(20, 0, 50, 50)).pages(path)
    assert (first.error, third.error) == (None, None)
    assert second.error
    assert "page 2" in second.error


def test_what_is_no_picture_at_all_is_an_error_too() -> None:
    (page,) = Preparation().pages(None)  # type: ignore[arg-type]  # as cv2.imread gives it
    assert page.error
    assert "give a path" in page.error


@pytest.mark.parametrize(
    ("source", "name"),
    [("a.png", "a.png"), (Path("b.png"), "b.png"), (b"...", "picture"), (np.ones((2, 2)), "picture")],
    ids=["text", "path", "bytes", "array"],
)
def test_a_picture_is_called_by_its_path(source: object, name: str) -> None:
    assert name_of(source) == name  # type: ignore[arg-type]  # of all kinds


def test_an_open_file_is_called_by_its_name() -> None:
    with open(SAMPLE, "rb") as file:
        assert name_of(file) == str(SAMPLE)
    with Image.open(SAMPLE) as image:
        assert name_of(image) == str(SAMPLE)
