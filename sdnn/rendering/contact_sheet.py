"""The picture of many readings with their truths, to look through failures."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

import numpy as np
from PIL import Image
from rapidfuzz.distance import Levenshtein

from sdnn.enums import Status
from sdnn.rendering.canvas import (
    ACCENT,
    INK_RAMP,
    QUIET,
    TEXT,
    WHITE,
    Canvas,
    format_probability,
    ramp,
    stack,
    text_width_px,
)
from sdnn.results import Box, Reading

SHEET_PX: Final = 1240
"""Greatest width of a sheet; a page shows it at about two thirds."""
GAP_PX: Final = 32
"""Distance around and between the cells."""
MAGNIFICATION: Final = 2
CELL_PX: Final = (270, 572)
"""Smallest and greatest width of a cell: four in a row, or two with long strips."""
FRAME_PX: Final = 56
"""Height of the frame of a strip on a sheet without strips."""
MIN_CONTRAST: Final = 0.05
"""Difference of brightness of a picture with ink."""
LABEL_PX: Final = 52
"""Width of the labels left of the digits."""
DIGIT_PX: Final = 15
"""Distance from one digit to the next."""
LINE_PX: Final = 27
MAX_LINES: Final = 4
"""Lines of digits of a cell; of a longer text, those from the first error on."""
MAX_NAME: Final = 255
"""Characters of a name that are measured, from either end."""


@dataclass(frozen=True)
class SheetEntry:
    """One reading on the sheet.

    Attributes:
        name: File or number of the strip.
        truth: Digits of its label.
        reading: Reading of the strip.
    """

    name: str
    truth: str
    reading: Reading


def align(truth: str, text: str) -> list[tuple[str, str]]:
    """Align a truth and the text of a reading with the fewest edits.

    Returns:
        Pairs of a character of the truth and one of the text; either is empty where the other has no partner.
    """
    pairs: list[tuple[str, str]] = []
    for step in Levenshtein.opcodes(truth, text):
        in_truth, in_text = truth[step.src_start : step.src_end], text[step.dest_start : step.dest_end]
        pairs += zip_longest(in_truth, in_text, fillvalue="")
    return pairs


def contact_sheet(entries: Sequence[SheetEntry]) -> Image.Image:
    """Draw every strip, row by row, with its truth and its reading below, wrong digits marked.

    Returns:
        RGB picture, at most 1,240 px wide; without entries a small one with a note.
    """
    if not entries:
        canvas = Canvas(280, 88)
        canvas.text(GAP_PX, 52, "no failures", 24)
        return canvas.finish()
    shapes = [entry.reading.evidence.strip.ink.shape for entry in entries if entry.reading.evidence]
    narrowest, widest = CELL_PX
    width = min(widest, max([narrowest, *(MAGNIFICATION * shape[1] for shape in shapes)]))
    frame = Box(0, 0, width, max((MAGNIFICATION * shape[0] for shape in shapes), default=FRAME_PX))
    per_row = min(len(entries), (SHEET_PX - GAP_PX) // (width + GAP_PX))
    cells = [_cell(entry, frame) for entry in entries]
    rows = [_side_by_side(cells[at : at + per_row]) for at in range(0, len(cells), per_row)]
    return stack([_legend(rows[0].width), *rows])


def _side_by_side(cells: Sequence[Image.Image]) -> Image.Image:
    pitch = cells[0].width + GAP_PX
    row = Image.new("RGB", (GAP_PX + len(cells) * pitch, max(cell.height for cell in cells) + GAP_PX), WHITE)
    for index, cell in enumerate(cells):
        row.paste(cell, (GAP_PX + index * pitch, 0))
    return row


def _cell(entry: SheetEntry, frame: Box) -> Image.Image:
    """The strip; below it truth and text, wrapped together; then name and confidence."""
    pairs = align(entry.truth, entry.reading.text)
    per_line = int((frame.width - LABEL_PX) / DIGIT_PX)
    every = [pairs[at : at + per_line] for at in range(0, max(1, len(pairs)), per_line)]
    wrong = next((at for at, line in enumerate(every) if any(true != read for true, read in line)), 0)
    first = max(0, min(wrong, len(every) - MAX_LINES))
    lines = every[first : first + MAX_LINES]
    canvas = Canvas(int(frame.width), int(frame.height) + (2 * LINE_PX + 6) * len(lines) + LINE_PX)
    _draw_strip(canvas, entry.reading, frame)

    baseline = frame.bottom
    for index, line in enumerate(lines):
        baseline += LINE_PX
        if index == 0:
            canvas.text(0, baseline, "truth", 14, QUIET)
            canvas.text(0, baseline + LINE_PX, "read", 14, QUIET)
        _draw_pairs(canvas, line, baseline)
        baseline += LINE_PX + 6
    confidence = format_probability(entry.reading.confidence) if entry.reading.evidence else ""
    if len(every) > len(lines):
        confidence = f"{sum(map(len, lines))} of {len(pairs)} digits"
    baseline += LINE_PX - 7
    canvas.text(frame.right, baseline, confidence, 14, QUIET, anchor="rs")
    room = frame.width - text_width_px(confidence, 14) - 16
    canvas.text(0, baseline, elide(entry.name, 14, room), 14, QUIET)
    return canvas.finish()


def _draw_strip(canvas: Canvas, reading: Reading, frame: Box) -> None:
    """Draw the strip at the sheet's scale, or smaller where it would not fit."""
    canvas.box(frame, fill=INK_RAMP[0])
    if reading.evidence is None or 0 in reading.evidence.strip.ink.shape:
        canvas.text(frame.width / 2, frame.height / 2, _absence(reading), 14, QUIET, anchor="mm")
        return
    ink = reading.evidence.strip.ink
    height, width = ink.shape
    scale = min(MAGNIFICATION, frame.width / width)
    top = (frame.height - scale * height) / 2
    canvas.pixels(Box(0, top, scale * width, top + scale * height), ramp(ink, INK_RAMP))


