"""The picture of a reading: the page, the strip, its class map, and the decoder's path on the map."""

import math
from textwrap import wrap
from typing import Final

import numpy as np
from PIL import Image

from sdnn.rendering.canvas import (
    ACCENT,
    HAIRLINE,
    INK_RAMP,
    QUIET,
    WHITE,
    Canvas,
    Colour,
    format_probability,
    ramp,
    stack,
    text_width_px,
    tint_digit_ink,
)
from sdnn.rendering.explanation_layout import (
    EDGE_PX,
    FUNNEL_PX,
    GUTTER_PX,
    LABELS_PX,
    Band,
    PageRow,
    cut_into_bands,
    place_page,
    span_edges,
)
from sdnn.results import CLASSES, NO_DIGIT, Box, ClassMap, Digit, Evidence, FloatArray, Reading

DIGIT_RAMP: Final[tuple[Colour, ...]] = (
    (246, 248, 251),
    (211, 225, 239),
    (165, 198, 225),
    (111, 163, 207),
    (63, 125, 182),
    (28, 85, 148),
    (11, 47, 99),
)
"""Lightness falls in even steps, so that equal steps of probability look equal."""
NO_DIGIT_RAMP: Final[tuple[Colour, ...]] = ((246, 247, 248), (176, 179, 184))
"""Pale grey, because no-digit is the most probable class of most columns."""
FUNNEL: Final[Colour] = (253, 241, 232)
GUIDE: Final[Colour] = (240, 170, 125)

LEGEND_PX: Final = 520
"""Smallest width of the picture, that of the legend."""
TITLE_SIZES: Final = (44, 30)
"""Size of the letters of a text in one line, and in several."""
SMALL_PX: Final = 22
"""Size of the letters below the text."""
BOXED_PX: Final = 12
"""Smallest height of the highest digit on a page with boxes."""


def explain(reading: Reading) -> Image.Image:
    """Draw the evidence of a reading: page, strip, class map and the decoder's path.

    Args:
        reading: Reading; without evidence only its title is drawn.

    Returns:
        RGB picture, at most 1,328 px wide; long strips continue in bands below, at most 24.
    """
    evidence = reading.evidence
    if evidence is None:
        return _title(reading, LEGEND_PX)
    if 0 in evidence.strip.ink.shape:
        page = place_page(evidence.page.shape, None, LEGEND_PX - GUTTER_PX - EDGE_PX)
        return stack([_title(reading, LEGEND_PX), _page(page, evidence, ())])
    rows = cut_into_bands(evidence)
    width = max(LEGEND_PX, *(band.size[0] for band in rows))
    page = place_page(evidence.page.shape, reading.box, width - GUTTER_PX - EDGE_PX)
    pictures = [_band(band, evidence, reading.digits) for band in rows]
    if rows[-1].stop_px < evidence.strip.ink.shape[1]:
        pictures.append(_rest(rows[-1].stop_px / evidence.strip.ink.shape[1], width))
    return stack([_title(reading, width), _page(page, evidence, reading.digits), *pictures, _legend(width)])


def _rest(share: float, width_px: int) -> Image.Image:
    """A note that the rest of the strip is not drawn."""
    canvas = Canvas(width_px, 40)
    canvas.text(EDGE_PX, 26, f"the strip goes on: this is its first {100 * share:.0f} %", SMALL_PX, QUIET)
    return canvas.finish()


def _title(reading: Reading, width_px: int) -> Image.Image:
    """The text, its confidence, the number of views, and the reason of a rejection."""
    large, small = TITLE_SIZES
    text, confidence = reading.text or "no digits found", format_probability(reading.confidence)
    room = width_px - 2 * EDGE_PX
    gap = 28
    fits = text_width_px(text, large) + gap + text_width_px(confidence, 26) <= room
    per_line = len(text) if fits else int(room / text_width_px("0", small))
    size = large if fits else small
    lines = [text[at : at + per_line] for at in range(0, len(text), per_line)]
    below = [] if fits else [confidence]
    if reading.views > 1:
        below.append(f"mean of {reading.views} views; the surest is shown")
    reason = reading.reason if reading.reason != text else None
    # Letters are about half as wide as high; a little more is room for wide ones.
    below += wrap(reason or "", int(room / (0.55 * SMALL_PX)))

    canvas = Canvas(width_px, 36 + round(1.25 * size) * len(lines) + 34 * len(below))
    baseline = 16.0
    for line in lines:
        baseline += round(1.25 * size)
        canvas.text(EDGE_PX, baseline, line, size)
    if fits and reading.evidence is not None:
        canvas.text(EDGE_PX + text_width_px(text, size) + gap, baseline, confidence, 26, QUIET)
    for line in below:
        baseline += 34
        canvas.text(EDGE_PX, baseline, line, SMALL_PX, QUIET)
    return canvas.finish()


