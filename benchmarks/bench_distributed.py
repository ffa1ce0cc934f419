"""Training by two processes beside one, with the same batch: loss curves, also of runs killed and resumed.

    python benchmarks/bench_distributed.py [--windows 102400] [--seeds 3]

Writes distributed.json and distributed.md. The nets learn single drawn digits. "One process" takes whole
batches; "two processes" divide each into two parts; the others have the same two parts, killed in the middle
and resumed with two processes, or with one.
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bench_report import write_markdown
from process_tree import descendants
from processes import environment

from sdnn.hardware import hardware

HERE: Final = Path(__file__).parent
TWO: Final = ("-m", "torch.distributed.run", "--nproc-per-node", "2", "-m", "--", "sdnn")
ONE: Final = ("-m", "sdnn")
WAYS: Final = {
    "one process": (ONE, None),
    "two processes": (TWO, None),
    "two processes, killed and resumed": (TWO, TWO),
    "two processes, killed, resumed by one": (TWO, ONE),
}
"""How each run begins, and how it is resumed; None for runs that are left alone."""


def main() -> None:
    """Trains, and writes the figures."""
    parser = argparse.ArgumentParser(description="Training by two processes beside one.")
    parser.add_argument("--windows", type=int, default=102_400)
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    runs: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(1, arguments.seeds + 1):
            for number, (way, (begin, resume)) in enumerate(WAYS.items()):
                at = Path(folder) / f"{number}-{seed}"
                seconds = train(at, arguments.windows, seed, begin, resume)
                lines = [json.loads(line) for line in (at / "metrics.jsonl").read_text().splitlines()]
                curve = [{name: line[name] for name in ("step", "loss", "accuracy")} for line in lines]
                runs.append({"way": way, "seed": seed, "seconds": seconds, "curve": curve})
    figures = {"hardware": hardware(), "windows": arguments.windows, "runs": runs}
    (HERE / "distributed.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    write_tables(figures)


def train(at: Path, windows: int, seed: int, begin: Sequence[str], resume: Sequence[str] | None) -> float:
    """Seconds of a training; with a command to resume, it is killed after its first checkpoint."""
    options = (
        "train",
        "--stage",
        "digits",
        "--source",
        "pen",
        "--windows",
        str(windows),
        "--seed",
        str(seed),
    )
    began = time.perf_counter()
    with _started(*begin, *options, "--run", str(at)) as process:
        if resume:
            while process.poll() is None and not (at / "checkpoint.safetensors").exists():
                time.sleep(0.1)
            for pid in (*(pid for pid, _ in descendants(process.pid)), process.pid):
                os.kill(pid, signal.SIGKILL)
        code = process.wait()
    if resume:
        with _started(*resume, "train", "--resume", str(at)) as process:
            code = process.wait()
    if code:
        sys.exit(f"the training in {at.name} ended with {code}")
    return time.perf_counter() - began


def _started(*arguments: str) -> subprocess.Popen[bytes]:
    """A training."""
    return subprocess.Popen(
        [sys.executable, *arguments],
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def write_tables(figures: dict[str, Any]) -> None:
    """Writes the table, here and into the book: a column for each epoch, means over the seeds."""
    runs = figures["runs"]
    steps = [line["step"] for line in runs[0]["curve"]]
    rows = []
    for way in WAYS:
        of_way = [run for run in runs if run["way"] == way]
        cells = []
        for place in range(len(steps)):
            losses = [run["curve"][place]["loss"] for run in of_way]
            spread = f" ± {statistics.stdev(losses):.3f}" if len(losses) > 1 else ""
            cells.append(f"{statistics.mean(losses):.3f}{spread}")
        accuracy = statistics.mean(run["curve"][-1]["accuracy"] for run in of_way)
        seconds = statistics.mean(run["seconds"] for run in of_way)
        rows.append([way, *cells, f"{100 * accuracy:.2f}", f"{seconds:.0f}"])
    write_markdown(
        HERE / "distributed.md",
        ["training", *(f"loss at step {step}" for step in steps), "accuracy %", "seconds"],
        rows,
        f"Single drawn digits, {figures['windows']:,} windows in batches of 512; means over seeds, ± "
        f"standard deviation; {figures['hardware']}.",
    )


if __name__ == "__main__":
    main()
