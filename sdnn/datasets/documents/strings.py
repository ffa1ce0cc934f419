"""Digit strings as they are written or printed on a sheet: digits, gaps, signs between them, strikes.

Three frames: pixels of a glyph's ink; the line, with its origin at the left end of the baseline, upright and
level; the sheet, where the line leans and may run downhill.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from sdnn.datasets.digits import DigitImage, Writer
from sdnn.datasets.documents.ink_canvas import Canvas, Ink, composed, mapped, rectangle
from sdnn.datasets.documents.signs import draw_sign, random_signs
from sdnn.datasets.documents.truth import StringTruth
from sdnn.datasets.handwriting import LineStyle
from sdnn.datasets.pen import TEXT_PX
from sdnn.results import FloatArray

INKED: Final = 40
"""Darkness, of 255, from which on a row of a glyph counts as inked."""
LONGEST_TAIL: Final = 0.6
"""Share of a digit's height that its tail may be."""


@dataclass(frozen=True)
class StringSetting:
    """How a string is set down.

    Attributes:
        height_px: Usual height of its digits on the sheet.
        tone: Darkness of its ink, 0 to 1.
        pitch_px: Distance between the cells its digits stand in; None where they follow each other.
        tilt: Fall of the baseline, for each unit to the right.
        signs: Probability of signs beside and between the digits; there are none in cells.
        struck: Probability of each digit to be struck out.
        fading: Probability that the pen runs dry on the way.
    """

    height_px: float
    tone: float = 0.9
    pitch_px: float | None = None
    tilt: float = 0.0
    signs: float = 0.5
    struck: float = 0.0
    fading: float = 0.05


@dataclass(frozen=True, eq=False)
class WrittenString:
    """A string on a sheet.

    Attributes:
        truth: The string, in pixels of the picture.
        signs: (S, 3) x, y and size of each sign, in pixels of the picture.
        left: Left end of the baseline on the sheet.
        box: (4,) left, top, right and bottom on the sheet.
        edges: (L, 2) left and right edge of each digit, from the left end of the baseline.
    """

    truth: StringTruth
    signs: FloatArray
    left: float
    box: FloatArray
    edges: FloatArray


def write_string(
    canvas: Canvas,
    writer: Writer,
    text: str,
    place: tuple[float, float],
    setting: StringSetting,
    style: LineStyle,
    rng: np.random.Generator,
    printed: bool = False,
) -> WrittenString:
    """Writes a string.

    Args:
        canvas: What to write on.
        writer: Where its digits come from.
        text: At least one digit.
        place: Left end of its baseline on the sheet; of a comb the left edge of its first cell.
        setting: Size, darkness, and what befalls it.
        style: Manner of the writer; its `text_px`, `slope`, `wobble` and joins have no effect here.
        rng: What differs between two strings of one style.
        printed: Whether it is print; for the truth alone.
    """
    height = setting.height_px
    digits = [writer.draw(int(label), rng) for label in text]
    glyphs = [
        _glyph(digit, height, style, style.taller(number, len(text)), rng)
        for number, digit in enumerate(digits)
    ]
    signs = _random_signs(len(text), setting, rng)
    tones = _random_tones(len(text), setting, rng)
    sheet_from_line = np.array(
        [[1.0, -style.slant, place[0]], [setting.tilt, 1.0 - setting.tilt * style.slant, place[1]]]
    )
    pen_px = max(0.5, writer.pen_px * height / TEXT_PX)
    x, spots, quads, edges, cores = 0.0, [], [], [], []
    for number in range(len(text) + 1):
        for sign in signs.get(number, ""):
            tone = tones[min(number, len(text) - 1)]
            wide, spot = draw_sign(canvas, sign, x, height, sheet_from_line, pen_px, tone, rng)
            spots.append(spot)
            x += wide + (max(0.05, rng.normal(0.12, 0.06)) + max(0.0, style.gap) / 2) * height
        if number == len(text):
            break
        glyph = glyphs[number]
        if setting.pitch_px is not None:
            room = setting.pitch_px - glyph.width_px
            x = number * setting.pitch_px + room / 2 + rng.normal(0, 0.12) * max(0.0, room)
        foot = (glyph.drop + glyph.tail + rng.normal(0, style.unsteadiness)) * height
        sheet_from_ink = composed(sheet_from_line, glyph.line_from_ink(x, foot))
        canvas.stamp(glyph.ink, sheet_from_ink, tones[number], "digits")
        quads.append(mapped(rectangle(0.0, 0.0, *glyph.ink.shape[::-1]), sheet_from_ink))
        edges.append((x, x + glyph.width_px))
        core = glyph.height_px - glyph.tail * height
        cores.append((x + glyph.width_px / 2, foot - glyph.tail * height - core / 2, core))
        if setting.pitch_px is None:
            x += max(0.12 * height, glyph.width_px + rng.normal(style.gap, style.gap_spread) * height)
    on_sheet = np.array(quads)
    struck = tuple(number for number in range(len(text)) if rng.random() < setting.struck)
    for number in struck:
        _strike(canvas, on_sheet[number], pen_px, tones[number], rng)
    # Tails say nothing about where the middle of the line is, nor how high its digits are.
    _, middle, usual = np.median(np.array(cores), axis=0).tolist()
    first, last = cores[0][0] - glyphs[0].width_px / 2, cores[-1][0] + glyphs[-1].width_px / 2
    ends = mapped(np.array([(first, middle), (last, middle)]), sheet_from_line)
    matrix, scale = canvas.picture_from_sheet, canvas.scale
    truth = StringTruth(
        text,
        quads=mapped(on_sheet, matrix),
        height_px=usual * scale,
        centre=mapped(ends, matrix),
        slant=style.slant,
        printed=printed,
        struck=struck,
    )
    (left, top), (right, bottom) = on_sheet.min(axis=(0, 1)).tolist(), on_sheet.max(axis=(0, 1)).tolist()
    box = np.array([min(left, place[0]), top, max(right, place[0] + x), bottom])
    return WrittenString(truth, _on_picture(spots, matrix, scale), place[0], box, np.array(edges))


