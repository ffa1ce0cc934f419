"""Compositing of ink, drawings and blur onto a page."""

from typing import Final

import cv2
import numpy as np

from sdnn.datasets.rasterizer import SUBPIXEL_BITS
from sdnn.results import FloatArray

POINTS: Final = 2**SUBPIXEL_BITS
"""Steps per pixel of OpenCV's fixed-point coordinates."""


def darkened(page: FloatArray, layer: FloatArray, darkness: float) -> FloatArray:
    """The page darkened by a layer, 0 to 1, of which 1 absorbs a share `darkness` of the brightness."""
    light = layer * np.float32(-darkness)
    light += 1
    light *= page
    return light


def drawn(page: FloatArray, mask: cv2.typing.MatLike, darkness: float) -> FloatArray:
    """The page darkened by a drawing, 0 to 255, of which 255 absorbs a share `darkness` of the brightness."""
    return darkened(page, np.asarray(mask, dtype=np.float32), darkness / 255)


def subpixel(*coordinates_px: float) -> tuple[int, ...]:
    """Fixed-point coordinates for OpenCV with `shift=SUBPIXEL_BITS`; pixel i has its middle at i + 0.5."""
    return tuple(round((value - 0.5) * POINTS) for value in coordinates_px)


def segment(mask: cv2.typing.MatLike, ends_px: tuple[float, float, float, float], thickness_px: int) -> None:
    """Draws a straight line between two points (x, y) into a mask."""
    (x1, y1, x2, y2) = subpixel(*ends_px)
    cv2.line(mask, (x1, y1), (x2, y2), 255, thickness_px, cv2.LINE_AA, SUBPIXEL_BITS)


def blur(image: FloatArray, sigma_px: float) -> FloatArray:
    """The image blurred by a Gaussian, truncated at two and a half standard deviations."""
    side = 2 * max(1, round(2.5 * sigma_px)) + 1
    return np.asarray(cv2.GaussianBlur(image, (side, side), sigma_px), dtype=np.float32)
