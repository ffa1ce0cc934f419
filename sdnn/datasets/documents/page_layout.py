"""A part of a page: rows of strings, words, combs and tables, on paper with or without rulings."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from sdnn.datasets.documents import distractors, form_elements
from sdnn.datasets.documents.forms import MIN_STRING_GAP, divide_digits, draw_frame, fill_comb, fill_table
from sdnn.datasets.documents.sheet import Sheet
from sdnn.datasets.documents.strings import WrittenString
from sdnn.datasets.handwriting import LineStyle
from sdnn.results import FloatArray


def fill_page(sheet: Sheet) -> None:
    """Fills a sheet from top to bottom, and beyond its edges."""
    rng, usual = sheet.rng, sheet.height_px
    y = -sheet.reach_y + usual * rng.uniform(-1, 1)
    if rng.random() < 0.12:
        step = usual * rng.uniform(0.35, 1.6)
        form_elements.graph_paper(sheet.canvas, sheet.area, step, sheet.rule(usual), rng)
    elif rng.random() < 0.3:
        pitch = usual * rng.uniform(1.1, 2.5)
        form_elements.rulings(sheet.canvas, sheet.area, pitch, sheet.rule(usual), rng.random())
    while y < sheet.reach_y + usual:
        height = usual
        if rng.random() >= 0.75:
            height = float(np.clip(usual * np.exp(rng.uniform(-0.9, 0.9)), 5, 90))
        y += _fill_row(sheet, y, height)
    for _ in range(int(rng.integers(0, 3))):
        _draw_distractor(sheet)
    if rng.random() < 0.2:
        x = rng.uniform(-sheet.reach_x, sheet.reach_x)
        rule = sheet.rule(usual).thicker(rng.uniform(1, 2))
        form_elements.upright_lines(sheet.canvas, [x], -999, 999, rule)


def _fill_row(sheet: Sheet, top: float, height: float) -> float:
    """Fills a row below `top`; returns its height."""
    rng = sheet.rng
    kind = rng.random()
    x = -sheet.reach_x + height * rng.uniform(-1.5, 2.5)
    if kind < 0.08:  # nothing
        return float(height * rng.uniform(0.5, 2.5))
    if kind < 0.16:
        return fill_table(sheet, x, top, height)
    tall = height * rng.uniform(1.35, 2.6)
    baseline = top + (tall + height) / 2
    if kind < 0.34:
        sheet.write_words(x, baseline, height * rng.uniform(0.5, 1.1), 2 * sheet.reach_x, gaps=True)
        return float(tall)
    if kind < 0.5:
        _, _, _, bottom = fill_comb(sheet, x, baseline, height, sheet.reach_x - x, empty=0.25)
        return float(max(tall, bottom - top + height * rng.uniform(0.15, 0.8)))
    while x < sheet.reach_x:
        width = _fill_field(sheet, x, baseline, height)
        x += width + height * rng.uniform(MIN_STRING_GAP, MIN_STRING_GAP + 2)
    return float(tall)


def _fill_field(sheet: Sheet, start: float, baseline: float, height: float) -> float:
    """Fills a field: a string, words, or nothing, with or without a frame or a label; returns its width."""
    rng, x = sheet.rng, start
    if rng.random() < 0.35:
        label = distractors.random_printed_word(rng)
        tall = height * rng.uniform(0.45, 0.9)
        x += distractors.stamp_at(sheet.canvas, label, x, baseline, tall, sheet.print_tone)
        x += height * rng.uniform(0.5, 1.2)
    room = max(height, sheet.reach_x - x)
    kind = rng.random()
    if kind < 0.12:  # a blank field
        wide = height * rng.uniform(1, 7)
        draw_frame(sheet, x, baseline, wide, height)
        return float(x + wide - start)
    if kind < 0.2:
        wide = min(room, height * rng.uniform(2, 8))
        sheet.write_words(x, baseline, height, wide)
        return float(x + wide - start)
    text, style = sheet.random_text(room, height), sheet.style
    if sheet.spaced or rng.random() < 0.08:
        style = replace(style, gap=float(rng.uniform(0.3, 0.95)), gap_spread=0.05)
    inset = height * rng.uniform(0.2, 0.6)
    written = sheet.write(text, x + inset, baseline, height, style)
    wide = written.box[2] - x + inset
    wide += _add_elements(sheet, kind, written, style, x, wide, baseline, height)
    return float(x + wide - start)


def _add_elements(
    sheet: Sheet,
    kind: float,
    written: WrittenString,
    style: LineStyle,
    x: float,
    wide: float,
    baseline: float,
    height: float,
) -> float:
    """Adds a frame, a line to write on, column lines, a tick, or nothing; returns the additional width."""
    rng, canvas = sheet.rng, sheet.canvas
    _, top, right, bottom = written.box
    if kind < 0.42:
        draw_frame(sheet, x, baseline, wide + height * rng.uniform(0, 2) * (rng.random() < 0.4), height)
    elif kind < 0.52:
        y = baseline + height * rng.uniform(0.03, 0.25)
        if rng.random() < 0.5:
            pitch = height * rng.uniform(0.12, 0.4)
            form_elements.leader(canvas, x, x + wide, y, pitch, max(0.6, 0.08 * height), sheet.rule_tone)
        else:
            form_elements.straight_line(canvas, x, y, x + wide, y, sheet.rule(height))
    elif kind < 0.6 and style.gap > 0.25 and len(written.truth.text) > 1:
        above, below = height * rng.uniform(0, 0.5), height * rng.uniform(0, 0.5)
        divide_digits(sheet, written, top - above, bottom + below, height)
    elif kind < 0.64:
        form_elements.tick(canvas, right + 2.2 * height, baseline - height / 2, height * 0.9, sheet.tone, rng)
        return 2.4 * height
    return 0.0


def _draw_distractor(sheet: Sheet) -> None:
    """Draws a signature, a block, a logo, a stamp, or a tick anywhere but near strings."""
    rng, canvas, height = sheet.rng, sheet.canvas, sheet.height_px
    x, y = rng.uniform(-sheet.reach_x, sheet.reach_x), rng.uniform(-sheet.reach_y, sheet.reach_y)
    kinds: tuple[Callable[[], None], ...] = (
        lambda: distractors.signature(canvas, x, y, height * rng.uniform(1, 3), sheet.tone, rng),
        lambda: distractors.block(canvas, x, y, height * rng.uniform(2, 6), rng),
        lambda: distractors.logo(canvas, x, y, height * rng.uniform(1, 5), sheet.print_tone, rng),
        lambda: form_elements.stamp_ring(
            canvas, x, y, height * rng.uniform(1, 4), rng.uniform(0.3, 0.8), rng
        ),
        lambda: form_elements.tick(canvas, x, y, height * rng.uniform(0.6, 2), sheet.tone, rng),
    )
    if any(_is_near(written.box, x, y, 3 * height) for written in sheet.written):
        return  # covered digits have no truth
    kinds[int(rng.integers(len(kinds)))]()


def _is_near(box: FloatArray, x: float, y: float, distance: float) -> bool:
    left, top, right, bottom = box
    return bool(left - distance < x < right + distance and top - distance < y < bottom + distance)
