"""Accuracy by length, gap and corruption, and failures on drawn numbers.

Strips are made of MNIST's test digits; pictures of failures show drawn digits only.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np

from card.corruptions import CORRUPTIONS, Corruption, with_margin
from sdnn.datasets.digits import DigitSource
from sdnn.datasets.mnist import Mnist
from sdnn.datasets.pages import PageRecipe, SyntheticPage, random_page
from sdnn.datasets.pen import SyntheticDigits
from sdnn.datasets.strips import Layout, SyntheticStrip, random_strip, set_side_by_side
from sdnn.enums import PageMode
from sdnn.evaluation.metrics import BoolArray, Score, bootstrap_over_digits, score
from sdnn.reading.reader import Reader
from sdnn.rendering.contact_sheet import SheetEntry
from sdnn.results import FloatArray, IntArray, Reading

LENGTHS: Final = (1, 2, 3, 5, 8, 12)
GAPS_PX: Final = (-2, 0, 3, 6, 12)
DIGITS: Final = 5
"""Length of strips in which something else varies."""
SINGLES: Final = 25
"""Single digits for every strip of a row: a matrix of ten by ten takes many."""
NONE, SEVERAL = 10, 11
"""Columns of the confusion matrix for single digits read as no digit, and as more than one."""
CLEAN: Final = "nothing"
"""Name of the row without a corruption; it also seeds the strips of all rows."""


@dataclass(frozen=True, eq=False)
class Condition:
    """Strips made under one condition, to be read.

    Attributes:
        name: Length, gap or corruption.
        strips: Clean strips.
        corrupt: Function from the page of a strip and its number to the page to read.
    """

    name: str
    strips: Sequence[SyntheticStrip]
    corrupt: Callable[[FloatArray, int], FloatArray] = lambda page, number: page

    def pages(self) -> Iterator[FloatArray]:
        """Pages for the reader, (H, W) brightness each."""
        return (self.corrupt(strip.page, number) for number, strip in enumerate(self.strips))


@dataclass(frozen=True, eq=False)
class Outcome:
    """Readings of the strips of one condition.

    Attributes:
        name: Name of the condition.
        pairs: N pairs of truth and text.
        confidences: (N,) confidence in each text, 0 to 1.
        interval: 95 % interval of the accuracy, by bootstrap over the digit images.
    """

    name: str
    pairs: tuple[tuple[str, str], ...]
    confidences: FloatArray
    interval: tuple[float, float]

    @property
    def score(self) -> Score:
        """Counts of strings and digits."""
        return score(self.pairs)

    @property
    def right(self) -> BoolArray:
        """(N,) whether each string was read right."""
        return _right(self.pairs)


@dataclass(frozen=True, eq=False)
class Figures:
    """Outcomes on synthetic strips.

    Attributes:
        lengths: One outcome for each number of digits.
        gaps: One outcome for each distance between digits.
        corruptions: Outcomes on the same strips, first clean, then under one corruption each.
        singles: Outcome on single digits.
    """

    lengths: tuple[Outcome, ...]
    gaps: tuple[Outcome, ...]
    corruptions: tuple[Outcome, ...]
    singles: Outcome


def strips_to_read(count: int, available: int) -> int:
    """Number of strips that `measure` and `read_synthetic` read together.

    Args:
        count: Strips of each condition.
        available: Single digits at hand.
    """
    rows = len(LENGTHS) + len(GAPS_PX) + 1 + sum(len(each.strengths) for each in CORRUPTIONS)
    return (rows + 1) * count + min(available, SINGLES * count)


def measure(
    reader: Reader,
    digits: Mnist,
    count: int,
    seed: int,
    jobs: int = 1,
    advance: Callable[[], None] = lambda: None,
) -> Figures:
    """Accuracy and confidence of a reader under every condition.

    Args:
        reader: Reader of single lines, each a picture of its own.
        digits: Digits that the strips are made of.
        count: Strips of each condition; of single digits 25 times as many, or all.
        seed: Random seed; the strips of a condition do not depend on the other conditions.
        jobs: Processes that read at the same time.
        advance: Function to call after every strip.
    """
    groups = [
        list(_of_lengths(digits, count, seed)),
        list(_of_gaps(digits, count, seed)),
        list(_corrupted(_strips(digits, Layout(), count, seed, CLEAN), seed)),
        [Condition("single digits", _singles(digits, SINGLES * count, seed))],
    ]
    # One stream, so that processes that read at the same time are started once.
    pages = (page for conditions in groups for condition in conditions for page in condition.pages())
    with closing(reader.read_many(pages, page_mode=PageMode.LINE, jobs=jobs)) as readings:
        lengths, gaps, corruptions, singles = (
            tuple(_outcome(condition, readings, seed, advance) for condition in conditions)
            for conditions in groups
        )
    return Figures(lengths, gaps, corruptions, singles[0])


def _of_lengths(digits: DigitSource, count: int, seed: int) -> Iterator[Condition]:
    for length in LENGTHS:
        name = f"{length} digit{'s' if length > 1 else ''}"
        yield Condition(name, _strips(digits, Layout(digits=(length, length)), count, seed, name))


def _of_gaps(digits: DigitSource, count: int, seed: int) -> Iterator[Condition]:
    for gap_px in GAPS_PX:
        name = f"{gap_px} px".replace("-", "−")
        layout = Layout(digits=(DIGITS, DIGITS), gap_px=(gap_px, gap_px))
        yield Condition(name, _strips(digits, layout, count, seed, name))


def _corrupted(strips: Sequence[SyntheticStrip], seed: int) -> Iterator[Condition]:
    """The same strips in every row, so that two rows differ by their corruption alone."""
    yield Condition(CLEAN, strips, lambda page, number: with_margin(page))
    for corruption in CORRUPTIONS:
        for strength in corruption.strengths:
            yield Condition(corruption.label(strength), strips, _corrupter(corruption, strength, seed))


def _corrupter(corruption: Corruption, strength: float, seed: int) -> Callable[[FloatArray, int], FloatArray]:
    return lambda page, number: corruption.corrupt(page, strength, _rng(seed, number, corruption.name))


def _strips(
    digits: DigitSource, layout: Layout, count: int, seed: int, name: str
) -> tuple[SyntheticStrip, ...]:
    return tuple(random_strip(digits, layout, _rng(seed, number, name)) for number in range(count))


def _singles(digits: Mnist, count: int, seed: int) -> tuple[SyntheticStrip, ...]:
    """All digits, or a random choice of that many."""
    places = range(len(digits))
    if count < len(digits):
        # At random: MNIST's first 5,000 test digits are neater than the others.
        places = np.sort(_rng(seed, 0, "singles").choice(len(digits), count, replace=False)).tolist()
    return tuple(set_side_by_side([digits[place]], [], Layout.margin_px) for place in places)


def _outcome(
    condition: Condition, readings: Iterator[Reading], seed: int, advance: Callable[[], None]
) -> Outcome:
    """The outcome of a condition, whose readings come next."""
    pairs, confidences = [], []
    for strip, reading in zip(condition.strips, islice(readings, len(condition.strips)), strict=True):
        pairs.append((strip.text, reading.text))
        confidences.append(reading.confidence)
        advance()
    sources = [[digit.index or 0 for digit in strip.digits] for strip in condition.strips]
    interval = bootstrap_over_digits(_right(pairs), sources, _rng(seed, 0, "bootstrap"))
    return Outcome(condition.name, tuple(pairs), np.array(confidences), interval)


def _right(pairs: Sequence[tuple[str, str]]) -> BoolArray:
    return np.array([truth == text for truth, text in pairs], dtype=np.bool_)


def confusion(singles: Outcome) -> IntArray:
    """Confusion matrix of single digits.

    Returns:
        (10, 12) counts: rows are true digits, columns the digit read, then no digit, and more than one.
    """
    counts = np.zeros((10, 12), np.intp)
    for truth, text in singles.pairs:
        counts[int(truth), int(text) if len(text) == 1 else SEVERAL if text else NONE] += 1
    return counts


@dataclass(frozen=True, eq=False)
class SyntheticResult:
    """Result on fully synthetic numbers: drawn digits on drawn paper.

    Attributes:
        n: Number of pages read.
        failures: Misread numbers, highest confidence first.
    """

    n: int
    failures: tuple[SheetEntry, ...]


def read_synthetic(
    reader: Reader, count: int, seed: int, advance: Callable[[], None] = lambda: None
) -> SyntheticResult:
    """Result on drawn numbers of five digits on drawn paper, as string training sees them.

    Args:
        reader: Reader of single lines.
        count: Number of pages.
        seed: Random seed.
        advance: Function to call after every page.
    """
    pages = [_drawn_page(_rng(seed, number, "drawn")) for number in range(count)]
    failures = []
    readings = reader.read_pages((page.brightness for page in pages), page_mode=PageMode.LINE, evidence=True)
    for number, (page, (reading,)) in enumerate(zip(pages, readings, strict=True)):
        if reading.text != page.text:
            failures.append(SheetEntry(f"number {number}", page.text, reading))
        advance()
    return SyntheticResult(count, tuple(sorted(failures, key=lambda entry: -entry.reading.confidence)))


def _drawn_page(rng: np.random.Generator) -> SyntheticPage:
    text = "".join(map(str, rng.integers(10, size=DIGITS)))
    return random_page(SyntheticDigits(), PageRecipe(clean_share=0.0), rng, text)


def _rng(seed: int, number: int, name: str) -> np.random.Generator:
    return np.random.default_rng([seed, number, *name.encode()])
