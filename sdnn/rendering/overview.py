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
MAX_HEIGHT_PX: Final = 4000
TEXT_SIZES_PX: Final = (18, 13)
"""Sizes of the letters; the smaller one where the larger one would cover a string."""
MAX_TEXT: Final = 60
"""Characters of a text that are shown; of longer ones the beginning."""
MARGIN_PX: Final = 4
"""Distance between a string and its frame."""


def overview(page: FloatArray, readings: Sequence[Reading]) -> Image.Image:
    """Draw a page with a frame round each string, and its text where it covers no other string.

    Args:
        page: (H, W) brightness, 0 black to 1 white.
        readings: Readings of the page; those without a box are left out.

    Returns:
        RGB picture, at most `MAX_WIDTH_PX` wide and `MAX_HEIGHT_PX` high.
    """
    height, width = page.shape
    scale = min(1.0, MAX_WIDTH_PX / width, MAX_HEIGHT_PX / height)
    canvas = Canvas(max(1, round(width * scale)), max(1, round(height * scale)))
    digit_ink = next((reading.evidence.digit_ink for reading in readings if reading.evidence), None)
    paler = np.rint(75 + 180 * page).astype(np.uint8)  # so that frames and texts stand out
    canvas.pixels(Box(0, 0, width * scale, height * scale), tint_digit_ink(paler, digit_ink))
    framed = [(reading, _scaled(reading.box, scale)) for reading in readings if reading.box]
    taken = [frame for _, frame in framed]
    size = Box(0, 0, width * scale, height * scale)
    for _, frame in framed:
        canvas.box(frame, outline=ACCENT, width_px=1.5, radius_px=3)
    for reading, frame in framed:
        text = reading.text if reading.status is Status.ACCEPTED else "rejected"
        text = text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}..."
        tag, text_px = _place_tag(frame, text, [each for each in taken if each is not frame], size)
        taken.append(tag)
        canvas.box(tag, fill=ACCENT, radius_px=3)
        canvas.text(tag.left + MARGIN_PX, tag.centre[1], text, text_px, WHITE, anchor="lm")
    return canvas.finish()


def _scaled(box: Box, scale: float) -> Box:
    return Box(*(scale * edge for edge in astuple(box))).expanded(MARGIN_PX)


def _place_tag(frame: Box, text: str, taken: Sequence[Box], page: Box) -> tuple[Box, int]:
    """The tag of a text beside its frame, and the size of its letters, where it covers least.

    Args:
        frame: Frame of the string.
        text: Text.
        taken: Frames of other strings, and tags.
        page: The picture.
    """
    candidates = []
    for text_px in TEXT_SIZES_PX:
        width, height = text_width_px(text, text_px) + 2 * MARGIN_PX, text_px + 2 * MARGIN_PX
        middle = frame.centre[1] - height / 2
        corners = (
            (frame.left, frame.top - height),
            (frame.left, frame.bottom),
            (frame.right, middle),
            (frame.left - width, middle),
        )
        candidates += [(Box(left, top, left + width, top + height), text_px) for left, top in corners]
    return min(
        candidates,
        key=lambda candidate: (
            _shared_area(candidate[0], candidate[0])
            - _shared_area(candidate[0], page)
            + sum(_shared_area(candidate[0], each) for each in taken)
        ),
    )


def _shared_area(one: Box, other: Box) -> float:
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    return max(0.0, width) * max(0.0, height)
