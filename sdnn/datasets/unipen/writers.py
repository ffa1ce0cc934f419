"""UNIPEN's digits as a source: a writer's own strokes, drawn with a pen of any width."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from math import log
from statistics import median
from typing import Final

import numpy as np

from sdnn.datasets.digits import TEXT_PX, DigitImage, image_rows
from sdnn.datasets.pen import MARGIN_PX
from sdnn.datasets.rasterizer import draw_lines
from sdnn.datasets.unipen.sample import Sample, by_writer, usual_height
from sdnn.datasets.unipen.sample_curve import SampleCurve, sample_curve
from sdnn.datasets.writer_style import PenStyle, bounded_normal
from sdnn.results import DIGITS, FloatArray

MIN_DIGITS: Final = 10
"""Lower bound of the digits of a writer of strings; other writers only stand in for missing labels."""
_MIN_SIZE: Final = 0.5
"""Lower bound of a digit's height over the writer's usual one; smaller ones are enlarged."""


def random_pen_style(rng: np.random.Generator, max_pen_px: float) -> PenStyle:
    """A random pen and style; milder than `random_writer_style`, since real samples vary by themselves.

    Args:
        rng: Random number generator.
        max_pen_px: Broadest pen that leaves the writer's loops open.
    """
    return PenStyle(
        pen_px=float(np.clip(rng.lognormal(np.log(1.7), 0.48), 0.6, max_pen_px)),
        pressure=float(rng.uniform(0.35, 0.7)) if rng.random() < 0.2 else 0.0,
        size=float(rng.uniform(0.88, 1.06)),
        aspect=float(np.exp(0.1 * bounded_normal(rng, ()))),
        slant_deg=float(4 * bounded_normal(rng, ())),
        rotation_deg=float(2 * bounded_normal(rng, ())),
        size_spread=float(rng.uniform(0.0, 0.04)),
        warp=float(rng.uniform(0.005, 0.03)),
        jitter=float(rng.uniform(0.0, 0.012)),
    )


@dataclass(frozen=True, eq=False)
class WriterSamples:
    """The digits of one UNIPEN writer.

    Attributes:
        name: `CONTRIBUTOR/WRITER`.
        samples: Digits of each label.
        height: Usual height of the digits, in the samples' unit.
        slant_deg: Slant of upright strokes to the right.
        aspect: Width over height without the slant, over the usual one of the label.
    """

    name: str
    samples: dict[str, list[Sample]]
    height: float
    slant_deg: float
    aspect: float

    @property
    def max_pen_px(self) -> float:
        """Broadest pen, beside digits of 20 pixels, that leaves the loops open."""
        return float(4.4 * np.clip(self.aspect, 0.5, 1.05) * np.cos(np.radians(self.slant_deg)))


class UnipenWriter:
    """Digits of one UNIPEN writer with one pen and style."""

    def __init__(
        self, source: "UnipenDigits", samples: WriterSamples, style: PenStyle, scale: int = 1
    ) -> None:
        """Keeps the writer's samples, and the source for labels that they lack."""
        self.samples = samples
        self.style = style
        self._source = source
        self._scale = scale

    @property
    def pen_px(self) -> float:
        """Line width of the pen beside digits 20 pixels high."""
        return self.style.pen_px

    def writer(self, rng: np.random.Generator, scale: int = 1) -> "UnipenWriter":
        """The same writer with the same pen."""
        return UnipenWriter(self._source, self.samples, self.style, scale)

    def draw(self, label: int, rng: np.random.Generator) -> DigitImage:
        """A random sample of the label with a random warp and jitter.

        Raises:
            ValueError: When no writer has the label.
        """
        found = self._source.samples_with(str(label), self.samples)
        samples = found.samples[str(label)]
        curve = self._source.curve(samples[int(rng.integers(len(samples)))], found.height)
        rows_px = image_rows(self._scale)
        lines, width = _placed(curve, self.style, rng, self._scale, rows_px)
        size = (width, rows_px * self._scale)
        ink = draw_lines(lines, self.style.pen_px * self._scale, self.style.pressure, size, self._scale)
        return DigitImage.cropped(ink, label, self._scale)


