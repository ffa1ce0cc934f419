"""Where pictures come from and rows go to: terminals, pipes, closed and full streams."""

import os
import pty
import subprocess
import threading
from pathlib import Path

import pytest
from helpers.batch_folder import BROKEN, COPIES
from helpers.cli_runner import SAMPLE, SDNN, assert_one_line, labels, sdnn, without_times
from helpers.deadlines import DEADLINE_S, run_process, started

from sdnn.errors import ExitCode


def test_a_picture_comes_through_stdin() -> None:
    assert sdnn("read", "-", stdin=SAMPLE.read_bytes()).stdout.decode() == labels()["00000.png"] + "\n"


def test_a_pipe_with_a_name_is_read_like_a_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(SAMPLE.read_bytes(),), daemon=True)
    writer.start()
    assert sdnn("read", pipe).stdout.decode() == labels()["00000.png"] + "\n"
    writer.join(DEADLINE_S)


@pytest.mark.parametrize("arguments", [(), ("--json",), ("--format", "csv")], ids=" ".join)
def test_stdout_holds_the_same_data_whether_stderr_is_a_terminal_or_not(
    folder: Path, arguments: tuple[str, ...]
) -> None:
    plain = sdnn("read", folder, *arguments, "--jobs", "1")
    out = folder.parent / "out"
    master, terminal = pty.openpty()
    with open(out, "wb") as file:
        command = SDNN, "read", folder, *arguments
        with started(*command, stdin=subprocess.DEVNULL, stdout=file, stderr=terminal) as process:
            os.close(terminal)
            shown = all_of(master)
        assert process.returncode == plain.returncode
    assert without_times(out.read_bytes()) == without_times(plain.stdout)
    assert b"reading" in shown
    assert b"a second" in shown


def all_of(master: int) -> bytes:
    """What is written to a terminal until nobody holds it open any more."""
    shown = b""
    try:
        while chunk := os.read(master, 65536):
            shown += chunk
    except OSError:  # Linux ends a terminal so
        pass
    os.close(master)
    return shown


def test_a_batch_that_nobody_reads_to_the_end_is_no_error(folder: Path) -> None:
    command = SDNN, "read", folder, "-q", "--exit-zero", "--batch-size", "1"
    with started(*command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == ExitCode.OK


def test_a_reader_that_closes_early_is_no_error() -> None:
    with started(SDNN, "read", *[SAMPLE] * 40, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == ExitCode.OK


@pytest.mark.parametrize("closed", ["2>&-", "2>/dev/full"])
def test_nobody_has_to_listen_on_stderr(folder: Path, closed: str) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    result = run_process("sh", "-c", f"'{SDNN}' read '{folder}' {closed}")
    assert result.returncode == ExitCode.UNREADABLE
    assert len(result.stdout.splitlines()) == COPIES * len(labels()) + BROKEN


def test_a_closed_stdout_is_exit_code_7(folder: Path) -> None:
    result = run_process("sh", "-c", f"'{SDNN}' read '{folder}' >&-")
    assert result.returncode == ExitCode.OUTPUT
    assert_one_line(result.stderr, "stdout")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_behind_stdout_is_exit_code_7() -> None:
    with open("/dev/full", "wb") as full:
        result = run_process(SDNN, "read", SAMPLE, stdout=full)
    assert result.returncode == ExitCode.OUTPUT
    assert_one_line(result.stderr, "stdout")


CALLS = ["--help", "read --help", "--version", "model show", f"read '{SAMPLE}'", f"eval '{SAMPLE.parent}'"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("stdout", [">&-", ">/dev/full"])
@pytest.mark.parametrize("call", CALLS)
def test_a_stdout_that_takes_nothing_is_one_line_and_exit_code_7(call: str, stdout: str) -> None:
    result = run_process("sh", "-c", f"'{SDNN}' {call} {stdout}")
    assert result.returncode == ExitCode.OUTPUT
    assert_one_line(result.stderr, "stdout: cannot be written")


@pytest.mark.parametrize("call", ["--help", "read --help"])
def test_help_that_nobody_reads_to_the_end_is_no_error(call: str) -> None:
    with started(SDNN, *call.split(), stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == ExitCode.OK


def test_no_stream_at_all_is_exit_code_7_and_harms_no_file(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    result = run_process("sh", "-c", f"'{SDNN}' read '{SAMPLE}' -o '{out}' <&- >&- 2>&-")
    assert result.returncode == ExitCode.OK
    assert out.read_text().count("\n") == 2
    assert run_process("sh", "-c", f"'{SDNN}' read '{SAMPLE}' <&- >&- 2>&-").returncode == ExitCode.OUTPUT
