from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.fake_detections import Seen, line_along, maps_of
from PIL import Image

from sdnn.detection import Detections, Detector
from sdnn.enums import Polarity
from sdnn.errors import UnreadableInput
from sdnn.models.lenet import LENET
from sdnn.reading.page import Line, Page
from sdnn.reading.preprocessor import PreProcessor, name_of
from sdnn.reading.settings import ReadingSettings
from sdnn.results import Box, FloatArray, Strip

SAMPLES = Path(__file__).parents[2] / "data" / "samples"
SAMPLE = SAMPLES / "00000.png"
INK = np.zeros((60, 300), np.float32)
INK[20:40, 40:280:30] = INK[20:40, 41:280:30] = INK[20:40, 42:280:30] = 1
PAGE = np.float32(1) - INK
LINE = line_along((40, 30), (253, 30), 20, INK)


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(threads=1)


def only(page: Page) -> Line:
    (line,) = page.lines
    return line


def strip_of(line: Line) -> Strip:
    (output,) = line.outputs
    return output.strip


# With what a detector might say.


def test_a_page_has_a_line_for_each_that_the_detector_found() -> None:
    second = line_along((100, 30), (223, 30), 20, LINE.maps)
    page = PreProcessor(Seen(LINE, second)).page(PAGE, "name", 3)
    assert (page.source, page.number, page.error) == ("name", 3, None)
    assert [line.text_line.length_px for line in page.lines] == [213, 123]
    for line in page.lines:
        assert strip_of(line).ink.shape[0] == LENET.geometry.height_px
        assert strip_of(line).ink.max() > 0.7


def test_a_line_without_ink_is_left_out() -> None:
    blank = line_along((40, 30), (253, 30), 20, np.zeros_like(INK))
    assert PreProcessor(Seen(blank, LINE)).page(PAGE, "page").lines[0].text_line.maps is LINE.maps


@pytest.mark.parametrize("surest", [0.0, 0.3, 0.97])
def test_doubt_is_how_sure_the_detector_is_of_any_cell(surest: float) -> None:
    cells = np.zeros((15, 75), np.float32)
    cells[4, 5] = surest
    levels = maps_of(INK), maps_of(INK, 0.5), maps_of(INK, line=cells)
    assert PreProcessor(Seen(levels=levels)).page(PAGE, "page").missed == pytest.approx(surest)
    assert PreProcessor(Seen()).page(PAGE, "page").missed == 0


def test_polarity_is_that_of_the_writing() -> None:
    dark, light = (
        only(
            PreProcessor(Seen(LINE), settings=ReadingSettings(polarity=polarity)).page(PAGE, "page")
        ).crop.ink()
        for polarity in (Polarity.DARK, Polarity.LIGHT)
    )
    assert dark.max() > 0.75
    assert light[dark > 0.75].max() == 0


def test_the_first_view_leads_back_to_the_ink_on_the_page() -> None:
    line = only(PreProcessor(Seen(LINE)).page(PAGE, "page"))
    columns, rows = (np.flatnonzero((strip_of(line).ink > 0.5).any(axis=axis)) for axis in (0, 1))
    on_page = strip_of(line).to_page(Box(columns[0], rows[0], columns[-1] + 1, rows[-1] + 1))
    assert (on_page.left, on_page.right) == pytest.approx((40, 253), abs=1)
    assert (on_page.top, on_page.bottom) == pytest.approx((20, 40), abs=1)


