"""Labelled pen strokes by known writers, and the split of the writers."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from sdnn.enums import Split

Strokes = tuple[npt.NDArray[np.float32], ...]
"""(N, 2) x and y of each pen-down stroke, y down, x and y in one unit."""

Category = Literal["1a", "1b", "1c", "1d", "7"]
CATEGORIES: Final[tuple[Category, ...]] = ("1a", "1b", "1c", "1d", "7")
"""Digits, capitals, small letters, signs, words and numbers: each its own folder of the distribution."""


@dataclass(frozen=True, eq=False)
class Sample:
    """A handwritten character or word.

    Attributes:
        label: Its text: one character, or a word or number in category 7.
        writer: `CONTRIBUTOR/WRITER`; the writer is `.WRITER_ID`, by default the file's stem.
        strokes: (N, 2) float32 x and y of each stroke, y down, x and y in the same unit: the tablet's
            vertical step, which differs between contributors. The box around the strokes begins at 0, 0.
    """

    label: str
    writer: str
    strokes: Strokes

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the box around the points."""
        low, high = bounds(self.strokes)
        return float(high[0] - low[0]), float(high[1] - low[1])


@dataclass(frozen=True)
class ExcludedSegment:
    """A labelled segment without a sample.

    Attributes:
        category: Folder of the category.
        file: File below that folder, with `/`.
        components: Strokes, as written in the file.
        label: Label in the file.
        writer: `CONTRIBUTOR/WRITER`.
        reason: Reason of the exclusion.
    """

    category: str
    file: str
    components: str
    label: str
    writer: str
    reason: str


def bounds(strokes: Strokes) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Lowest and highest x and y of all points."""
    points = np.concatenate(strokes)
    return points.min(axis=0), points.max(axis=0)


def usual_height(samples: Iterable[Sample]) -> float:
    """Median height of samples, such as one writer's digits, in their unit; never 0.

    Raises:
        ValueError: When there is no sample.
    """
    return max(median(sample.size[1] for sample in samples), 1e-6)


def split_of(writer: str) -> Split:
    """The split of a writer: a tenth each for validation and test, by a hash of `CONTRIBUTOR/WRITER`."""
    tenth = int(hashlib.sha256(writer.encode()).hexdigest(), 16) % 10
    return {8: Split.VALIDATION, 9: Split.TEST}.get(tenth, Split.TRAIN)


def by_label(samples: Iterable[Sample]) -> dict[str, list[Sample]]:
    """Samples grouped by label, in their order."""
    groups: dict[str, list[Sample]] = {}
    for sample in samples:
        groups.setdefault(sample.label, []).append(sample)
    return groups


def by_writer(samples: Iterable[Sample]) -> dict[str, dict[str, list[Sample]]]:
    """Samples of each writer, grouped by label, in their order."""
    writers: dict[str, list[Sample]] = {}
    for sample in samples:
        writers.setdefault(sample.writer, []).append(sample)
    return {writer: by_label(written) for writer, written in writers.items()}
