"""Local contrast: brightness with the paper's own taken away and strokes evenly strong, dark or light."""

from typing import Final

import cv2
import numpy as np

from sdnn.results import FloatArray

VEIL: Final = 0.08
"""Brightness added before the logarithm: what is darker than a twelfth of white is black."""
NOISE: Final = 0.05
"""Deviation, in logarithms of brightness, below which a surface counts as blank and is not stretched."""
MOST: Final = 4.0
"""Deviations beyond which contrast is cut off."""


def local_contrast(picture: FloatArray, window_px: int) -> FloatArray:
    """The picture's logarithm, less its local mean, over its local deviation.

    A shadow, which divides the brightness of paper and ink alike, leaves the difference of their logarithms
    as it is; the deviation evens out strokes of different strength.

    Args:
        picture: (H, W) float32, 0 black to 1 white.
        window_px: Side of the square that mean and deviation are taken over.

    Returns:
        (H, W) float32, -4 to 4, negative where darker than the surroundings.
    """
    level = cv2.log(picture + np.float32(VEIL))
    size = (window_px, window_px)
    mean = cv2.blur(level, size, borderType=cv2.BORDER_REPLICATE)
    square = cv2.sqrBoxFilter(level, -1, size, borderType=cv2.BORDER_REPLICATE)
    deviation = np.sqrt(np.maximum(square - mean * mean, 0.0))
    return np.asarray(((level - mean) / (deviation + np.float32(NOISE))).clip(-MOST, MOST), dtype=np.float32)
