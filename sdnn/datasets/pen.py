"""Synthetic digits: strokes through a few control points, no font and no download."""

from bisect import bisect
from math import hypot
from typing import Final

import numpy as np

from sdnn.datasets.allograph_splines import AllographSpline, allograph_spline
from sdnn.datasets.allographs import ALLOGRAPHS, Allograph
from sdnn.datasets.digits import IMAGE_PX, TEXT_PX, DigitImage, Writer, image_rows
from sdnn.datasets.rasterizer import Ink, draw_lines
from sdnn.datasets.writer_style import WriterStyle, bounded_normal, random_writer_style, weighted_allograph
from sdnn.results import FloatArray

MARGIN_PX: Final = 1.25
"""Paper kept at every edge, so that no stroke is cut; more than 1 because the fine raster rounds."""
_MAX_ASPECT: Final = 2.0
"""Upper bound of a single digit's aspect; beyond it the digit is no longer read."""
_BALLPOINT_PX: Final = 3.0
"""Broadest pen at which every allograph is legible at its `min_aspect`."""


class SyntheticDigits:
    """Digits drawn by synthetic writers, as a source."""

    def __init__(self, style: WriterStyle | None = None, scale: int = 1) -> None:
        """Keeps the style, None for another one at every digit, and the pixels per pixel of MNIST."""
        self._style = style
        self._scale = scale

    @property
    def pen_px(self) -> float:
        """Line width of the pen beside digits 20 pixels high."""
        return (self._style or WriterStyle()).pen_px

    def draw(self, label: int, rng: np.random.Generator) -> DigitImage:
        """A new digit of the label."""
        style = self._style or random_writer_style(rng)
        ink = draw_digit(label, style, rng, scale=self._scale, rows_px=image_rows(self._scale))
        return DigitImage.cropped(ink, label, self._scale)

    def writer(self, rng: np.random.Generator, scale: int = 1) -> Writer:
        """One synthetic writer with a random style."""
        return SyntheticDigits(random_writer_style(rng), scale)


def draw_digit(
    label: int,
    style: WriterStyle,
    rng: np.random.Generator,
    allograph: str | None = None,
    scale: int = 1,
    rows_px: int = IMAGE_PX,
) -> Ink:
    """Draw one digit.

    Args:
        label: The digit, 0 to 9.
        style: Style of the writer.
        rng: Random number generator of the differences between two digits of one writer.
        allograph: Name of one of the digit's `ALLOGRAPHS`; by default mostly the preferred one, otherwise any
            by its weight.
        scale: Pixels per pixel of MNIST, 1 to 4; the line width grows with it.
        rows_px: Height of the picture in pixels of MNIST; MNIST's own 28 have no room for long tails.

    Returns:
        (rows_px * scale, W) ink. The digit is `TEXT_PX * scale * style.size` high, pen included, give or take
        `size_spread` and a quill's thin lines; more or less where its allograph has a tail or is small, and
        never so much that it would be cut. Its box is centred, and W is the width of the box and at least
        `scale` columns of paper at each side.

    Raises:
        ValueError: When the label is no digit or the digit has no such allograph.
    """
    chosen = _choose(label, style, rng, allograph)
    spline = allograph_spline(chosen)
    strokes = _strokes(label, chosen, style, rng)

    pen_px = style.pen_px * scale
    size = style.size * (1 + style.size_spread * float(bounded_normal(rng, ())))
    height_px = scale * min(TEXT_PX * size * spline.height, rows_px - 2 * MARGIN_PX)
    drawn = np.concatenate(strokes)
    low, high = drawn.min(axis=0), drawn.max(axis=0)
    px_per_unit = (height_px - pen_px) / (high - low)[1]
    width = int(np.ceil((high - low)[0] * px_per_unit + pen_px + 2 * MARGIN_PX * scale))
    shift = np.array([width, rows_px * scale]) / 2 - px_per_unit * (low + high) / 2
    lines = [px_per_unit * stroke + shift for stroke in strokes]
    return draw_lines(lines, pen_px, style.pressure, (width, rows_px * scale), scale)


def digit_strokes(label: int, style: WriterStyle, rng: np.random.Generator) -> list[FloatArray]:
    """The strokes of one digit, in the order of writing; see `draw_digit`.

    Returns:
        (N, 2) points of each stroke, to the right and down, in usual heights of a digit.
    """
    return _strokes(label, _choose(label, style, rng, None), style, rng)


def _strokes(
    label: int, allograph: Allograph, style: WriterStyle, rng: np.random.Generator
) -> list[FloatArray]:
    spline = allograph_spline(allograph)
    warp = style.warp * bounded_normal(rng, (spline.warp_basis.shape[1], 2))
    if style.preferences:
        warp += style.preferences[label].mean_warp
    jitter = style.jitter * bounded_normal(rng, spline.points.shape)
    points = spline.points + spline.warp_basis @ warp + jitter
    curve = (spline.curve_from_points + style.roundness * spline.rounding) @ points
    return _overshot(curve @ _matrix(style, rng, allograph.min_aspect).T, spline, style.overshoot, rng)


def _choose(label: int, style: WriterStyle, rng: np.random.Generator, name: str | None) -> Allograph:
    if label not in ALLOGRAPHS:
        raise ValueError(f"no digit {label!r}: the digits are 0 to 9")
    if name is None:
        if not style.preferences or rng.random() >= style.consistency:
            return weighted_allograph(label, rng.random())
        name = style.preferences[label].allograph
    for allograph in ALLOGRAPHS[label]:
        if allograph.name == name:
            return allograph
    known = ", ".join(allograph.name for allograph in ALLOGRAPHS[label])
    raise ValueError(f"digit {label} has no allograph {name!r}: it has {known}")


def _matrix(style: WriterStyle, rng: np.random.Generator, min_aspect: float) -> FloatArray:
    """(2, 2) matrix of one digit's random aspect, and the style's slant and rotation."""
    spread = style.width_spread * float(bounded_normal(rng, ()))
    # Now and then a digit is squeezed in or drawn out, but only by writers who are uneven at all.
    if rng.random() < 0.5 * style.width_spread:
        spread *= 4
    # A broad pen needs room inside the loops, the more so the closer slant brings their sides together.
    room = max(1.0, style.pen_px / _BALLPOINT_PX * hypot(1, np.tan(np.radians(style.slant_deg))))
    return style.matrix(min(max(style.aspect * np.exp(spread), min_aspect * room), _MAX_ASPECT))


def _overshot(
    curve: FloatArray, spline: AllographSpline, overshoot: float, rng: np.random.Generator
) -> list[FloatArray]:
    """The strokes of a curve, each cut short or prolonged a little at both ends."""
    all_cuts = (overshoot * bounded_normal(rng, (len(spline.spans), 2))).tolist()
    strokes = []
    for (first, last), lengths, cuts in zip(spline.spans, spline.lengths, all_cuts, strict=True):
        skipped = [
            bisect(length, cut) - 1 if cut > 0 else 0 for length, cut in zip(lengths, cuts, strict=True)
        ]
        stroke = curve[first + skipped[0] : last - skipped[1]].copy()
        for cut, end, inner in (cuts[0], 0, 1), (cuts[1], -1, -2):
            if cut < 0:
                outwards = stroke[end] - stroke[inner]
                stroke[end] -= cut / max(hypot(*outwards), 1e-6) * outwards
        strokes.append(stroke)
    return strokes
