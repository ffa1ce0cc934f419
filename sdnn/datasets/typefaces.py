"""Text in the typefaces of OpenCV and Pillow."""

from typing import Final

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sdnn.datasets.rasterizer import Ink, crop_to_ink

HERSHEY: Final = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_COMPLEX_SMALL,
    cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
    cv2.FONT_HERSHEY_SCRIPT_COMPLEX,
)
"""OpenCV's stroke fonts: print, and two that look like handwriting."""
TYPEFACES: Final = len(HERSHEY) + 1
"""OpenCV's fonts and Pillow's own."""
_CAPITAL: Final = 0.72
"""Height of a capital or a digit in Pillow's font, over the font size."""


def render_text(text: str, typeface: int, capital_px: float) -> Ink:
    """Text in one of the typefaces, cropped.

    Args:
        text: One line.
        typeface: 0 to `TYPEFACES` - 1.
        capital_px: Approximate height of a capital.
    """
    if typeface == len(HERSHEY):
        return pillow_text(text, capital_px)
    scale = hershey_scale(typeface, capital_px)
    return hershey_text(text, typeface, scale, max(1, round(capital_px / 14)))[0]


def hershey_scale(typeface: int, capital_px: float) -> float:
    """Font scale at which a capital of an OpenCV font has a height."""
    return capital_px / cv2.getTextSize("H", HERSHEY[typeface], 1.0, 1)[0][1]


def hershey_text(text: str, typeface: int, scale: float, thickness_px: int) -> tuple[Ink, int, int]:
    """Text in one of OpenCV's fonts.

    Returns:
        The cropped ink, the height of a capital with its line width, and the depth of the ink below the
        baseline, in pixels.
    """
    font = HERSHEY[typeface]
    (width, height), below = cv2.getTextSize(text, font, scale, thickness_px)
    pad = height // 2 + thickness_px
    canvas = np.zeros((height + below + 2 * pad, width + 2 * pad), np.uint8)
    cv2.putText(canvas, text, (pad, pad + height), font, scale, 255, thickness_px, cv2.LINE_AA)
    depth = int(np.flatnonzero(canvas.any(axis=1))[-1]) - pad - height
    return crop_to_ink(canvas), height, max(0, depth)


def pillow_text(text: str, capital_px: float, stroke_px: int = 0) -> Ink:
    """Text in Pillow's own font, cropped; bolder by the width of a stroke."""
    font = ImageFont.load_default(capital_px / _CAPITAL)
    left, top, right, bottom = (round(edge) for edge in font.getbbox(text))
    picture = Image.new("L", (right - left + 8, bottom - top + 8))
    ImageDraw.Draw(picture).text((4 - left, 4 - top), text, fill=255, font=font, stroke_width=stroke_px)
    return crop_to_ink(np.asarray(picture))
