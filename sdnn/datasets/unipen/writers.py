"""Digits of real hands: a writer's own strokes, drawn anew with a pen of any width."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log
from statistics import median
from typing import Final

import numpy as np

from sdnn.datasets.digits import TAILED_PX, DigitImage
from sdnn.datasets.pen import IMAGE_PX, TEXT_PX, draw_lines
from sdnn.datasets.unipen.sample import Sample, by_writer, usual_height
from sdnn.datasets.unipen.stroke_drawing import smooth_strokes
from sdnn.results import FloatArray

LEAST_DIGITS: Final = 10
"""Digits that a writer must have to write strings; others only lend what a writer lacks."""
DIGITS: Final = "0123456789"
_SMALLEST: Final = 0.5
"""Least height of a digit over the writer's usual one; what is smaller is drawn as large as this."""
_MARGIN_PX: Final = 1.25
"""Paper kept above and below; more than 1 because the fine raster rounds."""
_KNOT_SPACING: Final = 0.3
"""Distance along a stroke between the points that stray by themselves, over the usual height."""


@dataclass(frozen=True)
class Variation:
    """What one writer with one pen does to the samples, the same for a whole string.

    Attributes:
        pen_px: Width of the line beside digits of 20 pixels.
        pressure: Share of the line's width lost where the pen does not move straight down.
        size: Height of the digits over `TEXT_PX`.
        aspect: Width over that of the samples.
        slant_deg: Lean to the right beside that of the samples.
        rotation_deg: Clockwise turn of each digit.
        unevenness: Spread of the size from digit to digit, as a share of it.
        warp: How far each digit is bent as a whole, as a share of the usual height.
        jitter: How far the pen strays on its course, as a share of the usual height.
    """

    pen_px: float = 2.4
    pressure: float = 0.0
    size: float = 1.0
    aspect: float = 1.0
    slant_deg: float = 0.0
    rotation_deg: float = 0.0
    unevenness: float = 0.0
    warp: float = 0.0
    jitter: float = 0.0


def random_variation(rng: np.random.Generator, broadest_px: float) -> Variation:
    """A random pen and mood; milder than `random_writer_style`, since a real hand varies by itself.

    Args:
        rng: Decides everything.
        broadest_px: Broadest pen that leaves the writer's loops open.
    """
    return Variation(
        pen_px=float(np.clip(rng.lognormal(np.log(1.7), 0.48), 0.6, broadest_px)),
        pressure=float(rng.uniform(0.35, 0.7)) if rng.random() < 0.2 else 0.0,
        size=float(rng.uniform(0.88, 1.06)),
        aspect=float(np.exp(0.1 * _bounded_normal(rng, ()))),
        slant_deg=float(4 * _bounded_normal(rng, ())),
        rotation_deg=float(2 * _bounded_normal(rng, ())),
        unevenness=float(rng.uniform(0.0, 0.04)),
        warp=float(rng.uniform(0.005, 0.03)),
        jitter=float(rng.uniform(0.0, 0.012)),
    )


@dataclass(frozen=True, eq=False)
class Trace:
    """A sample ready to be drawn.

    Attributes:
        points: (N, 2) x and y of all strokes from the middle of their box, over the usual height.
        spans: First and one past the last point of each stroke.
        bends: (N, 5) low-order terms of a smooth warp at the points.
        knots: (N, K) share of each point in the straying of K points along the strokes.
    """

    points: FloatArray
    spans: tuple[tuple[int, int], ...]
    bends: FloatArray
    knots: FloatArray


def trace_of(sample: Sample, height: float) -> Trace:
    """The sample's smoothed strokes over a height in their unit."""
    strokes = smooth_strokes(sample.strokes, height)
    points = np.concatenate(strokes) / height
    points -= (points.min(axis=0) + points.max(axis=0)) / 2
    ends = np.cumsum([0, *map(len, strokes)]).tolist()
    shares = [_hats(stroke / height) for stroke in strokes]
    knots = np.zeros((len(points), sum(share.shape[1] for share in shares)))
    column = 0
    for (first, last), share in zip(pairwise(ends), shares, strict=True):
        knots[first:last, column : column + share.shape[1]] = share
        column += share.shape[1]
    x, y = points.T
    # Half weight to what leans, widens and turns: the writer's variation has its own.
    bends = np.column_stack([x / 2, y / 2, 2 * x * x, 2 * x * y, 2 * y * y])
    return Trace(points, tuple(pairwise(ends)), bends, knots)


