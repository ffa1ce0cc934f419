"""Batches that were broken off, gone on with."""

import csv
import io
import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from helpers.cli_runner import (
    SAMPLE,
    SDNN,
    assert_one_line,
    picture,
    records,
    sdnn,
)
from helpers.deadlines import started, wait_until
from PIL import Image

from sdnn.errors import ExitCode


@pytest.mark.parametrize("form", ["csv", "tsv", "json"])
def test_a_killed_batch_goes_on_where_it_was_and_reads_every_file_once(folder: Path, form: str) -> None:
    out = folder.parent / "out"
    command = ["read", str(folder), "--format", form, "--output", str(out), "--batch-size", "2"]
    part = out.with_name("out.part")
    with started(SDNN, *command, stderr=subprocess.DEVNULL) as process:
        wait_until(lambda: part.exists() and part.read_bytes().count(b"\n") >= 5)
        process.kill()
    assert not out.exists()
    begun = part.read_bytes()
    result = sdnn(*command, "--resume", "--jobs", "1")
    assert result.returncode == ExitCode.UNREADABLE
    assert result.stdout == b""
    assert not part.exists()
    whole = sdnn("read", folder, "--format", form, "--jobs", "1")
    assert sources(out.read_bytes(), form) == sources(whole.stdout, form)
    kept = begun[: begun[: begun.rindex(b"\n")].rindex(b"\n")]
    assert out.read_bytes().startswith(kept[: kept.rindex(b"\n")])


def sources(output: bytes, form: str) -> list[str]:
    text = output.decode()
    if form == "json":
        return [str(record["source"]) for record in records(output)]
    rows = csv.DictReader(io.StringIO(text), delimiter="\t" if form == "tsv" else ",")
    return [row["source"] for row in rows]


def test_an_interrupted_batch_says_how_to_go_on(folder: Path) -> None:
    out = folder.parent / "out.csv"
    part = out.with_name("out.csv.part")
    with started(SDNN, "read", folder, "-o", out, "-q", "--batch-size", "1") as process:
        wait_until(lambda: part.exists() and part.stat().st_size >= 1000)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate()
    assert process.returncode == ExitCode.INTERRUPTED
    assert_one_line(stderr, "--resume")
    assert part.exists()


def test_going_on_with_what_is_done_adds_only_what_is_new(folder: Path) -> None:
    out = folder.parent / "out.csv"
    sdnn("read", folder, "-o", out, "-q", "--jobs", "1")
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


def test_kept_errors_count_for_the_exit_code_and_are_read_again_on_request(tmp_path: Path) -> None:
    pictures = tmp_path / "strips"
    pictures.mkdir()
    os.link(SAMPLE, pictures / "a.png")
    (pictures / "b.png").write_text("no picture")
    os.link(SAMPLE, pictures / "c.png")
    out = tmp_path / "out.csv"
    command = "read", pictures, "-o", out
    assert sdnn(*command).returncode == ExitCode.UNREADABLE
    before = out.read_bytes()
    again = sdnn(*command, "--resume")
    assert again.returncode == ExitCode.UNREADABLE
    assert_one_line(again.stderr, "1 kept row is an error", "--retry-errors")
    assert out.read_bytes() == before
    (pictures / "b.png").unlink()
    os.link(SAMPLE, pictures / "b.png")
    retried = sdnn(*command, "--resume", "--retry-errors")
    assert (retried.returncode, retried.stderr) == (ExitCode.OK, b"")
    rows = sources(out.read_bytes(), "csv")
    assert [Path(row).name for row in rows] == ["a.png", "c.png", "b.png"]
    assert b'"error"' not in out.read_bytes()


def test_kept_rows_without_text_count_for_the_exit_code(tmp_path: Path) -> None:
    picture(tmp_path, "blank.png", (300, 80))
    for name, code in (("out.json", ExitCode.EMPTY), ("out.txt", ExitCode.REJECTED)):  # text has no status
        command = "read", SAMPLE, tmp_path / "blank.png", "-o", tmp_path / name
        assert sdnn(*command).returncode == ExitCode.EMPTY
        assert sdnn(*command, "--resume").returncode == code
    assert sdnn(*command, "--resume", "--exit-zero").returncode == ExitCode.OK


def test_two_writers_of_one_file_end_as_one_whole_file_and_one_line(folder: Path) -> None:
    out = folder.parent / "out.csv"
    command = SDNN, "read", folder, "-o", out, "-q", "--jobs", "1", "--batch-size", "1"
    with started(*command) as first:
        wait_until(out.with_name("out.csv.part").exists)
        for options in ((), ("--resume",)):
            second = sdnn(*command[1:], *options)
            assert second.returncode == ExitCode.OUTPUT
            assert_one_line(second.stderr, f"{out}.part: another process is writing it")
    assert first.returncode == ExitCode.UNREADABLE
    whole = sdnn("read", folder, "--format", "csv", "-q", "--jobs", "1")
    assert out.read_bytes() == whole.stdout
    assert not out.with_name("out.csv.part").exists()
