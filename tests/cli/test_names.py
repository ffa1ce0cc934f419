"""Names with control characters, quotes and bytes: none of these reaches a terminal, and all is found."""

import csv
import io
import json
import os
import pty
import re
import socket
import subprocess
from pathlib import Path

import pytest
from helpers.cli_runner import SAMPLE, SDNN, assert_one_line, records, sdnn
from helpers.deadlines import run_process, started

from sdnn.errors import ExitCode
from sdnn.escaping import unescape_formula, unescaped

NAMES = [
    "a\x1b[31m.png",
    "b\nsdnn: forged.png",
    "c\u202egnp.png",
    'd"q.png',
    '"e.png',
    "é.png",
    "\udcff.png",
    "[bold]x.png",
    "t\tab.png",
    "back\\n.png",
    "u\u2028v\x85w\x9b31m.png",
    "\x7f.png",
    "'=1.png",
]
UNSAFE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


@pytest.fixture
def odd_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of readable pictures, named as they come."""
    folder = tmp_path / "f"
    folder.mkdir()
    for name in NAMES:
        os.link(SAMPLE, folder / name)
    monkeypatch.chdir(tmp_path)
    return folder


def expected() -> set[str]:
    return {os.path.join("f", name) for name in NAMES}


@pytest.mark.parametrize("form", ["text", "tsv"])
def test_rows_hold_no_character_that_a_terminal_acts_on_and_give_the_names_back(
    odd_folder: Path, form: str
) -> None:
    result = sdnn("read", "f", "--format", form, "--jobs", "1")
    assert result.returncode == ExitCode.OK
    text = result.stdout.decode()
    assert not UNSAFE.search(text.replace("\t", ""))
    rows = [line.split("\t") for line in text.splitlines()]
    assert {unescaped(unescape_formula(row[0])) for row in rows} - {"source"} == expected()


@pytest.mark.parametrize("quoting", [csv.QUOTE_NONE, csv.QUOTE_MINIMAL])
def test_tsv_parses_back_with_quoting_and_without(odd_folder: Path, quoting: int) -> None:
    text = sdnn("read", "f", "--format", "tsv", "--jobs", "1").stdout.decode()
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter="\t", quoting=quoting))  # type: ignore[arg-type]
    assert {len(row) for row in rows} == {13}
    assert {unescaped(unescape_formula(row[0])) for row in rows[1:]} == expected()


def test_csv_and_json_keep_the_exact_names(odd_folder: Path) -> None:
    found = records(sdnn("read", "f", "--json", "--jobs", "1").stdout)
    assert {record["source"] for record in found} == expected()
    text = sdnn("read", "f", "--format", "csv", "--jobs", "1").stdout.decode("utf-8", "surrogateescape")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert {unescaped(unescape_formula(row["source"])) for row in rows} == expected()
    assert {"f/a\x1b[31m.png", "f/\udcff.png"} <= {row["source"] for row in rows}


@pytest.mark.parametrize("name", NAMES)
def test_a_message_is_one_line_without_control_characters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_text("no picture")
    calls: list[list[object]] = [["read", name], ["read", "no" + name], ["eval", name]]
    for arguments in [*calls, ["read", SAMPLE, "--model", name]]:
        result = sdnn(*arguments)
        assert result.returncode in {ExitCode.UNREADABLE, ExitCode.MODEL}
        assert not UNSAFE.search(result.stderr.decode("utf-8", "surrogateescape"))
        assert_one_line(result.stderr)


@pytest.mark.parametrize("option", ["--pattern", "--profile", "--length", "--nope", "--format", "--jobs"])
def test_a_wrong_value_is_quoted_without_its_control_characters(tmp_path: Path, option: str) -> None:
    result = sdnn("read", SAMPLE, option, "\x1b]0;\x07\n(\u202e/", cwd=tmp_path)
    assert result.returncode in {ExitCode.USAGE, ExitCode.OUTPUT}
    assert not UNSAFE.search(result.stderr.decode())
    assert_one_line(result.stderr)


def test_a_table_of_results_shows_no_control_characters_and_no_markup(tmp_path: Path) -> None:
    folder = tmp_path / "[red]\x1b[31m\u202e"
    folder.mkdir()
    os.link(SAMPLE, folder / "a.png")
    (folder / "labels.csv").write_text("file,label\na.png,14662\n")
    text = sdnn("eval", folder).stdout.decode()
    assert not UNSAFE.search(text)
    assert "[red]" in text


ENVIRONMENTS = ["PYTHONIOENCODING=ascii", "LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0"]


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=["ascii", "C"])
def test_names_that_stdout_cannot_encode_do_not_end_the_batch(odd_folder: Path, environment: str) -> None:
    result = run_process("sh", "-c", f"{environment} '{SDNN}' read f --jobs 1")
    assert (result.returncode, result.stderr) == (ExitCode.OK, b"")
    rows = [line.split("\t") for line in result.stdout.decode().splitlines()]
    assert {os.fsencode(unescaped(row[0])) for row in rows} == set(map(os.fsencode, expected()))


def test_csv_on_a_terminal_is_escaped(odd_folder: Path) -> None:
    master, terminal = pty.openpty()
    command = SDNN, "read", "f", "-q", "--format", "csv", "--jobs", "1"
    shown = b""
    with started(*command, stdin=subprocess.DEVNULL, stdout=terminal) as process:
        os.close(terminal)
        try:
            while chunk := os.read(master, 65536):
                shown += chunk
        except OSError:  # Linux ends a terminal so
            os.close(master)
    assert process.returncode == ExitCode.OK
    text = re.sub("\r+\n", "\n", shown.decode())  # a terminal adds a carriage return to that of CSV
    assert not UNSAFE.search(text)
    assert text.count("\n") == len(NAMES) + 1


# What a folder holds besides files.


def test_what_a_folder_holds_besides_files_has_a_row_and_is_never_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe.png")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind("socket.png")
    for name, target in (
        ("link to pipe.png", "pipe.png"),
        ("link to device.png", "/dev/zero"),
        ("link to nothing", "missing"),
        ("circle", "circle"),
    ):
        Path(name).symlink_to(target)
    os.link(SAMPLE, "z.png")
    result = sdnn("read", ".", "--json")
    assert result.returncode == ExitCode.UNREADABLE
    found = [
        (record["source"].removeprefix("./"), record["reason"] or "") for record in records(result.stdout)
    ]
    assert {name: reason.partition(":")[2][:20] for name, reason in found} == {
        "circle": " cannot be opened (T",
        "link to device.png": " a device, which is ",
        "link to nothing": " cannot be opened (N",
        "link to pipe.png": " a pipe, which is no",
        "pipe.png": " a pipe, which is no",
        "socket.png": " a socket, which is ",
        "z.png": "",
    }


def test_a_path_that_is_too_long_has_a_row(tmp_path: Path) -> None:
    deep = os.open(tmp_path, os.O_RDONLY)
    for _ in range(20):  # deeper than a path can say
        os.mkdir("d" * 250, dir_fd=deep)
        below = os.open("d" * 250, os.O_RDONLY, dir_fd=deep)
        os.close(deep)
        deep = below
    os.close(os.open("a.png", os.O_CREAT, dir_fd=deep))
    os.close(deep)
    os.link(SAMPLE, tmp_path / "z.png")
    result = sdnn("read", tmp_path, "--json")
    assert result.returncode == ExitCode.UNREADABLE
    first, last = records(result.stdout)
    assert (first["status"], last["status"]) == ("error", "accepted")
    assert "too long" in first["reason"]


def test_a_folder_that_is_closed_while_it_is_read_has_a_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        os.link(SAMPLE, tmp_path / name / "1.png")
    listdir = os.listdir

    def refusing(folder: str) -> list[str]:
        if folder.endswith("a"):
            raise PermissionError(13, "Permission denied")
        return listdir(folder)

    monkeypatch.setattr(os, "listdir", refusing)
    result = sdnn("read", tmp_path, "--json")
    assert result.returncode == ExitCode.UNREADABLE
    assert json.loads(result.stdout.splitlines()[0])["reason"].endswith(
        "a folder that cannot be listed; check its permissions"
    )


def test_stdin_is_called_stdin(tmp_path: Path) -> None:
    result = sdnn("read", "-", "--json")
    assert result.returncode == ExitCode.UNREADABLE
    assert_one_line(result.stderr, "sdnn: stdin: empty;")
    (record,) = records(result.stdout)
    assert record["source"] == "-"
    assert record["reason"].startswith("stdin: empty;")
