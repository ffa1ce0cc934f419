"""Local contrast: the background subtracted, and strokes of even strength; dark or light."""

from typing import Final

import cv2
import numpy as np

from sdnn.results import FloatArray

OFFSET: Final = 0.08
"""Brightness added before the logarithm, which limits the contrast of dark pixels."""
NOISE: Final = 0.05
"""Deviation, in logarithms of brightness, added to that of a window, so that blank paper is not stretched."""
MAX_CONTRAST: Final = 4.0
"""Limit of the contrast, in deviations."""


def local_contrast(picture: FloatArray, window_px: int) -> FloatArray:
    """The picture's logarithm, less its local mean, over its local standard deviation.

    A shadow, which divides the brightness of paper and ink alike, leaves the difference of their logarithms
    unchanged; the deviation equalizes strokes of different strength.

    Args:
        picture: (H, W) float32, 0 black to 1 white.
        window_px: Side of the square over which mean and deviation are taken.

    Returns:
        (H, W) float32, -4 to 4, negative where darker than the surroundings.
    """
    level = cv2.log(picture + np.float32(OFFSET))
    size = (window_px, window_px)
    mean = cv2.blur(level, size, borderType=cv2.BORDER_REPLICATE)
    square = cv2.sqrBoxFilter(level, -1, size, borderType=cv2.BORDER_REPLICATE)
    # In place, because a picture at a fine scale has many pixels; the squares are in double precision.
    deviation = np.asarray(square, dtype=np.float64)
    deviation -= np.asarray(mean * mean)
    np.sqrt(np.maximum(deviation, 0.0, out=deviation), out=deviation)
    deviation += np.float32(NOISE)
    contrast = np.divide(np.asarray(level - mean), deviation, out=deviation)
    return np.asarray(contrast.clip(-MAX_CONTRAST, MAX_CONTRAST, out=contrast), dtype=np.float32)
