import subprocess
from pathlib import Path

import pytest
from helpers.cli_runner import SAMPLES, assert_one_line
from helpers.deadlines import run_python

from sdnn.datasets.mnist import Mnist
from sdnn.errors import ExitCode

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "model_card.py"


def model_card(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    return run_python(SCRIPT, *arguments, cwd=cwd)


def test_a_card_is_written_with_its_picture(mnist: Mnist, tmp_path: Path) -> None:
    result = model_card("--strips", 1, "--strings", SAMPLES, "--out", "card.md", cwd=tmp_path)
    assert result.returncode == ExitCode.OK, result.stderr
    assert result.stdout == b""
    assert_one_line(result.stderr, "card.md")
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == ["card.md", "failures.png"]
    text = (tmp_path / "card.md").read_text(encoding="utf-8")
    assert "python benchmarks/model_card.py --strips 1 --seed 0 --strings samples" in text.splitlines()[-1]
    assert str(SAMPLES.parent) not in text


def test_a_card_without_mnist_is_one_line_and_exit_code_5(tmp_path: Path) -> None:
    result = model_card("--data", tmp_path, cwd=tmp_path)
    assert result.returncode == ExitCode.UNREADABLE
    assert_one_line(result.stderr, "MNIST", "--data")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("option", "value", "code", "complaint"),
    [
        ("--out", "nowhere/card.md", ExitCode.OUTPUT, "nowhere"),
        ("--out", "labels.csv", ExitCode.USAGE, "--out"),
        ("--strings", "nowhere", ExitCode.UNREADABLE, "nowhere"),
        ("--strips", "0", ExitCode.USAGE, "--strips"),
    ],
)
def test_what_a_card_cannot_be_made_of_is_said_before_anything_is_read(
    tmp_path: Path, option: str, value: str, code: ExitCode, complaint: str
) -> None:
    (tmp_path / "labels.csv").write_text("file,label\na.png,1\n")
    result = model_card("--strings", tmp_path, option, value, cwd=tmp_path)
    assert result.returncode == code
    assert complaint in result.stderr.decode()
    assert [path.name for path in tmp_path.iterdir()] == ["labels.csv"]


def test_a_card_of_a_file_that_is_no_model_is_exit_code_6(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"no model")
    result = model_card(tmp_path / "model.onnx", cwd=tmp_path)
    assert result.returncode == ExitCode.MODEL
    assert_one_line(result.stderr, "model.onnx")