def _hats(stroke: FloatArray) -> FloatArray:
    """(N, K) linear interpolation from K knots, evenly spaced along a stroke, to its N points."""
    length = float(np.hypot(*np.diff(stroke, axis=0).T).sum())
    count = 2 + int(length / _KNOT_SPACING)
    at = np.linspace(0, count - 1, len(stroke))
    hats: FloatArray = np.maximum(0, 1 - np.abs(at[:, None] - np.arange(count)))
    return hats


@dataclass(frozen=True, eq=False)
class RealHand:
    """One real writer's digits.

    Attributes:
        name: `CONTRIBUTOR/WRITER`.
        samples: Digits of each label.
        height: Usual height of the writer's digits, in the samples' unit.
        slant_deg: Lean of upright strokes to the right.
        aspect: Width over height without the slant, over what is usual for the label.
    """

    name: str
    samples: dict[str, list[Sample]]
    height: float
    slant_deg: float
    aspect: float

    @property
    def broadest_px(self) -> float:
        """Broadest pen, beside digits of 20 pixels, that leaves the loops open."""
        return float(4.4 * np.clip(self.aspect, 0.5, 1.05) * np.cos(np.radians(self.slant_deg)))


class RealWriter:
    """Digits by one writer with one pen."""

    def __init__(self, hands: "RealHands", hand: RealHand, variation: Variation, scale: int = 1) -> None:
        """Draws samples of the hand, and of similar ones for labels that it lacks."""
        self.hand = hand
        self.variation = variation
        self._hands = hands
        self._scale = scale

    @property
    def pen_px(self) -> float:
        """Width of the pen's line beside digits 20 pixels high."""
        return self.variation.pen_px

    def writer(self, rng: np.random.Generator, scale: int = 1) -> "RealWriter":
        """This writer with this pen."""
        return RealWriter(self._hands, self.hand, self.variation, scale)

    def draw(self, label: int, rng: np.random.Generator) -> DigitImage:
        """One of the writer's digits of the label, never twice quite the same.

        Raises:
            ValueError: When no writer at all has the label.
        """
        hand = self._hands.having(self.hand, str(label))
        samples = hand.samples[str(label)]
        trace = self._hands.trace(samples[int(rng.integers(len(samples)))], hand.height)
        rows_px = IMAGE_PX if self._scale == 1 else TAILED_PX
        lines, width = _placed(trace, self.variation, rng, self._scale, rows_px)
        pen_px, pressure = self.variation.pen_px * self._scale, self.variation.pressure
        ink = draw_lines(lines, pen_px, pressure, (width, rows_px * self._scale), self._scale)
        inked = np.flatnonzero(ink.any(axis=0))
        return DigitImage(ink[:, inked[0] : inked[-1] + 1], label, scale=self._scale)


def _placed(
    trace: Trace, variation: Variation, rng: np.random.Generator, scale: int, rows_px: int
) -> tuple[list[FloatArray], int]:
    """Lines of a digit in pixels, vertically centred in its rows, and the width of the picture."""
    points = trace.points + variation.warp * (trace.bends @ _bounded_normal(rng, (5, 2)))
    if variation.jitter:
        points += variation.jitter * (trace.knots @ _bounded_normal(rng, (trace.knots.shape[1], 2)))
    slant, rotation = np.tan(np.radians(variation.slant_deg)), np.radians(variation.rotation_deg)
    cos, sin = np.cos(rotation), np.sin(rotation)
    points = points @ (np.array([[cos, -sin], [sin, cos]]) @ [[variation.aspect, -slant], [0, 1]]).T
    low, high = points.min(axis=0), points.max(axis=0)
    width, height = (high - low).tolist()

    zoom = TEXT_PX * variation.size - variation.pen_px
    zoom *= 1 + variation.unevenness * float(_bounded_normal(rng, ()))
    zoom *= max(1, _SMALLEST / max(height, width, 1e-6))
    zoom = scale * min(zoom, (rows_px - 2 * _MARGIN_PX - variation.pen_px) / max(height, 1e-6))
    across = int(np.ceil(width * zoom + scale * (variation.pen_px + 2 * _MARGIN_PX)))
    points = zoom * (points - (low + high) / 2) + [across / 2, rows_px * scale / 2]
    return [points[first:last] for first, last in trace.spans], across


