"""How long training takes: writes training.json and training.md.

    python benchmarks/bench_training.py

Single digits of MNIST are learned in runs of rising length, each with its own rise and fall of the learning
rate, by three seeds; then single digits of the validation part are read, each in the middle of a window of
its own. A few strips are learned after that, for their speed alone. Needs MNIST, without its test part.
"""

import json
import statistics
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from bench_report import write_markdown

from sdnn.datasets.digit_sources import digit_source
from sdnn.datasets.rng import RngPurpose, make_rng
from sdnn.datasets.strips import Layout, random_strip
from sdnn.datasets.windows import WindowRecipe, clean_strip
from sdnn.enums import Source, Split
from sdnn.hardware import hardware
from sdnn.models.checkpoint import load_net
from sdnn.models.lenet import LENET
from sdnn.results import Box, FloatArray
from sdnn.training.digit_task import classify
from sdnn.training.reader_recipe import DigitRecipe, Recipe, StringRecipe
from sdnn.training.reader_run import ReaderRun

HERE = Path(__file__).parent
SEEDS = (0, 1, 2)
LENGTHS = {"isolated": (51_200, 153_600)}
"""Windows of the runs; isolated digits are what others learn, flanked ones what a sweep needs."""
GOALS = (0.990, 0.994)
STRIPS = 6_400
DIGITS = 5_000


@dataclass(frozen=True)
class Row:
    """Runs of one length.

    Attributes:
        windows: `isolated` or `flanked`.
        count: Shown in all.
        seconds: Of learning, without the start, of each seed.
        accuracy: On single digits, of each seed.
    """

    windows: str
    count: int
    seconds: list[float]
    accuracy: list[float]


def lone_digits() -> tuple[FloatArray, list[int]]:
    """(N, 48, 68) windows with an MNIST validation digit in the middle of each, as the sweep meets it."""
    source, rng = digit_source(Source.MNIST, Split.VALIDATION), make_rng(0, 0, RngPurpose.VALIDATION)
    windows: list[FloatArray] = []
    labels: list[int] = []
    while len(windows) < DIGITS:
        synthetic = random_strip(source, Layout(digits=(1, 1)), rng)
        strip = clean_strip(synthetic, LENET.geometry)
        (x,), (box,) = synthetic.middles_px, synthetic.boxes
        y = (box.top + box.bottom) / 2
        middle = strip.from_page(Box(x, y, x, y)).left  # where the net was taught to see a digit
        first = max(0, round(middle - LENET.geometry.window_px / 2))
        window = strip.ink[:, first : first + LENET.geometry.window_px]
        windows.append(np.pad(window, ((0, 0), (0, LENET.geometry.window_px - window.shape[1]))))
        labels.append(synthetic.digits[0].label)
    return np.stack(windows), labels


def learned(recipe: Recipe, folder: Path, start: Path | None = None) -> float:
    """Trains, and says how many examples were learned a second."""
    run = ReaderRun.new(folder, recipe, None, start)
    run.train(None, lambda now: None)
    return float(run.metrics()[-1]["examples_per_second"])


def main() -> None:
    """Trains everything and writes the figures."""
    digits, labels = lone_digits()
    rows = []
    with tempfile.TemporaryDirectory() as at:
        for windows, lengths in LENGTHS.items():
            of_windows = WindowRecipe.isolated() if windows == "isolated" else WindowRecipe()
            for count in lengths:
                row = Row(windows, count, [], [])
                for seed in SEEDS:
                    stage = DigitRecipe(examples=count, examples_per_epoch=count, window=of_windows)
                    recipe = Recipe(Source.MNIST, seed, digits=stage, strings=None)
                    folder = Path(at) / f"{windows}-{count}-{seed}"
                    row.seconds.append(round(count / learned(recipe, folder), 1))
                    net, _ = load_net(folder / "model.safetensors")
                    row.accuracy.append(float((classify(net, digits) == np.array(labels)).mean()))
                print(row, flush=True)
                rows.append(row)
        start = Path(at) / f"isolated-{LENGTHS['isolated'][0]}-0" / "model.safetensors"
        strings = StringRecipe(examples=STRIPS, examples_per_epoch=STRIPS)
        a_second = learned(Recipe(digits=None, strings=strings), Path(at) / "strings", start)
    goals = {f"{goal:.1%}": seconds_to(goal, rows) for goal in GOALS}
    figures = {
        "hardware": hardware(),
        "digits": DIGITS,
        "rows": [asdict(row) for row in rows],
        "seconds_to": goals,
        "strips_a_second": a_second,
    }
    (HERE / "training.json").write_text(json.dumps(figures, indent=2) + "\n")
    write_table(rows, goals, a_second)


def write_table(rows: list[Row], goals: dict[str, dict[str, float | None]], a_second: float) -> None:
    """Writes training.md."""
    write_markdown(
        HERE / "training.md",
        ["windows", "shown", "seconds, mean of 3 seeds", "min–max", "single digits right, %", "min–max"],
        [
            [
                row.windows,
                f"{row.count:,}",
                f"{statistics.mean(row.seconds):.0f}",
                f"{min(row.seconds):.0f}–{max(row.seconds):.0f}",
                f"{100 * statistics.mean(row.accuracy):.2f}",
                f"{100 * min(row.accuracy):.2f}–{100 * max(row.accuracy):.2f}",
            ]
            for row in rows
        ],
        f"{DIGITS:,} MNIST validation digits, each alone; bundled architecture, `sdnn train --stage digits "
        f"--source mnist --isolated`. {_sentence(goals)} Strings are learned at {a_second:.0f} strips a "
        f"second. {hardware()}.",
    )


def seconds_to(goal: float, rows: list[Row]) -> dict[str, float | None]:
    """For either kind of windows, mean seconds of the shortest runs that reach a goal on the mean."""
    return {
        windows: min(
            (
                statistics.mean(row.seconds)
                for row in rows
                if row.windows == windows and statistics.mean(row.accuracy) >= goal
            ),
            default=None,
        )
        for windows in LENGTHS
    }


def _sentence(goals: dict[str, dict[str, float | None]]) -> str:
    parts = [
        f"{goal.replace('%', ' %')} takes {seconds:.0f} s on {windows} windows"
        if seconds is not None
        else f"{goal.replace('%', ' %')} is not reached on {windows} windows"
        for goal, of_windows in goals.items()
        for windows, seconds in of_windows.items()
    ]
    return "; ".join(parts) + "."


if __name__ == "__main__":
    main()