def _absence(reading: Reading) -> str:
    """Why there is no strip."""
    if reading.status is Status.ERROR:
        return "unreadable"
    if reading.evidence is None:
        return "no text that is allowed"
    return "no ink" if np.ptp(reading.evidence.page) < MIN_CONTRAST else "no line found"


def _draw_pairs(canvas: Canvas, pairs: Sequence[tuple[str, str]], baseline: float) -> None:
    """Write the truth and below it the text, with a mark at each wrong, missing or extra digit."""
    for index, (true, read) in enumerate(pairs):
        x = LABEL_PX + (index + 0.5) * DIGIT_PX
        canvas.text(x, baseline, true, 21, QUIET, anchor="ms")
        below = baseline + LINE_PX
        if read:
            canvas.text(x, below, read, 21, TEXT if read == true else ACCENT, anchor="ms")
        if read != true:
            _draw_mark(canvas, x, below, true, read)


def _draw_mark(canvas: Canvas, x: float, baseline: float, true: str, read: str) -> None:
    """Draw a line under a wrong digit, a caret for a missing one, or a frame round an extra one."""
    if not read:
        canvas.line([(x - 5, baseline + 1), (x, baseline - 7), (x + 5, baseline + 1)], ACCENT, 2)
    elif not true:
        canvas.box(Box(x - 7, baseline - 19, x + 7, baseline + 5), outline=ACCENT, width_px=1.5, radius_px=3)
    else:
        canvas.line([(x - 6, baseline + 4), (x + 6, baseline + 4)], ACCENT, 2)


def _legend(width_px: int) -> Image.Image:
    """The legend of the marks."""
    canvas = Canvas(width_px, 64)
    left = GAP_PX + 6
    for word, true, read in (("wrong", "1", "7"), ("missing", "7", ""), ("extra", "", "7")):
        if read:
            canvas.text(left, 36, read, 21, ACCENT, anchor="ms")
        _draw_mark(canvas, left, 36, true, read)
        canvas.text(left + 12, 35, word, 14, QUIET)
        left += 24 + round(text_width_px(word, 14)) + 16
    return canvas.finish()


def elide(text: str, size_px: float, room_px: float) -> str:
    """Elide the middle of a text that is too wide: the ends tell file names apart."""
    if text_width_px(text, size_px) <= room_px:
        return text
    for kept in range(min(len(text) - 1, MAX_NAME), 1, -1):
        shorter = f"{text[: kept // 2]}...{text[-((kept + 1) // 2) :]}"
        if text_width_px(shorter, size_px) <= room_px:
            return shorter
    return "..."
