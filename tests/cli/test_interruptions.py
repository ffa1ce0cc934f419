"""Ctrl-C and a killed worker end each command with one line."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from helpers.cli_runner import SAMPLE, SAMPLES, SDNN, assert_one_line, sdnn
from helpers.deadlines import run_process, started, wait_until
from typer.testing import CliRunner

from sdnn.cli import commands, signals
from sdnn.errors import ExitCode, WorkerError
from sdnn.training.reader_run import ReaderRun


def interrupted(*_: Any, **__: Any) -> Any:
    raise KeyboardInterrupt


SIGNALS = {
    signal.SIGINT: "interrupted",
    signal.SIGTERM: "terminated",
    signal.SIGHUP: "the terminal was closed",
}
STARTED = """
import os, sys, time
from sdnn import cli
{pause}
sys.argv = ["sdnn", "read", *sys.argv[1:]]
cli.main()
"""
"""The command, with a pause at some place of its start."""
PAUSE = "print('here', flush=True); time.sleep(60)"
IN_IMPORTS = f"""
import builtins
load = builtins.__import__
def __import__(name, *arguments, **options):
    if name == "sdnn.cli.read":
        {PAUSE}
    return load(name, *arguments, **options)
builtins.__import__ = __import__
"""
IN_WORK = f"""
from sdnn.reading import reader
def read_pages(*_, **__):
    {PAUSE}
    yield
reader.Reader.read_pages = read_pages
"""


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("pause", [IN_IMPORTS, IN_WORK], ids=["while it loads", "while it reads"])
def test_a_signal_ends_the_command_with_one_line_at_any_time(pause: str, number: signal.Signals) -> None:
    command = sys.executable, "-c", STARTED.format(pause=pause), SAMPLE
    with started(*command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"here\n"
        process.send_signal(number)
        _, stderr = process.communicate()
    assert process.returncode == 128 + number
    assert stderr.decode() == f"sdnn: {SIGNALS[number]}\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_batch_that_is_ended_keeps_its_rows_and_says_how_to_go_on(
    folder: Path, number: signal.Signals
) -> None:
    part = folder.parent / "out.csv.part"
    command = SDNN, "read", folder, "-o", folder.parent / "out.csv", "-q", "--batch-size", "1", "--jobs", "1"
    with started(*command) as process:
        wait_until(lambda: part.exists() and part.stat().st_size >= 1000)
        process.send_signal(number)
        _, stderr = process.communicate()
    assert process.returncode == 128 + number
    assert_one_line(stderr, SIGNALS[number], "--resume")
    assert part.read_bytes().count(b"\n") >= 5


def test_a_signal_that_the_caller_ignores_is_ignored(tmp_path: Path) -> None:
    code = STARTED.format(pause="import signal; os.kill(os.getpid(), signal.SIGHUP)")
    lines = f"import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n{code}"
    assert run_process(sys.executable, "-c", lines, SAMPLE).returncode == ExitCode.OK


def test_the_handlers_of_the_caller_are_put_back() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    sdnn("--version")
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_the_command_line_loads_next_to_nothing_before_it_handles_signals() -> None:
    code = "import sys, signal, re; before = {*sys.modules}; import sdnn.cli; print({*sys.modules} - before)"
    loaded = run_process(sys.executable, "-c", code).stdout.decode()
    assert loaded.count("'") == 2 * 3, loaded  # sdnn, sdnn.cli and sdnn.cli.signals


def test_a_killed_synth_does_not_stand_in_the_way_of_the_next(tmp_path: Path) -> None:
    command = "synth", "--source", "pen", "--seed", "1", "--count", "9", "--out", tmp_path / "strips"
    code = """
import os, signal, sys
from sdnn.datasets import strip_folder
make = strip_folder.numbered_picture
def numbered_picture(source, layout, seed, number, degraded):
    if number == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return make(source, layout, seed, number, degraded)
strip_folder.numbered_picture = numbered_picture
from sdnn.cli import main
sys.argv[0] = "sdnn"
main()
"""
    assert run_process(sys.executable, "-c", code, *command).returncode == -signal.SIGKILL
    assert [path.name for path in tmp_path.iterdir()] == ["strips.part"]
    assert sdnn(*command).returncode == ExitCode.OK
    assert [path.name for path in tmp_path.iterdir()] == ["strips"]
    assert len(list((tmp_path / "strips").glob("*.png"))) == 9


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
    result = CliRunner().invoke(commands.app, [*map(str, arguments)])
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
        commands.run()
    assert end.value.code == ExitCode.INTERNAL
    begun, last = capsys.readouterr().err.splitlines()
    assert begun == f"sdnn: training into {run}"
    assert last == f"sdnn: a worker process was killed; go on with: sdnn train --resume {run}"


def test_an_interruption_that_an_extension_turns_into_its_own_error_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lost(*_: Any, **__: Any) -> Any:
        try:
            signals.interrupt(signal.SIGINT)
        except KeyboardInterrupt:
            raise ImportError("initialization failed") from None

    monkeypatch.setattr(signals, "received", [])
    monkeypatch.setattr("sdnn.cli.commands.app", lost)
    result = sdnn("read", SAMPLE)
    assert result.returncode == ExitCode.INTERRUPTED
    assert_one_line(result.stderr, "interrupted")
