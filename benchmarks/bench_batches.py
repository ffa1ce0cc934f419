"""Reading folders: whether every file has its row, also after SIGKILL; speed and memory.

    python benchmarks/bench_batches.py

Writes batches.json and batches.md. The strips are drawn, 1,000 different ones; larger folders link to them.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from bench_report import write_markdown

from sdnn.datasets.digit_sources import digit_source
from sdnn.datasets.strip_folder import write_folder
from sdnn.datasets.strips import Layout
from sdnn.enums import Source, Split
from sdnn.hardware import hardware

HERE = Path(__file__).parent
SDNN = str(Path(sys.executable).parent / "sdnn")
STRIPS = 1000
BROKEN = 10
FOLDERS = (1, 10)
"""Sizes of the folders, in thousands of strips."""
KILLS = 5


@dataclass(frozen=True)
class Row:
    """What came of one folder.

    Attributes:
        files: In it, the broken ones with them.
        kills: How often the command was killed and gone on with.
        good: Rows with digits.
        errors: Rows that say what is wrong.
        once: Files with exactly one row.
        exit_code: Of the command that came to the end.
        seconds: Wall time of all its runs together.
        peak_mb: Most memory that any of them held.
    """

    files: int
    kills: int
    good: int
    errors: int
    once: int
    exit_code: int
    seconds: float
    peak_mb: float


def make_folders(at: Path) -> list[Path]:
    """Folders of rising size, each with the same broken files."""
    write_folder(at / "drawn", digit_source(Source.PEN, Split.TRAIN), Layout(), 0, STRIPS, {})
    folders = []
    for copies in FOLDERS:
        folder = at / f"{copies}"
        for copy in range(copies):
            (folder / f"{copy:03}").mkdir(parents=True)
            for path in (at / "drawn").glob("*.png"):
                os.link(path, folder / f"{copy:03}" / path.name)
        whole = next((at / "drawn").glob("*.png")).read_bytes()
        for number in range(BROKEN):
            (folder / "000" / f"broken-{number}.png").write_bytes(whole[: 40 * number])
        folders.append(folder)
    return folders


def run(command: list[str], kill_after_s: float | None = None) -> tuple[int, float, float]:
    """Exit code (negative: the signal), wall seconds and peak megabytes of one run."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    if kill_after_s is not None:
        time.sleep(kill_after_s)
        process.send_signal(signal.SIGKILL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, time.perf_counter() - started, usage.ru_maxrss / 1024


def measure(folder: Path, kills: int, longest_s: float) -> Row:
    """Reads a folder, killed so many times on the way."""
    out = folder.parent / "out.jsonl"
    out.unlink(missing_ok=True)
    command = [SDNN, "read", str(folder), "-o", str(out), "--resume"]
    rng = np.random.default_rng(kills)
    runs = [run(command, float(rng.uniform(0.2, 1.0)) * longest_s / (kills + 1)) for _ in range(kills)]
    runs.append(run(command))
    records = [json.loads(line) for line in out.read_text().splitlines()]
    status = Counter(record["status"] for record in records)
    times = Counter(record["source"] for record in records)
    files = [str(path) for path in folder.rglob("*.png")]
    return Row(
        files=len(files),
        kills=kills,
        good=status["accepted"] + status["rejected"],
        errors=status["error"],
        once=sum(times[file] == 1 for file in files),
        exit_code=runs[-1][0],
        seconds=sum(seconds for _, seconds, _ in runs),
        peak_mb=max(megabytes for *_, megabytes in runs),
    )


def main() -> None:
    """Reads all folders and writes the figures."""
    with tempfile.TemporaryDirectory() as at:
        folders = make_folders(Path(at))
        rows = [measure(folder, 0, 0.0) for folder in folders]
        rows.append(measure(folders[0], KILLS, rows[0].seconds))
    (HERE / "batches.json").write_text(
        json.dumps({"hardware": hardware(), "rows": [asdict(row) for row in rows]}, indent=2) + "\n"
    )
    write_markdown(
        HERE / "batches.md",
        ["files", "killed", "read", "errors", "exactly one row", "exit code", "seconds", "peak MB"],
        [
            [
                f"{row.files:,}",
                f"{row.kills} times",
                f"{row.good:,}",
                f"{row.errors}",
                f"{row.once:,}",
                f"{row.exit_code}",
                f"{row.seconds:.1f}",
                f"{row.peak_mb:.0f}",
            ]
            for row in rows
        ],
        "`sdnn read FOLDER -o out.jsonl --resume` on drawn strips of five digits, "
        f"with {BROKEN} broken files; one run each, a killed one with its restarts; {hardware()}.",
    )


if __name__ == "__main__":
    main()
