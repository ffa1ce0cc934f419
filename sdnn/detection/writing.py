"""The writing of a line that the detector found: its ink alone, level, dark or light as it may be."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from sdnn.choices import Polarity
from sdnn.detection.lines import TextLine
from sdnn.detection.maps import STRIDE_PX
from sdnn.preprocessing.contrast import local_contrast
from sdnn.preprocessing.normalization import between_middles
from sdnn.preprocessing.slant import slant_of
from sdnn.results import Box, FloatArray

TALLEST_PX: Final = 26.0
"""Height that digits are brought down to; a strip has them at 17."""
ROWS: Final = 3.0
"""Height of the cutout, in heights of its digits: taller views reach beyond the strip, too."""
ROOM: Final = 1.0
"""Paper left and right of the line on the cutout, in heights of its digits."""
BEYOND: Final = 0.6
"""How far beyond the ends of a line ink still belongs to it, in heights of its digits."""
WINDOW: Final = 2.4
"""Side of the square that local contrast is taken over, in heights of the digits."""
INK: Final = 0.5
"""Probability from which on a pixel is ink."""
FLOOR: Final = 0.5
"""Share of its darkness that other ink keeps: rulings and tails that may belong to a digit stay in sight."""
ENDS: Final = 0.15
"""How far beyond the ends of a line other ink keeps that, in heights of its digits."""
FULL: Final = 0.7
"""Share of the ink that is lighter than black on the strip."""


@dataclass(frozen=True, eq=False)
class Writing:
    """What is written along a line.

    Attributes:
        ink: (H, W) float32, 0 paper to 1 ink, of its digits alone.
        text: The line of writing; the left and right edge hold half-way up and lean as the writing does.
        slant: Pixels to the right per pixel up.
    """

    ink: FloatArray
    text: Box
    slant: float


def writing_along(
    picture: FloatArray, line: TextLine, polarity: Polarity = Polarity.AUTO
) -> tuple[FloatArray, Writing | None]:
    """The writing along a line, level, on a cutout of its own.

    Args:
        picture: (H, W) brightness, 0 black to 1 white.
        line: Where it runs.
        polarity: Whether ink is darker or lighter than the paper; by default as it is under most of the ink.

    Returns:
        The (2, 3) affine map from the cutout to the picture, and the writing; None where there is no ink.
    """
    scale = max(1.0, line.height_px / TALLEST_PX)
    height = line.height_px / scale
    along = line.along
    down = np.array([-along[1], along[0]])
    rows = round(ROWS * height)
    length = line.length_px / scale
    left = ROOM * height
    columns = round(length + 2 * left)
    matrix = np.column_stack([along, down, np.zeros(2)]) * scale
    matrix[:, 2] = line.start - matrix[:, :2] @ [left, rows / 2]
    brightness = _seen(picture, matrix, (columns, rows), cv2.BORDER_REPLICATE)
    map_from_picture = np.linalg.inv(np.vstack([line.maps.picture_from_map, [0.0, 0.0, 1.0]]))
    to_map = (map_from_picture @ np.vstack([matrix, [0.0, 0.0, 1.0]]))[:2]
    probability = _seen(line.maps.ink, to_map, (columns, rows), cv2.BORDER_CONSTANT)
    reach = BEYOND * height
    probability[:, : max(0, round(left - reach))] = 0
    probability[:, round(left + length + reach) :] = 0
    sure = probability >= INK
    if int(sure.sum()) < 4:
        return matrix, None
    contrast = local_contrast(brightness, 2 * round(WINDOW * height / 2) + 1)
    text = Box(left, (rows - height) / 2, left + length, (rows + height) / 2)
    to_cells = np.diag([1 / STRIDE_PX, 1 / STRIDE_PX]) @ to_map
    other = 1 - _seen(line.maps.sign, to_cells, (columns, rows), cv2.BORDER_CONSTANT)
    other[:, : max(0, round(left - ENDS * height))] = 0
    other[:, round(left + length + ENDS * height) :] = 0
    weight = (FLOOR * other + 1.6 * (1 - FLOOR) * probability).clip(0, 1)
    ink = _levelled(contrast, weight, sure, text, polarity)
    points = np.asarray(cv2.findNonZero(sure.astype(np.uint8)), dtype=np.float64).reshape(-1, 2)
    slant = slant_of(points, text)
    return matrix, Writing(ink, _leaning(points, text, slant), slant)


def _levelled(
    contrast: FloatArray, weight: FloatArray, sure: npt.NDArray[np.bool_], text: Box, polarity: Polarity
) -> FloatArray:
    """Contrast turned so that ink is above paper, stretched from 0 to 1, strongest on digits.

    Args:
        contrast: (H, W) of the cutout.
        weight: (H, W) how much of the ink counts.
        sure: (H, W) where there is ink of digits.
        text: The line of writing.
        polarity: Whether ink is darker or lighter than the paper.
    """
    left, upper, right, lower = text.rounded()
    along = np.s_[upper:lower, left:right]
    between = contrast[along][~sure[along]]
    paper = float(np.median(between)) if between.size else 0.0
    if polarity is Polarity.AUTO:
        lighter = float(contrast[sure].mean()) > paper
    else:
        lighter = polarity is Polarity.LIGHT
    above = contrast - paper if lighter else paper - contrast
    top = max(0.2, float(np.quantile(above[sure], FULL)))
    return np.asarray((above / top).clip(0, 1) * weight, dtype=np.float32)


def _leaning(points: FloatArray, text: Box, slant: float) -> Box:
    """The box round the line with the edges where they are half-way up when the writing leans."""
    inside = points[(points[:, 1] >= text.top) & (points[:, 1] < text.bottom)]
    if not len(inside):
        return text
    upright = inside @ [1.0, slant] - slant * (text.top + text.bottom - 1) / 2
    return Box(float(upright.min()), text.top, float(upright.max()) + 1, text.bottom)


def _seen(picture: FloatArray, matrix: FloatArray, size: tuple[int, int], border: int) -> FloatArray:
    """A picture through an affine map; averaged first where it shrinks, so that thin strokes survive."""
    reduction = int(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    if reduction > 1:
        picture, matrix = _reduced(picture, matrix, size, reduction)
    return np.asarray(
        cv2.warpAffine(
            picture,
            between_middles(matrix),
            size,
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=border,
        ),
        dtype=np.float32,
    )


def _reduced(
    picture: FloatArray, matrix: FloatArray, size: tuple[int, int], reduction: int
) -> tuple[FloatArray, FloatArray]:
    """The part that is seen, so many times smaller, and the map to it."""
    corners = (
        np.array([(x, y) for x in (0.0, size[0]) for y in (0.0, size[1])]) @ matrix[:, :2].T + matrix[:, 2]
    )
    most = np.array(picture.shape[::-1])
    low = np.floor(corners.min(axis=0)).astype(int).clip(0, most - 1) // reduction * reduction
    high = np.ceil(corners.max(axis=0)).astype(int).clip(low + 1, most)
    part = picture[low[1] : high[1], low[0] : high[0]]
    down, right = ((-length) % reduction for length in part.shape)
    whole = cv2.copyMakeBorder(part, 0, down, 0, right, cv2.BORDER_REPLICATE)
    shape = (whole.shape[1] // reduction, whole.shape[0] // reduction)
    moved = matrix.copy()
    moved[:, 2] -= low
    small = cv2.resize(whole, shape, interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.float32), moved / reduction
