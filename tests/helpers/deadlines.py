"""Processes and conditions that tests wait for, never for ever."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import pytest

DEADLINE_S: Final = 120.0
"""Many times what anything here takes on a busy machine."""


def run_process(
    *command: object,
    stdin: bytes = b"",
    stdout: int | IO[bytes] = subprocess.PIPE,
    cwd: Path | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """A process run to its end; `subprocess.TimeoutExpired` at the deadline."""
    return subprocess.run(
        [*map(str, command)],
        input=stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
        cwd=cwd,
        check=False,
        timeout=DEADLINE_S,
    )


def run_python(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    """A fresh interpreter run to its end."""
    return run_process(sys.executable, *arguments, cwd=cwd)


@contextmanager
def started(
    *command: object,
    stdin: int | None = None,
    stdout: int | IO[bytes] | None = None,
    stderr: int | None = subprocess.PIPE,
) -> Iterator[subprocess.Popen[bytes]]:
    """A process beside the test, which waits for its end.

    At the deadline the process is killed, which ends all reading of its streams, and the test fails.
    """
    with subprocess.Popen([*map(str, command)], stdin=stdin, stdout=stdout, stderr=stderr) as process:
        watchdog = threading.Timer(DEADLINE_S, process.kill)
        watchdog.start()
        try:
            yield process
            process.wait()
        finally:
            is_overdue = not watchdog.is_alive()
            watchdog.cancel()
            process.kill()
            if is_overdue:
                pytest.fail(f"killed after {DEADLINE_S:.0f} s: {command}")


def wait_until(condition: Callable[[], bool]) -> None:
    """Returns once a condition holds; fails the test at the deadline."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"not so after {DEADLINE_S:.0f} s: {condition}")
        time.sleep(0.005)
