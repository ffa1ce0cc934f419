"""What digit training alone reaches: writes digit_stage.json and digit_stage.md.

Trains three seeds with the default recipe and one net on isolated digits, through the command line, then
reads MNIST test digits and strips of them. These are final figures: nothing is chosen on them. Finished runs
in build/digit_stage are kept, so the command can be interrupted.
"""

import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from report import write_markdown

from sdnn.choices import Decoder, Source, Split, Topology
from sdnn.datasets.digits import Mnist, load_mnist
from sdnn.evaluation.folder import evaluate
from sdnn.evaluation.metrics import Score, bootstrap_over_digits, wilson_interval
from sdnn.machine import hardware
from sdnn.models.checkpoint import load_net
from sdnn.reader import Reader
from sdnn.results import FloatArray
from sdnn.training.digits import classify
from sdnn.training.recipe import digit_recipe
from sdnn.training.run import Run

HERE = Path(__file__).parent
BUILD = HERE.parent / "build" / "digit_stage"
SDNN = str(Path(sys.executable).parent / "sdnn")
STRIPS = [
    "--digits",
    "5",
    "--count",
    "1000",
    "--split",
    "test",
    "--seed",
    "0",
    "--gap",
    "0:6",
    "--source",
    "mnist",
]
SEEDS = (0, 1, 2)


@dataclass(frozen=True)
class Way:
    """A way of reading the strips: a row of the table."""

    name: str
    runs: tuple[str, ...]
    decoder: Decoder = Decoder.VITERBI
    topology: Topology = Topology.CTC


@dataclass(frozen=True)
class Row:
    """Figures of a way: accuracy of each net, mean interval, and mean counts of wrong digits."""

    way: str
    accuracies: list[float]
    interval: tuple[float, float]
    substitutions: float
    insertions: float
    deletions: float


FLANKED = tuple(f"seed-{seed}" for seed in SEEDS)
WAYS = (
    Way("Viterbi (default)", FLANKED),
    Way("Viterbi, strict trellis", FLANKED, topology=Topology.STRICT),
    Way("NMS", FLANKED, decoder=Decoder.NMS),
    Way("net trained on isolated digits, Viterbi", ("isolated",)),
    Way("net trained on isolated digits, strict trellis", ("isolated",), topology=Topology.STRICT),
)


def train(name: str, seed: int, isolated: bool = False) -> Path:
    """A finished run of today's recipe; the wall time of its command is kept beside it."""
    folder = BUILD / name
    wanted = digit_recipe(Source.MIXED, seed, isolated=isolated)
    if not ((folder / "wall_seconds").exists() and Run.resume(folder).recipe == wanted):
        shutil.rmtree(folder, ignore_errors=True)
        options = ["--seed", str(seed), *(["--isolated"] if isolated else [])]
        started = time.perf_counter()
        subprocess.run([SDNN, "train", "--stage", "digits", "--run", str(folder), *options], check=True)
        (folder / "wall_seconds").write_text(f"{time.perf_counter() - started:.1f}\n")
    return folder


def isolated_digits(folder: Path, digits: Mnist) -> tuple[int, int]:
    """MNIST digits classified right, of how many; no-digit counts as wrong."""
    net, _ = load_net(folder / "model.safetensors")
    right = classify(net, as_windows(digits)) == digits.labels
    return int(right.sum()), len(right)


def as_windows(digits: Mnist) -> FloatArray:
    """MNIST pictures as they are: (N, 28, 28), 0 paper to 1 ink."""
    return digits.images.astype(np.float32) / 255


def read_strips(way: Way, strips: Path, sources: list[list[int]]) -> Row:
    """Figures of one row: mean over the nets of the way, interval from the digits that strips share."""
    accuracies, lows, highs, totals = [], [], [], Score()
    for run in way.runs:
        report, failures = evaluate(Reader(BUILD / run / "model.onnx", way.decoder, way.topology), strips)
        wrong = {Path(failure.name).name for failure in failures}
        right = np.array([f"{number:05d}.png" not in wrong for number in range(len(sources))])
        low, high = bootstrap_over_digits(right, sources, np.random.default_rng(0))
        accuracies.append(report.total.accuracy)
        lows.append(low)
        highs.append(high)
        totals += report.total
    nets = len(way.runs)
    return Row(
        way.name,
        accuracies,
        (statistics.mean(lows), statistics.mean(highs)),
        totals.substitutions / nets,
        totals.insertions / nets,
        totals.deletions / nets,
    )


def main() -> None:
    """Trains, reads and writes the figures."""
    folders = [train(f"seed-{seed}", seed) for seed in SEEDS]
    train("isolated", 0, isolated=True)
    strips = BUILD / "strips"
    shutil.rmtree(strips, ignore_errors=True)
    subprocess.run([SDNN, "synth", *STRIPS, "--out", str(strips)], check=True)
    truth = [json.loads(line) for line in (strips / "truth.jsonl").read_text().splitlines()]
    sources = [line["indices"] for line in truth]

    digits = load_mnist(Split.TEST)
    isolated = [isolated_digits(folder, digits) for folder in folders]
    seconds = [float((folder / "wall_seconds").read_text()) for folder in folders]
    rows = [read_strips(way, strips, sources) for way in WAYS]
    n = len(digits)
    mean = statistics.mean(right for right, _ in isolated)
    figures = {
        "hardware": hardware(),
        "isolated_digits": {
            "n": n,
            "accuracies": [right / n for right, _ in isolated],
            "mean": mean / n,
            "interval": wilson_interval(mean, n),
            "train_seconds": seconds,
        },
        "strips": {
            "command": "sdnn synth " + " ".join(STRIPS),
            "n": len(sources),
            "ways": [asdict(row) for row in rows],
        },
    }
    (HERE / "digit_stage.json").write_text(json.dumps(figures, indent=2) + "\n")
    write_markdown(
        HERE / "digit_stage.md",
        ["read by", "nets", "strings right %", "95 % interval", "subst.", "ins.", "del."],
        [table_row(row) for row in rows],
        "1,000 strips of five MNIST test digits, gap 0 to 6 px, no string training. Mean over nets; interval "
        f"by bootstrap over digits. MNIST test digits alone: {100 * mean / n:.2f} % of {n:,} (mean of "
        f"{len(SEEDS)} seeds: {percentages(right / n for right, _ in isolated)}); trained in "
        f"{', '.join(f'{each:.0f}' for each in seconds)} s; {hardware()}.",
    )


def percentages(shares: Iterable[float]) -> str:
    """`99.50, 99.46`."""
    return ", ".join(f"{100 * share:.2f}" for share in shares)


def table_row(row: Row) -> list[str]:
    """The cells of a row."""
    low, high = row.interval
    return [
        row.way,
        str(len(row.accuracies)),
        f"{100 * statistics.mean(row.accuracies):.1f}",
        f"{100 * low:.1f}–{100 * high:.1f}",
        *(f"{count:.1f}" for count in (row.substitutions, row.insertions, row.deletions)),
    ]


if __name__ == "__main__":
    main()
