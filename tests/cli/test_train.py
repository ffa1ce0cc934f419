import signal
import subprocess
from pathlib import Path

import pytest
from helpers.cli_runner import SDNN, assert_one_line, sdnn, sdnn_process
from helpers.deadlines import started

from sdnn.errors import ExitCode


def test_training_without_mnist_says_where_to_put_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDNN_DATA", str(tmp_path / "nothing"))
    result = sdnn("train", "--run", tmp_path / "run")
    assert result.returncode == ExitCode.UNREADABLE
    assert_one_line(result.stderr, "--source pen", "MNIST/raw")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "options",
    [
        ("--stage", "digits", "--strips", "5"),
        ("--stage", "digits", "--objective", "viterbi"),
        ("--stage", "strings", "--windows", "5"),
        ("--stage", "strings", "--isolated"),
        ("--gradient", "reinforce"),
    ],
)
def test_an_option_of_training_without_effect_is_refused(tmp_path: Path, options: tuple[str, ...]) -> None:
    result = sdnn("train", "--run", tmp_path / "run", "--source", "pen", *options)
    assert result.returncode == ExitCode.USAGE
    assert_one_line(result.stderr, "no effect" if "--stage" in options else "--objective viterbi")
    assert not (tmp_path / "run").exists()


def test_interrupted_training_says_how_to_go_on(tmp_path: Path) -> None:
    command = SDNN, "train", "--source", "pen", "--run", tmp_path / "run"
    with started(*command, stdout=subprocess.PIPE) as process:
        assert process.stderr
        assert process.stderr.readline().decode() == f"sdnn: training into {tmp_path / 'run'}\n"
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate()
    assert process.returncode == ExitCode.INTERRUPTED
    assert stdout == b""
    assert_one_line(stderr, f"sdnn train --resume {tmp_path / 'run'}")
    assert (tmp_path / "run" / "run.json").exists()


def test_resuming_takes_no_options_that_say_how_to_begin(tmp_path: Path) -> None:
    result = sdnn("train", "--resume", tmp_path, "--seed", "1")
    assert result.returncode == ExitCode.USAGE
    assert_one_line(result.stderr, "--resume")


def test_training_does_not_write_into_a_folder_that_holds_something(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine")
    result = sdnn("train", "--source", "pen", "--run", tmp_path)
    assert result.returncode == ExitCode.USAGE
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


def test_a_folder_without_a_run_has_no_mean(tmp_path: Path) -> None:
    result = sdnn_process("average", tmp_path)
    assert result.returncode == ExitCode.USAGE
    assert_one_line(result.stderr, str(tmp_path), "holds no run")
