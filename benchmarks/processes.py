"""Processes that the benchmarks start and time."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sdnn.errors import ExitCode

SDNN = str(Path(sys.executable).parent / "sdnn")
READ_ALL = {ExitCode.OK, ExitCode.REJECTED, ExitCode.EMPTY}
"""Exit codes of `sdnn read` where every picture was read, be there digits on it or not."""


@dataclass(frozen=True)
class Run:
    """One process from its start to its end.

    Attributes:
        seconds: Wall time.
        peak_mb: Most memory that it held.
    """

    seconds: float
    peak_mb: float


def environment(**more: str) -> dict[str, str]:
    """What the processes find in their environment: as here, but for what would spoil the times."""
    kept = dict(os.environ)
    # Where it is set, every start compiles all modules anew: an installed package has its bytecode.
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return kept | {"ORT_DISABLE_TELEMETRY": "1"} | more  # as sdnn does itself; for the peers, too


def run(command: Sequence[str]) -> Run:
    """Runs a command, whose output nobody sees.

    Raises:
        RuntimeError: When it fails.
    """
    started = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in READ_ALL:
        raise RuntimeError(f"{command} ended with {process.returncode}")
    return Run(seconds, usage.ru_maxrss / 1024)
