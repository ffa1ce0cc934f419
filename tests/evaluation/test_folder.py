from dataclasses import replace
from pathlib import Path

import pytest
from helpers.cli_runner import SAMPLES
from PIL import Image

from sdnn.decoding.constraints import constraint
from sdnn.evaluation.folder import UNREADABLE, evaluate, read_first_pages
from sdnn.reading.reader import Reader
from sdnn.reading.settings import ACCEPT_ALL


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(settings=ACCEPT_ALL)


def two_strings(path: Path) -> None:
    """8809 above 14662."""
    page = Image.new("L", (260, 200), 255)
    for name, corner in (("00004.png", (90, 30)), ("00000.png", (40, 120))):
        with Image.open(SAMPLES / name) as image:
            page.paste(image, corner)
    page.save(path)


def folder_of(folder: Path, **labels: str) -> Path:
    """Copies of the first sample with the given labels."""
    for name in labels:
        (folder / f"{name}.png").write_bytes((SAMPLES / "00000.png").read_bytes())
    rows = "".join(f"{name}.png,{label}\n" for name, label in labels.items())
    (folder / "labels.csv").write_text(f"file,label\n{rows}")
    return folder


def test_a_strip_is_right_where_its_one_string_is_its_label(reader: Reader, tmp_path: Path) -> None:
    done: list[None] = []
    report, failures = evaluate(reader, folder_of(tmp_path, a="14662", b="14663"), lambda: done.append(None))
    assert (report.total.n, report.total.right, report.unreadable) == (2, 1, 0)
    assert [(entry.name, entry.truth, entry.reading.text) for entry in failures] == [
        (str(tmp_path / "b.png"), "14663", "14662")
    ]
    assert len(done) == 2


@pytest.mark.parametrize("label", ["14662", "8809", "880914662"])
def test_a_picture_with_two_strings_is_wrong_whichever_its_label_is(
    reader: Reader, tmp_path: Path, label: str
) -> None:
    folder_of(tmp_path, a=label)
    two_strings(tmp_path / "a.png")
    report, (failure,) = evaluate(reader, tmp_path)
    assert (report.total.n, report.total.right) == (1, 0)
    assert failure.reading.text == "8809 14662"
    assert failure.reading.evidence


def test_two_strings_together_are_as_sure_as_the_less_sure_of_them(reader: Reader, tmp_path: Path) -> None:
    path = tmp_path / "two.png"
    two_strings(path)
    apart = reader.read(path)
    ((together, digits),) = read_first_pages(reader, [path])
    assert digits == "8809 14662"
    assert together.confidence == pytest.approx(min(reading.confidence for reading in apart), abs=1e-4)


@pytest.mark.parametrize("pattern", [r"\d{3}-\d{2}", r"\d{3} \d{2}"])
def test_what_a_pattern_puts_between_the_digits_does_not_count(tmp_path: Path, pattern: str) -> None:
    reader = Reader(settings=replace(ACCEPT_ALL, constraint=constraint(pattern=pattern)))
    report, failures = evaluate(reader, folder_of(tmp_path, a="14662"))
    assert (report.total.right, failures) == (1, [])


def test_of_several_pages_the_first_counts(reader: Reader, tmp_path: Path) -> None:
    with Image.open(SAMPLES / "00000.png") as first, Image.open(SAMPLES / "00004.png") as second:
        first.save(tmp_path / "a.tiff", save_all=True, append_images=[second])
    (tmp_path / "labels.csv").write_text("file,label\na.tiff,14662\n")
    report, _ = evaluate(reader, tmp_path)
    assert (report.total.n, report.total.right) == (1, 1)


def test_a_file_that_cannot_be_read_is_wrong_even_where_its_label_is_blank(
    reader: Reader, tmp_path: Path
) -> None:
    folder_of(tmp_path, a="", b="14662")
    (tmp_path / "a.png").write_bytes(b"no picture")
    report, (failure,) = evaluate(reader, tmp_path)
    assert (report.total.right, report.unreadable) == (1, 1)
    assert failure.reading.text == UNREADABLE


def test_a_blank_picture_has_a_blank_label(reader: Reader, tmp_path: Path) -> None:
    folder_of(tmp_path, a="")
    Image.new("L", (120, 40), 255).save(tmp_path / "a.png")
    report, failures = evaluate(reader, tmp_path)
    assert (report.total.right, failures) == (1, [])
