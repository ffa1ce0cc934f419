"""Printed form elements and marks: combs, boxes, rulings, graph paper, column lines, stamps, ticks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sdnn.datasets.documents.ink_canvas import Canvas, rectangle
from sdnn.results import FloatArray


@dataclass(frozen=True)
class Rule:
    """A printed line.

    Attributes:
        thickness_px: Thickness on the sheet.
        tone: Darkness, 0 to 1.
    """

    thickness_px: float
    tone: float

    def thicker(self, factor: float) -> "Rule":
        """The line with its thickness multiplied."""
        return replace(self, thickness_px=self.thickness_px * factor)


def straight_line(canvas: Canvas, x0: float, y0: float, x1: float, y1: float, rule: Rule) -> None:
    """A line from one point of the sheet to another."""
    canvas.line(np.array([(x0, y0), (x1, y1)]), rule.thickness_px, rule.tone)


def box(canvas: Canvas, corners: FloatArray, rule: Rule) -> None:
    """The outline of a field through its (4, 2) corners."""
    canvas.line(corners, rule.thickness_px, rule.tone, closed=True)


def comb(
    canvas: Canvas,
    left: float,
    top: float,
    pitch_px: float,
    cells: int,
    height_px: float,
    rule: Rule,
    rng: np.random.Generator,
) -> None:
    """Cells of `pitch_px` x `height_px` for single digits: closed, open above, with short teeth, or boxes."""
    right, bottom = left + cells * pitch_px, top + height_px
    kind = rng.random()
    if kind < 0.12:
        inset = pitch_px * rng.uniform(0.03, 0.1)
        for cell in range(cells):
            x = left + cell * pitch_px
            box(canvas, rectangle(x + inset, top, x + pitch_px - inset, bottom), rule)
        return
    teeth = bottom - height_px * (rng.uniform(0.2, 0.5) if kind < 0.3 else 1.0)
    upright_lines(canvas, [left + cell * pitch_px for cell in range(cells + 1)], teeth, bottom, rule)
    if rng.random() < 0.92:
        straight_line(canvas, left, bottom, right, bottom, rule)
    if kind >= 0.3 and rng.random() < 0.85:
        straight_line(canvas, left, top, right, top, rule)


def upright_lines(canvas: Canvas, columns: Sequence[float], top: float, bottom: float, rule: Rule) -> None:
    """Lines from top to bottom, as between the columns of a table."""
    for x in columns:
        straight_line(canvas, x, top, x, bottom, rule)


def level_lines(canvas: Canvas, rows: Sequence[float], left: float, right: float, rule: Rule) -> None:
    """Lines from left to right, as between the rows of a table."""
    for y in rows:
        straight_line(canvas, left, y, right, y, rule)


def rulings(canvas: Canvas, area: FloatArray, pitch_px: float, rule: Rule, first: float) -> None:
    """Level lines all over an area (left, top, right, bottom), the first of them `first` pitches down."""
    left, top, right, bottom = area
    level_lines(canvas, np.arange(top + first * pitch_px, bottom, pitch_px).tolist(), left, right, rule)


def graph_paper(
    canvas: Canvas, area: FloatArray, step_px: float, rule: Rule, rng: np.random.Generator
) -> None:
    """A grid all over an area (left, top, right, bottom); every fifth line may be twice as thick."""
    left, top, right, bottom = area
    strong = int(rng.integers(5)) if rng.random() < 0.3 else None
    for number, x in enumerate(np.arange(left + rng.random() * step_px, right, step_px)):
        straight_line(canvas, x, top, x, bottom, rule.thicker(2 if number % 5 == strong else 1))
    for number, y in enumerate(np.arange(top + rng.random() * step_px, bottom, step_px)):
        straight_line(canvas, left, y, right, y, rule.thicker(2 if number % 5 == strong else 1))


def leader(
    canvas: Canvas, left: float, right: float, y: float, pitch_px: float, dot_px: float, tone: float
) -> None:
    """A dotted line to write on."""
    for x in np.arange(left, right, pitch_px):
        straight_line(canvas, x, y, x + dot_px, y, Rule(dot_px, tone))


def stamp_ring(
    canvas: Canvas, x: float, y: float, radius_px: float, tone: float, rng: np.random.Generator
) -> None:
    """A round or square stamp of one or two outlines, with its middle at x, y."""
    flattening, rotation = rng.uniform(0.5, 1.0), rng.uniform(-0.5, 0.5)
    angle = np.linspace(0, 2 * np.pi, 33) if rng.random() < 0.7 else np.arange(4) * np.pi / 2 + np.pi / 4
    shape = np.stack([np.cos(angle), flattening * np.sin(angle)], axis=1)
    cos, sin = np.cos(rotation), np.sin(rotation)
    shape = shape @ np.array([[cos, sin], [-sin, cos]])
    for share in (1.0, 0.78)[: rng.integers(1, 3)]:
        outline, pen_px = radius_px * share * shape + (x, y), radius_px * rng.uniform(0.02, 0.08)
        canvas.line(outline, pen_px, tone, closed=True)


def tick(canvas: Canvas, x: float, y: float, size_px: float, tone: float, rng: np.random.Generator) -> None:
    """A tick or a cross round x, y."""
    pen_px = size_px * rng.uniform(0.05, 0.12)
    if rng.random() < 0.5:
        points = np.array([(-0.4, -0.1), (-0.1, 0.3), (0.5, -0.6)])
        canvas.line(points * size_px + (x, y), pen_px, tone)
    else:
        for stroke in ([(-0.4, -0.4), (0.4, 0.4)], [(-0.4, 0.4), (0.4, -0.4)]):
            canvas.line(np.array(stroke) * size_px + (x, y), pen_px, tone)
