"""Digit strings written or printed on a sheet: digits, gaps, signs, strikes.

Three frames: pixels of a glyph's ink; the line, with its origin at the left end of the baseline, upright and
level; the sheet, with the slant and tilt of the line.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from sdnn.datasets.digits import TEXT_PX, DigitImage, Writer
from sdnn.datasets.documents.ink_canvas import Canvas, composed, mapped, rectangle
from sdnn.datasets.documents.truth import StringTruth
from sdnn.datasets.handwriting import LineStyle
from sdnn.datasets.rasterizer import Ink
from sdnn.datasets.signs import SIGN_STROKES, random_document_signs, random_stretch
from sdnn.results import FloatArray

INKED: Final = 40
"""Ink, of 255, above which a row of a glyph counts as inked."""
MAX_TAIL: Final = 0.6
"""Upper bound of a tail, as a share of the digit's height."""


@dataclass(frozen=True)
class StringSetting:
    """Size, ink and position of a string.

    Attributes:
        height_px: Usual height of its digits on the sheet.
        tone: Darkness of its ink, 0 to 1.
        pitch_px: Distance between the cells of its digits; None without cells.
        tilt: Fall of the baseline, for each unit to the right.
        signs: Probability of signs beside and between the digits; there are none in cells.
        struck: Probability that a digit is struck out.
        fading: Probability of ink that fades along the string.
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
        canvas: Canvas to write on.
        writer: Source of the digits.
        text: At least one digit.
        place: Left end of the baseline on the sheet; of a comb the left edge of the first cell.
        setting: Size, ink and position.
        style: Style of the line; its `text_px`, `slope`, `wobble` and joins have no effect here.
        rng: Random number generator of the differences between two strings of one style.
        printed: Whether the string is print; for the truth alone.
    """
    height = setting.height_px
    digits = [writer.draw(int(label), rng) for label in text]
    glyphs = [
        _glyph(digit, height, style, style.enlargement(number, len(text)), rng)
        for number, digit in enumerate(digits)
    ]
    has_signs = setting.pitch_px is None and rng.random() < setting.signs
    signs = random_document_signs(len(text), rng) if has_signs else {}
    tones = _random_tones(len(text), setting, rng)
    sheet_from_line = np.array(
        [[1.0, -style.slant, place[0]], [setting.tilt, 1.0 - setting.tilt * style.slant, place[1]]]
    )
    pen_px = max(0.5, writer.pen_px * height / TEXT_PX)
    x, spots, quads, edges, cores = 0.0, [], [], [], []
    for number in range(len(text) + 1):
        for sign in signs.get(number, ""):
            tone = tones[min(number, len(text) - 1)]
            width, spot = draw_sign(canvas, sign, x, height, sheet_from_line, pen_px, tone, rng)
            spots.append(spot)
            x += width + (max(0.05, rng.normal(0.12, 0.06)) + max(0.0, style.gap) / 2) * height
        if number == len(text):
            break
        glyph = glyphs[number]
        if setting.pitch_px is not None:
            room = setting.pitch_px - glyph.width_px
            x = number * setting.pitch_px + room / 2 + rng.normal(0, 0.12) * max(0.0, room)
        foot = (glyph.drop + glyph.tail + rng.normal(0, style.baseline_spread)) * height
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
    # Tails count neither for the middle of the line nor for the height of its digits.
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
    shown = [(*mapped(np.array((x, y)), matrix), size * scale) for x, y, size in spots]
    return WrittenString(truth, np.array(shown).reshape(-1, 3), place[0], box, np.array(edges))


@dataclass(frozen=True, eq=False)
class _SheetGlyph:
    """A digit at its size on the sheet.

    Attributes:
        ink: (h, w) uint8 without empty rows above and below.
        width_px: Width on the sheet.
        height_px: Height on the sheet.
        drop: Depth of its foot below the baseline, in text heights.
        tail: Height of its tail, in text heights.
    """

    ink: Ink
    width_px: float
    height_px: float
    drop: float
    tail: float

    def line_from_ink(self, x: float, foot: float) -> FloatArray:
        """(2, 3) affine map with the glyph's left edge at x and its lower edge at `foot`."""
        rows, columns = self.ink.shape
        return np.array(
            [[self.width_px / columns, 0.0, x], [0.0, self.height_px / rows, foot - self.height_px]]
        )


def _glyph(
    digit: DigitImage, height: float, style: LineStyle, enlargement: float, rng: np.random.Generator
) -> _SheetGlyph:
    rows = np.flatnonzero(digit.ink.max(axis=1) > INKED)
    ink = digit.ink[rows[0] : rows[-1] + 1] if len(rows) else digit.ink
    unit = height * enlargement / TEXT_PX / digit.scale
    size, width = style.random_scales(digit.label, unit, rng)
    tail = max(0.0, ink.shape[0] * unit / height - 1.1 * enlargement)
    tall = max(2.0, ink.shape[0] * size)
    return _SheetGlyph(
        ink,
        width_px=max(1.0, ink.shape[1] * width),
        height_px=tall,
        drop=float(style.drops[digit.label]),
        tail=min(tail, MAX_TAIL * tall / height),
    )


def draw_sign(
    canvas: Canvas,
    sign: str,
    x: float,
    height_px: float,
    sheet_from_line: FloatArray,
    pen_px: float,
    tone: float,
    rng: np.random.Generator,
) -> tuple[float, tuple[float, float, float]]:
    """Draws a sign on the baseline of a string.

    Args:
        canvas: Canvas to draw on.
        sign: A key of `SIGN_STROKES`.
        x: Left edge along the baseline.
        height_px: Height of the string's digits on the sheet.
        sheet_from_line: (2, 3) affine map from the string's baseline to the sheet.
        pen_px: Line width of the pen.
        tone: Darkness of the ink, 0 to 1.
        rng: Random number generator of size and shape.

    Returns:
        Width along the baseline, and x and y of the middle and the size on the sheet.
    """
    stretch, size = random_stretch(sign, rng), float(np.exp(rng.normal(0, 0.12)))
    strokes = [stroke * (stretch * size, size) for stroke in SIGN_STROKES[sign]]
    rise = rng.normal(0, 0.06)
    drawn = []
    for stroke in strokes:
        points = (stroke + rng.normal(0, 0.015, stroke.shape) + (0, rise)) * height_px + (x, 0)
        drawn.append(mapped(points, sheet_from_line))
        canvas.line(drawn[-1], pen_px, tone)
    points = np.vstack(drawn)
    low, high = points.min(axis=0), points.max(axis=0)
    middle_x, middle_y = ((low + high) / 2).tolist()
    width = float(max(stroke[:, 0].max() for stroke in strokes)) * height_px
    return width, (middle_x, middle_y, max(float(np.max(high - low)), pen_px))


def _random_tones(count: int, setting: StringSetting, rng: np.random.Generator) -> list[float]:
    """Darkness of each digit; where the ink fades, all from one on are paler."""
    tones = setting.tone * np.exp(rng.normal(0, 0.05, count))
    if count > 1 and rng.random() < setting.fading:
        tones[rng.integers(1, count) :] *= rng.uniform(0.2, 0.6)
    return [float(tone) for tone in tones.clip(0.05, 1.0)]


def _strike(canvas: Canvas, quad: FloatArray, pen_px: float, tone: float, rng: np.random.Generator) -> None:
    """Strikes a digit out by one or two strokes, a cross, or a scrawl."""
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
