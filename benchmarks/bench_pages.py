"""Digit strings found and read on whole documents: writes pages.json and pages.md.

    python benchmarks/bench_pages.py [--quick | --validation SEED | --picture FILE]

Documents of two kinds with strings of MNIST test digits among what else stands there: plain ones with printed
words, rulings, frames and signatures, and those with everything on them that the detector's training draws.
Final figures: nothing is chosen on them. With --validation, some documents of another seed with validation
digits, to choose on; their figures are printed only. With --picture, a small document with drawn digits is
written to a file, and its strings are printed: `make samples` does that for the README.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from bench_report import write_markdown
from PIL import Image
from plain_documents import DocumentRecipe as PlainRecipe
from plain_documents import random_document as random_plain_document

from sdnn.datasets.documents import DocumentRecipe, ScriptFonts, UnipenWords, WordSource, random_document
from sdnn.datasets.mnist import Mnist, load_mnist
from sdnn.datasets.pen import SyntheticDigits
from sdnn.datasets.unipen import load_unipen
from sdnn.enums import Split
from sdnn.errors import UnreadableInput
from sdnn.files import save_picture
from sdnn.hardware import hardware
from sdnn.reading.reader import Reader
from sdnn.reading.settings import ACCEPT_ALL
from sdnn.results import Box, FloatArray, Reading

HERE = Path(__file__).parent
SEED = 1998
PICTURE_SEED = 5
STRINGS = 1_000
SOME = 150
FOUND_IOU = 0.5
EDGE_PX = 3
FULL = DocumentRecipe(size_px=(1400, 1000), heights_px=((16.0, 56.0, 1.0),), crop_share=0.0)


@dataclass(frozen=True, eq=False)
class Truth:
    """A digit string that stands on a document.

    Attributes:
        text: Its digits.
        box: Of all their ink.
        digits: The ink of each digit; none where it is not known.
        alone: (H, W) the string by itself, clean; None where there is no such picture.
        counts: Whether it lies on the document as a whole; one that is cut off may be read or not.
    """

    text: str
    box: Box
    digits: tuple[Box, ...] = ()
    alone: FloatArray | None = None
    counts: bool = True


@dataclass
class Tally:
    """What was found on the documents so far."""

    documents: int = 0
    strings: int = 0
    found: int = 0
    right: int = 0
    alone_right: int = 0
    false: int = 0
    seconds: float = 0.0
    digit_ious: list[float] = field(default_factory=list)

    def add(self, truths: Sequence[Truth], readings: Sequence[Reading], alone: Sequence[Reading]) -> None:
        """Counts one document.

        Args:
            truths: What stands on it.
            readings: What was read on it.
            alone: Each of its strings read by itself, clean, as large as MNIST has it, where there is that.
        """
        self.documents += 1
        self.alone_right += sum(
            reading.text == truth.text for truth, reading in zip(truths, alone, strict=False)
        )
        texts = [reading for reading in readings if reading.text]
        matched: set[int] = set()
        for truth in truths:
            ious = [iou(reading.box, truth.box) if reading.box else 0.0 for reading in texts]
            best = int(np.argmax(ious)) if ious else -1
            found = best >= 0 and ious[best] > FOUND_IOU
            if found:
                matched.add(best)
            if not truth.counts:
                matched |= {place for place, share in enumerate(ious) if share > 0}
                continue
            self.strings += 1
            self.found += found
            if found and texts[best].text == truth.text:
                self.right += 1
                if truth.digits:
                    pairs = zip(texts[best].digits, truth.digits, strict=True)
                    self.digit_ious += [iou(digit.box, box) for digit, box in pairs]
        self.false += len(texts) - len(matched)

    def figures(self) -> dict[str, float]:
        """The figures by their names."""
        figures = {
            "documents": self.documents,
            "strings": self.strings,
            "found": self.found / self.strings,
            "found_and_right": self.right / self.strings,
            "false_per_page": self.false / self.documents,
            "seconds_per_page": round(self.seconds / self.documents, 3),
        }
        if self.digit_ious:
            median, low = np.quantile(self.digit_ious, [0.5, 0.1])
            figures |= {"median_iou": round(float(median), 4), "low_iou": round(float(low), 4)}
            figures["right_alone"] = self.alone_right / self.strings
        return figures


def iou(box: Box, other: Box) -> float:
    """Area that two boxes share, over the area of both together."""
    shared = box.shared_area(other)
    return shared / (box.width * box.height + other.width * other.height - shared)


Drawn = tuple[FloatArray, list[Truth]]
"""A document's brightness and what stands on it."""


def plain(digits: Mnist, rng: np.random.Generator) -> Drawn:
    """A document with printed words, frames and rulings round strings of two digits and more."""
    document = random_plain_document(digits, PlainRecipe(), rng)
    truths = [Truth(string.text, string.box, string.digits, string.strip.page) for string in document.strings]
    return document.brightness, truths


