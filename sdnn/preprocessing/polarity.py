"""From brightness to ink: what stands out from the paper, whichever of the two is darker."""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from sdnn.results import FloatArray

LEAST_CONTRAST: Final = 0.06
"""Difference between ink and paper, of the range from black to white, below which a page counts as blank."""
LARGEST_MEDIAN_PX: Final = 255
"""Largest square that OpenCV takes a median over; higher pages are made smaller to find their paper."""


def ink_of(page: FloatArray) -> FloatArray:
    """The ink on a page, with shading and weak background texture taken away.

    The paper's brightness is the median over a square as high as the page; ink is what departs from it, to
    the side where the departures are stronger. Otsu's threshold splits paper from ink; the mean of the paper
    goes to 0, the darkest tenth of the ink to 1.

    Args:
        page: (H, W) brightness, 0 black to 1 white.

    Returns:
        (H, W) float32, 0 paper to 1 ink; all 0 where nothing stands out.
    """
    departure = page - _paper(page)
    # The cube keeps the sign and lets few strong strokes outweigh much weak texture.
    darkness = -departure if float(np.mean(departure**3)) <= 0 else departure
    darkness = darkness.clip(min=0.0)
    threshold, _ = cv2.threshold(_as_bytes(darkness), 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    is_ink = darkness > threshold / 255
    if not is_ink.any() or is_ink.all():
        return np.zeros_like(page)
    paper_level, ink_level = float(darkness[~is_ink].mean()), float(np.quantile(darkness[is_ink], 0.9))
    if ink_level - paper_level < LEAST_CONTRAST:
        return np.zeros_like(page)
    return ((darkness - paper_level) / (ink_level - paper_level)).clip(0.0, 1.0).astype(np.float32)


def _paper(page: FloatArray) -> FloatArray:
    """Brightness of the paper at each pixel."""
    height, width = page.shape
    reduction = -(-height // LARGEST_MEDIAN_PX)
    if reduction > 1:
        size = (max(1, width // reduction), height // reduction)
        paper = _paper(np.asarray(cv2.resize(page, size, interpolation=cv2.INTER_AREA), dtype=np.float32))
        return np.asarray(cv2.resize(paper, (width, height)), dtype=np.float32)
    side = height | 1
    # The picture goes on beyond its edge as if in a mirror: OpenCV's median would repeat the last pixels, and
    # take a stroke that touches the edge for paper.
    pad = side // 2
    padded = np.pad(_as_bytes(page), pad, mode="symmetric")
    median = cv2.medianBlur(padded, side)[pad : pad + height, pad : pad + width]
    return median.astype(np.float32) / np.float32(255)


def _as_bytes(values: FloatArray) -> npt.NDArray[np.uint8]:
    return np.rint(values * 255).astype(np.uint8)