def test_the_detector_sees_the_region_alone_and_everything_leads_back_to_the_page() -> None:
    """The same picture as a region of a larger page, where the detector found a sign, too."""
    found = replace(LINE, signs=(Box(50, 36, 54, 40),))
    page = np.pad(PAGE, ((100, 30), (70, 20)), constant_values=1)
    seen = Seen(found)
    alone = only(PreProcessor(Seen(found)).page(PAGE, "page"))
    inside = PreProcessor(seen, settings=ReadingSettings(region=(70, 100, 300, 60))).page(page, "page")
    line = only(inside)
    assert [picture.shape for picture in seen.pictures] == [PAGE.shape]
    assert (line.text_line.start.tolist(), line.text_line.end.tolist()) == ([110, 130], [323, 130])
    assert line.text_line.signs == (Box(120, 136, 124, 140),)
    assert line.text_line.direction @ alone.text_line.direction == pytest.approx(1)
    np.testing.assert_allclose(strip_of(line).ink, strip_of(alone).ink, atol=1e-4)
    shift = strip_of(line).page_from_strip - strip_of(alone).page_from_strip
    np.testing.assert_allclose(shift, [[0, 0, 70], [0, 0, 100]], atol=1e-9)
    assert inside.brightness is page
    assert inside.size_px == page.shape[::-1]
    assert inside.detections
    assert inside.detections.lines == (line.text_line,)
    (maps,) = inside.detections.levels
    assert maps is line.text_line.maps
    np.testing.assert_array_equal(maps.picture_from_map, [[1, 0, 70], [0, 1, 100]])


def test_a_region_cuts_off_ink_beyond_it() -> None:
    seen = Seen(replace(LINE, maps=maps_of(INK[:, :145])))
    line = only(PreProcessor(seen, settings=ReadingSettings(region=(0, 0, 145, 60))).page(PAGE, "page"))
    columns = np.flatnonzero((line.crop.ink() > 0.2).any(axis=0)) + round(line.page_from_line[0, 2])
    assert set(columns) == {left + pixel for left in (40, 70, 100, 130) for pixel in range(3)}


def test_a_line_too_long_is_an_error_that_names_the_picture() -> None:
    ink = np.zeros((30, 12_000), np.float32)
    ink[12:17, ::9] = 1
    preprocessor = PreProcessor(Seen(line_along((0, 14.5), (12_000, 14.5), 5, ink)))
    with pytest.raises(UnreadableInput, match=r"long\.png: a line is too long"):
        preprocessor.page(1 - ink, "long.png")
    with pytest.raises(UnreadableInput, match=r"long\.tiff, page 2: a line is too long"):
        preprocessor.page(1 - ink, "long.tiff", 2)


def test_a_picture_that_breaks_the_preparation_is_an_error_and_ends_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Broken(Seen):
        def __call__(self, picture: FloatArray) -> Detections:
            if picture.shape[0] == 41:
                raise ZeroDivisionError("of all things")
            return super().__call__(picture)

    loaded = (np.ones((height, 100), np.float32) for height in (40, 41, 42))
    monkeypatch.setattr("sdnn.reading.preprocessor.load_pages", lambda source, max_pixels: loaded)
    first, second, third = PreProcessor(Broken()).pages("three.tiff")
    assert (first.error, third.error) == (None, None)
    assert second.error
    assert second.error.startswith("three.tiff, page 2: cannot be read (ZeroDivisionError('of all things'))")


# With the bundled detector.


def test_a_picture_of_one_line_is_one_page_with_one_strip(detector: Detector) -> None:
    (page,) = PreProcessor(detector).pages(SAMPLE)
    assert (page.source, page.number, page.error) == (str(SAMPLE), 1, None)
    assert strip_of(only(page)).ink.shape[0] == LENET.geometry.height_px
    assert page.elapsed_ms > 0
    assert page.detections
    assert page.brightness is not None
    assert page.memory_bytes >= page.brightness.nbytes + page.detections.levels[0].ink.nbytes


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (2, 2), (40, 200), (600, 50)])
@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_an_even_page_has_no_lines(detector: Detector, shape: tuple[int, int], level: float) -> None:
    page = PreProcessor(detector).page(np.full(shape, level, np.float32), "blank")
    assert page.lines == []
    assert 0 <= page.missed < 0.5


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (40, 200)])
def test_a_page_of_weak_noise_has_no_lines(detector: Detector, shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).uniform(0.78, 0.82, shape).astype(np.float32)
    assert PreProcessor(detector).page(noise, "noise").lines == []


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (2, 2), (3, 5), (40, 200)])
def test_strong_noise_ends_in_strips_of_the_right_height_or_none(
    detector: Detector, shape: tuple[int, int]
) -> None:
    noise = np.random.default_rng(0).random(shape, dtype=np.float32)
    for line in PreProcessor(detector).page(noise, "noise").lines:
        assert strip_of(line).ink.shape[0] == LENET.geometry.height_px


