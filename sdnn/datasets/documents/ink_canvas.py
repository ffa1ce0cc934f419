"""Ink layers of a document, drawn straight into the picture through an affine map.

Everything is placed on an upright sheet; the map rotates and shears the sheet, so that nothing is resampled
twice and the truth stays exact. Coordinates are edges on the sheet and on the picture: the first pixel is
from 0 to 1.
"""

from typing import Final, Literal

import cv2
import numpy as np

from sdnn.affine import pixel_centre_affine
from sdnn.datasets.rasterizer import OVERSAMPLING, SUBPIXEL_BITS, Ink, fixed_point
from sdnn.results import FloatArray

Layer = Literal["digits", "others"]
"""Digits of strings, or all other ink."""

SHRINK: Final = 0.7
"""Scale below which a glyph is averaged before it is placed."""
MAX_OVERSAMPLED_PX: Final = 10_000
"""Pixels of the picture round a line up to which it is oversampled; longer ones are printed, not penned."""
MIN_LINE_TONE: Final = 0.3
"""Share of its tone that even the thinnest line keeps."""


def composed(outer: FloatArray, inner: FloatArray) -> FloatArray:
    """The (2, 3) affine map that applies `inner` first, then `outer`."""
    return np.asarray(outer @ np.vstack([inner, [0.0, 0.0, 1.0]]))


def mapped(points: FloatArray, matrix: FloatArray) -> FloatArray:
    """(..., 2) points after a (2, 3) affine map."""
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2])


def rectangle(left: float, top: float, right: float, bottom: float) -> FloatArray:
    """(4, 2) corners of a rectangle, clockwise from the upper left."""
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)])


class Canvas:
    """Ink on a picture, by layer.

    Attributes:
        digits: (H, W) uint8, ink of the digits of strings at its visible darkness.
        others: (H, W) uint8, all other ink.
        mask: (H, W) uint8, ink of these digits at full darkness: the truth.
        picture_from_sheet: (2, 3) affine map.
        scale: Pixels of the picture per pixel of the sheet; the mean of both directions.
    """

    def __init__(self, height_px: int, width_px: int, picture_from_sheet: FloatArray) -> None:
        """An empty canvas with the size of the picture and the map from the sheet."""
        self.digits: Ink = np.zeros((height_px, width_px), np.uint8)
        self.others: Ink = np.zeros((height_px, width_px), np.uint8)
        self.mask: Ink = np.zeros((height_px, width_px), np.uint8)
        self.picture_from_sheet = picture_from_sheet
        self.scale = float(np.sqrt(abs(np.linalg.det(picture_from_sheet[:, :2]))))

    def stamp(self, ink: Ink, sheet_from_ink: FloatArray, tone: float, layer: Layer) -> None:
        """Places a glyph.

        Args:
            ink: (h, w) uint8, 0 paper to 255 ink.
            sheet_from_ink: (2, 3) affine map from the glyph's pixels to the sheet.
            tone: Darkness of the ink, 0 to 1.
            layer: Layer of the glyph; digits are drawn into the mask as well.
        """
        matrix = composed(self.picture_from_sheet, sheet_from_ink)
        scale = np.hypot(matrix[0], matrix[1])[:2]  # of a column and of a row of the glyph
        shape = [max(1, round(length * part)) for length, part in zip(ink.shape[::-1], scale, strict=True)]
        if min(scale) < SHRINK:
            small = cv2.resize(ink, shape, interpolation=cv2.INTER_AREA)
            matrix = matrix @ np.diag([ink.shape[1] / shape[0], ink.shape[0] / shape[1], 1.0])
            ink = np.asarray(small, dtype=np.uint8)
        height, width = ink.shape
        corners = mapped(rectangle(0.0, 0.0, width, height), matrix)
        low = np.maximum(np.floor(corners.min(axis=0)).astype(int) - 1, 0)
        high = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 1, self.mask.shape[::-1])
        if (high <= low).any():
            return
        matrix = pixel_centre_affine(matrix)
        matrix[:, 2] -= low
        size = (int(high[0] - low[0]), int(high[1] - low[1]))
        glyph = np.asarray(cv2.warpAffine(ink, matrix, size, flags=cv2.INTER_LINEAR), dtype=np.uint8)
        part = np.s_[low[1] : high[1], low[0] : high[0]]
        if layer == "digits":
            np.maximum(self.mask[part], glyph, out=self.mask[part])
        target = self.digits if layer == "digits" else self.others
        toned = cv2.convertScaleAbs(glyph, alpha=tone)
        np.maximum(target[part], np.asarray(toned, dtype=np.uint8), out=target[part])

    def line(self, points: FloatArray, thickness_px: float, tone: float, closed: bool = False) -> None:
        """Draws a polyline of other ink.

        Args:
            points: (N, 2) x and y on the sheet.
            thickness_px: Thickness on the sheet; below a pixel of the picture the line is paler instead.
            tone: Darkness of the ink, 0 to 1.
            closed: Whether the last point is joined to the first.
        """
        thickness = thickness_px * self.scale
        value = round(255 * tone * min(1.0, max(MIN_LINE_TONE, thickness)))
        on_picture = mapped(np.asarray(points), self.picture_from_sheet)
        reach = int(thickness / 2) + 2
        low = np.maximum(np.floor(on_picture.min(axis=0)).astype(int) - reach, 0)
        high = np.minimum(np.ceil(on_picture.max(axis=0)).astype(int) + reach, self.others.shape[::-1])
        if (high <= low).any():
            return
        width, height = (high - low).tolist()
        finer = OVERSAMPLING if width * height <= MAX_OVERSAMPLED_PX else 1
        drawn = np.zeros((height * finer, width * finer), np.uint8)
        fixed = fixed_point((on_picture - low) * finer)
        # OpenCV's antialiased lines are a pixel or two too wide.
        broad = max(1, round(max(1.0, thickness) * finer) - (2 if finer > 1 else 1))
        cv2.polylines(drawn, [fixed], closed, value, broad, cv2.LINE_AA, SUBPIXEL_BITS)
        if finer > 1:
            drawn = np.asarray(
                cv2.resize(drawn, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8
            )
        part = self.others[low[1] : high[1], low[0] : high[0]]
        np.maximum(part, drawn, out=part)

    def fill(self, points: FloatArray, tone: float) -> None:
        """Fills a polygon of (N, 2) points of the sheet with other ink, which covers the ink below."""
        fixed = fixed_point(mapped(np.asarray(points), self.picture_from_sheet))
        cv2.fillPoly(self.others, [fixed], round(255 * tone), cv2.LINE_AA, SUBPIXEL_BITS)
