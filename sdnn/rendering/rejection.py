"""The picture of what rejecting unsure readings buys: error among the accepted against coverage."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np
from PIL import Image

from sdnn.rendering.canvas import ACCENT, HAIRLINE, QUIET, Canvas, Colour
from sdnn.rendering.contact_sheet import elide
from sdnn.results import Box, FloatArray, IntArray

COLOURS: Final[tuple[Colour, ...]] = (
    (28, 85, 148),
    ACCENT,
    (0, 138, 117),
    (140, 61, 145),
    (150, 112, 0),
    (72, 78, 90),
)
"""Apart for colour-blind eyes too, and dark enough for letters on white; a seventh line has the first's."""
WIDTH_PX: Final = 1240
"""A page shows it at about two thirds."""
PLOT: Final = Box(96, 92, 906, 620)
"""Where the axes stand; right of it there is room for names, and more below where there are many."""
FOOT_PX: Final = 96
"""Below the axes; holds the ticks and the name of the coverage."""
TICK_PX: Final = 20
"""Letters of the ticks."""
NAME_PX: Final = 22
"""Letters of the axes and folders."""
SMALL_PX: Final = 17
"""Letters of what is said of a line below its name."""
LABEL_PX: Final = 56
"""From one line's label to the next one's; a label has two lines of letters."""
GRID: Final[Colour] = (234, 236, 240)
ERROR_TICKS: Final = (0.0, 0.001, 0.01, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
TARGETS: Final = (0.001, 0.01, 0.05)
"""Errors that people ask for; their lines are a little darker."""
COVERAGE_TICKS: Final = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
LEAST_TOP: Final = 0.05
"""The error axis reaches at least so far, so that lines near zero look as good as they are."""
LEAST_ACCEPTED: Final = 20
"""Lines begin where so many strips are accepted: with fewer, one wrong is more than 5 %."""


class ErrorCurve(Protocol):
    """What is drawn of a curve: `sdnn.evaluation.confidence` makes them, and lies above this module.

    K is the number of thresholds.
    """

    @property
    def accepted(self) -> IntArray:
        """(K,) strips accepted, rising; the last is their number."""

    @property
    def coverage(self) -> FloatArray:
        """(K,) share of strips accepted, rising to 1."""

    @property
    def error(self) -> FloatArray:
        """(K,) share of wrong ones among the accepted, 0 to 1."""


@dataclass(frozen=True, eq=False)
class _Line:
    """A curve that has something to show: its name, its colour, and the part of it that is drawn."""

    name: str
    colour: Colour
    coverage: FloatArray
    error: FloatArray


@dataclass(frozen=True)
class _Axes:
    """Where errors and coverages stand in the picture.

    Attributes:
        box: The plot, in pixels.
        top: The error at its upper edge.
    """

    box: Box
    top: float

    def x(self, coverage: FloatArray | float) -> FloatArray:
        return np.asarray(self.box.left + self.box.width * np.asarray(coverage))

    def y(self, error: FloatArray | float) -> FloatArray:
        return np.asarray(self.box.bottom - self.box.height * np.sqrt(np.asarray(error) / self.top))


def rejection_plot(curves: Sequence[tuple[str, ErrorCurve]]) -> Image.Image:
    """Draw the error among accepted strips against the share of strips that is accepted.

    The error has a square-root scale: it holds zero, and keeps 0.1, 1 and 5 % apart under a line that ends at
    30 %. A line begins where 20 strips are accepted. Beside its end stands what is wrong if none is rejected.

    Args:
        curves: Name and curve of each folder, in the order of their colours; one without strips is left out.

    Returns:
        RGB picture, 1,240 px wide; without any strips a small one that says so.
    """
    filled = [(name, curve) for name, curve in curves if len(curve.accepted)]
    if not filled:
        canvas = Canvas(280, 88)
        canvas.text(32, 52, "no strips", 24)
        return canvas.finish()
    lines = [_line(name, curve, COLOURS[i % len(COLOURS)]) for i, (name, curve) in enumerate(filled)]
    highest = max(LEAST_TOP, *(float(line.error.max()) for line in lines))
    bottom = max(PLOT.bottom, PLOT.top + LABEL_PX * (len(lines) - 1))
    axes = _Axes(replace(PLOT, bottom=bottom), next(tick for tick in ERROR_TICKS if tick >= highest))

    canvas = Canvas(WIDTH_PX, int(bottom) + FOOT_PX)
    _draw_axes(canvas, axes)
    # The first stands on top: it is the one that was asked for first.
    for line in reversed(lines):
        _draw_line(canvas, line, axes)
    _draw_labels(canvas, lines, axes)
    return canvas.finish()


def _line(name: str, curve: ErrorCurve, colour: Colour) -> _Line:
    """The part of a curve that rests on strips enough, or its end alone."""
    first = int(np.searchsorted(curve.accepted, min(LEAST_ACCEPTED, curve.accepted[-1])))
    return _Line(name, colour, curve.coverage[first:], curve.error[first:])


def _draw_axes(canvas: Canvas, axes: _Axes) -> None:
    left, right, bottom = axes.box.left, axes.box.right, axes.box.bottom
    canvas.text(left, 44, "error among accepted strips (%)", NAME_PX)
    label_above = math.inf
    for tick in ERROR_TICKS:
        y = float(axes.y(tick))
        # Under a line that ends at 100 %, 0.1 % would touch 0.
        if tick <= axes.top and label_above - y > TICK_PX:
            canvas.line([(left, y), (right, y)], HAIRLINE if tick in TARGETS else GRID, 1)
            canvas.text(left - 14, y, f"{100 * tick:g}", TICK_PX, QUIET, anchor="rm")
            label_above = y
    for tick in COVERAGE_TICKS:
        x = float(axes.x(tick))
        canvas.line([(x, bottom), (x, bottom + 7)], QUIET, 1)
        canvas.text(x, bottom + 32, f"{100 * tick:g}", TICK_PX, QUIET, anchor="ms")
    canvas.line([(left, bottom), (right, bottom)], QUIET, 1.5)
    canvas.text(right, bottom + 72, "coverage (%): strips accepted, the surest first", NAME_PX, anchor="rs")


def _draw_line(canvas: Canvas, line: _Line, axes: _Axes) -> None:
    """Draw the line, if it has two points or more, and a dot at its end."""
    x, y = axes.x(line.coverage), axes.y(line.error)
    # More points than pixels are drawn slowly and look the same: of each half pixel the last is kept.
    kept = np.append(np.flatnonzero(np.diff(np.floor(2 * x))), len(x) - 1)
    points = list(zip(x[kept].tolist(), y[kept].tolist(), strict=True))
    if len(points) > 1:
        canvas.line(points, line.colour, 3)
    end_x, end_y = points[-1]
    canvas.box(Box(end_x - 6, end_y - 6, end_x + 6, end_y + 6), fill=line.colour, radius_px=6)


def _draw_labels(canvas: Canvas, lines: Sequence[_Line], axes: _Axes) -> None:
    """Write each name beside the end of its line, or a little off it where two would touch."""
    left = axes.box.right + 44
    ends = [float(axes.y(line.error[-1])) for line in lines]
    for line, end, middle in zip(lines, ends, spread(ends, LABEL_PX, axes.box.bottom), strict=True):
        canvas.line([(axes.box.right + 10, end), (left - 8, middle)], HAIRLINE, 1.5)
        canvas.text(left, middle - 3, elide(line.name, NAME_PX, WIDTH_PX - 24 - left), NAME_PX, line.colour)
        canvas.text(left, middle + 20, f"all accepted: {100 * line.error[-1]:.2f} %", SMALL_PX, QUIET)


def spread(places: Sequence[float], pitch: float, last: float) -> list[float]:
    """Move places apart, no more than it takes and keeping their order.

    Args:
        places: Where each would stand by itself, at most `last`; equal ones keep the order they are given in.
        pitch: Least distance between two.
        last: The greatest place there is.

    Returns:
        The places, in the order in which they were given.
    """
    order = np.argsort(places, kind="stable")
    moved: list[float] = []
    for index in order:
        moved.append(max(places[index], moved[-1] + pitch) if moved else places[index])
    for back in range(1, len(moved) + 1):
        moved[-back] = min(moved[-back], last - (back - 1) * pitch)
    found = dict(zip(order.tolist(), moved, strict=True))
    return [found[index] for index in range(len(places))]
