"""A large folder with pictures that crash their worker, hang, or take all memory: every other row is right.

    python benchmarks/bench_faults.py [FILES]

Writes faults.json and faults.md. The faults are planted from outside, by tests/helpers/codec_faults on
PYTHONPATH. A row is right where it equals that of the same strip in a folder without faults.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from bench_report import write_markdown
from processes import SDNN, environment

from sdnn.datasets.digit_sources import digit_source
from sdnn.datasets.strip_folder import write_folder
from sdnn.datasets.strips import Layout
from sdnn.enums import Source, Split
from sdnn.hardware import hardware

HERE: Final = Path(__file__).parent
FAULTS: Final = HERE.parent / "tests" / "helpers" / "codec_faults"
KINDS: Final = ("crash", "kill", "leave", "fill", "hang")
FAULTY: Final = 20
STRIPS: Final = 1000
FILES: Final = 20_000
JOBS: Final = 2
TIMEOUT_S: Final = 10


@dataclass(frozen=True)
class Row:
    """What came of the folder.

    Attributes:
        files: Pictures in it, the faulty ones among them.
        right: Rows that are those of a folder without faults.
        errors: Rows of faulty pictures that are errors.
        wrong: All other rows.
        exit_code: Of the command.
        seconds: Wall time.
        peak_mb_early: Most memory of this process and its workers together, in the first quarter of the rows.
        peak_mb: The same over the whole time.
        reasons: Number of error rows by the kind of the fault and the reason.
    """

    files: int
    right: int
    errors: int
    wrong: int
    exit_code: int
    seconds: float
    peak_mb_early: float
    peak_mb: float
    reasons: dict[str, int]


def make_folder(strips: Path, folder: Path, files: int) -> None:
    """Links the strips many times over; faulty ones lie among them at even distances."""
    paths = sorted(strips.glob("*.png"))
    for number in range(files - FAULTY):
        part = folder / f"{number // STRIPS:03}"
        part.mkdir(parents=True, exist_ok=True)
        os.link(paths[number % STRIPS], part / paths[number % STRIPS].name)
    for number in range(FAULTY):
        kind = KINDS[number % len(KINDS)]
        part = folder / f"{number * (files // STRIPS) // FAULTY:03}"
        content = paths[number].read_bytes() + b"FAULT:" + kind.encode()
        (part / f"{paths[number * 40 % STRIPS].stem}-{kind}.png").write_bytes(content)


def resident_mb(pid: int) -> float:
    """Memory of a process and its children; 0 where they are gone, or the system does not tell."""
    total = 0.0
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
        for task in Path(f"/proc/{pid}/task").iterdir():
            if task.name != str(pid):
                children += (task / "children").read_text().split()
    except OSError:
        return total
    return total + sum(resident_mb(int(child)) for child in children)


def read(folder: Path, out: Path, options: list[str], watch: Callable[[int], None]) -> int:
    """Reads a folder; the exit code."""
    env = environment(PYTHONPATH=os.pathsep.join([str(FAULTS), os.environ.get("PYTHONPATH", "")]))
    command = [SDNN, "read", str(folder), "-o", str(out), "-q", *options]
    with subprocess.Popen(command, env=env) as process:
        while process.poll() is None:
            watch(process.pid)
            time.sleep(0.25)
    return process.returncode


def rows_of(out: Path) -> list[dict[str, Any]]:
    """The records of an output."""
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


def measure(at: Path, files: int) -> Row:
    """Makes a folder, and reads it."""
    strips, folder = at / "strips", at / "folder"
    write_folder(strips, digit_source(Source.PEN, Split.TRAIN), Layout(), 0, STRIPS, {})
    make_folder(strips, folder, files)
    read(strips, at / "clean.jsonl", [], lambda _: None)
    expected = {Path(row["source"]).name: row["text"] for row in rows_of(at / "clean.jsonl")}
    memory: list[float] = []
    options = ["--jobs", str(JOBS), "--timeout", str(TIMEOUT_S)]
    started = time.perf_counter()
    exit_code = read(folder, at / "out.jsonl", options, lambda pid: memory.append(resident_mb(pid)))
    seconds = time.perf_counter() - started
    right = errors = wrong = 0
    reasons: dict[str, int] = {}
    rows = rows_of(at / "out.jsonl")
    for row in rows:
        name = Path(row["source"])
        if name.name in expected:
            right += row["text"] == expected[name.name] and row["status"] != "error"
            wrong += row["text"] != expected[name.name] or row["status"] == "error"
        elif row["status"] == "error":
            errors += 1
            key = f"{name.stem.rpartition('-')[2]}: {row['reason'].removeprefix(row['source'] + ': ')}"
            reasons[key] = reasons.get(key, 0) + 1
        else:
            wrong += 1
    wrong += abs(len({row["source"] for row in rows}) - files)
    early = max(memory[: max(1, len(memory) // 4)])
    return Row(files, right, errors, wrong, exit_code, seconds, early, max(memory), reasons)


def main(files: int = FILES) -> None:
    """Reads the folder and writes the figures."""
    with tempfile.TemporaryDirectory() as at:
        row = measure(Path(at), files)
    print(row)
    if files != FILES:
        return
    record = {"hardware": hardware(), **asdict(row)}
    (HERE / "faults.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    write_markdown(
        HERE / "faults.md",
        ["files", "right", "errors", "wrong", "exit code", "seconds", "peak MB, first quarter", "peak MB"],
        [
            [
                f"{row.files:,}",
                f"{row.right:,}",
                f"{row.errors}",
                f"{row.wrong}",
                f"{row.exit_code}",
                f"{row.seconds:.0f}",
                f"{row.peak_mb_early:.0f}",
                f"{row.peak_mb:.0f}",
            ]
        ],
        f"`sdnn read FOLDER --jobs {JOBS} --timeout {TIMEOUT_S}` on drawn strips, of which {FAULTY} crash, "
        "kill or leave their worker, hang, or take all memory; memory of all processes together; "
        f"{hardware()}.",
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
