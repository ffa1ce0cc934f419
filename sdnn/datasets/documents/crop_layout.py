"""Crops of a line: one line of writing, at times more, with its surroundings."""

from dataclasses import replace

import numpy as np

from sdnn.datasets.documents import distractors, form_elements
from sdnn.datasets.documents.forms import Edges, divide_digits, fill_comb
from sdnn.datasets.documents.ink_canvas import rectangle
from sdnn.datasets.documents.sheet import Sheet
from sdnn.results import FloatArray


def fill_crop(sheet: Sheet) -> FloatArray:
    """Fills the middle of a sheet.

    Returns:
        (4,) left, top, right and bottom of the crop on the sheet.
    """
    rng, height = sheet.rng, sheet.height_px
    bare = rng.random() < 0.2  # digits alone
    count = 1 if bare else int(rng.choice([1, 2, 3], p=[0.86, 0.1, 0.04]))
    pitch = height * float(rng.uniform(1.25, 2.0))
    first = -(count - 1) / 2 * pitch
    room = 2 * sheet.reach_x - 2 * height
    within_frame = False
    boxes = []
    for number in range(count):
        baseline = first + number * pitch + height / 2
        if bare:
            boxes.append(_digits(sheet, baseline, height, room))
        elif (kind := rng.random()) < 0.2:
            within_frame = rng.random() < 0.3
            boxes.append(fill_comb(sheet, -min(room / 2, 6 * height), baseline, height, room, empty=0.15))
        elif kind < 0.34:
            boxes.append(_no_digits(sheet, baseline, height, room))
        else:
            boxes.append(_digits(sheet, baseline, height, room))
    edges = np.array(boxes)
    (left, top), (right, bottom) = edges[:, :2].min(axis=0), edges[:, 2:].max(axis=0)
    margin = np.abs(rng.normal(0, 0.6, 4)).clip(0.02, 2.0) * height
    if within_frame:  # cropped within the printed frame: only the lines between its cells show
        margin = -rng.uniform(0.02, 0.12, 4) * height
    if (kind := rng.random()) < 0.25:
        margin += height * rng.uniform(0, 2)
    elif kind < 0.4 and not within_frame:  # digits fill the picture
        margin = rng.uniform(-0.04, 0.08, 4) * height
    area = np.array([left - margin[0], top - margin[1], right + margin[2], bottom + margin[3]])
    if not bare:
        _surround(sheet, area, np.array([left, top, right, bottom]), height)
    return area


def _digits(sheet: Sheet, baseline: float, height: float, room: float) -> Edges:
    """A string; with column lines between digits that are wide apart."""
    rng, style = sheet.rng, sheet.style
    text = sheet.random_text(room, height)
    spread = sheet.spaced or rng.random() < 0.08
    if spread:
        style = replace(style, gap=float(rng.uniform(0.3, 1.0)), gap_spread=0.06)
    x = -sheet.width_of(text, height, style) / 2
    written = sheet.write(text, x, baseline, height, style, signs=0.5)
    left, top, right, bottom = written.box
    if spread and len(text) > 1:
        above, below = height * rng.uniform(0, 1), height * rng.uniform(0, 1)
        divide_digits(sheet, written, top - above, bottom + below, height)
    return left, min(top, baseline - height), right, max(bottom, baseline)


def _no_digits(sheet: Sheet, baseline: float, height: float, room: float) -> Edges:
    """Words, a signature, or a blank field."""
    rng = sheet.rng
    wide = min(room, height * rng.uniform(2, 9))
    left = -wide / 2
    kind = rng.random()
    if kind < 0.6:
        sheet.write_words(left, baseline, height, wide)
    elif kind < 0.75:
        distractors.signature(sheet.canvas, left, baseline, height * 1.3, sheet.tone, rng)
    return left, baseline - height, left + wide, baseline


def _surround(sheet: Sheet, area: FloatArray, text: FloatArray, height: float) -> None:
    """Lines through and round the writing, and other writing that reaches into the crop.

    `area` and `text` are (4,) edges of the crop and of the writing, whose digits have the height.
    """
    _draw_lines(sheet, area, text, height)
    rng, (left, top, right, bottom) = sheet.rng, area
    if rng.random() < 0.1:  # words above or below
        above = rng.random() < 0.5
        y = top + height * rng.uniform(-0.1, 0.25) if above else bottom + height * rng.uniform(0.75, 1.1)
        sheet.write_words(left - height, float(y), height, right - left + height)
    if rng.random() < 0.1:  # and to the right
        x = text[2] + height * rng.uniform(0.5, 1.2)
        sheet.write_words(x, float(text[3]), height * 0.8, height * 3)
    if rng.random() < 0.06:
        x, y = rng.uniform(left, right), rng.uniform(top, bottom)
        form_elements.stamp_ring(sheet.canvas, x, y, height * rng.uniform(0.7, 2), 0.6, rng)


def _draw_lines(sheet: Sheet, area: FloatArray, text: FloatArray, height: float) -> None:
    """Graph paper or rulings, a frame, upright lines beside the writing, a line below it."""
    rng, canvas, (left, top, right, bottom) = sheet.rng, sheet.canvas, area
    outward = np.array([-1.0, -1.0, 1.0, 1.0])
    if rng.random() < 0.16:
        step = height * rng.uniform(0.35, 1.6)
        form_elements.graph_paper(canvas, area + 9 * outward, step, sheet.rule(height), rng)
    elif rng.random() < 0.35:
        pitch = height * rng.uniform(1.2, 2.5)
        form_elements.rulings(canvas, area + 99 * outward, pitch, sheet.rule(height), rng.random())
    if rng.random() < 0.14:
        out = rng.uniform(0.05, 0.5, 4) * height * outward
        form_elements.box(canvas, rectangle(*(text + out)), sheet.rule(height))
    if rng.random() < 0.15:
        columns = [left + rng.random() * (text[0] - left), right - rng.random() * (right - text[2])]
        columns = columns[: int(rng.integers(1, 3))]
        rule = sheet.rule(height).thicker(rng.uniform(1, 3))
        form_elements.upright_lines(canvas, columns, top - 9, bottom + 9, rule)
    if rng.random() < 0.1:
        y = text[3] + height * rng.uniform(0.02, 0.3)
        underline = np.array([(text[0], y), (text[2], y + rng.normal(0, 0.1) * height)])
        canvas.line(underline, height * 0.08, sheet.tone)
