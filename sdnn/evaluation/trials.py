"""The strips whose reading a model card reports, and what came of them.

All are made of MNIST's test digits but those whose failures are shown: pictures show drawn digits only.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np

from sdnn.choices import Contents
from sdnn.datasets.digits import DigitSource, Mnist, Pen
from sdnn.datasets.pages import Page, PageRecipe, random_page
from sdnn.datasets.strips import Layout, SyntheticStrip, random_strip, set_side_by_side
from sdnn.evaluation.confidence import BoolArray
from sdnn.evaluation.corruptions import CORRUPTIONS, Corruption, with_margin
from sdnn.evaluation.metrics import Score, bootstrap_over_digits, score
from sdnn.reader import Reader
from sdnn.rendering.contact_sheet import SheetEntry
from sdnn.results import FloatArray, IntArray, Reading

LENGTHS: Final = (1, 2, 3, 5, 8, 12)
GAPS_PX: Final = (-2, 0, 3, 6, 12)
DIGITS: Final = 5
"""On strips whose length is not what is looked at."""
SINGLES: Final = 25
"""Single digits for every strip of a row: a matrix of ten by ten takes many."""
NONE, SEVERAL = 10, 11
"""Columns of the confusion matrix for single digits read as no digit, and as more than one."""
UNSPOILT: Final = "nothing"


@dataclass(frozen=True, eq=False)
class Trial:
    """Strips of one kind, to be read.

    Attributes:
        name: What sets them apart.
        strips: Clean.
        spoil: From the page of a strip and its number to the page that is read.
    """

    name: str
    strips: Sequence[SyntheticStrip]
    spoil: Callable[[FloatArray, int], FloatArray] = lambda page, number: page

    def pages(self) -> Iterator[FloatArray]:
        """What the reader gets."""
        return (self.spoil(strip.page, number) for number, strip in enumerate(self.strips))


@dataclass(frozen=True, eq=False)
class Outcome:
    """What was read of the strips of one kind.

    Attributes:
        name: What sets them apart.
        pairs: N truths, each with the text that was read.
        confidences: (N,) how probable each text was said to be.
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
    """All that is measured on synthetic strips.

    Attributes:
        lengths: Strips of so many digits each.
        gaps: Strips of digits at one distance each.
        corruptions: The same strips unspoilt, and then spoilt in one way each.
        singles: Single digits.
    """

    lengths: tuple[Outcome, ...]
    gaps: tuple[Outcome, ...]
    corruptions: tuple[Outcome, ...]
    singles: Outcome


def strips_to_read(count: int, available: int) -> int:
    """How many `measure` and `read_drawn` read together, of so many of a kind and so many single digits."""
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
    """Reads all of them.

    Args:
        reader: Reads them, every one as a picture of its own.
        digits: What they are made of.
        count: Strips of each kind; of single digits 25 times as many, where there are.
        seed: Decides which; a kind has the same strips whatever other kinds there are.
        jobs: Processes that read at the same time.
        advance: Called after every strip.
    """
    groups = [
        list(_of_lengths(digits, count, seed)),
        list(_of_gaps(digits, count, seed)),
        list(_spoilt(_strips(digits, Layout(), count, seed, UNSPOILT), seed)),
        [Trial("single digits", _singles(digits, SINGLES * count, seed))],
    ]
    # One stream, so that processes that read at the same time are started once.
    pages = (page for trials in groups for trial in trials for page in trial.pages())
    readings = reader.read_many(pages, contents=Contents.LINE, jobs=jobs)
    lengths, gaps, corruptions, singles = (
        tuple(_outcome(trial, readings, seed, advance) for trial in trials) for trials in groups
    )
    return Figures(lengths, gaps, corruptions, singles[0])


def _of_lengths(digits: DigitSource, count: int, seed: int) -> Iterator[Trial]:
    for length in LENGTHS:
        name = f"{length} digit{'s' if length > 1 else ''}"
        yield Trial(name, _strips(digits, Layout(digits=(length, length)), count, seed, name))


def _of_gaps(digits: DigitSource, count: int, seed: int) -> Iterator[Trial]:
    for gap_px in GAPS_PX:
        name = f"{gap_px} px".replace("-", "−")
        layout = Layout(digits=(DIGITS, DIGITS), gap_px=(gap_px, gap_px))
        yield Trial(name, _strips(digits, layout, count, seed, name))


