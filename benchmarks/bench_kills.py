"""Kills at random moments of every command that writes, and a full disk at every write.

    PYTHONPATH=tests:benchmarks python benchmarks/bench_kills.py --kills 200

Half of the kills come at a random time, half at a random operation on a file, which is slowed from outside of
the package (tests/helpers/faults). After each, every final file has to be whole; then the command goes on to
its end, and the folder has to hold what an uninterrupted run makes, and nothing else. A full disk at an
operation has to end the command with exit code 7 and one line, with the old files as they were. Writes
kills.json and kills.md.
"""

import argparse
import contextlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from kill_cases import Case, cases, copy_tree, met, names_in

from sdnn.errors import ExitCode

HERE: Final = Path(__file__).parent
FAULTS: Final = HERE.parent / "tests" / "helpers" / "faults"
DEADLINE_S: Final = 600.0
NOTE: Final = re.compile("training into|--rejection takes")
"""Notes that a command prints also when all goes well."""
DELAY_MS: Final = 20.0
STOPPED: Final = {
    *(-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT),
    *(ExitCode.TERMINATED, ExitCode.INTERRUPTED),
}
"""Exit codes of a command that a signal ended; that of the signal itself while Python starts."""
FINE: Final = {ExitCode.OK, ExitCode.REJECTED, ExitCode.EMPTY, ExitCode.UNREADABLE}
KEPT: Final = re.compile(r"\.lock$|^\.sdnn-|^\.coverage|__pycache__")
"""Files that may stay: locks and temporary files are documented."""


@dataclass
class Row:
    """What came of one command.

    Attributes:
        command: Name of the case.
        kills: SIGKILLs that met the process before its end.
        signals: SIGINTs and SIGTERMs that did.
        windows: Operations at which it was killed, by number.
        full: Operations at which the disk was full.
        violations: What was not as it has to be.
    """

    command: str
    kills: int = 0
    signals: int = 0
    windows: Counter[str] = field(default_factory=Counter)
    full: int = 0
    violations: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Ended:
    """A process that ended: exit code, stderr, seconds, operations on files."""

    code: int
    stderr: str
    seconds: float
    operations: list[str]


class Bench:
    """Kills of one case; `operations` is the number of those on files of an uninterrupted run."""

    def __init__(self, case: Case, at: Path, seed: int) -> None:
        """Prepares the folder, and runs the command once without faults and once to number its operations."""
        self.case, self._at, self._rng = case, at, random.Random(f"{case.name} {seed}")
        self.row = Row(case.name)
        self._prepared = at / "prepared"
        self._prepared.mkdir(parents=True)
        case.prepare(self._prepared)
        reference = self._fresh("reference")
        ended = self.run(reference, list(case.command))
        if ended.code not in FINE:
            raise RuntimeError(f"{case.name} ended with {ended.code}: {ended.stderr}")
        self._content, self._names = case.content(reference), names_in(reference)
        self._seconds, self.operations = ended.seconds, len(met(ended.operations))

    def _fresh(self, name: str) -> Path:
        folder = self._at / name / "work"
        copy_tree(self._prepared, folder)
        return folder

    def run(
        self, folder: Path, command: list[str], after_s: float | None = None, number: int = 9, **faults: Any
    ) -> Ended:
        """Runs a command in a folder, with a signal after some seconds if asked for."""
        log = folder.parent / f"log-{time.monotonic_ns()}"
        settings = {"log": str(log), "under": str(folder), **faults}
        path = os.pathsep.join([str(FAULTS), os.environ.get("PYTHONPATH", "")])
        environment = os.environ | {"SDNN_FAULTS": json.dumps(settings), "PYTHONPATH": path}
        started = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            try:
                _, stderr = process.communicate(timeout=after_s or DEADLINE_S)
            except subprocess.TimeoutExpired:
                process.send_signal(number if after_s else signal.SIGKILL)
                _, stderr = process.communicate(timeout=DEADLINE_S)
        finally:
            _kill_group(process.pid)  # its workers
        operations = log.read_text().splitlines() if log.exists() else []
        return Ended(process.returncode, stderr, time.monotonic() - started, operations)

    def kill(self, most: int) -> int:
        """Kills the command up to `most` times on its way to the end; returns how often it was met."""
        folder = self._fresh(f"kill-{self.row.kills + self.row.signals}-{time.monotonic_ns()}")
        hit, command = 0, list(self.case.command)
        for _ in range(most):
            ended = self._killed(folder, command)
            if ended.code in STOPPED:
                hit += 1
                self.row.kills += ended.code == -signal.SIGKILL
                self.row.signals += ended.code != -signal.SIGKILL
                self.row.windows[window(ended.operations)] += 1
                if "Traceback" in ended.stderr:
                    self._violation(f"a traceback: {ended.stderr.strip().splitlines()[-1]}", ended)
            elif ended.code not in FINE:
                self._violation(f"ended with {ended.code}: {ended.stderr[-300:]}", ended)
            self._check(folder, "after a kill", ended)
            command = list(self.case.again)
            if ended.code in FINE or not self._has_begun(folder):
                break
        self._finish(folder)
        return hit

    def _killed(self, folder: Path, command: list[str]) -> Ended:
        if self._rng.random() < 0.5 and self.operations:
            at = self._rng.randint(1, self.operations)
            return self.run(folder, command, kill_at=at, delay_ms=DELAY_MS / 10, seed=at)
        number = self._rng.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGINT, signal.SIGTERM))
        after_s = self._seconds * self._rng.uniform(0.05, 1.0)
        return self.run(folder, command, after_s, number, delay_ms=DELAY_MS, seed=self._rng.randrange(1000))

    def _has_begun(self, folder: Path) -> bool:
        """Whether there is something to go on with; a training without a record is started anew."""
        return (
            "--resume" not in self.case.again
            or not self.case.name.startswith("train")
            or ((folder / "run" / "run.json").exists())
        )

    def _finish(self, folder: Path) -> None:
        """Goes on to the end, and compares the folder with that of an uninterrupted run."""
        begun = self._has_begun(folder)
        ended = self.run(folder, list(self.case.again if begun else self.case.command))
        done_before = ended.code == ExitCode.USAGE and re.search(
            "exists and is not an empty|there is one of that", ended.stderr
        )
        if ended.code not in FINE and not done_before:
            self._violation(f"cannot go on, {ended.code}: {ended.stderr[-300:]}", ended)
            return
        try:
            if self.case.content(folder) != self._content:
                self._violation("another content than an uninterrupted run's", ended)
        except Exception as error:
            self._violation(f"at the end: {type(error).__name__}: {error}", ended)
        stray = {name for name in names_in(folder) - self._names if not KEPT.search(name)}
        if stray:
            self._violation(f"stray: {sorted(re.sub('[0-9]+-', 'PID-', name) for name in stray)[:3]}", ended)

    def fill(self, at: int) -> None:
        """Runs the command with a full disk at an operation."""
        folder = self._fresh(f"full-{at}-{time.monotonic_ns()}")
        before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        ended = self.run(folder, list(self.case.command), full_at=at)
        which = (met(ended.operations) or ["none"])[-1]
        self.row.full += 1
        if ended.code in FINE:
            try:  # an operation that may fail, such as the removal of a file that is gone
                if self.case.content(folder) != self._content:
                    self._violation(f"full disk at {which}: exit {ended.code}, another content", ended)
            except Exception as error:
                self._violation(f"full disk at {which}: exit {ended.code}: {error}", ended)
            return
        lines = [line for line in ended.stderr.splitlines() if not NOTE.search(line)]
        if ended.code != ExitCode.OUTPUT or len(lines) != 1:
            self._violation(
                f"full disk at {which}: exit {ended.code}, {len(lines)} lines: {lines[-1:]}", ended
            )
        for path, content in before.items():  # the first of two outputs may be new, and whole
            if not path.exists():
                self._violation(f"full disk at {which}: {path.name} is gone", ended)
            elif path.read_bytes() != content:
                self._check(folder, f"full disk at {which}", ended)

    def _check(self, folder: Path, when: str, ended: Ended) -> None:
        try:
            self.case.check(folder)
        except Exception as error:
            self._violation(f"{when}: {type(error).__name__}: {error}", ended)

    def _violation(self, what: str, ended: Ended) -> None:
        last = window(ended.operations)
        self.row.violations.append(f"{what} [{last}]")
        print(f"    {self.case.name}: {what} [{last}]", flush=True)


