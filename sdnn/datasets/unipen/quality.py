"""Which labelled strokes are left out, and why; and sizes that a contributor changed."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Final, TypeVar

import numpy as np

from sdnn.datasets.unipen.format import IntArray, Segment
from sdnn.datasets.unipen.pack import LIMIT, RawSample
from sdnn.datasets.unipen.sample import Sample
from sdnn.datasets.unipen.shapes import lookalikes

DOTS: Final = frozenset(".,'`:;\"-_!?ij|=+")
"""Labels that one point of the pen, or several, may be all of."""
LINES: Final = frozenset("1Iijlr")
"""Characters that a straight line may be, the dot forgotten or the hook slight."""
STRAIGHTEST: Final = 0.1
"""Breadth over length below which a character is a straight line: its other strokes are missing."""
BIGGEST_IN: Final = 3.0
"""Inches beyond which one character was not written so but enlarged afterwards."""
OUTSIZE: Final = {"1a": 4.0, "1b": 4.0, "1c": 6.0}
"""Size over the writer's median, or under it, that no character of that writer has; small letters differ
most. Other categories are not judged: a sign may be a dot or a bracket."""
BROADEST: Final = {"1a": 3.0, "1b": 4.0, "1c": 4.0}
"""Width over height, over what is usual for the label, beyond which strokes are missing or too many; letters
may have serifs and joining strokes."""
_LEAST_ASPECT: Final = 0.6
"""Usual width over height of slender labels: a 1 that leans or has a foot is no defect."""


_T = TypeVar("_T")


@dataclass(frozen=True, eq=False)
class Candidate:
    """A segment with strokes.

    Attributes:
        raw: What would be packed.
        per_inch: Steps of y in an inch; None where unknown.
        origin: Category, file, components, label and writer.
    """

    raw: RawSample
    per_inch: float | None
    origin: tuple[str, str, str, str, str]


def is_placeholder(stroke: IntArray) -> bool:
    """Whether a stroke stands for one that was withheld: points at 0, 0 alone, or none."""
    return not stroke.any()


def defect(segment: Segment) -> str | None:
    """What is wrong with a segment by itself; None where nothing is."""
    if segment.damage is not None:
        return segment.damage
    if not segment.label:
        return "no label"
    strokes = [stroke for stroke in segment.strokes if not is_placeholder(stroke)]
    if not strokes:
        return "no strokes"
    points = np.concatenate(strokes).astype(np.int64)
    extent = points.max(axis=0) - points.min(axis=0)
    if extent.max() > LIMIT:
        return "coordinates out of range"
    if not extent.any() and not set(segment.label) <= DOTS:
        return "one point only"
    return None


def restore_sizes(candidates: Sequence[Candidate], category: str) -> list[Candidate]:
    """Enlarged characters scaled back to the size of the writer's others.

    In the files of one contributor (ibm) about one character in thirty is up to a hundred times as large,
    as the resolution that the file states shows. Such a one becomes as large as the writer's other samples
    of the label are, or, where there are none, as large as the writer's samples of any label.
    """
    if category == "7":
        return list(candidates)
    sizes = [max(candidate.raw.sample().size) for candidate in candidates]
    enlarged = [
        candidate.per_inch is not None and size > BIGGEST_IN * candidate.per_inch
        for candidate, size in zip(candidates, sizes, strict=True)
    ]
    true = [
        (candidate.raw, size)
        for candidate, size, large in zip(candidates, sizes, enlarged, strict=True)
        if not large
    ]
    of_label = _medians(true, lambda raw: (raw.writer, raw.label))
    of_writer = _medians(true, lambda raw: raw.writer)
    restored = []
    for candidate, size, large in zip(candidates, sizes, enlarged, strict=True):
        raw = candidate.raw
        usual = of_label.get((raw.writer, raw.label)) or of_writer.get(raw.writer)
        if large and usual:
            x, y = raw.unit
            candidate = replace(candidate, raw=replace(raw, unit=(x * usual / size, y * usual / size)))
        restored.append(candidate)
    return restored


def judge(samples: Sequence[Sample], category: str) -> list[str | None]:
    """What is wrong with each sample beside all others of its category; None where nothing is.

    Signs and words are not judged: their shapes and sizes differ too much.
    """
    if category not in OUTSIZE:
        return [None] * len(samples)
    sizes = [max(sample.size) for sample in samples]
    of_writer = _medians(list(zip(samples, sizes, strict=True)), lambda sample: sample.writer)
    aspects = [sample.size[0] / max(sample.size[1], 1e-6) for sample in samples]
    of_label = _medians(list(zip(samples, aspects, strict=True)), lambda sample: sample.label)
    others = lookalikes(samples) if category == "1a" else [None] * len(samples)
    reasons: list[str | None] = []
    for sample, size, aspect, other in zip(samples, sizes, aspects, others, strict=True):
        reason = f"looks like {other}" if other else None
        if sample.label not in LINES and _slenderness(sample) < STRAIGHTEST:
            reason = "a straight line only"
        if aspect > BROADEST[category] * max(of_label[sample.label], _LEAST_ASPECT):
            reason = "too broad for its height"
        if size > OUTSIZE[category] * of_writer[sample.writer]:
            reason = "far larger than the writer's others"
        if size * OUTSIZE[category] < of_writer[sample.writer]:
            reason = "far smaller than the writer's others"
        reasons.append(reason)
    return reasons


def _slenderness(sample: Sample) -> float:
    """Breadth over length of a sample, whichever way it lies."""
    points = np.concatenate(sample.strokes).astype(np.float64)
    centred = points - points.mean(axis=0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    breadth, length = np.ptp(centred @ axes, axis=0).tolist()
    return float(breadth / max(length, 1e-6))


def _medians(pairs: Sequence[tuple[_T, float]], key: Callable[[_T], Hashable]) -> dict[Hashable, float]:
    groups: dict[Hashable, list[float]] = defaultdict(list)
    for item, value in pairs:
        groups[key(item)].append(value)
    return {group: median(values) for group, values in groups.items()}
