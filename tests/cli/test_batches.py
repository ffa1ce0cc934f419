"""Several pictures at once: folders, files with several pages, pages with several strings."""

from collections import Counter
from pathlib import Path

import pytest
from helpers.batch_folder import BROKEN, COPIES
from helpers.cli_runner import SAMPLE, SAMPLES, assert_one_line, labels, records, sdnn, without_times
from PIL import Image

from sdnn.errors import ExitCode


def test_a_folder_has_a_row_for_every_picture_in_it_also_the_broken_ones(folder: Path) -> None:
    result = sdnn("read", folder, "--json")
    assert result.returncode == ExitCode.UNREADABLE
    rows = records(result.stdout)
    expected = sorted(str(path) for path in folder.rglob("*") if path.is_file() and path.suffix != ".csv")
    assert [row["source"] for row in rows] == expected
    assert Counter(row["status"] for row in rows) == {"accepted": COPIES * len(labels()), "error": BROKEN}
    for row in rows:
        if row["status"] == "accepted":
            assert row["text"] == labels()[Path(str(row["source"])).name]
    assert len(result.stderr.splitlines()) == BROKEN


def test_the_output_is_not_there_before_it_is_whole(folder: Path) -> None:
    out = folder.parent / "missing" / "out.csv"
    result = sdnn("read", folder, "-o", out)
    assert result.returncode == ExitCode.OUTPUT
    assert_one_line(result.stderr, str(out))
    assert not out.parent.exists()


def test_an_output_does_not_take_the_place_of_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(SAMPLE.read_bytes())
    result = sdnn("read", path, "-o", path, "--format", "text")
    assert result.returncode == ExitCode.USAGE
    assert_one_line(result.stderr, "files to be read")
    assert path.read_bytes() == SAMPLE.read_bytes()


def test_the_ending_of_the_output_says_the_format(tmp_path: Path) -> None:
    for ending, beginning in (
        (".csv", '"source",'),
        (".tsv", "source\t"),
        (".jsonl", "{"),
        (".xml", "<?xml"),
        (".TXT", "14662\n"),
        ("", "14662\n"),
    ):
        out = tmp_path / f"out{ending}"
        assert sdnn("read", SAMPLE, "-o", out).returncode == ExitCode.OK
        assert out.read_text().startswith(beginning)


