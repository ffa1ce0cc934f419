"""From ink on a page to a strip of the size and position that the net was trained on."""

import cv2
import numpy as np

from sdnn.results import Box, FloatArray, Geometry, Strip


def to_strip(
    ink: FloatArray,
    text: Box,
    geometry: Geometry,
    *,
    slant: float = 0.0,
    scale: float = 1.0,
    aspect: float = 1.0,
) -> Strip:
    """The line of writing, scaled to the net's text height and set upright, with paper all round.

    Half a window of paper and two strides on either side put the first and last column beyond the writing.

    Args:
        ink: (H, W) of the page, 0 paper to 1 ink; or (H, W, layers) of it, which stay beside each other.
        text: Box round the writing; its left and right edge hold half-way up and lean as the writing does.
        geometry: Sizes that the net expects.
        slant: How far the writing leans, in pixels to the right per pixel up; it stands upright in the strip.
        scale: Height of the writing in the strip, as a multiple of the net's text height.
        aspect: Width of the writing in the strip, as a multiple of what keeps its proportions.

    Returns:
        The strip and its way back to the page.
    """
    y_scale = geometry.text_height_px / text.height * scale
    width = max(1, round(text.width * y_scale * aspect))
    margin = geometry.window_px // 2 + 2 * geometry.stride_px
    x_scale = width / text.width
    lean = -slant / y_scale  # of a pixel further down in the strip
    left = text.left - margin / x_scale - lean * geometry.height_px / 2
    top = (text.top + text.bottom) / 2 - geometry.height_px / 2 / y_scale
    page_from_strip = np.array([[1 / x_scale, lean, left], [0.0, 1 / y_scale, top]])
    size = (width + 2 * margin, geometry.height_px)
    return Strip(_resampled(ink, page_from_strip, size), page_from_strip)


def thicken_strokes(ink: FloatArray, by_px: float) -> FloatArray:
    """Ink whose strokes are broader: blurred, then darkened by as much.

    Args:
        ink: (H, W) or (H, W, layers), 0 paper to 1 ink.
        by_px: Standard deviation of the blur in pixels; 0 leaves the ink as it is.
    """
    if by_px == 0:
        return ink
    blurred = cv2.GaussianBlur(ink, (0, 0), by_px)
    return np.asarray(np.minimum(blurred * np.float32(1 + by_px), 1), dtype=np.float32)


def _resampled(ink: FloatArray, page_from_strip: FloatArray, size: tuple[int, int]) -> FloatArray:
    """The page seen through an affine map; averaged first where it shrinks, so that thin strokes survive."""
    reduction = int(page_from_strip[1, 1])
    if reduction > 1:
        ink = _averaged(ink, reduction)
        page_from_strip = page_from_strip / reduction
    resampled = cv2.warpAffine(
        ink,
        pixel_centre_affine(page_from_strip),
        size,
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
    )
    return np.asarray(resampled, dtype=np.float32)


def pixel_centre_affine(matrix: FloatArray) -> FloatArray:
    """A (2, 3) affine map between pixel edges as OpenCV wants it, between the middles of pixels.

    Pixel i has its middle at i + 0.5, and OpenCV says i.
    """
    half = np.array([0.5, 0.5])
    matrix = matrix.copy()
    matrix[:, 2] += matrix[:, :2] @ half - half
    return matrix


def _averaged(ink: FloatArray, side: int) -> FloatArray:
    """The page in pixels that are squares of `side` old ones; paper fills up the last of them."""
    height, width = (-(-length // side) for length in ink.shape[:2])
    whole = cv2.copyMakeBorder(
        ink, 0, height * side - ink.shape[0], 0, width * side - ink.shape[1], cv2.BORDER_CONSTANT, value=0
    )
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), dtype=np.float32)
