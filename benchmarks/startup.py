"""How long the commands take from a cold process, beside imports: writes startup.json and startup.md.

Every command is run in turn, round after round, so that a change in the machine's speed falls on all of them.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from report import write_markdown

from sdnn.machine import hardware

HERE = Path(__file__).parent
SAMPLE = HERE.parent / "data" / "samples" / "00000.png"
ROUNDS = 15
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import onnxruntime, cv2, PIL, numpy": [
        sys.executable,
        "-c",
        "import onnxruntime, cv2, PIL.Image, numpy",
    ],
    "sdnn --help": [str(Path(sys.executable).parent / "sdnn"), "--help"],
    "sdnn read one.png": [str(Path(sys.executable).parent / "sdnn"), "read", str(SAMPLE)],
    "import torch": [sys.executable, "-c", "import torch"],
}


def run(command: list[str]) -> tuple[float, float]:
    """Wall seconds and peak resident megabytes of one run."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command} ended with {process.returncode}")
    return seconds, usage.ru_maxrss / 1024


def main() -> None:
    """Runs everything and writes the figures."""
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # as in sdnn itself
    for command in COMMANDS.values():
        run(command)  # warms the disk cache
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name, command in COMMANDS.items():
            runs[name].append(run(command))
    figures = {name: summary(results) for name, results in runs.items()}
    record = {"hardware": hardware(), "rounds": ROUNDS, "commands": figures}
    (HERE / "startup.json").write_text(json.dumps(record, indent=2) + "\n")
    write_markdown(
        HERE / "startup.md",
        ["cold process", "median s", "min–max s", "peak MB"],
        [
            [
                f"`{name}`",
                f"{row['median_s']:.2f}",
                f"{row['min_s']:.2f}–{row['max_s']:.2f}",
                f"{row['peak_mb']:.0f}",
            ]
            for name, row in figures.items()
        ],
        f"Median of {ROUNDS} runs, all commands in turn; {hardware()}.",
    )


def summary(results: list[tuple[float, float]]) -> dict[str, float]:
    """Spread of the seconds, and the median of the memory."""
    seconds = [each for each, _ in results]
    return {
        "min_s": round(min(seconds), 3),
        "median_s": round(statistics.median(seconds), 3),
        "max_s": round(max(seconds), 3),
        "peak_mb": round(statistics.median(megabytes for _, megabytes in results)),
    }


if __name__ == "__main__":
    main()