@pytest.mark.parametrize("ending", [".pdf", ".xlsx", ".png", ".2026-10-05"])
def test_an_output_with_the_ending_of_no_format_is_refused(tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"out{ending}"
    result = sdnn("read", SAMPLE, "-o", out)
    assert result.returncode == ExitCode.USAGE
    assert_one_line(result.stderr, str(out), ending, ".txt, .tsv, .csv, .json, .jsonl, .xml", "--format")
    assert not list(tmp_path.iterdir())
    assert sdnn("read", SAMPLE, "-o", out, "--format", "csv").returncode == ExitCode.OK
    assert out.read_text().startswith('"source",')


def test_every_page_of_a_file_has_a_row(tmp_path: Path) -> None:
    names = sorted(labels())[:3]
    pages = [Image.open(SAMPLES / name) for name in names]
    path = tmp_path / "pages.tiff"
    pages[0].save(path, save_all=True, append_images=pages[1:])
    result = sdnn("read", path, "--json")
    assert [(row["page"], row["text"]) for row in records(result.stdout)] == [
        (number, labels()[name]) for number, name in enumerate(names, start=1)
    ]


def test_text_shows_the_pages_of_a_file_with_several(tmp_path: Path) -> None:
    names = sorted(labels())[:2]
    pages = [Image.open(SAMPLES / name) for name in names]
    path = tmp_path / "pages.tiff"
    pages[0].save(path, save_all=True, append_images=pages[1:])
    texts = [labels()[name] for name in names]
    assert sdnn("read", path).stdout.decode() == f"{path}:1\t{texts[0]}\n{path}:2\t{texts[1]}\n"
    assert sdnn("read", path, SAMPLES / names[0], "--confidence").stdout.decode().count("\t") == 2 * 3
    read = sdnn("read", SAMPLES / names[0], path, SAMPLES / names[1]).stdout.decode().splitlines()
    assert [row.split("\t")[0] for row in read] == [
        f"{SAMPLES / names[0]}",
        f"{path}:1",
        f"{path}:2",
        f"{SAMPLES / names[1]}",
    ]


def test_a_folder_without_pictures_is_an_error_row(tmp_path: Path) -> None:
    result = sdnn("read", tmp_path, "--json")
    assert result.returncode == ExitCode.UNREADABLE
    (row,) = records(result.stdout)
    assert row["source"] == str(tmp_path)
    assert_one_line(result.stderr, str(tmp_path), "picture")


def test_an_output_in_the_folder_that_is_read_takes_no_pictures_place(folder: Path) -> None:
    path = folder / "0" / "00000.png"
    before = path.read_bytes()
    result = sdnn("read", folder, "-o", path, "--format", "text")
    assert result.returncode == ExitCode.USAGE
    assert_one_line(result.stderr.splitlines()[-1], str(path))
    assert path.read_bytes() == before


def test_the_numbers_on_a_form_are_found_among_its_words(tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    result = sdnn("read", SAMPLES.parent / "form.jpg", "--json", "--explain", out)
    rows = [row for row in records(result.stdout) if row["status"] == "accepted"]
    assert [row["text"] for row in rows] == ["4064249", "77579205", "79392", "5526764", "69965100"]
    assert all(row["box"] for row in rows)
    with Image.open(out) as drawn:
        assert drawn.size == (1000, 640)


@pytest.mark.parametrize("hint", ["--page", "--line", "--deskew", "--polarity=dark"])
def test_hints_that_are_not_needed_change_nothing_on_one_line(hint: str) -> None:
    expected, found = (sdnn("read", SAMPLE, "--json", *options) for options in ((), (hint,)))
    assert found.returncode == ExitCode.OK
    assert without_times(found.stdout) == without_times(expected.stdout)


def test_a_picture_of_several_strings_has_a_row_for_each_unless_it_is_said_to_be_one_line(
    tmp_path: Path,
) -> None:
    path = tmp_path / "two.png"
    page = Image.new("L", (260, 200), 255)
    for name, corner in (("00004.png", (90, 30)), ("00000.png", (40, 120))):
        with Image.open(SAMPLES / name) as image:
            page.paste(image, corner)
    page.save(path)
    for options in ((), ("--page",)):
        result = sdnn("read", path, *options)
        assert result.returncode == ExitCode.OK
        assert [line.split("\t")[-1] for line in result.stdout.decode().splitlines()] == ["8809", "14662"]
    (record,) = records(sdnn("read", path, "--line", "--json").stdout)
    assert (record["text"], record["status"]) == ("14662", "rejected")
    result = sdnn("read", path, "--line")
    assert (result.returncode, result.stdout) == (ExitCode.REJECTED, b"\n")
    assert_one_line(result.stderr, "another string")


def test_a_page_beyond_the_region_does_not_hide_those_after_it(tmp_path: Path) -> None:
    with Image.open(SAMPLE) as image:
        small = Image.new("L", (20, 20), 255)
        path = tmp_path / "pages.tiff"
        image.save(path, save_all=True, append_images=[small, image])
    result = sdnn("read", path, "--json", "--region", "5,0,200,100")
    rows = records(result.stdout)
    assert [row["page"] for row in rows] == [1, 2, 3]
    assert [row["status"] for row in rows] == ["accepted", "empty", "accepted"]
    result = sdnn("read", path, "--json", "--region", "30,0,200,100")
    assert [row["status"] for row in records(result.stdout)][1] == "error"
    assert_one_line(result.stderr, "page 2", "region")


@pytest.mark.parametrize(
    "options",
    [
        ("--mask-below", "0.9", "--json"),
        ("--nbest", "2", "-f", "csv"),
        ("--confidence", "-f", "csv"),
        ("--confidence", "--json"),
        ("--explain", "out.png", "-o", "out.png", "-f", "text"),
        ("--explain", "out.doc"),
    ],
    ids=" ".join,
)
def test_options_that_do_not_go_together_are_refused(tmp_path: Path, options: tuple[str, ...]) -> None:
    result = sdnn("read", SAMPLE, *options, cwd=tmp_path)
    assert result.returncode == ExitCode.USAGE
    assert_one_line(result.stderr, options[0])
    assert list(tmp_path.iterdir()) == []


def test_of_several_pages_the_first_with_digits_is_explained(tmp_path: Path) -> None:
    with Image.open(SAMPLE) as image:
        blank = Image.new("L", image.size, 255)
        path, out = tmp_path / "pages.tiff", tmp_path / "out.png"
        blank.save(path, save_all=True, append_images=[image, image])
    result = sdnn("read", path, "--explain", out, "-q")
    assert_one_line(result.stderr, "page 2")
    with Image.open(out) as drawn:
        assert drawn.height > 200


@pytest.mark.parametrize("region", ["1,2,3", "a,b,c,d", "0,0,0,10", "0,0,nan,5"])
def test_a_region_is_four_numbers(region: str) -> None:
    result = sdnn("read", SAMPLE, "--region", region)
    assert result.returncode == ExitCode.USAGE
    assert_one_line(result.stderr, "--region", "120,40,300,60")
