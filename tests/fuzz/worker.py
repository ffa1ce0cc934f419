"""A process that executes inputs, and the watch over it."""

import faulthandler
import multiprocessing
import os
import re
import resource
import shutil
import signal
import tempfile
import time
import warnings
from collections.abc import Callable
from ctypes import Array, c_double
from enum import IntEnum
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from multiprocessing.sharedctypes import RawArray
from pathlib import Path
from typing import Final

from fuzz.execution import MEMORY_MB, Finding, Judge, streams_into
from fuzz.target import targets

ROOM_MB: Final = 3072
"""Address space beyond that of a warm process."""
HANG_S: Final = 30.0
"""Wall time without an end: a pipe or a lock is waited for; the machine may be busy with other work."""
START_S: Final = 120.0
_POLL_S: Final = 0.05


class Slot(IntEnum):
    """Entries of the memory that a worker shares with its watch."""

    NUMBER = 0
    STARTED_CPU = 1
    STARTED_WALL = 2
    EXECUTIONS = 3
    SLOWEST_S = 4
    SLOWEST_NUMBER = 5
    MOST_MB = 6
    MOST_NUMBER = 7
    IS_BUSY = 8
    IS_WARM = 9


class Worker:
    """A process that executes inputs of a target until it is stopped, crashes, or takes too long."""

    def __init__(self, name: str, core: int) -> None:
        """Starts the process.

        Args:
            name: Name of the target.
            core: Number of the processor that it runs on: a single one, so that no library starts threads.
        """
        self.target = targets()[name]
        in_memory = "/dev/shm" if os.path.isdir("/dev/shm") else None  # no disk is waited for
        self.folder = Path(tempfile.mkdtemp(prefix="fuzz-", dir=in_memory))
        self.shared: Array[c_double] = RawArray(c_double, len(Slot))
        context = multiprocessing.get_context("spawn")
        self.connection, other = context.Pipe()
        self._process: SpawnProcess = context.Process(
            target=_work, args=(name, core, self.folder, self.shared, other)
        )
        self._process.start()
        other.close()
        self._started = time.monotonic()

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.connection.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def kill(self) -> None:
        """Kills the process and all that it started."""
        assert self._process.pid is not None
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            self._process.kill()
        self._process.join()

    def watch(self, done: Callable[[], bool], receive: Callable[[Finding | None], None]) -> Finding | None:
        """Waits until `done`; hands on what the worker sends; returns how an execution ended the process."""
        while True:
            busy, number = bool(self.shared[Slot.IS_BUSY]), int(self.shared[Slot.NUMBER])
            try:
                while self.connection.poll(_POLL_S):
                    receive(self.connection.recv())
                    if done():
                        return None
            except (EOFError, ConnectionResetError):
                self._process.join(5)
                return self._death(number)
            if done():
                return None
            if not busy:
                if not self.shared[Slot.IS_WARM] and time.monotonic() - self._started > START_S:
                    return Finding("hang", "warm-up", self._trace(), number)
                continue
            cpu_s = _process_cpu_s(self._process.pid) - self.shared[Slot.STARTED_CPU]
            wall_s = time.monotonic() - self.shared[Slot.STARTED_WALL]
            if self.shared[Slot.NUMBER] != number or not self.shared[Slot.IS_BUSY]:
                continue
            if cpu_s > self.target.cpu_s + 0.1 or wall_s > HANG_S:
                trace = self._trace()
                kind = "slow" if cpu_s > self.target.cpu_s else "hang"
                detail = f"not done after {cpu_s:.1f} s of processor time, {wall_s:.1f} s\n{trace}"
                return Finding(kind, _traced_place(trace), detail, number)

    def _death(self, number: int) -> Finding:
        code = self._process.exitcode
        text = (self.folder / "streams").read_text(errors="replace")[-3000:]
        name = signal.Signals(-code).name if code is not None and code < 0 else f"exit {code}"
        trace = (self.folder / "trace").read_text(errors="replace")
        return Finding("crash", f"{name} {_traced_place(trace)}", f"{name}\n{text}\n{trace}", number)

    def _trace(self) -> str:
        """Where the process is now."""
        assert self._process.pid is not None
        try:
            os.kill(self._process.pid, signal.SIGUSR1)
            time.sleep(0.3)
        except ProcessLookupError:
            pass
        return (self.folder / "trace").read_text(errors="replace")