def _page(row: PageRow, evidence: Evidence, digits: tuple[Digit, ...]) -> Image.Image:
    """The page with digit ink in colour and, where they are large enough, boxes of the digits."""
    canvas = Canvas(*row.size)
    left, top, right, bottom = row.shown.rounded()
    grey = np.rint(255 * evidence.page[top:bottom, left:right]).astype(np.uint8)
    frame = row.page_box(row.shown)
    digit_ink = evidence.digit_ink
    canvas.pixels(
        frame, tint_digit_ink(grey, None if digit_ink is None else digit_ink[top:bottom, left:right])
    )
    canvas.box(frame, outline=HAIRLINE)
    boxes = [row.page_box(digit.box) for digit in digits]
    if max((box.height for box in boxes), default=0.0) >= BOXED_PX:
        for box in boxes:
            canvas.box(box.expanded(1), outline=ACCENT, radius_px=3)
    _caption(canvas, frame, "picture" if grey.shape == evidence.page.shape else "part of\npicture")
    return canvas.finish()


def _caption(canvas: Canvas, beside: Box, text: str) -> None:
    """Write a caption left of a box."""
    lines = text.split("\n")
    first = beside.centre[1] - 11 * (len(lines) - 1)
    for place, line in enumerate(lines):
        canvas.text(EDGE_PX, first + 22 * place, line, 18, QUIET, anchor="lm")


def _band(band: Band, evidence: Evidence, digits: tuple[Digit, ...]) -> Image.Image:
    canvas = Canvas(*band.size)
    ink = evidence.strip.ink[:, band.start_px : band.stop_px]
    frame = band.strip_box(Box(band.start_px, 0, band.stop_px, band.height_px))
    canvas.pixels(frame, ramp(ink, INK_RAMP))
    _draw_digits(canvas, band, digits, evidence.boxes)
    columns = band.columns(evidence.class_map)
    if columns:
        _draw_funnels(canvas, band, evidence.class_map, digits, evidence.boxes)
        _draw_map(canvas, band, evidence.class_map, columns)
        _draw_path(canvas, band, evidence, columns)
    if band.start_px == 0:
        _caption(canvas, frame, "strip")
        _caption(canvas, Box.around([band.row_box(0, 0, 0), band.row_box(NO_DIGIT, 0, 0)]), "class\nmap")
    return canvas.finish()


def _draw_digits(canvas: Canvas, band: Band, digits: tuple[Digit, ...], boxes: tuple[Box, ...]) -> None:
    """Draw the box of every digit, and write the digit and its confidence above."""
    middles = [box.centre[0] for box in boxes]
    for index, (digit, box) in enumerate(zip(digits, boxes, strict=True)):
        if band.start_px < box.right and box.left < band.stop_px:
            visible = Box(max(box.left, band.start_px), box.top, min(box.right, band.stop_px), box.bottom)
            canvas.box(band.strip_box(visible), outline=ACCENT, width_px=2, radius_px=4)
        if not band.start_px <= middles[index] < band.stop_px:
            continue
        neighbours = middles[max(0, index - 1) : index] + middles[index + 1 : index + 2]
        gaps = [abs(other - middles[index]) * band.magnification for other in neighbours]
        room = min(gaps, default=math.inf)
        x = band.x(middles[index])
        size = next((size for size in (32, 24, 18) if text_width_px(digit.digit, size) + 3 <= room), 12)
        canvas.text(x, LABELS_PX - 34, digit.digit, size, anchor="ms")
        confidence = f"{digit.confidence:.2f}"
        small = next((size for size in (19, 15) if text_width_px(confidence, size) + 8 <= room), None)
        if small is not None:
            canvas.text(x, LABELS_PX - 11, confidence, small, QUIET, anchor="ms")