def _spoilt(strips: Sequence[SyntheticStrip], seed: int) -> Iterator[Trial]:
    """The same strips in every row: what differs between two rows is what was done to them."""
    yield Trial(UNSPOILT, strips, lambda page, number: with_margin(page))
    for corruption in CORRUPTIONS:
        for strength in corruption.strengths:
            yield Trial(corruption.label(strength), strips, _spoiler(corruption, strength, seed))


def _spoiler(corruption: Corruption, strength: float, seed: int) -> Callable[[FloatArray, int], FloatArray]:
    return lambda page, number: corruption.spoil(page, strength, _rng(seed, number, corruption.name))


def _strips(
    digits: DigitSource, layout: Layout, count: int, seed: int, name: str
) -> tuple[SyntheticStrip, ...]:
    return tuple(random_strip(digits, layout, _rng(seed, number, name)) for number in range(count))


def _singles(digits: Mnist, count: int, seed: int) -> tuple[SyntheticStrip, ...]:
    """All digits, or as many as are wanted of them."""
    places = range(len(digits))
    if count < len(digits):
        # At random: MNIST's first 5,000 test digits are neater than the others.
        places = np.sort(_rng(seed, 0, "singles").choice(len(digits), count, replace=False)).tolist()
    return tuple(set_side_by_side([digits[place]], [], Layout.margin_px) for place in places)


def _outcome(trial: Trial, readings: Iterator[Reading], seed: int, advance: Callable[[], None]) -> Outcome:
    """What was read of a trial, whose readings come next."""
    pairs, confidences = [], []
    for strip, reading in zip(trial.strips, islice(readings, len(trial.strips)), strict=True):
        pairs.append((strip.text, reading.text))
        confidences.append(reading.confidence)
        advance()
    sources = [[digit.index or 0 for digit in strip.digits] for strip in trial.strips]
    interval = bootstrap_over_digits(_right(pairs), sources, _rng(seed, 0, "bootstrap"))
    return Outcome(trial.name, tuple(pairs), np.array(confidences), interval)


def _right(pairs: Sequence[tuple[str, str]]) -> BoolArray:
    return np.array([truth == text for truth, text in pairs], dtype=np.bool_)


def confusion(singles: Outcome) -> IntArray:
    """Counts of single digits by what they were read as.

    Returns:
        (10, 12): rows are true digits, columns what was read; then no digit, and more than one.
    """
    counts = np.zeros((10, 12), np.intp)
    for truth, text in singles.pairs:
        counts[int(truth), int(text) if len(text) == 1 else SEVERAL if text else NONE] += 1
    return counts


@dataclass(frozen=True, eq=False)
class Drawn:
    """Drawn numbers, and those that were misread.

    Attributes:
        n: How many were read.
        failures: The misread ones, the surest first.
    """

    n: int
    failures: tuple[SheetEntry, ...]


def read_drawn(reader: Reader, count: int, seed: int, advance: Callable[[], None] = lambda: None) -> Drawn:
    """Reads drawn numbers of five digits on drawn paper, as string training sees them.

    Args:
        reader: Reads them.
        count: How many.
        seed: Decides which.
        advance: Called after every number.
    """
    pages = [_drawn_page(_rng(seed, number, "drawn")) for number in range(count)]
    failures = []
    readings = reader.read_pages((page.brightness for page in pages), contents=Contents.LINE, evidence=True)
    for number, (page, (reading,)) in enumerate(zip(pages, readings, strict=True)):
        if reading.text != page.text:
            failures.append(SheetEntry(f"number {number}", page.text, reading))
        advance()
    return Drawn(count, tuple(sorted(failures, key=lambda entry: -entry.reading.confidence)))


def _drawn_page(rng: np.random.Generator) -> Page:
    text = "".join(map(str, rng.integers(10, size=DIGITS)))
    return random_page(Pen(), PageRecipe(clean_share=0.0), rng, text)


def _rng(seed: int, number: int, name: str) -> np.random.Generator:
    return np.random.default_rng([seed, number, *name.encode()])