@dataclass(frozen=True, eq=False)
class _Glyph:
    """A digit at its size on the sheet.

    Attributes:
        ink: (h, w) uint8 without empty rows above and below.
        width_px: Width on the sheet.
        height_px: Height on the sheet.
        drop: How far its foot hangs below the baseline, in text heights.
        tail: What of its height is a tail, in text heights.
    """

    ink: Ink
    width_px: float
    height_px: float
    drop: float
    tail: float

    def line_from_ink(self, x: float, foot: float) -> FloatArray:
        """(2, 3) affine map that puts its left edge at x and its lower edge at `foot`."""
        rows, columns = self.ink.shape
        return np.array(
            [[self.width_px / columns, 0.0, x], [0.0, self.height_px / rows, foot - self.height_px]]
        )


def _glyph(
    digit: DigitImage, height: float, style: LineStyle, taller: float, rng: np.random.Generator
) -> _Glyph:
    """A digit so many times taller than usual."""
    rows = np.flatnonzero(digit.ink.max(axis=1) > INKED)
    ink = digit.ink[rows[0] : rows[-1] + 1] if len(rows) else digit.ink
    unit = height * taller / TEXT_PX / digit.scale
    spread_size, spread_width = np.clip(rng.standard_normal(2), -2, 2)
    size = unit * style.heights[digit.label] * np.exp(style.size_spread * spread_size)
    width = size * style.widening * np.exp(style.width_spread * spread_width)
    tail = max(0.0, ink.shape[0] * unit / height - 1.1 * taller)
    tall = max(2.0, ink.shape[0] * size)
    return _Glyph(
        ink,
        width_px=max(1.0, ink.shape[1] * width),
        height_px=tall,
        drop=float(style.drops[digit.label]),
        tail=min(tail, LONGEST_TAIL * tall / height),
    )


def _random_signs(count: int, setting: StringSetting, rng: np.random.Generator) -> dict[int, str]:
    if setting.pitch_px is not None or rng.random() >= setting.signs:
        return {}
    return random_signs(count, rng)


def _random_tones(count: int, setting: StringSetting, rng: np.random.Generator) -> list[float]:
    """Darkness of each digit; where the pen runs dry, all from one on are paler."""
    tones = setting.tone * np.exp(rng.normal(0, 0.05, count))
    if count > 1 and rng.random() < setting.fading:
        tones[rng.integers(1, count) :] *= rng.uniform(0.2, 0.6)
    return [float(tone) for tone in tones.clip(0.05, 1.0)]


def _on_picture(
    spots: list[tuple[float, float, float]], picture_from_sheet: FloatArray, scale: float
) -> FloatArray:
    """(S, 3) x, y and size of signs on the picture."""
    shown = [(*mapped(np.array((x, y)), picture_from_sheet), size * scale) for x, y, size in spots]
    return np.array(shown).reshape(-1, 3)


def _strike(canvas: Canvas, quad: FloatArray, pen_px: float, tone: float, rng: np.random.Generator) -> None:
    """A digit crossed out by one or two strokes, a cross, or a scrawl."""
    left, top = quad.min(axis=0)
    right, bottom = quad.max(axis=0)
    height = bottom - top
    left, right = left - 0.12 * height, right + 0.12 * height
    kind = int(rng.choice(4, p=[0.35, 0.15, 0.35, 0.15]))
    start, end = rng.uniform(-0.1, 0.1, 4)[:2] * height
    strokes: list[tuple[float, float, float, float]]
    if kind == 0:
        strokes = [(left, bottom - 0.15 * height, right, top + 0.15 * height)]
    elif kind == 1:
        strokes = [(left, top, right, bottom), (left, bottom, right, top)]
    elif kind == 2:
        y = top + rng.uniform(0.35, 0.65) * height
        strokes = [(left, y, right, y), (left, y + 0.15 * height, right, y + 0.15 * height)]
        strokes = strokes[: 1 if rng.random() < 0.7 else 2]
    else:
        x = np.linspace(left, right, 9)
        zigzag = np.where(np.arange(9) % 2, top, bottom) + rng.normal(0, 0.1 * height, 9)
        canvas.line(np.stack([x, zigzag], axis=1), pen_px, tone)
        return
    for x0, y0, x1, y1 in strokes:
        canvas.line(np.array([(x0, y0 + start), (x1, y1 + end)]), pen_px * rng.uniform(0.8, 1.3), tone)
