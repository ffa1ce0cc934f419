from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.cli_runner import SAMPLES
from PIL import Image

from sdnn.detection import LineCrop
from sdnn.errors import UnreadableInput, UsageError
from sdnn.models.lenet import LENET
from sdnn.reading.page import Line, Page
from sdnn.reading.preprocessor import PreProcessor
from sdnn.reading.reader import Reader
from sdnn.reading.settings import ACCEPT_ALL
from sdnn.results import Box
from sdnn.training import own_lines
from sdnn.training.own_lines import OwnPage, OwnPages, fits, hold_out, is_too_long, load_own_pages, read_pages

CROP = LineCrop(np.zeros((78, 100, 2), np.float32), Box(26, 26, 74, 52), 0.0)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(settings=ACCEPT_ALL)


def labelled(*labels: str) -> list[OwnPage]:
    return [OwnPage(Page("page"), label, CROP) for label in labels]


def folder_with(path: Path, **files: str) -> Path:
    """A labelled folder of some samples, and of files that are no strips."""
    rows = ["file,label"]
    for name, label in files.items():
        rows.append(f"{name}.png,{label}")
    (path / "labels.csv").write_text("\n".join(rows) + "\n")
    return path


def test_pages_are_read_as_the_reader_reads_them_as_often_as_wanted(reader: Reader) -> None:
    pages = load_own_pages([SAMPLES], reader)
    assert (len(pages.pages), pages.unreadable, pages.without_line) == (12, (), 0)
    assert pages.too_short(LENET.geometry) == 0
    expected = [reader.read_line(SAMPLES / f"{number:05d}.png") for number in range(12)]
    for _ in range(2):
        readings = read_pages(reader, pages.pages)
        assert [each.text for each in readings] == [each.text for each in expected]
        np.testing.assert_allclose(
            [each.confidence for each in readings], [each.confidence for each in expected], atol=1e-6
        )


def test_what_cannot_be_learned_is_counted(
    reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_lines, "MIN_STRIPS", 1)
    (tmp_path / "strip.png").write_bytes((SAMPLES / "00000.png").read_bytes())
    Image.new("L", (90, 40), 255).save(tmp_path / "white.png")
    Image.new("L", (90, 40), 255).save(tmp_path / "blank.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    folder = folder_with(tmp_path, strip="9" * 60, white="12", blank="", broken="3", missing="4")
    pages = load_own_pages([folder], reader)
    assert len(pages.pages) == 3
    assert len(pages.unreadable) == 2
    assert pages.without_line == 1  # a blank strip without a line is as it should be
    assert pages.too_short(LENET.geometry) == 1


def test_a_strip_is_learned_the_way_up_that_it_is_read(
    reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_lines, "MIN_STRIPS", 1)
    (tmp_path / "strip.png").write_bytes((SAMPLES / "00000.png").read_bytes())
    label = reader.read_line(SAMPLES / "00000.png").text
    pages = reader.preprocessor.pages

    def in_doubt(path: Path) -> Iterator[Page]:
        """The page with its line the wrong way up, and the other way as a possibility."""
        for page in pages(path):
            (line,) = page.lines
            turned = line.crop.layers[::-1, ::-1].copy()
            wrong = Line(line.text_line, line.page_from_line, replace(line.crop, layers=turned))
            wrong.add_views(reader.settings.views[:1], reader.engine.metadata.geometry)
            wrong.reversed = line
            yield replace(page, lines=[wrong])

    monkeypatch.setattr(PreProcessor, "pages", lambda self, path: in_doubt(path))
    (own,) = load_own_pages([folder_with(tmp_path, strip=label)], reader).pages
    (expected,) = next(iter(pages(SAMPLES / "00000.png"))).lines
    assert own.crop is not None
    np.testing.assert_array_equal(own.crop.layers, expected.crop.layers)


def test_too_few_strips_are_refused_in_one_line(reader: Reader, tmp_path: Path) -> None:
    (tmp_path / "strip.png").write_bytes((SAMPLES / "00000.png").read_bytes())
    with pytest.raises(UsageError, match="only 1 strips") as error:
        load_own_pages([folder_with(tmp_path, strip="12")], reader)
    assert "\n" not in str(error.value)


def test_a_folder_without_labels_cannot_be_read(reader: Reader, tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput):
        load_own_pages([tmp_path], reader)


def test_no_label_is_both_learned_and_held_out() -> None:
    pages = labelled(*(str(number % 30) for number in range(90)))
    learned, held_out = hold_out(pages, 0.2, seed=1)
    assert not {each.label for each in learned} & {each.label for each in held_out}
    assert len(held_out) == 18
    assert len(learned) + len(held_out) == 90
    assert hold_out(pages, 0.2, seed=1)[1] == held_out
    assert hold_out(pages, 0.2, seed=2)[1] != held_out


def test_a_few_labels_are_held_out_of_few_and_too_few_are_refused() -> None:
    assert len(hold_out(labelled("1", "2", "3", "4", "5"), 0.1, seed=0)[1]) == 4
    with pytest.raises(UsageError, match="only 4 different labels"):
        hold_out(labelled("1", "2", "3", "4", "4"), 0.1, seed=0)


def test_a_line_has_to_have_a_column_for_each_digit_and_between_equal_ones() -> None:
    # The first view is 48 * 0.95 * 1.25 = 57 px wide with 42 px on either side: 19 columns of windows.
    assert fits(labelled("12" * 9)[0], LENET.geometry)
    assert fits(labelled("1" * 10)[0], LENET.geometry)
    assert not fits(labelled("1" * 11)[0], LENET.geometry)


def test_a_line_that_is_too_long_to_be_learned_is_counted() -> None:
    # In proportion to its height, 1.25 * 26 / 26 px a pixel of the crop, with 42 px on either side.
    lines = [
        OwnPage(Page("page"), "12", LineCrop(np.zeros((78, width + 52, 2), np.float32), box, 0.0))
        for width in (1000, 1150)
        for box in [Box(26, 26, 26 + width, 52)]
    ]
    assert [is_too_long(line, LENET.geometry) for line in lines] == [False, True]
    assert OwnPages(tuple(lines)).too_long(LENET.geometry) == 1
