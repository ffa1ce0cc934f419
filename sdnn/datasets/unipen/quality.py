"""Defects of segments and samples, and the repair of sizes that a contributor changed."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Final, TypeVar

import numpy as np

from sdnn.datasets.unipen.format import IntArray, Segment
from sdnn.datasets.unipen.lookalikes import lookalikes
from sdnn.datasets.unipen.pack import MAX_EXTENT, RawSample
from sdnn.datasets.unipen.sample import Sample

DOTS: Final = frozenset(".,'`:;\"-_!?ij|=+")
"""Characters that may consist of single points."""
LINES: Final = frozenset("1Iijlr")
"""Characters that may be a straight line, without their dot or with a slight hook."""
MIN_BREADTH: Final = 0.1
"""Breadth over length below which a character is a straight line: its other strokes are missing."""
MAX_CHARACTER_IN: Final = 3.0
"""Upper bound of a character's size in inches; larger ones were enlarged afterwards."""
MAX_SIZE_RATIO: Final = {"1a": 4.0, "1b": 4.0, "1c": 6.0}
"""Upper bound of a character's size over the writer's median and of its inverse; small letters differ most.
Other categories are not checked: a sign may be a dot or a bracket."""
MAX_ASPECT_RATIO: Final = {"1a": 3.0, "1b": 4.0, "1c": 4.0}
"""Upper bound of width over height, over the usual one of the label: beyond it strokes are missing or too
many; letters may have serifs and joining strokes."""
_MIN_ASPECT: Final = 0.6
"""Lower bound of a label's usual width over height: a 1 that leans or has a foot is no defect."""


_T = TypeVar("_T")


@dataclass(frozen=True, eq=False)
class Candidate:
    """A segment with strokes.

    Attributes:
        raw: Sample to pack.
        per_inch: Steps of y in an inch; None where unknown.
        origin: Category, file, components, label and writer.
    """

    raw: RawSample
    per_inch: float | None
    origin: tuple[str, str, str, str, str]


def is_placeholder(stroke: IntArray) -> bool:
    """Whether a stroke stands for a withheld one: only points at 0, 0, or none."""
    return not stroke.any()


def segment_defect(segment: Segment) -> str | None:
    """Defect of a segment by itself; None without one."""
    if segment.damage is not None:
        return segment.damage
    if not segment.label:
        return "no label"
    strokes = [stroke for stroke in segment.strokes if not is_placeholder(stroke)]
    if not strokes:
        return "no strokes"
    points = np.concatenate(strokes).astype(np.int64)
    extent = points.max(axis=0) - points.min(axis=0)
    if extent.max() > MAX_EXTENT:
        return "coordinates out of range"
    if not extent.any() and not set(segment.label) <= DOTS:
        return "one point only"
    return None


def restore_sizes(candidates: Sequence[Candidate], category: str) -> list[Candidate]:
    """The candidates, enlarged characters scaled back to the size of the writer's others.

    In the files of one contributor (ibm) about one character in thirty is up to a hundred times too large by
    the resolution in the file. It is scaled to the median size of the writer's other samples of the label, or
    of any label where there are none.
    """
    if category == "7":
        return list(candidates)

    def is_enlarged(candidate: Candidate, size: float) -> bool:
        return candidate.per_inch is not None and size > MAX_CHARACTER_IN * candidate.per_inch

    sized = [(candidate, max(candidate.raw.sample().size)) for candidate in candidates]
    true = [(candidate.raw, size) for candidate, size in sized if not is_enlarged(candidate, size)]
    of_label = _medians(true, lambda raw: (raw.writer, raw.label))
    of_writer = _medians(true, lambda raw: raw.writer)
    restored = []
    for candidate, size in sized:
        raw = candidate.raw
        usual = of_label.get((raw.writer, raw.label)) or of_writer.get(raw.writer)
        if usual and is_enlarged(candidate, size):
            x, y = raw.unit
            candidate = replace(candidate, raw=replace(raw, unit=(x * usual / size, y * usual / size)))
        restored.append(candidate)
    return restored


def sample_defects(samples: Sequence[Sample], category: str) -> list[str | None]:
    """Defect of each sample in comparison with the others of its category; None without one.

    Signs and words are not checked: their shapes and sizes differ too much.
    """
    if category not in MAX_SIZE_RATIO:
        return [None] * len(samples)
    sizes = [max(sample.size) for sample in samples]
    of_writer = _medians(list(zip(samples, sizes, strict=True)), lambda sample: sample.writer)
    aspects = [sample.size[0] / max(sample.size[1], 1e-6) for sample in samples]
    of_label = _medians(list(zip(samples, aspects, strict=True)), lambda sample: sample.label)
    others = lookalikes(samples) if category == "1a" else [None] * len(samples)
    reasons: list[str | None] = []
    for sample, size, aspect, other in zip(samples, sizes, aspects, others, strict=True):
        reason = f"looks like {other}" if other else None
        if sample.label not in LINES and _breadth(sample) < MIN_BREADTH:
            reason = "a straight line only"
        if aspect > MAX_ASPECT_RATIO[category] * max(of_label[sample.label], _MIN_ASPECT):
            reason = "too broad for its height"
        if size > MAX_SIZE_RATIO[category] * of_writer[sample.writer]:
            reason = "far larger than the writer's others"
        if size * MAX_SIZE_RATIO[category] < of_writer[sample.writer]:
            reason = "far smaller than the writer's others"
        reasons.append(reason)
    return reasons


def _breadth(sample: Sample) -> float:
    """Breadth over length of a sample along its principal axes."""
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