def _draw_funnels(
    canvas: Canvas, band: Band, class_map: ClassMap, digits: tuple[Digit, ...], boxes: tuple[Box, ...]
) -> None:
    """Draw a funnel from every digit down to its columns."""
    for digit, box in zip(digits, boxes, strict=True):
        left, right = span_edges(class_map, *digit.columns)
        if not band.start_px <= (left + right) / 2 < band.stop_px:
            continue
        above, below = band.strip_box(box), band.row_box(0, left, right)
        strip_bottom = below.top - FUNNEL_PX
        lefts = [(above.left, strip_bottom), (below.left, below.top)]
        rights = [(above.right, strip_bottom), (below.right, below.top)]
        canvas.polygon([*lefts, *reversed(rights)], FUNNEL)
        canvas.line([(above.left + 1, above.bottom), *lefts], GUIDE, 1)
        canvas.line([(above.right - 1, above.bottom), *rights], GUIDE, 1)


def _draw_map(canvas: Canvas, band: Band, class_map: ClassMap, columns: range) -> None:
    """Draw the probabilities, a row for each class, and name the rows."""
    # The square root makes a rival of a few per cent visible.
    shade: FloatArray = np.exp(class_map.log_probs[columns.start : columns.stop].T / 2)
    edges = span_edges(class_map, columns[0], columns[-1])
    size = min(20, 6 + 2 * band.magnification)
    for label in range(CLASSES):
        box = band.row_box(label, *edges)
        canvas.pixels(box, ramp(shade[label : label + 1], NO_DIGIT_RAMP if label == NO_DIGIT else DIGIT_RAMP))
        middle = box.centre[1]
        if label == NO_DIGIT:
            canvas.line([(box.left - 10 - size / 2, middle), (box.left - 10, middle)], QUIET, 2)
        else:
            canvas.text(box.left - 10, middle, str(label), size, QUIET, anchor="rm")


def _draw_path(canvas: Canvas, band: Band, evidence: Evidence, columns: range) -> None:
    """Draw the best path in steps at the edges of the columns, with dots on the digits."""
    labels = evidence.path[columns.start : columns.stop].tolist()
    cells = [
        band.row_box(label, *span_edges(evidence.class_map, column, column))
        for label, column in zip(labels, columns, strict=True)
    ]
    canvas.line([(x, cell.centre[1]) for cell in cells for x in (cell.left, cell.right)], ACCENT, 2)
    for label, cell in zip(labels, cells, strict=True):
        if label != NO_DIGIT:
            _draw_dot(canvas, cell)


def _draw_dot(canvas: Canvas, cell: Box) -> None:
    """Draw a dot in the middle of a cell, with a white rim that is visible on the darkest blue."""
    x, y = cell.centre
    radius = min(5.0, 0.3 * cell.width, 0.3 * cell.height)
    for size, colour in ((radius + 1.3, WHITE), (radius, ACCENT)):
        canvas.box(Box(x - size, y - size, x + size, y + size), fill=colour, radius_px=size)


def _legend(width_px: int) -> Image.Image:
    """The legend of the colours and the path."""
    canvas = Canvas(width_px, 84)
    left, top, length = EDGE_PX + 110.0, 10.0, 160.0
    canvas.text(EDGE_PX, top + 17, "probability", 18, QUIET)
    shades = np.linspace(0.0, 1.0, 64)[np.newaxis]
    canvas.pixels(Box(left, top, left + length, top + 12), ramp(shades, DIGIT_RAMP))
    canvas.pixels(Box(left, top + 14, left + length, top + 20), ramp(shades, NO_DIGIT_RAMP))
    for prob in (0.0, 0.1, 0.5, 1.0):
        x = left + length * math.sqrt(prob)
        canvas.line([(x, top + 20), (x, top + 25)], HAIRLINE, 1)
        canvas.text(x, top + 41, f"{prob:g}", 15, QUIET, anchor="ms")
    left += length + 44
    low, high = top + 17, top + 3
    steps = [(left, low), (left + 10, low), (left + 10, high), (left + 40, high), (left + 40, low)]
    canvas.line([*steps, (left + 50, low)], ACCENT, 2)
    _draw_dot(canvas, Box(left + 11, high - 8, left + 25, high + 8))
    _draw_dot(canvas, Box(left + 25, high - 8, left + 39, high + 8))
    canvas.text(left + 62, top + 17, "best path", 18, QUIET)
    return canvas.finish()
