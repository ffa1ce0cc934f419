"""The ink of a detected line: level, its digits dark, other ink paler."""

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from sdnn.affine import affine_scale, apply_affine, compose_affine
from sdnn.detection.detections import TextLine
from sdnn.detection.maps import STRIDE_PX
from sdnn.enums import Polarity
from sdnn.preprocessing.normalization import average, warp
from sdnn.preprocessing.slant import slant_of
from sdnn.results import Box, FloatArray

MAX_DIGIT_PX: Final = 39.0
"""Height of the digits on a crop; on a strip they have 26 px."""
CROP_HEIGHTS: Final = 3.0
"""Height of the crop, in heights of the digits; more than that of a strip, for taller views."""
MARGIN_HEIGHTS: Final = 1.0
"""Paper left and right of the line on the crop, in heights of the digits."""
MAX_OVERHANG_HEIGHTS: Final = 0.6
"""Length of ink beyond the ends of a line that still belongs to it, in heights of the digits."""
PAPER_WINDOW_HEIGHTS: Final = 1.2
"""Side of the square in which the brightness of the paper is measured, in heights of the digits."""
INK_WINDOW_HEIGHTS: Final = 2.4
"""Side of the square in which the darkness of the ink is measured, in heights of the digits."""
MIN_PAPER: Final = 0.05
"""Brightness of paper, which the darkness of ink is a share of, as in a shadow."""
MIN_LOCAL_DARKNESS: Final = 0.2
"""Darkness of ink near a pixel, over that of the whole line."""
TEXTURE_SHARE: Final = 0.85
"""Share of the paper that becomes white; the rest is edges of strokes, or texture that stays grey."""
MAX_TEXTURE: Final = 0.4
"""Darkness of texture that is subtracted, over that of ink."""
MIN_INK: Final = 0.5
"""Probability of a pixel that counts as ink."""
OTHER_INK: Final = 0.5
"""Default share of its darkness that other ink keeps: rulings, and tails that may be a digit's, show."""
DIGIT_INK_GAIN: Final = 1.6
"""Factor of the probability of digit ink; the product, up to 1, is the share of its darkness that is kept."""
OTHER_INK_MARGIN_HEIGHTS: Final = 0.15
"""Length beyond the ends of a line in which other ink is kept, in heights of the digits."""
MIN_EXTENT_INK: Final = 0.4
"""Ink of a pixel that counts for the extent of the text and for its slant."""
CORE_DARKNESS: Final = 1.25
"""Darkness of the middle of a stroke over the mean of its ink, whose edges are paler."""


@dataclass(frozen=True, eq=False)
class LineCrop:
    """The ink of a line.

    Attributes:
        layers: (H, W, 2) float32, 0 paper to 1 ink: all ink between the ends of the line but that of signs,
            and digit ink alone, by the detector.
        text: The line; its left and right edge hold half-way up and lean as the digits do.
        slant: Slant of the digits, in pixels to the right per pixel up.
    """

    layers: FloatArray
    text: Box
    slant: float

    def ink(self, other_ink: float = OTHER_INK) -> FloatArray:
        """(H, W) ink, where other ink than that of digits keeps the given share of its darkness."""
        return blend_layers(self.layers, other_ink)


def blend_layers(layers: FloatArray, other_ink: float) -> FloatArray:
    """(H, W) ink of (H, W, 2) layers, see `LineCrop`."""
    return np.asarray(layers @ np.array([other_ink, 1 - other_ink], np.float32))


def crop_line(
    picture: FloatArray, line: TextLine, polarity: Polarity = Polarity.AUTO
) -> tuple[FloatArray, LineCrop | None]:
    """The ink along a line, level.

    Args:
        picture: (H, W) brightness, 0 black to 1 white.
        line: The line on the picture.
        polarity: Whether ink is darker or lighter than the paper; by default as most of the ink is.

    Returns:
        The (2, 3) affine map from the crop to the picture, and the crop; None where there is no ink.
    """
    scale = max(1.0, line.height_px / MAX_DIGIT_PX)
    height, length = line.height_px / scale, line.length_px / scale
    along = line.direction
    down = np.array([-along[1], along[0]])
    left = MARGIN_HEIGHTS * height
    rows, columns = round(CROP_HEIGHTS * height), round(length + 2 * left)
    matrix = np.column_stack([along, down, np.zeros(2)]) * scale
    matrix[:, 2] = line.start - matrix[:, :2] @ [left, rows / 2]
    text = Box(left, (rows - height) / 2, left + length, (rows + height) / 2)
    size = (columns, rows)
    brightness = _resampled(picture, matrix, size, cv2.BORDER_REPLICATE)
    map_from_crop = compose_affine(line.maps.map_from_picture, matrix)
    digit_ink = _resampled(line.maps.ink, map_from_crop, size, cv2.BORDER_CONSTANT)
    # Probability of digit ink given that the line is one of digits.
    probability = np.minimum(digit_ink / np.float32(line.probability), 1)
    _clear_beyond(probability, text, MAX_OVERHANG_HEIGHTS * height)
    is_ink = probability >= MIN_INK
    if int(is_ink.sum()) < 4:
        return matrix, None
    cells_from_crop = np.diag([1 / STRIDE_PX, 1 / STRIDE_PX]) @ map_from_crop
    signs = cv2.dilate(line.maps.sign, np.ones((3, 3), np.uint8))  # with the cells round a clear one
    other = 1 - _resampled(np.asarray(signs, dtype=np.float32), cells_from_crop, size, cv2.BORDER_CONSTANT)
    _clear_beyond(other, text, OTHER_INK_MARGIN_HEIGHTS * height)
    level = _ink_level(brightness, is_ink, height, polarity)
    level[~_inside(picture.shape, matrix, size)] = 0
    no_sign = 1 - _resampled(line.maps.sign, cells_from_crop, size, cv2.BORDER_CONSTANT)
    digits = (DIGIT_INK_GAIN * probability * no_sign).clip(0, 1)
    crop = LineCrop(np.stack([level * np.maximum(other, digits), level * digits], axis=2), text, 0.0)
    points = np.argwhere(crop.ink() >= MIN_EXTENT_INK)[:, ::-1].astype(np.float64)
    slant = slant_of(points, text)
    return matrix, replace(crop, text=_slanted_extent(points, text, slant), slant=slant)


