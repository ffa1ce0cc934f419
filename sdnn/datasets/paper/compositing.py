"""How ink, drawings and blur come onto a page."""

from typing import Final

import cv2
import numpy as np

from sdnn.results import FloatArray

SUBPIXEL_BITS: Final = 4
"""Binary places of the coordinates that OpenCV draws with."""
POINTS: Final = 2**SUBPIXEL_BITS
"""Steps to the pixel of those coordinates."""


def darkened(page: FloatArray, layer: FloatArray, darkness: float) -> FloatArray:
    """The page under a layer, 0 to 1, that takes away at most a share `darkness` of its brightness."""
    light = layer * np.float32(-darkness)
    light += 1
    light *= page
    return light


def drawn(page: FloatArray, mask: cv2.typing.MatLike, darkness: float) -> FloatArray:
    """The page under a drawing, 0 to 255, that takes away at most a share `darkness` of its brightness."""
    return darkened(page, np.asarray(mask, dtype=np.float32), darkness / 255)


def subpixel(*coordinates_px: float) -> tuple[int, ...]:
    """Coordinates as OpenCV takes them with `shift=SUBPIXEL_BITS`; pixel i has its middle at i + 0.5."""
    return tuple(round((value - 0.5) * POINTS) for value in coordinates_px)


def segment(mask: cv2.typing.MatLike, ends_px: tuple[float, float, float, float], thickness_px: int) -> None:
    """Draws a straight line into a mask, from one point (x, y) to another."""
    (x1, y1, x2, y2) = subpixel(*ends_px)
    cv2.line(mask, (x1, y1), (x2, y2), 255, thickness_px, cv2.LINE_AA, SUBPIXEL_BITS)


def blur(image: FloatArray, sigma_px: float) -> FloatArray:
    """The image through a Gaussian, cut off at two and a half deviations."""
    side = 2 * max(1, round(2.5 * sigma_px)) + 1
    return np.asarray(cv2.GaussianBlur(image, (side, side), sigma_px), dtype=np.float32)