def _process_cpu_s(pid: int | None) -> float:
    """Processor time of a process and its finished children."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _traced_place(trace: str) -> str:
    """The innermost function of sdnn in what faulthandler wrote."""
    first = re.search(r'File ".*/sdnn/(?:.*/)?([a-z0-9_]+)\.py", line [0-9]+ in (\w+)', trace)
    return f"{first[1]}.{first[2]}" if first else ""


def _work(name: str, core: int, folder: Path, shared: "Array[c_double]", connection: Connection) -> None:
    """Main function of the process: executes numbers, or bytes, as it is told."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[core % len(cores)]})
    warnings.resetwarnings()
    warnings.simplefilter("always")
    for ignored in (DeprecationWarning, FutureWarning, ResourceWarning):
        warnings.simplefilter("ignore", ignored)
    scratch = folder / "scratch"
    scratch.mkdir()
    trace = open(folder / "trace", "w")  # noqa: SIM115  # as long as the process
    faulthandler.enable(trace)
    faulthandler.register(signal.SIGUSR1, trace, all_threads=False)
    with streams_into(folder / "streams") as streams:
        judge = Judge(targets()[name], scratch, streams)
        size_mb = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() >> 20
        resource.setrlimit(resource.RLIMIT_AS, ((size_mb + ROOM_MB) << 20,) * 2)
        shared[Slot.IS_WARM] = 1
        while True:
            try:
                task = connection.recv()
            except (EOFError, ConnectionResetError):
                return  # who started it is gone
            if isinstance(task, bytes):
                _execute(judge, task, -1, shared, connection, send_all=True)
            else:
                _campaign(judge, name, task, shared, connection)


def _campaign(
    judge: Judge, name: str, task: tuple[int, int, int], shared: "Array[c_double]", connection: Connection
) -> None:
    """Executes one number after another, until the process is killed."""
    seed, number, step = task
    target, known = targets()[name], set[str]()
    parent = os.getppid()
    while os.getppid() == parent:  # else who started it was killed
        finding = _execute(judge, target.input(seed, number), number, shared, connection, known=known)
        if finding is not None and finding.kind == "memory":
            return  # the peak hides those to come: a new process goes on
        number += step


def _execute(
    judge: Judge,
    data: bytes,
    number: int,
    shared: "Array[c_double]",
    connection: Connection,
    known: set[str] | None = None,
    send_all: bool = False,
) -> Finding | None:
    """Executes an input, and sends a finding that is not known yet, or every verdict."""
    shared[Slot.NUMBER] = number
    shared[Slot.STARTED_CPU] = sum(os.times()[:4])
    shared[Slot.STARTED_WALL] = time.monotonic()
    shared[Slot.IS_BUSY] = 1
    verdict = judge(data, number)
    shared[Slot.IS_BUSY] = 0
    shared[Slot.EXECUTIONS] += 1
    if verdict.cpu_s > shared[Slot.SLOWEST_S]:
        shared[Slot.SLOWEST_S], shared[Slot.SLOWEST_NUMBER] = verdict.cpu_s, number
    finding, growth_mb = verdict.finding, judge.growth_mb
    if growth_mb > shared[Slot.MOST_MB]:
        shared[Slot.MOST_MB], shared[Slot.MOST_NUMBER] = growth_mb, number
        if growth_mb > MEMORY_MB:
            finding = Finding("memory", "", f"peak grew by {growth_mb:.0f} MB", number, data)
    if send_all or (finding is not None and known is not None and finding.signature not in known):
        connection.send(finding)
        if finding is not None and known is not None:
            known.add(finding.signature)
    return finding
