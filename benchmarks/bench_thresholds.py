"""Where the default thresholds come from: writes thresholds.json and thresholds.md.

    python benchmarks/bench_thresholds.py

Validation hands (MNIST's, and UNIPEN's writers kept for that) on validation documents, lines cut out and
parts of pages; nothing real. `--min-constraint-probability`: the largest that rejects at most 1 % of right
readings when their true length or a list with their text is given. `--min-confidence`: from which on a
reading is rather right than wrong.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from bench_report import write_markdown

from sdnn.datasets.digit_sources import digit_source
from sdnn.datasets.documents import Document, DocumentRecipe, random_document, word_source
from sdnn.decoding.constraints import Constraint, constraint
from sdnn.decoding.constraints.lexicon import lexicon
from sdnn.enums import DEFAULT_MIN_CONFIDENCE, DEFAULT_MIN_CONSTRAINT_PROBABILITY, Source, Split
from sdnn.hardware import hardware
from sdnn.reading.line_decoder import LineDecoder
from sdnn.reading.reader import Reader
from sdnn.reading.settings import ACCEPT_ALL
from sdnn.results import FloatArray, Reading

HERE = Path(__file__).parent
LINES, PAGES, FITS = 1_200, 60, 500
ENTRIES = 200
KEPT = 0.99
LINE = DocumentRecipe(size_px=(200, 500), heights_px=((14.0, 60.0, 1.0),), crop_share=1.0, struck=0.0)
PAGE = DocumentRecipe(size_px=(900, 700), heights_px=((14.0, 50.0, 1.0),), crop_share=0.0, struck=0.0)
BINS = (
    (0.0, 0.1),
    (0.1, 0.2),
    (0.2, 0.3),
    (0.3, 0.4),
    (0.4, 0.5),
    (0.5, 0.7),
    (0.7, 0.9),
    (0.9, 0.99),
    (0.99, 1.01),
)


def documents(recipe: DocumentRecipe, count: int, seed: int) -> Iterator[Document]:
    """Fresh validation documents."""
    digits, words = digit_source(Source.HANDS, Split.VALIDATION), word_source(Split.VALIDATION)
    for number in range(count):
        yield random_document(digits, words, recipe, np.random.default_rng([seed, number, 16]))


def truth_of(reading: Reading, document: Document) -> str | None:
    """The string that a reading lies on; None where there is none."""
    if reading.box is None:
        return None
    box = reading.box
    for string in document.strings:
        x, y = string.quads.mean(axis=(0, 1))
        if box.left - 5 <= x <= box.right + 5 and box.top - 5 <= y <= box.bottom + 5:
            return string.text
    return None


def outcomes(reader: Reader) -> tuple[FloatArray, FloatArray]:
    """Confidence of each reading, and whether it is right."""
    rows = [
        (reading.confidence, truth_of(reading, document) == reading.text)
        for recipe, count in ((LINE, LINES), (PAGE, PAGES))
        for document in documents(recipe, count, 1)
        for reading in reader.read(document.picture)
        if reading.text
    ]
    return np.array([confidence for confidence, _ in rows]), np.array([right for _, right in rows], float)


def fits(reader: Reader, among_others: bool) -> FloatArray:
    """The fit of right readings under their true length, or under a list with their text among others."""
    found = []
    for number, document in enumerate(documents(LINE, FITS, 2)):
        if len(document.strings) != 1:
            continue
        text, rng = document.strings[0].text, np.random.default_rng([number, 17])
        limit = constraint(length=str(len(text)))
        if among_others:
            others = ("".join(map(str, rng.integers(10, size=len(text)))) for _ in range(ENTRIES))
            limit = Constraint(lexicon({text, *others}), None, "a list")
        before, reader.decoder = reader.decoder, LineDecoder(replace(reader.settings, constraint=limit))
        (reading, *more) = reader.read(document.picture)
        reader.decoder = before
        if not more and reading.text == text:
            found.append(reading.constraint_probability)
    return np.array(found)


def main() -> None:
    """Reads everything and writes the figures."""
    reader = Reader(settings=ACCEPT_ALL)
    confidence, right = outcomes(reader)
    rows = []
    for low, high in BINS:
        inside = (confidence >= low) & (confidence < high)
        share = float(right[inside].mean()) if inside.any() else None
        rows.append((low, min(high, 1.0), int(inside.sum()), share))
    of_length, of_list = fits(reader, False), fits(reader, True)
    least = {
        name: float(np.quantile(each, 1 - KEPT)) for name, each in (("length", of_length), ("list", of_list))
    }
    record = {
        "hardware": hardware(),
        "model": reader.engine.sha256,
        "defaults": {
            "min_confidence": DEFAULT_MIN_CONFIDENCE,
            "min_constraint_probability": DEFAULT_MIN_CONSTRAINT_PROBABILITY,
        },
        "bins": [dict(zip(("from", "to", "n", "right"), row, strict=True)) for row in rows],
        "largest_probability_that_keeps_99_percent": least,
        "rejected_by_default": {
            "length": float((of_length < DEFAULT_MIN_CONSTRAINT_PROBABILITY).mean()),
            "list": float((of_list < DEFAULT_MIN_CONSTRAINT_PROBABILITY).mean()),
        },
        "n": {"length": len(of_length), "list": len(of_list)},
    }
    (HERE / "thresholds.json").write_text(json.dumps(record, indent=2) + "\n")
    print(json.dumps(record, indent=2), file=sys.stderr)
    write_markdown(
        HERE / "thresholds.md",
        ["confidence", "readings", "right %"],
        [
            [f"{low:g} to {high:g}", f"{n:,}", "–" if share is None else f"{100 * share:.1f}"]
            for low, high, n, share in rows
        ],
        f"Validation hands on {LINES:,} drawn lines and {PAGES} parts of pages. The largest "
        f"--min-constraint-probability that keeps 99 % of right readings: {least['length']:.2g} under their "
        f"length, {least['list']:.2g} with a list of {ENTRIES}. {hardware()}.",
    )


if __name__ == "__main__":
    main()