def full(digits: Mnist, others: WordSource, rng: np.random.Generator) -> Drawn:
    """A document with everything on it: combs, tables, words by hand, lone digits, shadows, slopes."""
    document = random_document(digits, others, FULL, rng)
    rows, columns = document.picture.shape
    truths = []
    for string in document.strings:
        points = string.quads.reshape(-1, 2)
        (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
        whole = left > EDGE_PX and top > EDGE_PX and right < columns - EDGE_PX and bottom < rows - EDGE_PX
        box = Box(float(left), float(top), float(right), float(bottom))
        truths.append(Truth(string.text, box, counts=bool(whole) and not string.struck))
    return document.picture, truths


def word_source(split: Split) -> WordSource:
    """Real hands that write words, where UNIPEN is at hand; else stroke fonts."""
    try:
        return UnipenWords(load_unipen("7", split), load_unipen("1b", split) + load_unipen("1c", split))
    except UnreadableInput as error:
        print(f"{error}; words are drawn", file=sys.stderr)
        return ScriptFonts()


def measure(draw: Callable[[np.random.Generator], Drawn], seed: int, strings: int, reader: Reader) -> Tally:
    """Reads documents until they held so many strings."""
    tally = Tally()
    while tally.strings < strings:
        brightness, truths = draw(np.random.default_rng([seed, tally.documents]))
        started = time.perf_counter()
        readings = reader.read(brightness)
        tally.seconds += time.perf_counter() - started
        tally.add(
            truths, readings, [reader.read_line(truth.alone) for truth in truths if truth.alone is not None]
        )
    return tally


def draw(path: Path) -> None:
    """A document with drawn digits, as a picture."""
    recipe = PlainRecipe(width_px=(1000, 1001), height_px=(640, 641), scale=(1.2, 3.0), signatures=(1, 1))
    document = random_plain_document(SyntheticDigits(), recipe, np.random.default_rng(PICTURE_SEED))
    save_picture(Image.fromarray(np.rint(255 * document.brightness).astype(np.uint8)), path)
    print(*(string.text for string in document.strings))


def _row(key: str, scale: float, decimals: int) -> Callable[[dict[str, float]], str]:
    """How a figure is shown; a dash where there is none."""
    return lambda figures: f"{scale * figures[key]:.{decimals}f}" if key in figures else "–"


ROWS = [
    ("found %", _row("found", 100, 1)),
    ("found and read right %", _row("found_and_right", 100, 1)),
    ("the same strings alone read right %", _row("right_alone", 100, 1)),
    ("IoU of digit boxes, median", _row("median_iou", 1, 2)),
    ("IoU of digit boxes, 10 % quantile", _row("low_iou", 1, 2)),
    ("false strings on a page", _row("false_per_page", 1, 2)),
    ("seconds for a page", _row("seconds_per_page", 1, 2)),
]


def main() -> None:
    """Reads everything and writes the figures."""
    if "--picture" in sys.argv[1:]:
        draw(Path(sys.argv[sys.argv.index("--picture") + 1]))
        return
    reader = Reader(settings=ACCEPT_ALL)
    quick = "--quick" in sys.argv[1:]
    if "--validation" in sys.argv[1:]:
        seed, split, strings = int(sys.argv[sys.argv.index("--validation") + 1]), Split.VALIDATION, SOME
    else:
        seed, split, strings = SEED, Split.TEST, SOME // 5 if quick else STRINGS
    digits, others = load_mnist(split), word_source(split)
    figures = {
        "plain": measure(lambda rng: plain(digits, rng), seed, strings, reader).figures(),
        "full": measure(lambda rng: full(digits, others, rng), seed, strings, reader).figures(),
    }
    print(json.dumps(figures, indent=2), file=sys.stderr)
    if quick or split is not Split.TEST:
        return
    record = {"hardware": hardware(), "model": reader.engine.sha256, "seed": SEED, **figures}
    (HERE / "pages.json").write_text(json.dumps(record, indent=2) + "\n")
    plain_figures, full_figures = figures["plain"], figures["full"]
    write_markdown(
        HERE / "pages.md",
        ["Digit strings on documents", "plain", "with everything on them"],
        [[name, shown(plain_figures), shown(full_figures)] for name, shown in ROWS],
        f"{plain_figures['strings']:,.0f} and {full_figures['strings']:,.0f} strings of MNIST test digits "
        f"on {plain_figures['documents']:.0f} and {full_figures['documents']:.0f} synthetic documents; "
        f"all that is read counts (--min-confidence 0); bundled model. {hardware()}.",
    )


if __name__ == "__main__":
    main()
