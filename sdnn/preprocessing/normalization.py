"""From the ink of a line to a strip of the text height of the net."""

import cv2
import numpy as np

from sdnn.affine import pixel_centre_affine
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
    """The strip of a line, at the net's text height and without slant.

    The margin on either side, half a window and two strides, puts the first and last column beyond the text.

    Args:
        ink: (H, W) or (H, W, layers) of the page, 0 paper to 1 ink.
        text: Box of the line; its left and right edge hold half-way up and lean as the digits do.
        geometry: Sizes of the net.
        slant: Slant that is removed, in pixels to the right per pixel up.
        scale: Height of the text in the strip, as a multiple of the net's text height.
        aspect: Width of the text in the strip, as a multiple of that in proportion to the height.
    """
    y_scale = geometry.text_height_px / text.height * scale
    width = max(1, round(text.width * y_scale * aspect))
    margin = geometry.window_px // 2 + 2 * geometry.stride_px
    x_scale = width / text.width
    lean = -slant / y_scale  # per pixel down in the strip
    left = text.left - margin / x_scale - lean * geometry.height_px / 2
    top = (text.top + text.bottom) / 2 - geometry.height_px / 2 / y_scale
    page_from_strip = np.array([[1 / x_scale, lean, left], [0.0, 1 / y_scale, top]])
    size = (width + 2 * margin, geometry.height_px)
    reduction = max(1, int(1 / y_scale))
    # Averaged first where the line shrinks, so that thin strokes survive.
    ink = ink if reduction == 1 else average(ink, reduction)
    return Strip(warp(ink, page_from_strip / reduction, size), page_from_strip)


def thicken_strokes(ink: FloatArray, by_px: float) -> FloatArray:
    """Ink with broader strokes: blurred, then darkened by as much.

    Args:
        ink: (H, W) or (H, W, layers), 0 paper to 1 ink.
        by_px: Standard deviation of the blur in pixels; 0 leaves the ink as it is.
    """
    if by_px == 0:
        return ink
    blurred = cv2.GaussianBlur(ink, (0, 0), by_px)
    return np.asarray(np.minimum(blurred * np.float32(1 + by_px), 1), dtype=np.float32)


def warp(
    picture: FloatArray, matrix: FloatArray, size: tuple[int, int], border: int = cv2.BORDER_CONSTANT
) -> FloatArray:
    """A picture through an affine map.

    Args:
        picture: (H, W) or (H, W, layers) float32.
        matrix: (2, 3) affine map to the picture from the result.
        size: Width and height of the result.
        border: OpenCV's number of what lies beyond the picture; by default 0.
    """
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    warped = cv2.warpAffine(picture, pixel_centre_affine(matrix), size, flags=flags, borderMode=border)
    return np.asarray(warped, dtype=np.float32)


def average(picture: FloatArray, side_px: int, border: int = cv2.BORDER_CONSTANT) -> FloatArray:
    """A picture reduced by averaging squares.

    Args:
        picture: (H, W) or (H, W, layers) float32.
        side_px: Side of a square.
        border: OpenCV's number of what lies beyond the picture in incomplete squares; by default 0.
    """
    down, right = ((-length) % side_px for length in picture.shape[:2])
    padded = cv2.copyMakeBorder(picture, 0, down, 0, right, border)
    size = (padded.shape[1] // side_px, padded.shape[0] // side_px)
    return np.asarray(cv2.resize(padded, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
