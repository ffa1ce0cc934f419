"""The picture of a page with its readings."""

from collections.abc import Sequence
from dataclasses import astuple
from typing import Final

import numpy as np
from PIL import Image

from sdnn.enums import Status
from sdnn.rendering.canvas import ACCENT, WHITE, Canvas, text_width_px, tint_digit_ink
from sdnn.results import Box, FloatArray, Reading

MAX_WIDTH_PX: Final = 1600
TEXT_PX: Final = 18
MARGIN_PX: Final = 4
"""Distance between a string and its frame."""


def overview(page: FloatArray, readings: Sequence[Reading]) -> Image.Image:
    """Draw a page with a frame round each string, and its text above.

    Args:
        page: (H, W) brightness, 0 black to 1 white.
        readings: Readings of the page; those without a box are left out.

    Returns:
        RGB picture, at most `MAX_WIDTH_PX` wide.
    """
    height, width = page.shape
    scale = min(1.0, MAX_WIDTH_PX / width)
    canvas = Canvas(max(1, round(width * scale)), max(1, round(height * scale)))
    digit_ink = next((reading.evidence.digit_ink for reading in readings if reading.evidence), None)
    paler = np.rint(75 + 180 * page).astype(np.uint8)  # so that frames and texts stand out
    canvas.pixels(Box(0, 0, width * scale, height * scale), tint_digit_ink(paler, digit_ink))
    for reading in readings:
        if reading.box:
            accepted = reading.status is Status.ACCEPTED
            _frame(canvas, reading.box, scale, reading.text if accepted else "rejected", height * scale)
    return canvas.finish()


def _frame(canvas: Canvas, box: Box, scale: float, text: str, bottom_px: float) -> None:
    around = Box(*(scale * edge for edge in astuple(box))).expanded(MARGIN_PX)
    canvas.box(around, outline=ACCENT, width_px=1.5, radius_px=3)
    tag_px = TEXT_PX + 2 * MARGIN_PX
    above = around.top >= tag_px or around.bottom + tag_px > bottom_px
    top = max(0.0, around.top - tag_px) if above else around.bottom
    right = around.left + text_width_px(text, TEXT_PX) + 2 * MARGIN_PX
    canvas.box(Box(around.left, top, right, top + tag_px), fill=ACCENT, radius_px=3)
    canvas.text(around.left + MARGIN_PX, top + tag_px / 2, text, TEXT_PX, WHITE, anchor="lm")
