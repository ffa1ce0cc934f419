"""Digit strings found and read on whole documents: writes pages.json and pages.md.

    python benchmarks/pages.py [--quick | --validation SEED | --picture FILE]

Documents with printed words, rulings, frames and signatures, and strings of MNIST test digits among them.
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
from PIL import Image
from report import write_markdown

from sdnn.choices import Split
from sdnn.datasets.digits import Mnist, Pen, load_mnist
from sdnn.datasets.documents import Document, DocumentRecipe, random_document
from sdnn.files import save_picture
from sdnn.machine import hardware
from sdnn.reader import Reader
from sdnn.results import Box, Reading

HERE = Path(__file__).parent
SEED = 1998
PICTURE_SEED = 4
STRINGS = 1_000
SOME = 150
FOUND_IOU = 0.5


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

    def add(self, document: Document, readings: Sequence[Reading], alone: Sequence[Reading]) -> None:
        """Counts one document.

        Args:
            document: The truth.
            readings: What was read on it.
            alone: Each of its strings read by itself, clean and as large as MNIST has it.
        """
        self.documents += 1
        self.strings += len(document.strings)
        matched: set[int] = set()
        for string, by_itself in zip(document.strings, alone, strict=True):
            self.alone_right += by_itself.text == string.text
            ious = [iou(reading.box, string.box) if reading.box else 0.0 for reading in readings]
            best = int(np.argmax(ious))
            if ious[best] <= FOUND_IOU:
                continue
            matched.add(best)
            self.found += 1
            if readings[best].text == string.text:
                self.right += 1
                pairs = zip(readings[best].digits, string.digits, strict=True)
                self.digit_ious += [iou(digit.box, truth) for digit, truth in pairs]
        self.false += sum(bool(reading.text) for reading in readings) - len(matched)

    def figures(self) -> dict[str, float]:
        """The figures by their names."""
        median, low = np.quantile(self.digit_ious, [0.5, 0.1])
        return {
            "documents": self.documents,
            "strings": self.strings,
            "found": self.found / self.strings,
            "found_and_right": self.right / self.strings,
            "right_alone": self.alone_right / self.strings,
            "median_iou": round(float(median), 4),
            "low_iou": round(float(low), 4),
            "false_per_page": self.false / self.documents,
            "seconds_per_page": round(self.seconds / self.documents, 3),
        }


def iou(box: Box, other: Box) -> float:
    """Area that two boxes share, over the area of both together."""
    shared = box.shared_area(other)
    return shared / (box.width * box.height + other.width * other.height - shared)


def measure(digits: Mnist, seed: int, strings: int, read_page: Callable[[Document], list[Reading]]) -> Tally:
    """Reads documents until they held so many strings."""
    tally, reader = Tally(), Reader()
    while tally.strings < strings:
        document = random_document(digits, DocumentRecipe(), np.random.default_rng([seed, tally.documents]))
        started = time.perf_counter()
        readings = read_page(document)
        tally.seconds += time.perf_counter() - started
        tally.add(document, readings, [reader.read(string.strip.page) for string in document.strings])
    return tally


def draw(path: Path) -> None:
    """A document with drawn digits, as a picture."""
    recipe = DocumentRecipe(width_px=(1000, 1001), height_px=(640, 641), scale=(1.2, 3.0), signatures=(1, 1))
    document = random_document(Pen(), recipe, np.random.default_rng(PICTURE_SEED))
    save_picture(Image.fromarray(np.rint(255 * document.brightness).astype(np.uint8)), path)
    print(*(string.text for string in document.strings))


def main() -> None:
    """Reads everything and writes the figures."""
    reader = Reader()

    def read_page(document: Document) -> list[Reading]:
        return reader.read_page(document.brightness)

    if "--picture" in sys.argv[1:]:
        draw(Path(sys.argv[sys.argv.index("--picture") + 1]))
        return
    if "--validation" in sys.argv[1:]:
        seed = int(sys.argv[sys.argv.index("--validation") + 1])
        print(json.dumps(measure(load_mnist(Split.VALIDATION), seed, SOME, read_page).figures(), indent=2))
        return
    quick = "--quick" in sys.argv[1:]
    figures = measure(load_mnist(Split.TEST), SEED, SOME // 5 if quick else STRINGS, read_page).figures()
    print(json.dumps(figures), file=sys.stderr)
    if quick:
        return
    record = {"hardware": hardware(), "model": reader.engine.sha256, "seed": SEED, **figures}
    (HERE / "pages.json").write_text(json.dumps(record, indent=2) + "\n")
    write_markdown(
        HERE / "pages.md",
        ["Digit strings on documents", "value"],
        [
            ["found %", f"{100 * figures['found']:.1f}"],
            ["found and read right %", f"{100 * figures['found_and_right']:.1f}"],
            ["the same strings alone read right %", f"{100 * figures['right_alone']:.1f}"],
            ["IoU of digit boxes, median", f"{figures['median_iou']:.2f}"],
            ["IoU of digit boxes, 10 % quantile", f"{figures['low_iou']:.2f}"],
            ["false strings on a page", f"{figures['false_per_page']:.2f}"],
            ["seconds for a page", f"{figures['seconds_per_page']:.2f}"],
        ],
        f"{figures['strings']:,.0f} strings of MNIST test digits on {figures['documents']:.0f} synthetic "
        f"documents; bundled model. {hardware()}.",
    )


if __name__ == "__main__":
    main()
