"""A campaign against one target: seconds of executions, and the smallest input of each finding."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from fuzz.execution import Finding
from fuzz.target import targets
from fuzz.worker import START_S, Slot, Worker

MINIMIZING_S = 20.0
"""Wall time for the cutting of one input, at most; those of a campaign share as long as it took."""


@dataclass
class Figures:
    """Figures of a target.

    Attributes:
        target: Name.
        seed: Seed of the inputs.
        executions: Number of executions.
        slowest_s: Processor time of the slowest execution that ended by itself.
        slowest_number: Its number.
        most_mb: Largest growth of the peak resident memory.
        most_number: Number of that execution.
        findings: Smallest findings by signature.
        is_full: Whether the process has to be replaced, because of the memory that it took.
    """

    target: str
    seed: int
    executions: int = 0
    slowest_s: float = 0.0
    slowest_number: int = -1
    most_mb: float = 0.0
    most_number: int = -1
    findings: dict[str, Finding] = field(default_factory=dict)
    is_full: bool = False

    def add(self, finding: Finding | None) -> None:
        """Keeps the smallest input of a signature."""
        if finding is None:
            return
        self.is_full |= finding.kind == "memory"
        if not finding.data:
            finding = replace(finding, data=targets()[self.target].input(self.seed, finding.number))
        before = self.findings.get(finding.signature)
        if before is None or len(finding.data) < len(before.data):
            self.findings[finding.signature] = finding

    def merge(self, other: "Figures") -> None:
        """Adds the figures of another lane of the same campaign."""
        self.executions += other.executions
        if other.slowest_s > self.slowest_s:
            self.slowest_s, self.slowest_number = other.slowest_s, other.slowest_number
        if other.most_mb > self.most_mb:
            self.most_mb, self.most_number = other.most_mb, other.most_number
        for finding in other.findings.values():
            self.add(finding)


def campaign(name: str, seed: int, seconds: float, lane: int = 0, lanes: int = 1, core: int = 0) -> Figures:
    """Executes inputs number `lane`, `lane` + `lanes`, ... for some seconds of wall time."""
    figures, number = Figures(name, seed), lane
    clock = _Clock(seconds)
    while not clock.is_over:
        with Worker(name, core) as worker:
            worker.connection.send((seed, number, lanes))
            death = worker.watch(
                lambda: clock.advanced(worker) or figures.is_full,
                figures.add,
            )
            _collect(figures, worker)
            number = int(worker.shared[Slot.NUMBER]) + lanes
            figures.is_full = False
        if death is not None:
            figures.executions += 1
            figures.add(death)
            if death.place == "warm-up":
                break
    share_s = min(MINIMIZING_S, max(5.0, seconds) / max(1, len(figures.findings)))
    for signature, finding in figures.findings.items():
        figures.findings[signature] = minimized(name, finding, core, share_s)
    return figures


class _Clock:
    """Seconds of a campaign, from the time that its first process is warm."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds + START_S

    def advanced(self, worker: Worker) -> bool:
        """Starts the clock with the first warm process; whether it is over."""
        if self._seconds and worker.shared[Slot.IS_WARM]:
            self._deadline, self._seconds = time.monotonic() + self._seconds, 0.0
        return self.is_over

    @property
    def is_over(self) -> bool:
        """Whether the seconds have passed."""
        return time.monotonic() > self._deadline


def _collect(figures: Figures, worker: Worker) -> None:
    shared = worker.shared
    figures.executions += int(shared[Slot.EXECUTIONS])
    if shared[Slot.SLOWEST_S] > figures.slowest_s:
        figures.slowest_s, figures.slowest_number = shared[Slot.SLOWEST_S], int(shared[Slot.SLOWEST_NUMBER])
    if shared[Slot.MOST_MB] > figures.most_mb:
        figures.most_mb, figures.most_number = shared[Slot.MOST_MB], int(shared[Slot.MOST_NUMBER])


class Replay:
    """Executions of given inputs, one at a time, in a process that outlives what they do."""

    def __init__(self, name: str, core: int = 0) -> None:
        """Takes the name of the target."""
        self._name, self._core = name, core
        self._worker: Worker | None = None

    def __call__(self, data: bytes) -> Finding | None:
        """The finding of an input, or None."""
        worker = self._worker = self._worker or Worker(self._name, self._core)
        answers: list[Finding | None] = []
        worker.connection.send(data)
        death = worker.watch(lambda: bool(answers), answers.append)
        if death is not None or (answers[0] is not None and answers[0].kind == "memory"):
            self.close()
        return replace(death, data=data) if death is not None else answers[0]

    def close(self) -> None:
        """Ends the process."""
        if self._worker is not None:
            self._worker.__exit__()
            self._worker = None


def minimized(name: str, finding: Finding, core: int, seconds: float) -> Finding:
    """The finding with parts of its input cut out, as long as its signature stays."""
    replay = Replay(name, core)
    deadline = time.monotonic() + seconds

    def fails(data: bytes) -> bool:
        again = replay(data)
        return again is not None and again.signature == finding.signature

    try:
        return replace(finding, data=shortened(finding.data, fails, lambda: time.monotonic() < deadline))
    finally:
        replay.close()


def shortened(data: bytes, fails: Callable[[bytes], bool], has_time: Callable[[], bool]) -> bytes:
    """A part of an input that still fails, cut by halves, quarters and so on, down to single bytes."""
    size = (len(data) + 1) // 2
    while size and has_time():
        at = 0
        while at < len(data) and has_time():
            shorter = data[:at] + data[at + size :]
            if fails(shorter):
                data = shorter
            else:
                at += size
        size //= 2
    return data
