"""How long the commands take from a cold process, beside imports and beside what somebody might take instead.

    python benchmarks/bench_startup.py [--quick]

Writes startup.json, startup.md and, for where the time of a cold `sdnn read` goes, startup-profile.md. Every
command is run in turn, round after round, so that a change in the machine's speed falls on all of them.
"""

import json
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from bench_report import markdown, write_markdown
from cold_read import profile
from peers import rapidocr_command, rapidocr_version, tesseract_command, tesseract_version
from processes import SDNN, Run, run

from sdnn.hardware import hardware

HERE = Path(__file__).parent
SAMPLE = HERE.parent / "data" / "samples" / "00000.png"
ROUNDS = 15
READ = "sdnn read one.png"


def commands() -> dict[str, list[str] | None]:
    """What is run; None where it is not found."""
    tesseract, rapidocr = tesseract_version(), rapidocr_version()
    return {
        "`python -c pass`": [sys.executable, "-c", "pass"],
        "`import onnxruntime, cv2, PIL, numpy`": [
            sys.executable,
            "-c",
            "import onnxruntime, cv2, PIL.Image, numpy",
        ],
        "`sdnn --help`": [SDNN, "--help"],
        f"`{READ}`": [SDNN, "read", str(SAMPLE)],
        f"Tesseract {tesseract}" if tesseract else "Tesseract": (
            tesseract_command(SAMPLE) if tesseract else None
        ),
        f"RapidOCR {rapidocr}, recogniser alone" if rapidocr else "RapidOCR": (
            rapidocr_command("-", SAMPLE) if rapidocr else None
        ),
        "`import torch`": [sys.executable, "-c", "import torch"],
    }


def main() -> None:
    """Runs everything and writes the figures."""
    quick = "--quick" in sys.argv[1:]
    rounds = 2 if quick else ROUNDS
    everything = commands()
    found = {name: command for name, command in everything.items() if command}
    for command in found.values():
        run(command)  # warms the disk cache, and leaves bytecode behind
    runs: dict[str, list[Run]] = {name: [] for name in found}
    profiles: list[dict[str, float]] = []
    for _ in range(rounds):
        for name, command in found.items():
            runs[name].append(run(command))
        profiles.append(profile(SAMPLE))
    figures = {name: summary(runs[name]) if name in runs else None for name in everything}
    parts = {part: statistics.median(each[part] for each in profiles) for part in profiles[0]}
    note = f"Median of {rounds} runs, all commands in turn; {hardware()}."
    tables = {
        "startup.md": (
            ["cold process", "median s", "min–max s", "peak MB"],
            [cells(name, row) for name, row in figures.items()],
            f"Tesseract and RapidOCR, which loads all its models, read the same picture as sdnn. {note}",
        ),
        "startup-profile.md": (
            [f"part of a cold `{READ}`", "median ms", "%"],
            [
                [part, f"{own_ms:.0f}", f"{100 * own_ms / sum(parts.values()):.0f}"]
                for part, own_ms in parts.items()
            ],
            "By `python -X importtime`, which takes a little time itself; a module counts where it belongs, "
            f"whoever asks for it. {note}",
        ),
    }
    if quick:
        print("\n".join(markdown(*table) for table in tables.values()))
        return
    record = {
        "hardware": hardware(),
        "rounds": rounds,
        "commands": {name.strip("`"): row for name, row in figures.items()},
        "profile_ms": {part: round(own_ms, 1) for part, own_ms in parts.items()},
    }
    (HERE / "startup.json").write_text(json.dumps(record, indent=2) + "\n")
    for name, table in tables.items():
        write_markdown(HERE / name, *table)


def summary(runs: Sequence[Run]) -> dict[str, float]:
    """Spread of the seconds, and the median of the memory."""
    seconds = [each.seconds for each in runs]
    return {
        "min_s": round(min(seconds), 3),
        "median_s": round(statistics.median(seconds), 3),
        "max_s": round(max(seconds), 3),
        "peak_mb": round(statistics.median(each.peak_mb for each in runs)),
    }


def cells(name: str, row: dict[str, float] | None) -> list[str]:
    """A row of the table."""
    if row is None:
        return [name, "not found", "–", "–"]
    spread = f"{row['min_s']:.2f}–{row['max_s']:.2f}"
    return [name, f"{row['median_s']:.2f}", spread, f"{row['peak_mb']:.0f}"]


if __name__ == "__main__":
    main()
