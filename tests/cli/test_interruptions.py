"""Ctrl-C and a killed worker end each command with one line."""

import sys
from pathlib import Path
from typing import Any

import pytest
from helpers.cli_runner import SAMPLE, SAMPLES, assert_one_line
from typer.testing import CliRunner

from sdnn import cli
from sdnn.errors import ExitCode, WorkerError
from sdnn.training.reader_run import ReaderRun


def interrupted(*_: Any, **__: Any) -> Any:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("arguments", "work"),
    [
        (("read", SAMPLE), "sdnn.reading.reader.Reader.read_pages"),
        (("eval", SAMPLES), "sdnn.evaluation.folder.evaluate"),
        (("calibrate", SAMPLES), "sdnn.evaluation.calibration.calibrate"),
        (("synth", "--source", "pen", "--out", "out"), "sdnn.datasets.strip_folder.write_folder"),
        (("train", "--source", "pen", "--run", "run"), "sdnn.training.reader_run.ReaderRun.train"),
        (("average", "run"), "sdnn.training.averaging.average_with_start"),
        (("model", "show"), "sdnn.models.inspection.record_of"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_an_interrupted_command_ends_with_one_line_and_exit_code_130(
    arguments: tuple[object, ...], work: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(work, interrupted)
    result = CliRunner().invoke(cli.app, [*map(str, arguments)])
    assert result.exit_code == ExitCode.INTERRUPTED
    assert result.stdout == ""
    assert_one_line(result.stderr.splitlines()[-1].encode(), "interrupted")


def test_a_training_with_a_killed_maker_ends_with_one_line_that_resumes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def killed(*_: Any, **__: Any) -> Any:
        raise WorkerError("a worker process was killed")

    run = tmp_path / "run"
    monkeypatch.setattr(ReaderRun, "train", killed)
    monkeypatch.setattr(sys, "argv", ["sdnn", "train", "--source", "pen", "--run", str(run)])
    with pytest.raises(SystemExit) as end:
        cli._run()
    assert end.value.code == ExitCode.INTERNAL
    begun, last = capsys.readouterr().err.splitlines()
    assert begun == f"sdnn: training into {run}"
    assert last == f"sdnn: a worker process was killed; go on with: sdnn train --resume {run}"
