"""Parts of forms on a sheet: frames, filled combs and tables, columns between digits."""

from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np

from sdnn.datasets.documents import distractors, form_elements
from sdnn.datasets.documents.ink_canvas import rectangle
from sdnn.datasets.documents.sheet import Sheet
from sdnn.datasets.documents.strings import WrittenString
from sdnn.datasets.typefaces import TYPEFACES

Edges = tuple[float, float, float, float]
"""Left, top, right and bottom on the sheet."""

MIN_STRING_GAP: Final = 2.0
"""Gap between two strings on one line, in heights of their digits, below which they would be one."""


def draw_frame(sheet: Sheet, left: float, baseline: float, width_px: float, height_px: float) -> None:
    """A box round writing, or a blank one, at least one digit high."""
    above, below = height_px * sheet.rng.uniform(1.1, 1.6), height_px * sheet.rng.uniform(0.1, 0.5)
    corners = rectangle(left, baseline - above, left + width_px, baseline + below)
    form_elements.box(sheet.canvas, corners, sheet.rule(height_px))


def divide_digits(sheet: Sheet, written: WrittenString, top: float, bottom: float, height_px: float) -> None:
    """Column lines between digits: between all of them, or one."""
    rng = sheet.rng
    columns = [written.left + (before[1] + after[0]) / 2 for before, after in pairwise(written.edges)]
    if rng.random() < 0.5:
        columns = [columns[int(rng.integers(len(columns)))]]
    form_elements.upright_lines(sheet.canvas, columns, top, bottom, sheet.rule(height_px))


def fill_comb(
    sheet: Sheet, left: float, baseline: float, height_px: float, room_px: float, empty: float
) -> Edges:
    """A comb with a digit in each cell, in some, or in none; at times with letters.

    It is blank with probability `empty` and fits into `room_px`, unless a single cell is wider.
    """
    rng = sheet.rng
    pitch = height_px * float(rng.uniform(1.0, 1.75))
    cells = int(np.clip(rng.integers(1, 11), 1, max(1, room_px // pitch)))
    tall = height_px * float(rng.uniform(1.2, 2.1))
    top = baseline - height_px / 2 - tall / 2
    kind = rng.random()
    if kind < empty:
        count = 0
    elif kind < empty + 0.25:
        count = int(rng.integers(1, cells, endpoint=True))
    else:
        count = cells
    if count and rng.random() < 0.08:
        for number, letter in enumerate(distractors.random_letters(count, rng)):
            glyph = distractors.printed_word(letter, int(rng.integers(TYPEFACES)))
            x = left + (number + 0.25) * pitch
            distractors.stamp_at(sheet.canvas, glyph, x, baseline, height_px, sheet.tone)
    elif count:
        text = "".join(map(str, rng.integers(10, size=count)))
        narrow = replace(
            sheet.style,
            slant=float(np.clip(sheet.style.slant, -0.2, 0.3)),
            aspect=min(sheet.style.aspect, 1.1),
            size_spread=min(0.08, sheet.style.size_spread),
        )
        first = int(rng.integers(cells - count, endpoint=True)) if rng.random() < 0.3 else 0
        sheet.write(text, left + first * pitch, baseline, height_px, narrow, pitch_px=pitch)
    form_elements.comb(sheet.canvas, left, top, pitch, cells, tall, sheet.rule(height_px), rng)
    return left, top, left + cells * pitch, top + tall


def fill_table(sheet: Sheet, left: float, top: float, height_px: float) -> float:
    """Fills a table with strings, words, or nothing; returns its height with some paper below."""
    rng = sheet.rng
    rows, columns = int(rng.integers(1, 5)), int(rng.integers(2, 6))
    widths = height_px * rng.uniform(2.5, 7, columns)
    tall = height_px * rng.uniform(1.35, 2.2)
    edges = left + np.append(0, np.cumsum(widths))
    for row in range(rows):
        baseline = top + row * tall + (tall + height_px) / 2
        for column in range(columns):
            room = widths[column] - height_px * (0.6 + MIN_STRING_GAP / 2)
            if rng.random() < 0.55:
                text = sheet.random_text(room, height_px, most=6)
                spare = max(0.0, room - sheet.width_of(text, height_px))
                x = edges[column] + height_px * 0.4 + spare * rng.random()
                sheet.write(text, x, baseline, height_px, signs=0.0)
            elif rng.random() < 0.4:
                sheet.write_words(edges[column] + 0.3 * height_px, baseline, height_px * 0.8, room)
    rule = sheet.rule(height_px)
    form_elements.upright_lines(sheet.canvas, edges.tolist(), top, top + rows * tall, rule)
    if rng.random() < 0.85:
        levels = [top + row * tall for row in range(rows + 1)]
        form_elements.level_lines(sheet.canvas, levels, edges[0], edges[-1], rule)
    return float(rows * tall + height_px * rng.uniform(0.3, 1.5))