class RealHands:
    """A digit source of many real writers, each as often as the others."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        """Groups digits by writer; samples of other labels are passed over.

        Raises:
            ValueError: When no writer has `LEAST_DIGITS` digits.
        """
        writers = by_writer(sample for sample in samples if sample.label in set(DIGITS))
        slants = {
            name: slant_deg([sample for group in labels.values() for sample in group])
            for name, labels in writers.items()
        }
        aspects: dict[str, list[tuple[str, float]]] = {
            name: [(label, _aspect(sample, slants[name])) for label in labels for sample in labels[label]]
            for name, labels in writers.items()
        }
        usual = {
            label: median(aspect for pairs in aspects.values() for each, aspect in pairs if each == label)
            for label in {label for labels in writers.values() for label in labels}
        }
        self.lenders = tuple(
            RealHand(
                name=name,
                samples=labels,
                height=usual_height(sample for group in labels.values() for sample in group),
                slant_deg=slants[name],
                aspect=median(aspect / usual[label] for label, aspect in aspects[name]),
            )
            for name, labels in writers.items()
        )
        self.hands = tuple(
            hand for hand in self.lenders if sum(map(len, hand.samples.values())) >= LEAST_DIGITS
        )
        if not self.hands:
            raise ValueError(f"no writer has {LEAST_DIGITS} digits")
        self._traces: dict[Sample, Trace] = {}
        self._lending: dict[tuple[str, str], RealHand] = {}

    def draw(self, label: int, rng: np.random.Generator) -> DigitImage:
        """A digit of the label by any writer with any pen."""
        return self.writer(rng).draw(label, rng)

    def writer(self, rng: np.random.Generator, scale: int = 1) -> RealWriter:
        """One writer with one pen, both at random."""
        hand = self.hands[int(rng.integers(len(self.hands)))]
        return RealWriter(self, hand, random_variation(rng, hand.broadest_px), scale)

    def having(self, hand: RealHand, label: str) -> RealHand:
        """The hand itself where it has the label, else the one most like it in slant and aspect that has.

        Raises:
            ValueError: When no hand has the label.
        """
        if label in hand.samples:
            return hand
        key = (hand.name, label)
        if key not in self._lending:
            able = [other for other in self.lenders if label in other.samples]
            if not able:
                raise ValueError(f"no writer has a digit {label!r}")
            self._lending[key] = min(able, key=lambda other: _distance(hand, other))
        return self._lending[key]

    def trace(self, sample: Sample, height: float) -> Trace:
        """The sample ready to be drawn, made once."""
        if sample not in self._traces:
            self._traces[sample] = trace_of(sample, height)
        return self._traces[sample]


def slant_deg(samples: Sequence[Sample]) -> float:
    """Lean of what is written more down than across, positive to the right."""
    steps = np.concatenate([np.diff(stroke, axis=0) for sample in samples for stroke in sample.strokes])
    across, down = steps[np.abs(steps[:, 1]) > np.abs(steps[:, 0])].T
    if not len(down):
        return 0.0
    return float(np.degrees(np.arctan2(-(across * np.sign(down)).sum(), np.abs(down).sum())))


def _aspect(sample: Sample, slant_deg: float) -> float:
    """Width over height of a sample whose slant is taken away."""
    x, y = np.concatenate(sample.strokes).T
    width = float(np.ptp(x + y * np.float32(np.tan(np.radians(slant_deg)))))
    return max(width, 1e-6) / max(float(np.ptp(y)), 1e-6)


def _distance(hand: RealHand, other: RealHand) -> float:
    """How unlike two hands are: ten degrees of slant count as much as a tenth of the width."""
    return abs(hand.slant_deg - other.slant_deg) / 10 + 10 * abs(log(hand.aspect / other.aspect))


def _bounded_normal(rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
    return np.clip(rng.standard_normal(shape), -2, 2)