def _placed(
    curve: SampleCurve, style: PenStyle, rng: np.random.Generator, scale: int, rows_px: int
) -> tuple[list[FloatArray], int]:
    """Lines of a digit in pixels, vertically centred in its rows, and the width of the picture."""
    points = curve.points + style.warp * (curve.warp_basis @ bounded_normal(rng, (5, 2)))
    if style.jitter:
        points += style.jitter * (curve.knots @ bounded_normal(rng, (curve.knots.shape[1], 2)))
    points = points @ style.matrix(style.aspect).T
    low, high = points.min(axis=0), points.max(axis=0)
    width, height = (high - low).tolist()

    zoom = TEXT_PX * style.size - style.pen_px
    zoom *= 1 + style.size_spread * float(bounded_normal(rng, ()))
    zoom *= max(1, _MIN_SIZE / max(height, width, 1e-6))
    zoom = scale * min(zoom, (rows_px - 2 * MARGIN_PX - style.pen_px) / max(height, 1e-6))
    columns = int(np.ceil(width * zoom + scale * (style.pen_px + 2 * MARGIN_PX)))
    points = zoom * (points - (low + high) / 2) + [columns / 2, rows_px * scale / 2]
    return [points[first:last] for first, last in curve.spans], columns


class UnipenDigits:
    """UNIPEN's digits as a source; all writers are equally likely."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        """Groups the digits among the samples by writer.

        Raises:
            ValueError: When no writer has `MIN_DIGITS` digits.
        """
        labelled = by_writer(sample for sample in samples if sample.label in set(DIGITS))
        written = {
            name: [sample for group in labels.values() for sample in group]
            for name, labels in labelled.items()
        }
        slants = {name: slant_deg(digits) for name, digits in written.items()}
        aspects = {
            name: [(digit.label, _aspect(digit, slants[name])) for digit in digits]
            for name, digits in written.items()
        }
        of_label = defaultdict(list)
        for label, aspect in chain.from_iterable(aspects.values()):
            of_label[label].append(aspect)
        usual = {label: median(group) for label, group in of_label.items()}
        self._all_writers = tuple(
            WriterSamples(
                name=name,
                samples=labels,
                height=usual_height(written[name]),
                slant_deg=slants[name],
                aspect=median(aspect / usual[label] for label, aspect in aspects[name]),
            )
            for name, labels in labelled.items()
        )
        self.writers = tuple(
            writer for writer in self._all_writers if len(written[writer.name]) >= MIN_DIGITS
        )
        if not self.writers:
            raise ValueError(f"no writer has {MIN_DIGITS} digits")
        self._curves: dict[Sample, SampleCurve] = {}
        self._substitutes: dict[tuple[str, str], WriterSamples] = {}

    def draw(self, label: int, rng: np.random.Generator) -> DigitImage:
        """A digit of the label by a random writer with a random pen."""
        return self.writer(rng).draw(label, rng)

    def writer(self, rng: np.random.Generator, scale: int = 1) -> UnipenWriter:
        """A random writer with a random pen."""
        samples = self.writers[int(rng.integers(len(self.writers)))]
        return UnipenWriter(self, samples, random_pen_style(rng, samples.max_pen_px), scale)

    def samples_with(self, label: str, writer: WriterSamples) -> WriterSamples:
        """The writer, or, where the label is missing, the most similar one in slant and aspect.

        Raises:
            ValueError: When no writer has the label.
        """
        if label in writer.samples:
            return writer
        key = (writer.name, label)
        if key not in self._substitutes:
            candidates = [other for other in self._all_writers if label in other.samples]
            if not candidates:
                raise ValueError(f"no writer has a digit {label!r}")
            self._substitutes[key] = min(candidates, key=lambda other: _distance(writer, other))
        return self._substitutes[key]

    def curve(self, sample: Sample, height: float) -> SampleCurve:
        """The cached curve of a sample."""
        if sample not in self._curves:
            self._curves[sample] = sample_curve(sample, height)
        return self._curves[sample]


def slant_deg(samples: Sequence[Sample]) -> float:
    """Slant of mostly vertical strokes, positive to the right."""
    steps = np.concatenate([np.diff(stroke, axis=0) for sample in samples for stroke in sample.strokes])
    across, down = steps[np.abs(steps[:, 1]) > np.abs(steps[:, 0])].T
    if not len(down):
        return 0.0
    return float(np.degrees(np.arctan2(-(across * np.sign(down)).sum(), np.abs(down).sum())))


def _aspect(sample: Sample, slant_deg: float) -> float:
    """Width over height of a sample after slant correction."""
    x, y = np.concatenate(sample.strokes).T
    width = float(np.ptp(x + y * np.float32(np.tan(np.radians(slant_deg)))))
    return max(width, 1e-6) / max(float(np.ptp(y)), 1e-6)


def _distance(writer: WriterSamples, other: WriterSamples) -> float:
    """Dissimilarity of two writers: ten degrees of slant count as much as a tenth of the width."""
    return abs(writer.slant_deg - other.slant_deg) / 10 + 10 * abs(log(writer.aspect / other.aspect))
