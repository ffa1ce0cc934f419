"""What constraints and rejection are worth: writes constraints.json and constraints.md.

    python benchmarks/bench_constraints.py DIR...

The folders are development sets of real paper; beside them strips of MNIST test digits, for final figures
only.
"""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from bench_report import folders_of, write_markdown

from sdnn.datasets.mnist import load_mnist
from sdnn.datasets.strips import Layout, random_strip
from sdnn.decoding.constraints import Constraint, constraint
from sdnn.decoding.constraints.lexicon import lexicon
from sdnn.enums import Decoder, Split
from sdnn.evaluation.labels import read_labels
from sdnn.evaluation.reliability import expected_calibration_error
from sdnn.evaluation.risk_coverage import coverage_at
from sdnn.hardware import hardware
from sdnn.preprocessing import load_page
from sdnn.reading.line_decoder import LineDecoder
from sdnn.reading.reader import Reader
from sdnn.reading.settings import ACCEPT_ALL
from sdnn.results import FloatArray

HERE = Path(__file__).parent
STRIPS = 2_000
NUMBERS = 1_000
ENTRIES = 1_000
ERRORS = (0.05, 0.01, 0.001)

Pages = list[tuple[FloatArray, str]]


@dataclass(frozen=True, eq=False)
class Row:
    """One way of reading one collection.

    Attributes:
        collection: What was read.
        way: How.
        texts: What was read of each strip.
        confidences: (N,) with what confidence.
        right: (N,) whether that is right.
    """

    collection: str
    way: str
    texts: list[str]
    confidences: FloatArray
    right: Any

    @property
    def cells(self) -> list[str]:
        """The row of the table."""
        shares = [coverage_at(self.confidences, self.right, error) for error in ERRORS]
        return [
            f"{self.collection}, {self.way}",
            str(len(self.right)),
            f"{100 * self.right.mean():.2f}",
            f"{expected_calibration_error(self.confidences, self.right):.3f}",
            *("–" if share is None else f"{100 * share:.1f}" for share in shares),
        ]

    def record(self) -> dict[str, Any]:
        """The figures in plain JSON types."""
        return {
            "collection": self.collection,
            "way": self.way,
            "n": len(self.right),
            "right": int(self.right.sum()),
            "expected_calibration_error": expected_calibration_error(self.confidences, self.right),
            "coverage": {f"{error:g}": coverage_at(self.confidences, self.right, error) for error in ERRORS},
        }


def read(
    collection: str,
    way: str,
    pages: Pages,
    reader: Reader,
    allowed: Callable[[str, np.random.Generator], Constraint | None],
) -> Row:
    """Reads a collection, each strip under a constraint that may know its length or that it is on a list."""
    texts, confidences = [], []
    for number, (page, truth) in enumerate(pages):
        limit = allowed(truth, np.random.default_rng([number, 4]))
        reader.decoder = LineDecoder(replace(reader.settings, constraint=limit))
        reading = reader.read_line(page)
        texts.append(reading.string)
        confidences.append(reading.confidence)
    right = np.array([text == truth for text, (_, truth) in zip(texts, pages, strict=True)])
    print(f"{collection}, {way}: {right.mean():.4f}", file=sys.stderr, flush=True)
    return Row(collection, way, texts, np.array(confidences), right)


def anything(_truth: str, _rng: np.random.Generator) -> None:
    """No constraint."""


def true_length(truth: str, _rng: np.random.Generator) -> Constraint | None:
    """As many digits as there are."""
    return constraint(length=str(len(truth)))


def on_a_list(truth: str, rng: np.random.Generator) -> Constraint:
    """A list of random strings as long as the true one, which is among them."""
    most = 10 ** len(truth)
    others = rng.choice(most, min(ENTRIES, most), replace=False)
    entries = [truth, *(f"{other:0{len(truth)}d}" for other in others)]
    return Constraint(lexicon(list(dict.fromkeys(entries))[:ENTRIES]), None, "the list")


def card_number(rng: np.random.Generator) -> str:
    """Sixteen digits of which the last is Luhn's check."""
    digits = rng.integers(10, size=15).tolist()
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[::2]]
    return "".join(map(str, [*digits, -(sum(doubled) + sum(digits[1::2])) % 10]))


def test_strips(texts: Iterator[str | None], digits_each: int, stream: int) -> Pages:
    """Strips of MNIST test digits."""
    digits = load_mnist(Split.TEST)
    layout = Layout(digits=(digits_each, digits_each))
    strips = [
        random_strip(digits, layout, np.random.default_rng([number, stream]), text)
        for number, text in enumerate(texts)
    ]
    return [(strip.page, strip.text) for strip in strips]


def changes(before: Row, after: Row, pages: Pages) -> dict[str, int]:
    """What a constraint did to the texts that were wrong, and to those that were right."""
    wrong_before = ~before.right
    differs = np.array([one != other for one, other in zip(before.texts, after.texts, strict=True)])
    return {
        "wrong turned right": int((wrong_before & after.right).sum()),
        "wrong turned into another wrong": int((wrong_before & ~after.right & differs).sum()),
        "wrong as before": int((wrong_before & ~after.right & ~differs).sum()),
        "right turned wrong": int((before.right & ~after.right).sum()),
    }


def main(arguments: Sequence[str]) -> None:
    """Reads everything and writes the figures."""
    folders = folders_of(arguments, "constraints")
    reader = Reader(settings=ACCEPT_ALL)
    posterior = Reader(settings=replace(ACCEPT_ALL, decoder=Decoder.POSTERIOR))
    five = test_strips(iter([None] * STRIPS), 5, 41)
    cards = test_strips(
        (card_number(np.random.default_rng([number, 42])) for number in range(NUMBERS)), 16, 43
    )
    real = {
        folder.name: [(load_page(each.path), each.label) for each in read_labels(folder)]
        for folder in folders
    }
    rows = []
    for name, pages in {"MNIST test, 5 digits": five, **real}.items():
        rows.append(read(name, "no constraint", pages, reader, anything))
        rows.append(read(name, "decoder posterior", pages, posterior, anything))
        rows.append(read(name, "true length", pages, reader, true_length))
        rows.append(read(name, f"among {ENTRIES:,} of its length", pages, reader, on_a_list))
    luhn = constraint(check="luhn", length="16")
    name = "MNIST test, card numbers"
    plain = read(name, "length 16", cards, reader, true_length)
    checked = read(name, "length 16 and luhn", cards, reader, lambda truth, rng: luhn)
    rows += [plain, checked]
    changed = changes(plain, checked, cards)
    figures = {
        "hardware": hardware(),
        "model": reader.engine.sha256,
        "rows": [row.record() for row in rows],
        "luhn": changed,
    }
    (HERE / "constraints.json").write_text(json.dumps(figures, indent=2) + "\n")
    write_markdown(
        HERE / "constraints.md",
        [
            "strips, read with",
            "n",
            "right %",
            "calibration error",
            *(f"% accepted at {100 * error:g} % error" for error in ERRORS),
        ],
        [row.cells for row in rows],
        "Real paper: development sets, preprocessing and views chosen on them. Luhn's check: "
        + ", ".join(f"{count} {what}" for what, count in changed.items())
        + f". – where so few strips cannot tell. {hardware()}.",
    )


if __name__ == "__main__":
    main(sys.argv[1:])
