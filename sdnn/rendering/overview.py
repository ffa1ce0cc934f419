"""The picture of a page: what was read, and where."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from PIL import Image

from sdnn.enums import Status
from sdnn.rendering.canvas import ACCENT, WHITE, Canvas, heated, text_width_px
from sdnn.results import Box, FloatArray, Reading

WIDEST_PX: Final = 1600
TEXT_PX: Final = 18
ROOM_PX: Final = 4
"""Paper between a string and its frame."""


def overview(page: FloatArray, readings: Sequence[Reading]) -> Image.Image:
    """Draw a page with a frame round each string, and its text above.

    Args:
        page: (H, W) brightness, 0 black to 1 white.
        readings: Of that page; those without a box are left out.

    Returns:
        RGB picture, at most `WIDEST_PX` wide.
    """
    height, width = page.shape
    scale = min(1.0, WIDEST_PX / width)
    canvas = Canvas(max(1, round(width * scale)), max(1, round(height * scale)))
    # Paler than it is, so that what is drawn on it stands out.
    heat = next((reading.evidence.heat for reading in readings if reading.evidence), None)
    canvas.pixels(
        Box(0, 0, width * scale, height * scale), heated(np.rint(75 + 180 * page).astype(np.uint8), heat)
    )
    for reading in readings:
        if reading.box:
            accepted = reading.status is Status.ACCEPTED
            _frame(canvas, reading.box, scale, reading.text if accepted else "rejected", height * scale)
    return canvas.finish()


def _frame(canvas: Canvas, box: Box, scale: float, text: str, bottom_px: float) -> None:
    around = Box(
        box.left * scale - ROOM_PX,
        box.top * scale - ROOM_PX,
        box.right * scale + ROOM_PX,
        box.bottom * scale + ROOM_PX,
    )
    canvas.box(around, outline=ACCENT, width_px=1.5, radius_px=3)
    tag_px = TEXT_PX + 2 * ROOM_PX
    above = around.top >= tag_px or around.bottom + tag_px > bottom_px
    top = max(0.0, around.top - tag_px) if above else around.bottom
    right = around.left + text_width_px(text, TEXT_PX) + 2 * ROOM_PX
    canvas.box(Box(around.left, top, right, top + tag_px), fill=ACCENT, radius_px=3)
    canvas.text(around.left + ROOM_PX, top + tag_px / 2, text, TEXT_PX, WHITE, anchor="lm")