def test_the_way_back_of_a_strip_leads_to_the_page_and_not_to_the_region(detector: Detector) -> None:
    with Image.open(SAMPLE) as image:
        page = Image.new("L", (400, 200), 255)
        page.paste(image, (100, 120))
    brightness = np.asarray(page, dtype=np.float32) / 255
    inside = only(
        PreProcessor(detector, settings=ReadingSettings(region=(95, 115, 250, 60))).page(brightness, "page")
    )
    everywhere = only(PreProcessor(detector).page(brightness, "page"))
    middles = []
    for line in (inside, everywhere):
        ink = strip_of(line).ink / strip_of(line).ink.sum()
        x, y = (float((ink * (places + 0.5)).sum()) for places in np.indices(ink.shape)[::-1])
        middle = strip_of(line).to_page(Box(x, y, x, y))
        middles.append((middle.left, middle.top))
    rows, columns = np.nonzero(brightness < 0.5)
    assert middles[0] == pytest.approx((columns.mean() + 0.5, rows.mean() + 0.5), abs=3)
    # The detector meets other pixels at the edges of the region: a little of the ink differs.
    assert middles[0] == pytest.approx(middles[1], abs=2)


def test_a_page_has_a_line_for_each_string_on_it_in_reading_order(detector: Detector) -> None:
    page = Image.new("L", (900, 700), 255)
    with Image.open(SAMPLE) as first, Image.open(SAMPLES / "00001.png") as second:
        for row in range(4):
            page.paste(first, (80, 60 + 150 * row))
            page.paste(second, (500, 70 + 150 * row))
    lines = PreProcessor(detector).page(np.asarray(page, dtype=np.float32) / 255, "page").lines
    assert len(lines) == 8
    for place, line in enumerate(lines):
        row, column = divmod(place, 2)
        assert line.text_line.start == pytest.approx([(85, 505)[column], 75 + 150 * row], abs=15)


# Pages of a file.


def test_a_page_that_cannot_be_read_has_an_error_and_ends_the_file() -> None:
    (page,) = PreProcessor(Seen()).pages(SAMPLES / "missing.png")
    assert page.lines == []
    assert page.error
    assert "missing.png" in page.error


def test_pages_are_loaded_when_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = 0

    def load_pages(source: object, max_pixels: int) -> Iterator[FloatArray]:
        nonlocal loaded
        for _ in range(5):
            loaded += 1
            yield np.ones((40, 100), np.float32)

    monkeypatch.setattr("sdnn.reading.preprocessor.load_pages", load_pages)
    pages = PreProcessor(Seen()).pages("many.tiff")
    assert (next(pages).number, loaded) == (1, 1)
    assert (next(pages).number, loaded) == (2, 2)


def test_a_page_that_is_not_kept_holds_only_what_its_lines_need() -> None:
    level = maps_of(INK, 0.5)
    detector = Seen(LINE, levels=(level, LINE.maps))
    kept = PreProcessor(detector).page(PAGE, "page")
    page = PreProcessor(detector, keeps_pages=False).page(PAGE, "page")
    assert page.size_px == kept.size_px == PAGE.shape[::-1]
    assert page.brightness is None
    assert page.detections is None
    assert kept.brightness is PAGE
    assert page.memory_bytes < kept.memory_bytes - kept.brightness.nbytes - level.ink.nbytes
    assert page.memory_bytes > LINE.maps.ink.nbytes  # that a line still has


def test_a_page_beyond_the_region_does_not_hide_those_after_it(tmp_path: Path) -> None:
    with Image.open(SAMPLE) as image:
        path = tmp_path / "pages.tiff"
        image.save(path, save_all=True, append_images=[Image.new("L", (9, 9), 255), image])
    first, second, third = PreProcessor(Seen(), settings=ReadingSettings(region=(20, 0, 50, 50))).pages(path)
    assert (first.error, third.error) == (None, None)
    assert second.error
    assert "page 2" in second.error


def test_what_is_no_picture_at_all_is_an_error_too() -> None:
    (page,) = PreProcessor(Seen()).pages(None)  # type: ignore[arg-type]  # as cv2.imread gives it
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
