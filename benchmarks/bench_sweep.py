"""The sweep against the same strips cut into all their windows: writes sweep.json, sweep.md and sweep.png.

    python benchmarks/bench_sweep.py [--quick]
    python benchmarks/bench_sweep.py --memory WIDTH_PX

Both go through one session of onnxruntime and say the same; each has the batch size that is best for it,
looked for beforehand in passes that do not count. The second form is what the first starts for each length:
a fresh process that sweeps one strip and says how much memory that took.

Reference:
    Matan et al. 1992: segmentation on feature maps is about ten times cheaper than cutting windows from
    pixels.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
from bench_report import write_markdown

from sdnn.datasets.pen import SyntheticDigits
from sdnn.datasets.strips import Layout, set_side_by_side
from sdnn.datasets.windows import clean_strip
from sdnn.datasets.writer_style import WriterStyle
from sdnn.hardware import hardware
from sdnn.models.engine import MAX_BATCH_PX, Engine
from sdnn.models.lenet import LENET
from sdnn.results import FloatArray, Geometry, Strip, log_softmax

HERE: Final = Path(__file__).parent
DIGITS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 400, 800)
"""Digits on a strip; 800 is about the longest line that is read."""
MOST_CUT: Final = 200
"""Digits on the longest strips that are cut into windows, too."""
DIGITS_IN_A_PASS: Final = 256
MOST_STRIPS: Final = 64
STRIPS_AT_ONCE: Final = (1, 2, 4, 8, 16, 32, 64)
WINDOWS_AT_ONCE: Final = (16, 32, 64, 128, 256, 512)
SEARCHES: Final = 3
"""Passes with each batch size; the fastest of them decides."""
ROUNDS: Final = 15
PROCESSES: Final = 3
"""Fresh ones, for the memory of one length."""
TOLERANCE: Final = 1e-4
"""Of log-probabilities: the sums are the same, in another order."""
SWEEP_COLOUR: Final = "#0f62a6"
WINDOWS_COLOUR: Final = "#d1642a"
TIME_COLOUR: Final = "#2a7f62"
MULTIPLICATIONS_COLOUR: Final = "#666666"


class Way:
    """A way to the class maps of some strips: its best batch size, and its time in each round."""

    def __init__(self, maps: Callable[[int], object], strips: int, sizes: Sequence[int]) -> None:
        """Keeps the call that makes all maps with a given batch size, and the sizes to choose from."""
        self._maps = maps
        self._strips = strips
        self._sizes = sizes
        self.batch_ms: dict[int, float] = {}
        self.round_ms: list[float] = []

    @property
    def batch(self) -> int:
        """The best size of those that were tried."""
        return min(self.batch_ms, key=self.batch_ms.__getitem__)

    def search(self) -> None:
        """Tries all sizes."""
        self.batch_ms = {size: min(self._pass_ms(size) for _ in range(SEARCHES)) for size in self._sizes}

    def run(self) -> None:
        """A round with the best size."""
        self.round_ms.append(self._pass_ms(self.batch))

    def _pass_ms(self, size: int) -> float:
        """Milliseconds a strip."""
        started = time.perf_counter()
        self._maps(size)
        return 1000 * (time.perf_counter() - started) / self._strips


class Case:
    """Strips of one length, and the ways to their class maps.

    Attributes:
        digits: On each strip.
        strips: They are swept, or cut, in one pass.
        sweep: Several strips at once.
        alone: The sweep of one strip after the other.
        cut: Windows; None where the strips are too long for that.
    """

    def __init__(self, engine: Engine, digits: int) -> None:
        self.digits = digits
        self._engine = engine
        self._geometry = engine.metadata.geometry
        # A power of two, so that no batch size leaves a rest.
        count = 2 ** max(1, int(np.log2(DIGITS_IN_A_PASS / digits)))
        self.strips = [
            drawn_strip(digits, number, self._geometry) for number in range(min(count, MOST_STRIPS))
        ]
        self.widths_px = [strip.ink.shape[1] for strip in self.strips]
        self.columns = [self._geometry.columns(width) for width in self.widths_px]
        # Of more strips than it sweeps at once the engine would make several sweeps.
        most = min(len(self.strips), max(1, MAX_BATCH_PX // max(self.widths_px)))
        self.sweep = Way(self._swept, len(self.strips), [size for size in STRIPS_AT_ONCE if size <= most])
        self.alone = Way(self._swept, len(self.strips), [1])
        sizes = [size for size in WINDOWS_AT_ONCE if size <= sum(self.columns)]
        self.cut = Way(self._cut, len(self.strips), sizes) if digits <= MOST_CUT else None

    @property
    def ways(self) -> list[Way]:
        """All of them, in the order of a round."""
        return [self.sweep, self.cut, self.alone] if self.cut else [self.sweep, self.alone]

    def largest_difference(self) -> float:
        """Between the log-probabilities of sweep and windows.

        Raises:
            AssertionError: When they do not say the same.
        """
        swept, cut = self._swept(STRIPS_AT_ONCE[-1]), self._cut(WINDOWS_AT_ONCE[-1])
        for ours, theirs in zip(swept, cut, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=TOLERANCE, atol=TOLERANCE)
        return max(float(np.abs(ours - theirs).max()) for ours, theirs in zip(swept, cut, strict=True))

    def _swept(self, at_once: int) -> list[FloatArray]:
        """(T, 11) log-probabilities of each strip."""
        return [
            class_map.log_probs
            for start in range(0, len(self.strips), at_once)
            for class_map in self._engine.class_maps(self.strips[start : start + at_once])
        ]

    def _cut(self, at_once: int) -> list[FloatArray]:
        """The same from windows; those of all strips are batched together."""
        window, stride = self._geometry.window_px, self._geometry.stride_px
        views = [np.lib.stride_tricks.sliding_window_view(strip.ink, window, axis=1) for strip in self.strips]
        windows = np.concatenate([view[:, ::stride].swapaxes(0, 1) for view in views])
        # Not by `class_maps`: what it does for each strip it would do for each window.
        run = self._engine._session.run
        starts = range(0, len(windows), at_once)
        logits = np.concatenate(
            [run(None, {"strips": windows[start : start + at_once]})[0][:, 0] for start in starts]
        )
        log_probs = log_softmax(logits, self._engine.metadata.temperature)
        return np.split(log_probs, np.cumsum(self.columns)[:-1])


def drawn_strip(digits: int, number: int, geometry: Geometry) -> Strip:
    """A strip of drawn digits, prepared as a picture is whose line was found exactly.

    All in one hand, for some are broader than others: so the width goes with the number of digits.
    """
    rng = np.random.default_rng([digits, number])
    pen, layout = SyntheticDigits(WriterStyle()), Layout()
    images = [pen.draw(int(label), rng) for label in rng.integers(10, size=digits)]
    gaps = rng.integers(*layout.gap_px, endpoint=True, size=digits - 1)
    return clean_strip(set_side_by_side(images, gaps.tolist(), layout.margin_px), geometry)


@dataclass(frozen=True)
class Spread:
    """Median and range of some measurements."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """The spread of one value or more."""
        return cls(statistics.median(values), min(values), max(values))


@dataclass(frozen=True)
class Cut:
    """What the windows of strips of one length cost.

    Attributes:
        batch: Windows at once.
        batch_ms: A strip, with each batch size that was tried.
        ms: A strip.
        ratio: To the time of the sweep, in each round.
        multiplications: A strip.
        multiplications_ratio: To those of the sweep.
        largest_difference: Between log-probabilities of windows and sweep.
    """

    batch: int
    batch_ms: dict[int, float]
    ms: Spread
    ratio: Spread
    multiplications: float
    multiplications_ratio: float
    largest_difference: float


@dataclass(frozen=True)
class Row:
    """What strips of one length cost.

    Attributes:
        digits: On each strip.
        strips: In each pass.
        width_px: Of a strip, the mean.
        columns: Of a class map, the mean: as many as there are windows.
        batch: Strips at once.
        batch_ms: A strip, with each batch size that was tried.
        ms: A strip.
        alone_ms: A strip, one at a time.
        multiplications: A strip.
        memory_mb: What the sweep of one strip takes in a fresh process.
        cut: The same strips in windows; None where they are too long for that.
    """

    digits: int
    strips: int
    width_px: float
    columns: float
    batch: int
    batch_ms: dict[int, float]
    ms: Spread
    alone_ms: Spread
    multiplications: float
    memory_mb: Spread
    cut: Cut | None

    @property
    def cells(self) -> list[str]:
        """The row of the table."""
        compared = ["–"] * 4
        if self.cut:
            compared = [
                f"{self.cut.ms.median:.1f}",
                f"{self.cut.ratio.median:.1f}",
                f"{self.cut.ratio.least:.1f}–{self.cut.ratio.most:.1f}",
                f"{self.cut.multiplications_ratio:.1f}",
            ]
        return [
            f"{self.digits}",
            f"{self.ms.median:.2f}",
            *compared,
            f"{self.alone_ms.median / self.digits:.3f}",
            f"{self.memory_mb.median:.1f}",
        ]


@dataclass(frozen=True)
class Line:
    """A straight line through measurements of strips of all lengths, by least squares.

    Attributes:
        slope: For each digit.
        intercept: Without any.
        r_squared: Share of the variance that the line explains.
    """

    slope: float
    intercept: float
    r_squared: float

    @classmethod
    def through(cls, digits: Sequence[int], values: Sequence[float]) -> "Line":
        """The line for one value at each number of digits."""
        slope, intercept = np.polyfit(digits, values, 1)
        rest = np.array(values) - slope * np.array(digits) - intercept
        return cls(float(slope), float(intercept), float(1 - np.var(rest) / np.var(values)))


def row_of(case: Case, largest_difference: float, memory_mb: Spread) -> Row:
    """The figures of a case whose rounds are over."""
    swept = statistics.mean(sum(LENET.macs(width)) for width in case.widths_px)
    cut = None
    if case.cut:
        columns = statistics.mean(LENET.geometry.columns(width) for width in case.widths_px)
        single = columns * sum(LENET.macs(LENET.geometry.window_px))
        cut = Cut(
            case.cut.batch,
            case.cut.batch_ms,
            Spread.of(case.cut.round_ms),
            Spread.of(
                [ours / sweep for ours, sweep in zip(case.cut.round_ms, case.sweep.round_ms, strict=True)]
            ),
            single,
            single / swept,
            largest_difference,
        )
    return Row(
        case.digits,
        len(case.strips),
        statistics.mean(case.widths_px),
        statistics.mean(case.columns),
        case.sweep.batch,
        case.sweep.batch_ms,
        Spread.of(case.sweep.round_ms),
        Spread.of(case.alone.round_ms),
        swept,
        memory_mb,
        cut,
    )


def measure(engine: Engine, lengths: Sequence[int], rounds: int) -> list[Row]:
    """Times all lengths and ways in turn, round after round; then the memory."""
    cases = [Case(engine, digits) for digits in lengths]
    differences = [case.largest_difference() if case.cut else 0.0 for case in cases]
    for case in cases:
        print(f"{case.digits} digits: batch sizes", file=sys.stderr)
        for way in case.ways:
            way.search()
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
        for case in cases:
            for way in case.ways:
                way.run()
    memory = [[memory_mb(case.widths_px[0]) for _ in range(PROCESSES)] for case in cases]
    return [
        row_of(case, difference, Spread.of(megabytes))
        for case, difference, megabytes in zip(cases, differences, memory, strict=True)
    ]


def memory_mb(width_px: int) -> float:
    """What the sweep of one strip adds to the most memory that a fresh process has held."""
    command = [sys.executable, __file__, "--memory", str(width_px)]
    return float(subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout)


def sweep_here(width_px: int) -> float:
    """Sweeps a strip of noise in this process; by how many megabytes its peak grew."""
    engine = Engine()
    ink = np.random.default_rng(0).random((engine.metadata.geometry.height_px, width_px), np.float32)
    before = peak_mb()
    engine.class_map(Strip(ink))
    return peak_mb() - before


def peak_mb() -> float:
    """Most memory that this process has held, in megabytes; on Linux only.

    Not `ru_maxrss`: that begins with the peak of the process that started this one.
    """
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) / 1024


def draw(rows: Sequence[Row], path: Path) -> None:
    """The picture: time a strip, and how many times as much the windows take."""
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    matplotlib.rcParams.update({"font.size": 12, "axes.spines.top": False, "axes.spines.right": False})
    figure = Figure(figsize=(11, 4.4), layout="constrained")
    times, ratios = figure.subplots(1, 2)
    cuts = [(row.digits, row.cut) for row in rows if row.cut]
    lengths = [digits for digits, _ in cuts]
    series = [
        ("all windows, cut and batched", WINDOWS_COLOUR, "s", lengths, [cut.ms for _, cut in cuts]),
        ("sweep", SWEEP_COLOUR, "o", [row.digits for row in rows], [row.ms for row in rows]),
    ]
    for label, colour, marker, digits, spreads in series:
        times.errorbar(
            digits, [each.median for each in spreads], bars(spreads), label=label, color=colour, marker=marker
        )
    times.set_yscale("log")
    times.yaxis.set_major_formatter("{x:g}")
    times.set_ylabel("time per strip, ms")
    spreads = [cut.ratio for _, cut in cuts]
    ratios.plot(
        lengths,
        [cut.multiplications_ratio for _, cut in cuts],
        label="multiplications",
        color=MULTIPLICATIONS_COLOUR,
        marker="D",
        linestyle="--",
    )
    ratios.errorbar(
        lengths,
        [each.median for each in spreads],
        bars(spreads),
        label="time",
        color=TIME_COLOUR,
        marker="o",
    )
    ratios.set_ylim(bottom=0)
    ratios.yaxis.set_major_locator(MaxNLocator(integer=True))
    ratios.set_ylabel("windows ÷ sweep")
    for axes, shown, place in (
        (times, [row.digits for row in rows], "upper left"),
        (ratios, lengths, "lower right"),
    ):
        axes.set_xscale("log")
        axes.set_xticks(shown, [str(each) for each in shown])
        axes.minorticks_off()
        axes.set_xlabel("digits on the strip")
        axes.grid(color="#dddddd")
        axes.legend(loc=place, frameon=False)
    figure.savefig(path, dpi=160)


def bars(spreads: Sequence[Spread]) -> FloatArray:
    """(2, N) how far the ranges go below and above their medians."""
    return np.array(
        [[each.median - each.least for each in spreads], [each.most - each.median for each in spreads]]
    )


def main() -> None:
    """Measures everything and writes the figures; with --quick a few of them, into build/."""
    if "--memory" in sys.argv[1:]:
        print(sweep_here(int(sys.argv[-1])))
        return
    quick = "--quick" in sys.argv[1:]
    folder = HERE.parent / "build" if quick else HERE
    folder.mkdir(exist_ok=True)
    engine = Engine()
    rounds = 3 if quick else ROUNDS
    rows = measure(engine, [digits for digits in DIGITS if digits <= 20 or not quick], rounds)
    lengths = [row.digits for row in rows]
    ms = Line.through(lengths, [row.alone_ms.median for row in rows])
    megabytes = Line.through(lengths, [row.memory_mb.median for row in rows])
    difference = max(row.cut.largest_difference for row in rows if row.cut)
    figures = {
        "hardware": hardware(),
        "model": engine.sha256,
        "rounds": rounds,
        "same_log_probabilities_within": TOLERANCE,
        "largest_difference": difference,
        "alone_ms": asdict(ms),
        "memory_mb": asdict(megabytes),
        "rows": [asdict(row) for row in rows],
    }
    (folder / "sweep.json").write_text(json.dumps(figures, indent=2) + "\n")
    draw(rows, folder / "sweep.png")
    if quick:
        return
    write_markdown(
        HERE / "sweep.md",
        [
            "digits",
            "sweep ms",
            "windows ms",
            "ratio of time",
            "min–max",
            "of multiplications",
            "alone: ms a digit",
            "alone: MB",
        ],
        [row.cells for row in rows],
        f"Milliseconds for a strip, median of {rounds} rounds, sweep and windows in turn, each at its best "
        f"batch size; largest difference of their log-probabilities {difference:.1g}. Straight lines: alone, "
        f"a strip takes {ms.intercept:.2f} ms and {ms.slope:.3f} ms a digit (R² {ms.r_squared:.4f}), and in "
        f"a fresh process {megabytes.intercept:.1f} MB and {megabytes.slope:.3f} MB a digit "
        f"(R² {megabytes.r_squared:.4f}). {hardware()}.",
    )


if __name__ == "__main__":
    main()
