import json
import os
import subprocess
from pathlib import Path

import pytest
from helpers.cli_runner import SAMPLE, SAMPLES, SDNN, assert_one_line, labels, sdnn, sdnn_process
from helpers.deadlines import started
from PIL import Image

from sdnn.errors import ExitCode


def test_eval_counts_strings_and_digits(tmp_path: Path) -> None:
    text = labels()["00000.png"]
    (tmp_path / "a.png").write_bytes(SAMPLE.read_bytes())
    (tmp_path / "b.png").write_bytes(SAMPLE.read_bytes())
    wrong = str((int(text[0]) + 1) % 10) + text[1:]
    (tmp_path / "labels.csv").write_text(f"file,label\na.png,{text}\nb.png,{wrong}\nmissing.png,{text}\n")
    result = sdnn("eval", tmp_path, "--json", "--failures", tmp_path / "failures.png")
    record = json.loads(result.stdout)
    assert (record["n"], record["right"], record["unreadable"]) == (3, 1, 1)
    assert record["digits"] == 3 * len(text)
    assert record["substitutions"] + record["deletions"] == 1 + len(text)
    assert result.returncode == ExitCode.UNREADABLE
    assert_one_line(result.stderr, "missing.png")
    assert (tmp_path / "failures.png").exists()


def test_eval_prints_a_table() -> None:
    result = sdnn("eval", SAMPLES)
    assert result.returncode == ExitCode.OK
    assert "samples" in result.stdout.decode()
    assert "100.00" in result.stdout.decode()
    assert result.stderr == b""


def test_eval_of_a_folder_without_labels_is_one_line(tmp_path: Path) -> None:
    result = sdnn("eval", tmp_path)
    assert result.returncode == ExitCode.UNREADABLE
    assert_one_line(result.stderr, "labels.csv")


def test_a_table_that_nobody_reads_to_the_end_is_no_error() -> None:
    with started(SDNN, "eval", SAMPLES, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == ExitCode.OK


@pytest.mark.parametrize(
    ("name", "code"), [("nowhere/failures.png", ExitCode.OUTPUT), ("failures.doc", ExitCode.USAGE)]
)
def test_a_picture_that_cannot_be_saved_is_refused_before_anything_is_read(
    tmp_path: Path, name: str, code: ExitCode
) -> None:
    result = sdnn("eval", SAMPLES, "--json", "--failures", tmp_path / name)
    assert result.stdout == b""
    assert result.returncode == code
    assert_one_line(result.stderr, "--failures", name)


def test_eval_draws_the_error_against_the_share_accepted(tmp_path: Path) -> None:
    result = sdnn("eval", SAMPLES, "--rejection", tmp_path / "curve.png")
    assert result.returncode == ExitCode.OK
    with Image.open(tmp_path / "curve.png") as image:
        assert image.width > 200


def test_without_matplotlib_the_plot_is_refused_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "matplotlib.py").write_text("raise ModuleNotFoundError(name='matplotlib')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    result = sdnn_process("eval", SAMPLES, "--rejection", tmp_path / "curve.png")
    assert result.returncode == ExitCode.USAGE
    assert result.stdout == b""
    assert_one_line(result.stderr, "--rejection", "matplotlib", ".[plots]")
