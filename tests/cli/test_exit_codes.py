"""What cannot be read is one line and an exit code; the highest code wins."""

import json
import os
from pathlib import Path

import pytest
from helpers.cli_runner import SAMPLE, assert_one_line, picture, sdnn, sdnn_process

from sdnn.errors import ExitCode


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


def unreadable_files(folder: Path) -> dict[str, Path]:
    (folder / "text.png").write_text("not a picture")
    (folder / "empty.png").write_bytes(b"")
    whole = SAMPLE.read_bytes()
    (folder / "truncated.png").write_bytes(whole[: len(whole) // 2])
    return {name: folder / f"{name}.png" for name in ("missing", "text", "empty", "truncated")}


@pytest.mark.parametrize("kind", ["missing", "text", "empty", "truncated"])
def test_an_unreadable_file_is_one_line_and_exit_code_5(tmp_path: Path, kind: str) -> None:
    path = unreadable_files(tmp_path)[kind]
    result = sdnn("read", path)
    assert result.returncode == ExitCode.UNREADABLE
    assert result.stdout == b"\n"  # its row, without a text
    assert_one_line(result.stderr, str(path))


def test_one_bad_file_does_not_stop_the_others(tmp_path: Path) -> None:
    bad, blank = unreadable_files(tmp_path)["text"], picture(tmp_path, "blank.png", (300, 80))
    result = sdnn("read", "--json", SAMPLE, bad, blank, SAMPLE)
    records = [json.loads(line) for line in result.stdout.decode().splitlines()]
    assert [record["status"] for record in records] == ["accepted", "error", "empty", "accepted"]
    assert records[1]["text"] is None
    assert records[1]["digits"] == []
    assert result.returncode == ExitCode.UNREADABLE


@pytest.mark.parametrize("name", ["missing.onnx", "foreign.onnx"])
def test_a_wrong_model_is_one_line_and_exit_code_6(tmp_path: Path, name: str) -> None:
    (tmp_path / "foreign.onnx").write_bytes(b"\x08\x08 not a model")
    result = sdnn("read", SAMPLE, "--model", tmp_path / name)
    assert result.returncode == ExitCode.MODEL
    assert result.stdout == b""
    assert_one_line(result.stderr, name)


def test_an_unwritable_output_is_one_line_and_exit_code_7(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = sdnn("read", SAMPLE, "--explain", tmp_path / "file" / "explain.png")
    assert result.returncode == ExitCode.OUTPUT
    assert_one_line(result.stderr, "explain.png")


def test_an_internal_error_is_one_line_and_exit_code_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "onnxruntime.py").write_text("raise RuntimeError('broken installation')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    result = sdnn_process("read", SAMPLE)
    assert result.returncode == ExitCode.INTERNAL
    assert_one_line(result.stderr, "internal error", "broken installation", "SDNN_TRACEBACK")


def test_quiet_says_nothing_and_verbose_says_how_it_went(tmp_path: Path) -> None:
    blank = picture(tmp_path, "blank.png", (300, 80))
    assert sdnn("read", SAMPLE, blank, "--quiet").stderr == b""
    said = sdnn("read", SAMPLE, blank, "-q", "--verbose").stderr
    assert_one_line(said, "1 accepted", "1 empty", "a second")
