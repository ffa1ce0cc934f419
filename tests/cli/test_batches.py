"""Many pictures at once: folders, files with several pages, interruption and going on."""

import csv
import io
import json
import os
import pty
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest
from command import SAMPLE, SAMPLES, SDNN, assert_one_line, labels, picture, sdnn
from PIL import Image

from sdnn.errors import ExitCode

COPIES = 4
BROKEN = 4


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The samples many times over, in folders, with broken files among them and one that is no picture."""
    folder = tmp_path / "strips"
    for copy in range(COPIES):
        (folder / f"{copy}").mkdir(parents=True)
        for path in SAMPLES.glob("*.png"):
            os.link(path, folder / f"{copy}" / path.name)
    whole = SAMPLE.read_bytes()
    (folder / "0" / "empty.png").write_bytes(b"")
    (folder / "3" / "text.jpg").write_text("not a picture")
    (folder / "3" / "truncated.png").write_bytes(whole[: len(whole) // 2])
    (folder / "zz.TIF").write_bytes(b"II*\0broken")
    (folder / "labels.csv").write_text("file,label\n")
    return folder


def records(output: bytes) -> list[dict[str, object]]:
    return [json.loads(line) for line in output.splitlines()]


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


@pytest.mark.parametrize("form", ["csv", "tsv", "json"])
def test_a_killed_batch_goes_on_where_it_was_and_reads_every_file_once(folder: Path, form: str) -> None:
    out = folder.parent / "out"
    command = ["read", str(folder), "--format", form, "--output", str(out), "--batch-size", "2"]
    process = subprocess.Popen([SDNN, *command], stderr=subprocess.DEVNULL)
    part = out.with_name("out.part")
    while not part.exists() or part.read_bytes().count(b"\n") < 5:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not out.exists()
    begun = part.read_bytes()
    result = sdnn(*command, "--resume")
    assert result.returncode == ExitCode.UNREADABLE
    assert result.stdout == b""
    assert not part.exists()
    whole = sdnn("read", folder, "--format", form)
    assert sources(out.read_bytes(), form) == sources(whole.stdout, form)
    kept = begun[: begun[: begun.rindex(b"\n")].rindex(b"\n")]
    assert out.read_bytes().startswith(kept[: kept.rindex(b"\n")])


def sources(output: bytes, form: str) -> list[str]:
    text = output.decode()
    if form == "json":
        return [str(record["source"]) for record in records(output)]
    rows = csv.DictReader(io.StringIO(text), delimiter="\t" if form == "tsv" else ",")
    return [row["source"] for row in rows]


def test_going_on_with_what_is_done_adds_only_what_is_new(folder: Path) -> None:
    out = folder.parent / "out.csv"
    sdnn("read", folder, "-o", out, "-q")
    before = out.read_text()
    os.link(SAMPLE, folder / "zzz.png")
    assert sdnn("read", folder, "-o", out, "--resume", "-q", "--exit-zero").returncode == ExitCode.OK
    assert out.read_text().startswith(before)
    assert out.read_text()[len(before) :].count("\n") == 1


@pytest.mark.parametrize("options", [("--resume",), ("--resume", "-o", "{out}")], ids=["no file", "text"])
def test_there_is_nothing_to_go_on_with(tmp_path: Path, options: tuple[str, ...]) -> None:
    given = [option.format(out=tmp_path / "out.txt") for option in options]
    result = sdnn("read", SAMPLE, *given)
    assert result.returncode == ExitCode.USAGE
    assert_one_line(result.stderr, "--resume")


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


def test_pages_in_text_are_gone_on_with(tmp_path: Path) -> None:
    with Image.open(SAMPLE) as image:
        image.save(tmp_path / "scan:2.tiff", save_all=True, append_images=[image])
        image.save(tmp_path / "scan.png")
    whole = sdnn("read", tmp_path).stdout
    out = tmp_path.parent / f"{tmp_path.name}.txt"
    out.with_name(f"{out.name}.part").write_bytes(b"".join(whole.splitlines(keepends=True)[:2]))
    assert sdnn("read", tmp_path, "-o", out, "--resume").returncode == ExitCode.OK
    assert out.read_bytes() == whole
    assert whole.count(b"scan:2.tiff:") == 2


@pytest.mark.parametrize("part", [True, False], ids=["part", "whole"])
def test_records_of_an_older_schema_are_not_gone_on_with(tmp_path: Path, part: bool) -> None:
    out = tmp_path / "out.jsonl"
    held = out.with_name("out.jsonl.part") if part else out
    record = {**records(sdnn("read", SAMPLE, "--json").stdout)[0], "schema": 1, "page": 0}
    held.write_text(2 * f"{json.dumps(record)}\n")
    before = held.read_bytes()
    result = sdnn("read", SAMPLE, "-o", out, "--resume")
    assert result.returncode == ExitCode.USAGE
    assert_one_line(result.stderr, "schema 1", "schema 2", "leave out --resume")
    assert held.read_bytes() == before
    assert list(tmp_path.iterdir()) == [held]


def test_tables_of_an_older_version_are_not_gone_on_with(tmp_path: Path) -> None:
    out = tmp_path / "out.tsv"
    out.write_text("source\tpage\tleft\ttop\tright\tbottom\ttext\tconfidence\tfit\tstatus\treason\n")
    before = out.read_bytes()
    result = sdnn("read", SAMPLE, "-o", out, "--resume")
    assert result.returncode == ExitCode.USAGE
    assert_one_line(result.stderr, "line 1", "leave out --resume")
    assert out.read_bytes() == before


def test_a_folder_without_pictures_is_an_error_row(tmp_path: Path) -> None:
    result = sdnn("read", tmp_path, "--json")
    assert result.returncode == ExitCode.UNREADABLE
    (row,) = records(result.stdout)
    assert row["source"] == str(tmp_path)
    assert_one_line(result.stderr, str(tmp_path), "picture")


@pytest.mark.parametrize("arguments", [(), ("--json",), ("--format", "csv")], ids=" ".join)
def test_stdout_holds_the_same_data_whether_stderr_is_a_terminal_or_not(
    folder: Path, arguments: tuple[str, ...]
) -> None:
    plain = sdnn("read", folder, *arguments)
    out = folder.parent / "out"
    master, terminal = pty.openpty()
    with open(out, "wb") as file:
        process = subprocess.Popen(
            [SDNN, "read", folder, *arguments], stdout=file, stderr=terminal, stdin=subprocess.DEVNULL
        )
        os.close(terminal)
        shown = _all_of(master)
        assert process.wait() == plain.returncode
    assert _without_times(out.read_bytes()) == _without_times(plain.stdout)
    assert b"reading" in shown
    assert b"a second" in shown


def _all_of(master: int) -> bytes:
    """What is written to a terminal until nobody holds it open any more."""
    shown = b""
    try:
        while chunk := os.read(master, 65536):
            shown += chunk
    except OSError:  # Linux ends a terminal so
        pass
    os.close(master)
    return shown


def _without_times(output: bytes) -> list[bytes]:
    return [line.rpartition(b'"elapsed_ms"')[0] or line for line in output.splitlines()]


def test_a_batch_that_nobody_reads_to_the_end_is_no_error(folder: Path) -> None:
    with subprocess.Popen(
        [SDNN, "read", folder, "-q", "--exit-zero", "--batch-size", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == ExitCode.OK


def test_an_interrupted_batch_says_how_to_go_on(folder: Path) -> None:
    out = folder.parent / "out.csv"
    process = subprocess.Popen(
        [SDNN, "read", folder, "-o", out, "-q", "--batch-size", "1"], stderr=subprocess.PIPE
    )
    part = out.with_name("out.csv.part")
    while not part.exists() or part.stat().st_size < 1000:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate()
    assert process.returncode == ExitCode.INTERRUPTED
    assert_one_line(stderr, "--resume")
    assert part.exists()


def test_an_output_in_the_folder_that_is_read_takes_no_pictures_place(folder: Path) -> None:
    path = folder / "0" / "00000.png"
    before = path.read_bytes()
    result = sdnn("read", folder, "-o", path, "--format", "text")
    assert result.returncode == ExitCode.USAGE
    assert_one_line(result.stderr.splitlines()[-1], str(path))
    assert path.read_bytes() == before


@pytest.mark.parametrize("closed", ["2>&-", "2>/dev/full"])
def test_nobody_has_to_listen_on_stderr(folder: Path, closed: str) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    command = f"'{SDNN}' read '{folder}' {closed}"
    result = subprocess.run(["sh", "-c", command], stdout=subprocess.PIPE, check=False)
    assert result.returncode == ExitCode.UNREADABLE
    assert len(result.stdout.splitlines()) == COPIES * len(labels()) + BROKEN


def test_a_closed_stdout_is_exit_code_7(folder: Path) -> None:
    result = subprocess.run(["sh", "-c", f"'{SDNN}' read '{folder}' >&-"], capture_output=True, check=False)
    assert result.returncode == ExitCode.OUTPUT
    assert_one_line(result.stderr, "stdout")


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
    assert _without_times(found.stdout) == _without_times(expected.stdout)


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


# Exit codes: the highest wins.


@pytest.mark.parametrize(
    ("files", "options", "code"),
    [
        (("good",), (), ExitCode.OK),
        (("good", "blank"), (), ExitCode.EMPTY),
        (("good",), ("--length", "5", "--min-confidence", "1"), ExitCode.REJECTED),
        (("good", "blank"), ("--min-confidence", "1"), ExitCode.EMPTY),
        (("good", "blank", "missing"), ("--min-confidence", "1"), ExitCode.UNREADABLE),
        (("good",), ("--length", "five"), ExitCode.USAGE),
        (("good",), ("--model", "missing.onnx"), ExitCode.MODEL),
        (("missing",), ("-o", "missing/out.csv"), ExitCode.OUTPUT),
        (("blank", "missing"), ("--exit-zero",), ExitCode.OK),
        (("good",), ("--exit-zero", "--length", "five"), ExitCode.USAGE),
    ],
)
def test_the_worst_of_all_decides_the_exit_code(
    tmp_path: Path, files: tuple[str, ...], options: tuple[str, ...], code: ExitCode
) -> None:
    (tmp_path / "good.png").write_bytes(SAMPLE.read_bytes())
    picture(tmp_path, "blank.png", (300, 80))
    result = sdnn("read", *(f"{name}.png" for name in files), *options, cwd=tmp_path)
    assert result.returncode == code, result.stderr


def test_an_internal_error_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    (tmp_path / "onnxruntime.py").write_text("raise RuntimeError('broken installation')\n")
    result = subprocess.run(
        [SDNN, "read", SAMPLE],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    assert result.returncode == ExitCode.INTERNAL
    assert_one_line(result.stderr, "internal error", "broken installation", "SDNN_TRACEBACK")


def test_quiet_says_nothing_and_verbose_says_how_it_went(tmp_path: Path) -> None:
    blank = picture(tmp_path, "blank.png", (300, 80))
    assert sdnn("read", SAMPLE, blank, "--quiet").stderr == b""
    said = sdnn("read", SAMPLE, blank, "-q", "--verbose").stderr
    assert_one_line(said, "1 accepted", "1 empty", "a second")


@pytest.mark.parametrize("region", ["1,2,3", "a,b,c,d", "0,0,0,10", "0,0,nan,5"])
def test_a_region_is_four_numbers(region: str) -> None:
    result = sdnn("read", SAMPLE, "--region", region)
    assert result.returncode == ExitCode.USAGE
    assert_one_line(result.stderr, "--region", "120,40,300,60")
