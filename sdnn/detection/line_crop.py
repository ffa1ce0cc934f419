"""The writing of a line that the detector found: level, its digits dark, other ink paler."""

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from sdnn.detection.maps import STRIDE_PX
from sdnn.detection.text_lines import TextLine
from sdnn.enums import Polarity
from sdnn.preprocessing.normalization import pixel_centre_affine
from sdnn.preprocessing.slant import slant_of
from sdnn.results import Box, FloatArray

TALLEST_PX: Final = 39.0
"""Height that digits are brought down to; a strip has them at 26."""
ROWS: Final = 3.0
"""Height of the cutout, in heights of its digits: taller views reach beyond the strip, too."""
ROOM: Final = 1.0
"""Paper left and right of the line on the cutout, in heights of its digits."""
BEYOND: Final = 0.6
"""How far beyond the ends of a line ink still belongs to it, in heights of its digits."""
PAPER: Final = 1.2
"""Side of the square in which the paper's brightness is measured, in heights of the digits."""
STROKES: Final = 2.4
"""Side of the square in which the ink's darkness is measured, in heights of the digits."""
LEAST_PAPER: Final = 0.05
"""Brightness that paper has at least: the darkness of ink is a share of it, as in a shadow."""
PALEST: Final = 0.2
"""How dark ink has to be near by, over what it is on the whole line, to be taken for the darkest there."""
TEXTURE: Final = 0.85
"""Share of the paper that is white on the strip; the rest is strokes' edges, or texture that stays grey."""
MOST_TEXTURE: Final = 0.4
"""Darkness of texture, over that of ink, that is taken away at most."""
INK: Final = 0.5
"""Probability from which on a pixel is ink."""
FLOOR: Final = 0.5
"""Share of its darkness that other ink keeps by default: rulings, and tails that may be a digit's, show."""
CERTAIN: Final = 1.6
"""Factor of the probability that ink is that of digits: the product, up to 1, is the darkness it keeps."""
ENDS: Final = 0.15
"""How far beyond the ends of a line other ink keeps that, in heights of its digits."""
DARK: Final = 0.4
"""Ink from which on a pixel tells where the writing ends and how far it leans."""
FULL: Final = 1.25
"""Darkness of a stroke's middle over the mean of its ink, whose edges are paler."""


@dataclass(frozen=True, eq=False)
class LineCrop:
    """What is written along a line.

    Attributes:
        layers: (H, W, 2) float32, 0 paper to 1 ink: all of it between the ends of the line but that of signs,
            and by itself what the detector took for ink of digits.
        text: The line of writing; the left and right edge hold half-way up and lean as the writing does.
        slant: Pixels to the right per pixel up.
    """

    layers: FloatArray
    text: Box
    slant: float

    def ink(self, other_ink: float = FLOOR) -> FloatArray:
        """(H, W) ink of which that of no digits keeps the given share of its darkness."""
        return blend_layers(self.layers, other_ink)


def blend_layers(layers: FloatArray, other_ink: float) -> FloatArray:
    """(H, W) of the (H, W, 2) layers of a `LineCrop`: other ink keeps the given share of its darkness."""
    return np.asarray(layers @ np.array([other_ink, 1 - other_ink], np.float32))


def crop_line(
    picture: FloatArray, line: TextLine, polarity: Polarity = Polarity.AUTO
) -> tuple[FloatArray, LineCrop | None]:
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
    seen = _seen(line.maps.ink, to_map, (columns, rows), cv2.BORDER_CONSTANT)
    probability = np.minimum(seen / np.float32(line.probability), 1)  # given that the line is one of digits
    reach = BEYOND * height
    probability[:, : max(0, round(left - reach))] = 0
    probability[:, round(left + length + reach) :] = 0
    sure = probability >= INK
    if int(sure.sum()) < 4:
        return matrix, None
    text = Box(left, (rows - height) / 2, left + length, (rows + height) / 2)
    to_cells = np.diag([1 / STRIDE_PX, 1 / STRIDE_PX]) @ to_map
    signs = cv2.dilate(line.maps.sign, np.ones((3, 3), np.uint8))  # a cell round where it is sure of one, too
    other = 1 - _seen(np.asarray(signs, dtype=np.float32), to_cells, (columns, rows), cv2.BORDER_CONSTANT)
    other[:, : max(0, round(left - ENDS * height))] = 0
    other[:, round(left + length + ENDS * height) :] = 0
    level = _levelled(brightness, sure, height, polarity)
    level[~_inside(picture.shape, matrix, (columns, rows))] = 0
    no_sign = 1 - _seen(line.maps.sign, to_cells, (columns, rows), cv2.BORDER_CONSTANT)
    of_digits = (CERTAIN * probability * no_sign).clip(0, 1)
    crop = LineCrop(np.stack([level * np.maximum(other, of_digits), level * of_digits], axis=2), text, 0.0)
    points = np.argwhere(crop.ink() >= DARK)[:, ::-1].astype(np.float64)
    slant = slant_of(points, text)
    return matrix, replace(crop, text=_leaning(points, text, slant), slant=slant)


