"""A line of digits as a person writes it: sizes, gaps, marks, joins, slant, drift.

The digits themselves come from a `DigitSource`; here they are given their places on a page. `strips` sets
clean digits side by side and knows where each one stands; this module knows only what the line says.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from sdnn.datasets.digits import Writer
from sdnn.datasets.pen import TEXT_PX
from sdnn.results import Box, FloatArray

DOTS: Final = (".", ",", "-", "=", ":", '"')
"""What separates groups of digits or closes an amount; no slash, which looks like a one."""
HANGING: Final = (3, 4, 5, 7, 9)
"""Digits whose tails hang below the baseline where they are longer than usual."""
SIGNS: Final = ("$", "#")
"""What an amount or a number begins with."""

MARK_STROKES: Final[dict[str, tuple[tuple[tuple[float, float], ...], ...]]] = {
    ".": (((0.0, 0.0), (0.03, 0.0)),),
    ",": (((0.04, -0.04), (0.05, 0.05), (-0.04, 0.18)),),
    ":": (((0.0, -0.1), (0.03, -0.1)), ((0.02, -0.5), (0.05, -0.5))),
    '"': (((0.05, -0.22), (0.0, 0.05)), ((0.22, -0.24), (0.17, 0.03))),
    "-": (((0.0, -0.42), (0.38, -0.44)),),
    "=": (((0.0, -0.52), (0.34, -0.54)), ((0.0, -0.34), (0.34, -0.36))),
    "$": (
        (
            (0.5, -0.85),
            (0.28, -0.95),
            (0.08, -0.78),
            (0.28, -0.5),
            (0.48, -0.25),
            (0.26, -0.02),
            (0.0, -0.14),
        ),
        ((0.3, -1.15), (0.26, 0.18)),
    ),
    "#": (
        ((0.22, -1.0), (0.1, 0.0)),
        ((0.45, -1.0), (0.33, 0.0)),
        ((0.0, -0.65), (0.58, -0.68)),
        ((0.0, -0.34), (0.56, -0.36)),
    ),
}
"""Strokes of each mark, in text heights: x to the right, y down from the baseline."""


@dataclass(frozen=True, eq=False)
class LineStyle:
    """How one person writes a line, beyond the shapes of the digits. Lengths are in text heights.

    Attributes:
        heights: (10,) height of each digit.
        drops: (10,) how far the foot of each digit hangs below the baseline.
        text_px: Height of the digits on the page.
        gap: Mean gap between the ink of neighbours; negative where they overlap.
        gap_spread: Standard deviation of the gaps.
        widening: Width of all the digits over their natural one.
        width_spread: Standard deviation of the logarithm of each digit's width.
        size_spread: Standard deviation of the logarithm of each digit's size.
        unsteadiness: Standard deviation of each digit's place up and down.
        slant: Lean of the whole line, to the right for each unit up.
        slope: Rise of the baseline, for each unit to the right.
        wobble: Standard deviation of a smooth random displacement of the ink.
        joined: Probability that the pen stays on the paper between two digits.
        joined_zeros: The same between two zeros.
        first: Height of the first digit, over that of the others, where these are two at least.
    """

    heights: FloatArray
    drops: FloatArray
    text_px: float = 28.0
    gap: float = 0.2
    gap_spread: float = 0.1
    widening: float = 1.0
    width_spread: float = 0.1
    size_spread: float = 0.05
    unsteadiness: float = 0.03
    slant: float = 0.0
    slope: float = 0.0
    wobble: float = 0.02
    joined: float = 0.0
    joined_zeros: float = 0.0
    first: float = 1.0

    def taller(self, place: int, count: int) -> float:
        """Height of the digit at a place of so many, over the usual one: of a few none is usual."""
        return self.first if place == 0 and count > 2 else 1.0


@dataclass(frozen=True, eq=False)
class HandwrittenLine:
    """Writing, cut out close to its ink.

    Attributes:
        ink: (H, W) uint8, 0 paper to 255 ink.
        text: The digits; marks are not among them.
        text_px: Height of a usual digit.
    """

    ink: npt.NDArray[np.uint8]
    text: str
    text_px: float


def random_line_style(rng: np.random.Generator) -> LineStyle:
    """The manner of someone drawn at random: mostly plain, at times very wide, tight, slanted or uneven."""
    heights, drops = np.ones(10), np.zeros(10)
    if rng.random() < 0.4:
        heights *= np.exp(rng.normal(0, 0.08, 10))
    if rng.random() < 0.25:
        heights[0] *= rng.uniform(0.4, 0.85)
        drops[0] = -rng.uniform(0, 1) * (1 - heights[0]) * (rng.random() < 0.5)
    manner = rng.random()
    if manner < 0.15:
        _text_figures(heights, drops, rng)
    elif manner < 0.42:
        tails = rng.choice(HANGING, size=rng.integers(1, 4), replace=False)
        drops[tails] = rng.uniform(0.1, 0.4)
        heights[tails] += drops[tails] * rng.uniform(0, 1)
    wide_gaps = rng.random() < 0.12
    gap = rng.uniform(0.4, 1.1) if wide_gaps else np.clip(rng.normal(0.14, 0.13), -0.12, 0.6)
    return LineStyle(
        heights=heights,
        drops=drops,
        text_px=float(np.exp(rng.uniform(np.log(18), np.log(42)))),
        gap=float(gap),
        gap_spread=float(rng.uniform(0.03, 0.16)),
        widening=float(np.clip(np.exp(rng.normal(0.05, 0.22)), 0.55, 1.8)),
        width_spread=float(rng.choice([0.06, 0.12, 0.25])),
        size_spread=float(rng.choice([0.03, 0.07, 0.14])),
        unsteadiness=float(rng.choice([0.02, 0.05, 0.1])),
        slant=float(np.clip(rng.normal(0.04, 0.16), -0.4, 0.6)),
        slope=float(np.clip(rng.normal(0, 0.025), -0.08, 0.08)),
        wobble=float(rng.uniform(0.0, 0.045)),
        joined=float(rng.choice([0.0, 0.05, 0.4], p=[0.7, 0.2, 0.1])),
        joined_zeros=float(rng.choice([0.0, 0.7], p=[0.75, 0.25])),
        first=float(rng.uniform(1.15, 1.7)) if rng.random() < 0.1 else 1.0,
    )


def _text_figures(heights: FloatArray, drops: FloatArray, rng: np.random.Generator) -> None:
    """Old-style figures: 0, 1 and 2 low, 6 and 8 rising above them, the others hanging below the line."""
    low = rng.uniform(0.5, 0.8)
    heights[[0, 1, 2]] = low
    hanging = rng.choice(HANGING, size=rng.integers(2, 6), replace=False)
    drops[hanging] = rng.uniform(0.15, 0.45)
    heights[hanging] += drops[hanging] * rng.uniform(0, 1)


def random_marks(count: int, rng: np.random.Generator) -> dict[int, str]:
    """Marks that are not digits, by the place of the digit they stand before; `count` is after the last."""
    marks: dict[int, str] = {}
    if count > 3 and rng.random() < 0.5:
        marks |= dict.fromkeys(range(count - 3, 0, -3), str(rng.choice([".", ",", "-"], p=[0.7, 0.2, 0.1])))
    if rng.random() < 0.15:
        marks[int(rng.integers(1, count + 1))] = str(rng.choice(DOTS))
    if rng.random() < 0.4:
        marks[count] = str(rng.choice([".", ".-", "-", "=", ",-", "-.", "--", ":", '"', ":-"]))
    if rng.random() < 0.12:
        marks[0] = str(rng.choice(SIGNS))
    return marks


def write_line(
    writer: Writer, text: str, marks: dict[int, str], style: LineStyle, rng: np.random.Generator
) -> HandwrittenLine:
    """Writes a line.

    Args:
        writer: Where its digits come from, and how thick the pen is.
        text: At least one digit.
        marks: What else is written; see `random_marks`.
        style: Sizes and places.
        rng: What differs between two lines of one style.
    """
    height = style.text_px
    pen_px = max(1, round(writer.pen_px * height / TEXT_PX))
    pad = round(height * (0.8 + abs(style.slant)))
    glyphs = [
        _glyph(writer, int(digit), style, style.taller(place, len(text)), rng)
        for place, digit in enumerate(text)
    ]
    places, strokes, x = [], [], float(pad)
    for place in range(len(text) + 1):
        for mark in marks.get(place, ""):
            stretch = float(np.exp(rng.normal(0.3 if mark == "-" else 0, 0.35 if mark == "-" else 0.15)))
            shapes = [np.array(stroke) * (stretch, 1) for stroke in MARK_STROKES[mark]]
            wide = max(shape[:, 0].max() for shape in shapes)
            rise = rng.normal(0, 0.06)
            strokes += [
                (shape + rng.normal(0, 0.012, shape.shape) + (0, rise)) * height + (x, 0) for shape in shapes
            ]
            x += (wide + max(0.05, rng.normal(0.12, 0.06)) + max(0.0, style.gap) / 2) * height
        if place < len(text):
            places.append(x)
            gap = rng.normal(style.gap, style.gap_spread)
            x += max(0.15 * height, glyphs[place].ink.shape[1] + gap * height)
    lift = round(height * (0.9 + abs(style.slope) * x / height / 2))
    baseline = lift + round(1.2 * height)
    canvas = np.zeros((baseline + round(0.6 * height) + lift, round(x) + pad + round(height)), np.uint8)
    boxes = []
    for place_px, glyph in zip(places, glyphs, strict=True):
        foot = baseline + (glyph.drop + rng.normal(0, style.unsteadiness)) * height
        rows, columns = glyph.ink.shape
        left, top = round(place_px), min(max(round(foot) - rows, 0), canvas.shape[0] - rows)
        part = canvas[top : top + rows, left : left + columns]
        np.maximum(part, glyph.ink, out=part)
        boxes.append(Box(left, top, left + columns, top + rows))
    for stroke in strokes:
        _draw(canvas, stroke + np.array([0, baseline]), pen_px)
    for place in range(1, len(text)):
        zeros = text[place - 1 : place + 1] == "00"
        if place not in marks and rng.random() < max(style.joined, zeros * style.joined_zeros):
            _join(canvas, boxes[place - 1], boxes[place], pen_px, rng)
    return HandwrittenLine(_cut_out(_bent(canvas, baseline, style, rng)), text, height)


@dataclass(frozen=True, eq=False)
class _Glyph:
    ink: npt.NDArray[np.uint8]
    drop: float


def _glyph(writer: Writer, label: int, style: LineStyle, taller: float, rng: np.random.Generator) -> _Glyph:
    """One digit at the size that it has on the page, so many times taller than usual."""
    digit = writer.draw(label, rng)
    ink, unit = digit.ink, style.text_px * taller / TEXT_PX / digit.scale
    rows = np.flatnonzero(ink.any(axis=1))
    ink = ink[rows[0] : rows[-1] + 1]
    spread_size, spread_width = np.clip(rng.standard_normal(2), -2, 2)
    size = unit * style.heights[label] * np.exp(style.size_spread * spread_size)
    width = size * style.widening * np.exp(style.width_spread * spread_width)
    shape = (max(2, round(ink.shape[1] * width)), max(2, round(ink.shape[0] * size)))
    shrinks = size < 0.7
    scaled = cv2.resize(ink, shape, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    # What a long-tailed shape is higher than a digit should be is its tail.
    tail = max(0.0, shape[1] / style.text_px - taller * size / unit) if label in HANGING else 0.0
    return _Glyph(np.asarray(scaled, dtype=np.uint8), float(style.drops[label] + tail))


def _draw(canvas: npt.NDArray[np.uint8], stroke: FloatArray, pen_px: int) -> None:
    points = np.rint(stroke * 8).astype(np.int32)
    cv2.polylines(canvas, [points], False, 255, thickness=pen_px, lineType=cv2.LINE_AA, shift=3)


def _join(
    canvas: npt.NDArray[np.uint8], before: Box, after: Box, pen_px: int, rng: np.random.Generator
) -> None:
    """A stroke from the right edge of a digit to the left edge of the next one."""
    ends = []
    for box, side in ((before, -1), (after, 0)):
        part = canvas[int(box.top) : int(box.bottom), int(box.left) : int(box.right)]
        inked = np.flatnonzero((part > 100).any(axis=1))
        if not len(inked):
            return
        row = int(rng.choice(inked))
        column = int(np.flatnonzero(part[row] > 100)[side])
        ends.append((box.left + column, box.top + row))
    (x0, y0), (x1, y1) = ends
    middle = ((x0 + x1) / 2, (y0 + y1) / 2 + rng.normal(0, 0.1) * before.height)
    _draw(canvas, np.array([(x0, y0), middle, (x1, y1)]), max(1, pen_px - 1))


def _bent(
    canvas: npt.NDArray[np.uint8], baseline: int, style: LineStyle, rng: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """The line with its slant and slope, and a little out of shape everywhere."""
    height, width = canvas.shape
    x, y = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)[:, None]
    grid = (max(2, round(2 * height / style.text_px)), max(2, round(1.5 * width / style.text_px)), 2)
    coarse = rng.normal(0, style.wobble * style.text_px, grid).astype(np.float32)
    strays = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    from_x = x + np.float32(style.slant) * (y - baseline) + strays[..., 0]
    from_y = y + np.float32(style.slope) * (x - width / 2) + strays[..., 1]
    return np.asarray(cv2.remap(canvas, from_x, from_y, cv2.INTER_LINEAR), dtype=np.uint8)


def _cut_out(ink: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