def window(operations: list[str]) -> str:
    """The operation in which, or after which, a process ended; without the number of the process."""
    if not operations:
        return "before any"
    last = met(operations)[-1]
    kind, _, name = last.partition(" '")
    name = re.sub(r"^\.?[0-9]+-", "PID-", name.rstrip("'"))
    return f"{'after' if operations[-1].startswith('- ') else 'in'} {kind} {name}"


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def measure(kills: int, full: int, seed: int, names: str, at: Path) -> list[Row]:
    """Kills each case by its share, and fills the disk at up to `full` of its operations."""
    chosen = [case for case in cases() if re.search(names, case.name)]
    total, rows = sum(case.share for case in chosen), []
    for number, case in enumerate(chosen):
        bench = Bench(case, at / f"{number}", seed)
        wanted, rounds = max(1, round(kills * case.share / total)), 0
        while bench.row.kills + bench.row.signals < wanted and rounds < 3 * wanted:
            bench.kill(min(3, wanted - bench.row.kills - bench.row.signals))
            rounds += 1
        step = max(1, bench.operations // max(1, full))
        for operation in range(1, bench.operations + 1, step) if full else ():
            bench.fill(operation)
        rows.append(bench.row)
        print(
            f"{case.name:<28} {bench.row.kills:4} killed {bench.row.signals:4} interrupted "
            f"{len(bench.row.windows):3} windows {bench.row.full:3} full disks "
            f"{len(bench.row.violations):3} violations",
            flush=True,
        )
    return rows


def main() -> int:
    """Runs all cases; writes the figures unless only some were asked for."""
    parser = argparse.ArgumentParser(description="Kills commands that write.")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--full", type=int, default=40, help="full disks of each command at most")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--case", default="", help="regular expression of the names; all by default")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as at:
        rows = measure(options.kills, options.full, options.seed, options.case, Path(at))
    if not options.case:
        write_figures(rows, options.seed)
    return int(any(row.violations for row in rows))


def write_figures(rows: list[Row], seed: int) -> None:
    """Writes kills.json and kills.md."""
    from bench_report import write_markdown

    from sdnn.hardware import hardware

    listed = [{**vars(row), "windows": dict(row.windows.most_common())} for row in rows]
    text = json.dumps({"hardware": hardware(), "seed": seed, "rows": listed}, indent=2)
    (HERE / "kills.json").write_text(text + "\n")
    kills, signals, full = (sum(getattr(row, name) for row in rows) for name in ("kills", "signals", "full"))
    write_markdown(
        HERE / "kills.md",
        ["command", "SIGKILL", "SIGINT, SIGTERM", "windows", "full disk", "violations"],
        [
            [
                row.command,
                *map(str, (row.kills, row.signals, len(row.windows), row.full, len(row.violations))),
            ]
            for row in rows
        ],
        f"`make kills`, seed {seed}: {kills} SIGKILLs and {signals} other signals, half of them at a random "
        f"operation on a file, and {full} full disks; {hardware()}.",
    )


if __name__ == "__main__":
    sys.exit(main())
