"""What the bundled model reads of MNIST test digits: writes strips.json and strips.md.

    python benchmarks/bench_strips.py [--quick]

Strips of five digits, of other lengths, with other gaps, single digits, and long strips of random and of
equal digits, which a reader with a memory of strings would confuse. Final figures: nothing is chosen on them.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from bench_report import write_markdown

from sdnn.datasets.mnist import Mnist, load_mnist
from sdnn.datasets.strips import Layout, SyntheticStrip, random_strip, set_side_by_side
from sdnn.enums import PageMode, Split
from sdnn.evaluation.metrics import bootstrap_over_digits, score
from sdnn.hardware import hardware, processors
from sdnn.reading.reader import Reader
from sdnn.reading.settings import ACCEPT_ALL

HERE = Path(__file__).parent
GAPS = ((-4, -3), (-2, -1), (0, 3), (4, 6), (7, 12))
MARGIN_PX = 10


@dataclass(frozen=True)
class Case:
    """A row of the table: how many strips, and how the one of each number is made."""

    name: str
    count: int
    strip: Callable[[int], SyntheticStrip]


def cases(digits: Mnist, share: float) -> Iterator[Case]:
    """All rows; `share` of the full number of strips each."""

    def of_layout(name: str, full: int, layout: Layout, text: Callable[[int], str | None]) -> Case:
        stream = [ord(letter) for letter in name]
        return Case(
            name,
            round(full * share),
            lambda number: random_strip(
                digits, layout, np.random.default_rng([number, *stream]), text(number)
            ),
        )

    def random_text(_: int) -> None:
        return None

    yield of_layout("5 digits, gap 0 to 6 px", 10_000, Layout(), random_text)
    yield Case(
        "single MNIST test digits",
        round(len(digits) * share),
        lambda number: set_side_by_side([digits[number]], [], MARGIN_PX),
    )
    for length in range(1, 11):
        layout = Layout(digits=(length, length))
        yield of_layout(f"{length} digit{'s' if length > 1 else ''}", 2_000, layout, random_text)
    for low, high in GAPS:
        layout = Layout(gap_px=(low, high))
        yield of_layout(f"5 digits, gap {low} to {high} px", 2_000, layout, random_text)
    yield of_layout("20 random digits", 500, Layout(digits=(20, 20)), random_text)
    yield of_layout("20 equal digits", 500, Layout(), lambda number: str(number % 10) * 20)


@dataclass(frozen=True)
class Row:
    """What was read of one case."""

    strips: str
    n: int
    right: int
    interval: tuple[float, float]
    digit_error_rate: float
    substitutions: int
    insertions: int
    deletions: int
    views: float
    seconds: float

    @property
    def cells(self) -> list[str]:
        """The row of the table."""
        low, high = self.interval
        return [
            self.strips,
            f"{self.n:,}",
            f"{100 * self.right / self.n:.2f}",
            f"{100 * low:.2f}–{100 * high:.2f}",
            f"{100 * self.digit_error_rate:.3f}",
            str(self.substitutions),
            str(self.insertions),
            str(self.deletions),
        ]


def measure(reader: Reader, case: Case) -> Row:
    """Reads the strips of a row in batches."""
    pairs, sources, views = [], [], 0
    started = time.perf_counter()
    strips = [case.strip(number) for number in range(case.count)]
    readings = reader.read_many((strip.page for strip in strips), page_mode=PageMode.LINE, jobs=processors())
    for strip, reading in zip(strips, readings, strict=True):
        pairs.append((strip.text, reading.text))
        sources.append([digit.index or 0 for digit in strip.digits])
        views += reading.views
    seconds = time.perf_counter() - started
    right = np.array([truth == text for truth, text in pairs])
    total = score(pairs)
    return Row(
        case.name,
        total.n,
        total.right,
        bootstrap_over_digits(right, sources, np.random.default_rng(0)),
        total.digit_error_rate,
        total.substitutions,
        total.insertions,
        total.deletions,
        views / total.n,
        round(seconds, 1),
    )


def main() -> None:
    """Reads everything and writes the figures."""
    reader = Reader(settings=ACCEPT_ALL)
    share = 0.05 if "--quick" in sys.argv[1:] else 1.0
    rows = []
    for case in cases(load_mnist(Split.TEST), share):
        row = measure(reader, case)
        print(json.dumps(asdict(row)), file=sys.stderr)
        rows.append(row)
    figures = {"hardware": hardware(), "model": reader.engine.sha256, "rows": [asdict(row) for row in rows]}
    if share < 1:
        return
    (HERE / "strips.json").write_text(json.dumps(figures, indent=2) + "\n")
    write_markdown(
        HERE / "strips.md",
        [
            "MNIST test digits",
            "strips",
            "right %",
            "95 % interval",
            "digit errors %",
            "subst.",
            "ins.",
            "del.",
        ],
        [row.cells for row in rows],
        "Bundled model, default decoder, gap 0 to 6 px unless said otherwise; intervals by bootstrap over "
        f"digits. {hardware()}.",
    )


if __name__ == "__main__":
    main()
