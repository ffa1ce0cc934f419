"""The writing on a page: its ink, where it is, how high, and how far it leans."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from sdnn.choices import Polarity
from sdnn.preprocessing.lines import Line, find_line
from sdnn.preprocessing.polarity import darkness_of, levelled
from sdnn.preprocessing.rulings import find_margins, find_rulings, without_rulings
from sdnn.preprocessing.slant import slant_of
from sdnn.results import Box, FloatArray

FINDING_PX: Final = 256
"""Higher pages are made smaller to find the writing on them."""
ROOM_AROUND: Final = 1.0
"""Text heights of paper that are looked at closely above and below the writing on a higher page."""
LARGEST_PART: Final = 0.7
"""Share of the page beyond which a closer look would see little more."""
LEAST_RULING: Final = 1.5
"""A ruling is longer than this many times the height of the writing; the bar of a 7 is shorter."""
LEAST_BAR: Final = 1.2
"""A margin bar is higher than this many times the height of the writing; a 1 is not."""


@dataclass(frozen=True, eq=False)
class Writing:
    """What is written on a page.

    Attributes:
        ink: (H, W) float32, 0 paper to 1 ink, without the lines that are printed on the paper.
        text: The line of writing; the left and right edge hold half-way up and lean as the writing does.
        slant: Pixels to the right per pixel up.
    """

    ink: FloatArray
    text: Box
    slant: float


def writing_on(page: FloatArray, polarity: Polarity = Polarity.AUTO) -> Writing | None:
    """The writing on a page; None where there is no ink.

    Args:
        page: (H, W) brightness, 0 black to 1 white.
        polarity: Whether ink is darker or lighter than the paper; see `darkness_of`.
    """
    reduction = -(-page.shape[0] // FINDING_PX)
    if reduction > 1:
        size = (max(1, page.shape[1] // reduction), page.shape[0] // reduction)
        small = np.asarray(cv2.resize(page, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
        writing = writing_on(small, polarity)
        if writing is None:
            return None
        writing = _enlarged(writing, page.shape[1], page.shape[0])
        return _looked_at_closely(page, writing, polarity) or writing
    darkness = darkness_of(page, polarity)
    ink, line = _without_printed_lines(darkness, levelled(darkness))
    if line is None:
        return None
    if line.foreign is not None:
        ink = np.where(cv2.dilate(line.foreign, np.ones((3, 3), np.uint8)), np.float32(0), ink)
    slant = slant_of(line.points, line.text)
    return Writing(ink, _leaning(line, slant), slant)


def _without_printed_lines(darkness: FloatArray, ink: FloatArray) -> tuple[FloatArray, Line | None]:
    """Takes rulings and margin bars away, unless they turn out to be no longer than digits."""
    margins = find_margins(ink)
    if margins is not None:
        between = np.zeros_like(darkness)
        between[:, slice(*margins)] = darkness[:, slice(*margins)]
        cleaned = levelled(between)
        line = find_line(cleaned)
        if line is not None and line.text.height * LEAST_BAR < len(ink):
            darkness, ink = between, cleaned
    rulings = find_rulings(ink)
    if rulings is not None:
        cleaned = levelled(without_rulings(darkness, rulings))
        line = find_line(cleaned)
        if line is None or line.text.height * LEAST_RULING < rulings.length_px:
            return cleaned, line
    return ink, find_line(ink)


def _leaning(line: Line, slant: float) -> Box:
    """The box round the line with the edges where they are half-way up when the writing leans."""
    text = line.text
    upright = line.points @ [1.0, slant] - slant * (text.top + text.bottom - 1) / 2
    return Box(float(upright.min()), text.top, float(upright.max()) + 1, text.bottom)


def _looked_at_closely(page: FloatArray, writing: Writing, polarity: Polarity) -> Writing | None:
    """The writing found again on the part of the page round it; None where that is most of the page."""
    text, height = writing.text, page.shape[0]
    room = ROOM_AROUND * text.height
    top, bottom = max(0, int(text.top - room)), min(height, int(text.bottom + room))
    if bottom - top > LARGEST_PART * height:
        return None
    part = writing_on(page[top:bottom], polarity)
    if part is None:
        return None
    ink = np.zeros_like(page)
    ink[top:bottom] = part.ink
    box = part.text
    return Writing(ink, Box(box.left, box.top + top, box.right, box.bottom + top), part.slant)


def _enlarged(writing: Writing, width: int, height: int) -> Writing:
    x_scale, y_scale = width / writing.ink.shape[1], height / writing.ink.shape[0]
    ink = np.asarray(cv2.resize(writing.ink, (width, height)), dtype=np.float32)
    text = writing.text
    text = Box(text.left * x_scale, text.top * y_scale, text.right * x_scale, text.bottom * y_scale)
    return Writing(ink, text, writing.slant * x_scale / y_scale)