def _clear_beyond(values: FloatArray, text: Box, margin_px: float) -> None:
    """Sets the columns of a crop beyond a line and its margin to 0."""
    values[:, : max(0, round(text.left - margin_px))] = 0
    values[:, round(text.right + margin_px) :] = 0


def _ink_level(
    brightness: FloatArray, is_ink: npt.NDArray[np.bool_], height: float, polarity: Polarity
) -> FloatArray:
    """Brightness turned into ink, 0 paper to 1 ink, by the paper and ink near each pixel.

    Args:
        brightness: (H, W) brightness of the crop.
        is_ink: (H, W) whether a pixel is ink of a digit.
        height: Height of the digits, in pixels of the crop.
        polarity: Whether ink is darker or lighter than the paper.
    """
    is_paper = cv2.dilate(is_ink.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0
    paper = _local_mean(brightness, is_paper, PAPER_WINDOW_HEIGHTS * height)
    contrast = brightness - paper
    lighter = polarity is Polarity.LIGHT
    if polarity is Polarity.AUTO:
        lighter = float(contrast[is_ink].mean()) > 0
    contrast = contrast if lighter else -contrast / np.maximum(paper, np.float32(MIN_PAPER))
    contrast = np.maximum(contrast, 0)
    ink = _local_mean(contrast, is_ink, INK_WINDOW_HEIGHTS * height)
    ink = np.maximum(ink, MIN_LOCAL_DARKNESS * float(contrast[is_ink].mean()) + 1e-4)
    level = contrast / (CORE_DARKNESS * ink)
    texture = 0.0
    if is_paper.any():
        texture = min(MAX_TEXTURE, float(np.quantile(level[is_paper], TEXTURE_SHARE)))
    return np.asarray(((level - texture) / (1 - texture)).clip(0, 1), dtype=np.float32)


def _local_mean(values: FloatArray, counts: npt.NDArray[np.bool_], side_px: float) -> FloatArray:
    """(H, W) mean of the values that count within a square; that of the whole crop where there are none."""
    size = (2 * round(side_px / 2) + 1,) * 2
    weight = counts.astype(np.float32)
    whole = float(values[counts].mean()) if counts.any() else float(values.mean())
    sums = cv2.boxFilter(values * weight, -1, size, normalize=False, borderType=cv2.BORDER_REPLICATE)
    number = cv2.boxFilter(weight, -1, size, normalize=False, borderType=cv2.BORDER_REPLICATE)
    return np.asarray((sums + whole) / (number + 1), dtype=np.float32)


def _slanted_extent(points: FloatArray, text: Box, slant: float) -> Box:
    """The line, made longer where the ink at (N, 2) points reaches beyond its ends, half-way up if slanted.

    It is not made shorter, for the sake of digits whose ink is in doubt.
    """
    inside = points[(points[:, 1] >= text.top) & (points[:, 1] < text.bottom)]
    if not len(inside):
        return text
    upright = inside @ [1.0, slant] - slant * (text.top + text.bottom - 1) / 2
    left, right = min(text.left, float(upright.min())), max(text.right, float(upright.max()) + 1)
    return replace(text, left=left, right=right)


def _inside(shape: tuple[int, ...], matrix: FloatArray, size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """(H, W) whether a pixel of the crop lies on the picture; beyond, the edge of the picture is repeated."""
    columns, rows = size
    x, y = np.arange(columns) + 0.5, np.arange(rows)[:, None] + 0.5
    across = matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2]
    down = matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2]
    inside: npt.NDArray[np.bool_] = (across > 0) & (across < shape[1]) & (down > 0) & (down < shape[0])
    return inside


def _resampled(picture: FloatArray, matrix: FloatArray, size: tuple[int, int], border: int) -> FloatArray:
    """A picture through an affine map; averaged first where it shrinks, so that thin strokes survive."""
    reduction = int(affine_scale(matrix))
    if reduction <= 1:
        return warp(picture, matrix, size, border)
    corners = apply_affine(matrix, np.array([(x, y) for x in (0.0, size[0]) for y in (0.0, size[1])]))
    most = np.array(picture.shape[::-1])
    low = np.floor(corners.min(axis=0)).astype(int).clip(0, most - 1) // reduction * reduction
    high = np.ceil(corners.max(axis=0)).astype(int).clip(low + 1, most)
    part = average(picture[low[1] : high[1], low[0] : high[0]], reduction, cv2.BORDER_REPLICATE)
    part_from_crop = matrix.copy()
    part_from_crop[:, 2] -= low
    return warp(part, part_from_crop / reduction, size, border)