def _levelled(
    brightness: FloatArray,
    sure: npt.NDArray[np.bool_],
    height: float,
    polarity: Polarity,
) -> FloatArray:
    """Brightness turned so that paper is 0 and ink 1, each measured near by, where the detector saw it.

    Args:
        brightness: (H, W) of the cutout.
        sure: (H, W) where there is ink of digits.
        height: Of the digits, in pixels of the cutout.
        polarity: Whether ink is darker or lighter than the paper.
    """
    bare = cv2.dilate(sure.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0
    paper = _mean_nearby(brightness, bare, PAPER * height)
    above = brightness - paper
    lighter = polarity is Polarity.LIGHT
    if polarity is Polarity.AUTO:
        lighter = float(above[sure].mean()) > 0
    above = above if lighter else -above / np.maximum(paper, np.float32(LEAST_PAPER))
    above = np.maximum(above, 0)
    strong = _mean_nearby(above, sure, STROKES * height)
    strong = np.maximum(strong, PALEST * float(above[sure].mean()) + 1e-4)
    level = above / (FULL * strong)
    texture = min(MOST_TEXTURE, float(np.quantile(level[bare], TEXTURE))) if bare.any() else 0.0
    return np.asarray(((level - texture) / (1 - texture)).clip(0, 1), dtype=np.float32)


def _mean_nearby(values: FloatArray, counts: npt.NDArray[np.bool_], side_px: float) -> FloatArray:
    """(H, W) mean of the values that count within a square; of all that count where there are none."""
    side = 2 * round(side_px / 2) + 1
    weight = counts.astype(np.float32)
    whole = float(values[counts].mean()) if counts.any() else float(values.mean())
    sums = cv2.boxFilter(values * weight, -1, (side, side), normalize=False, borderType=cv2.BORDER_REPLICATE)
    number = cv2.boxFilter(weight, -1, (side, side), normalize=False, borderType=cv2.BORDER_REPLICATE)
    return np.asarray((sums + whole) / (number + 1), dtype=np.float32)


def _leaning(points: FloatArray, text: Box, slant: float) -> Box:
    """The box round the line, and round its ink half-way up when the writing leans.

    Where the cells saw a digit whose ink is in doubt the line keeps its ends.
    """
    inside = points[(points[:, 1] >= text.top) & (points[:, 1] < text.bottom)]
    if not len(inside):
        return text
    upright = inside @ [1.0, slant] - slant * (text.top + text.bottom - 1) / 2
    left, right = min(text.left, float(upright.min())), max(text.right, float(upright.max()) + 1)
    return Box(left, text.top, right, text.bottom)


def _inside(shape: tuple[int, ...], matrix: FloatArray, size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """(H, W) which pixels of a cutout of the given size lie on the picture; beyond, its edge is repeated."""
    columns, rows = size
    x, y = np.arange(columns) + 0.5, np.arange(rows)[:, None] + 0.5
    across = matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2]
    down = matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2]
    inside: npt.NDArray[np.bool_] = (across > 0) & (across < shape[1]) & (down > 0) & (down < shape[0])
    return inside


def _seen(picture: FloatArray, matrix: FloatArray, size: tuple[int, int], border: int) -> FloatArray:
    """A picture through an affine map; averaged first where it shrinks, so that thin strokes survive."""
    reduction = int(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    if reduction > 1:
        picture, matrix = _reduced(picture, matrix, size, reduction)
    return np.asarray(
        cv2.warpAffine(
            picture,
            pixel_centre_affine(matrix),
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
