"""Lines of handwritten digits: sizes, gaps, signs, joins, slant, drift.

The digits come from a `DigitSource`; here they are placed on a line, whose only truth is its text. `strips`
sets clean digits side by side and knows the place of each.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from sdnn.datasets.digits import TEXT_PX, DigitImage, Writer
from sdnn.datasets.rasterizer import Ink, crop_to_ink
from sdnn.datasets.signs import SIGN_STROKES, random_stretch
from sdnn.datasets.writer_style import bounded_normal
from sdnn.results import Box, FloatArray

TAILED: Final = (3, 4, 5, 7, 9)
"""Digits whose tails hang below the baseline where they are longer than usual."""
_INKED: Final = 100
"""Ink, of 255, of pixels that a joining stroke may start from."""


@dataclass(frozen=True, eq=False)
class LineStyle:
    """Style of a writer's line, beyond the shapes of the digits. Lengths are in text heights.

    Attributes:
        heights: (10,) height of each digit.
        drops: (10,) depth of each digit's foot below the baseline.
        text_px: Height of the digits on the page.
        gap: Mean gap between the ink of neighbours; negative where they overlap.
        gap_spread: Standard deviation of the gaps.
        aspect: Width of all digits over their natural one.
        width_spread: Standard deviation of the logarithm of each digit's width.
        size_spread: Standard deviation of the logarithm of each digit's size.
        baseline_spread: Standard deviation of each digit's vertical position.
        slant: Slant of the whole line, to the right for each unit up.
        slope: Rise of the baseline, for each unit to the right.
        wobble: Standard deviation of a smooth random displacement of the ink.
        joined: Probability of a joining stroke between two digits.
        joined_zeros: Probability of a joining stroke between two zeros.
        first: Height of the first of at least three digits, over that of the others.
    """

    heights: FloatArray
    drops: FloatArray
    text_px: float = 28.0
    gap: float = 0.2
    gap_spread: float = 0.1
    aspect: float = 1.0
    width_spread: float = 0.1
    size_spread: float = 0.05
    baseline_spread: float = 0.03
    slant: float = 0.0
    slope: float = 0.0
    wobble: float = 0.02
    joined: float = 0.0
    joined_zeros: float = 0.0
    first: float = 1.0

    def enlargement(self, place: int, count: int) -> float:
        """Size of the digit at one of `count` places over the usual size."""
        return self.first if place == 0 and count > 2 else 1.0

    def random_scales(self, label: int, unit: float, rng: np.random.Generator) -> tuple[float, float]:
        """Random vertical and horizontal scale of a digit, `unit` being that of a plain one."""
        size_spread, width_spread = bounded_normal(rng, (2,)).tolist()
        size = unit * self.heights[label] * np.exp(self.size_spread * size_spread)
        return float(size), float(size * self.aspect * np.exp(self.width_spread * width_spread))


def random_line_style(rng: np.random.Generator) -> LineStyle:
    """A random style: mostly plain, at times very wide, tight, slanted or uneven."""
    heights, drops = np.ones(10), np.zeros(10)
    if rng.random() < 0.4:
        heights *= np.exp(rng.normal(0, 0.08, 10))
    if rng.random() < 0.25:
        heights[0] *= rng.uniform(0.4, 0.85)
        drops[0] = -rng.uniform(0, 1) * (1 - heights[0]) * (rng.random() < 0.5)
    kind = rng.random()
    if kind < 0.15:  # old-style figures: 0, 1 and 2 low, 6 and 8 above them, the others below the baseline
        heights[[0, 1, 2]] = rng.uniform(0.5, 0.8)
    if kind < 0.42:
        fewest, most, low, high = (2, 6, 0.15, 0.45) if kind < 0.15 else (1, 4, 0.1, 0.4)
        tails = rng.choice(TAILED, size=rng.integers(fewest, most), replace=False)
        drops[tails] = rng.uniform(low, high)
        heights[tails] += drops[tails] * rng.uniform(0, 1)
    wide_gaps = rng.random() < 0.12
    gap = rng.uniform(0.4, 1.1) if wide_gaps else np.clip(rng.normal(0.14, 0.13), -0.12, 0.6)
    return LineStyle(
        heights=heights,
        drops=drops,
        text_px=float(np.exp(rng.uniform(np.log(18), np.log(42)))),
        gap=float(gap),
        gap_spread=float(rng.uniform(0.03, 0.16)),
        aspect=float(np.clip(np.exp(rng.normal(0.05, 0.22)), 0.55, 1.8)),
        width_spread=float(rng.choice([0.06, 0.12, 0.25])),
        size_spread=float(rng.choice([0.03, 0.07, 0.14])),
        baseline_spread=float(rng.choice([0.02, 0.05, 0.1])),
        slant=float(np.clip(rng.normal(0.04, 0.16), -0.4, 0.6)),
        slope=float(np.clip(rng.normal(0, 0.025), -0.08, 0.08)),
        wobble=float(rng.uniform(0.0, 0.045)),
        joined=float(rng.choice([0.0, 0.05, 0.4], p=[0.7, 0.2, 0.1])),
        joined_zeros=float(rng.choice([0.0, 0.7], p=[0.75, 0.25])),
        first=float(rng.uniform(1.15, 1.7)) if rng.random() < 0.1 else 1.0,
    )


def write_line(
    writer: Writer, text: str, signs: dict[int, str], style: LineStyle, rng: np.random.Generator
) -> Ink:
    """Writes a line; returns its ink, cropped.

    Args:
        writer: Source of the digits and the line width.
        text: At least one digit.
        signs: Signs by the place of the digit after them; see `random_signs`.
        style: Sizes and positions.
        rng: Random number generator of the differences between two lines of one style.
    """
    height = style.text_px
    pen_px = max(1, round(writer.pen_px * height / TEXT_PX))
    pad = round(height * (0.8 + abs(style.slant)))
    glyphs = [
        _glyph(writer.draw(int(digit), rng), style, style.enlargement(place, len(text)), rng)
        for place, digit in enumerate(text)
    ]
    places, strokes, x = [], [], float(pad)
    for place in range(len(text) + 1):
        for sign in signs.get(place, ""):
            stretch = random_stretch(sign, rng)
            shapes = [stroke * (stretch, 1) for stroke in SIGN_STROKES[sign]]
            width = max(shape[:, 0].max() for shape in shapes)
            rise = rng.normal(0, 0.06)
            strokes += [
                (shape + rng.normal(0, 0.012, shape.shape) + (0, rise)) * height + (x, 0) for shape in shapes
            ]
            x += (width + max(0.05, rng.normal(0.12, 0.06)) + max(0.0, style.gap) / 2) * height
        if place < len(text):
            places.append(x)
            ink, _ = glyphs[place]
            x += max(0.15 * height, ink.shape[1] + rng.normal(style.gap, style.gap_spread) * height)
    lift = round(height * (0.9 + abs(style.slope) * x / height / 2))
    baseline = lift + round(1.2 * height)
    canvas = np.zeros((baseline + round(0.6 * height) + lift, round(x) + pad + round(height)), np.uint8)
    boxes = []
    for place_px, (ink, drop) in zip(places, glyphs, strict=True):
        foot = baseline + (drop + rng.normal(0, style.baseline_spread)) * height
        rows, columns = ink.shape
        left, top = round(place_px), min(max(round(foot) - rows, 0), canvas.shape[0] - rows)
        part = canvas[top : top + rows, left : left + columns]
        np.maximum(part, ink, out=part)
        boxes.append(Box(left, top, left + columns, top + rows))
    for stroke in strokes:
        _draw(canvas, stroke + (0, baseline), pen_px)
    for place in range(1, len(text)):
        zeros = text[place - 1 : place + 1] == "00"
        if place not in signs and rng.random() < max(style.joined, zeros * style.joined_zeros):
            _join(canvas, boxes[place - 1], boxes[place], pen_px, rng)
    return crop_to_ink(_warped(canvas, baseline, style, rng))


def _glyph(
    digit: DigitImage, style: LineStyle, enlargement: float, rng: np.random.Generator
) -> tuple[Ink, float]:
    """A digit at its size on the page, and the depth of its foot below the baseline in text heights."""
    unit = style.text_px * enlargement / TEXT_PX / digit.scale
    ink = crop_to_ink(digit.ink)
    size, width = style.random_scales(digit.label, unit, rng)
    shape = (max(2, round(ink.shape[1] * width)), max(2, round(ink.shape[0] * size)))
    scaled = cv2.resize(ink, shape, interpolation=cv2.INTER_AREA if size < 0.7 else cv2.INTER_LINEAR)
    # What a long-tailed shape is higher than a digit should be is its tail.
    tail = max(0.0, shape[1] / style.text_px - enlargement * size / unit) if digit.label in TAILED else 0.0
    return np.asarray(scaled, dtype=np.uint8), float(style.drops[digit.label] + tail)


def _draw(canvas: Ink, stroke: FloatArray, pen_px: int) -> None:
    points = np.rint(stroke * 8).astype(np.int32)
    cv2.polylines(canvas, [points], False, 255, thickness=pen_px, lineType=cv2.LINE_AA, shift=3)


def _join(canvas: Ink, before: Box, after: Box, pen_px: int, rng: np.random.Generator) -> None:
    """A stroke from the right edge of a digit to the left edge of the next one."""
    ends = []
    for box, side in ((before, -1), (after, 0)):
        part = canvas[int(box.top) : int(box.bottom), int(box.left) : int(box.right)]
        inked = np.flatnonzero((part > _INKED).any(axis=1))
        if not len(inked):
            return
        row = int(rng.choice(inked))
        column = int(np.flatnonzero(part[row] > _INKED)[side])
        ends.append((box.left + column, box.top + row))
    (x0, y0), (x1, y1) = ends
    middle = ((x0 + x1) / 2, (y0 + y1) / 2 + rng.normal(0, 0.1) * before.height)
    _draw(canvas, np.array([(x0, y0), middle, (x1, y1)]), max(1, pen_px - 1))


def _warped(canvas: Ink, baseline: int, style: LineStyle, rng: np.random.Generator) -> Ink:
    """The line with its slant, slope and wobble."""
    height, width = canvas.shape
    x, y = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)[:, None]
    grid = (max(2, round(2 * height / style.text_px)), max(2, round(1.5 * width / style.text_px)), 2)
    coarse = rng.normal(0, style.wobble * style.text_px, grid).astype(np.float32)
    shift = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    from_x = x + np.float32(style.slant) * (y - baseline) + shift[..., 0]
    from_y = y + np.float32(style.slope) * (x - width / 2) + shift[..., 1]
    return np.asarray(cv2.remap(canvas, from_x, from_y, cv2.INTER_LINEAR), dtype=np.uint8)
