"""Output of the detector's net on a picture at one scale."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import cv2
import numpy as np

from sdnn.affine import affine_scale, invert_affine
from sdnn.results import FloatArray

STRIDE_PX: Final = 4
"""Distance between the cells of the maps, in pixels of the scaled picture."""
HEIGHTS_PX: Final = (12.0, 24.0)
"""Heights of the digits that one scale detects: an octave."""
UNIT_PX: Final = 17.0
"""Height whose logarithm is 0, and unit of distances, in the net's output."""

MIN_SIGN: Final = 0.25
"""Probability of a cell that belongs to a sign."""


@dataclass(frozen=True, eq=False)
class DetectionMaps:
    """Maps of h x w cells over a picture at one scale.

    Attributes:
        picture_from_map: (2, 3) affine map from pixels of the scaled picture to pixels of the picture.
        line: (h, w) probability that a cell lies on the core of a line of digits.
        digit: (h, w) probability of the centre of a digit.
        sign: (h, w) probability of a sign.
        struck: (h, w) probability of a struck-out digit.
        closer: (h, w) probability of digits too small for this scale.
        height: (h, w) height of the digits, in pixels of the scaled picture.
        direction: (2, h, w) x and y of the reading direction.
        offset: (h, w) distance down to the middle of the line, in pixels of the scaled picture.
        slant: (h, w) slant of the digits, in pixels to the right per pixel up.
        printed: (h, w) probability that the digits are printed.
        ink: (H, W) probability of each pixel of the scaled picture to be ink of a digit.
    """

    picture_from_map: FloatArray
    line: FloatArray
    digit: FloatArray
    sign: FloatArray
    struck: FloatArray
    closer: FloatArray
    height: FloatArray
    direction: FloatArray
    offset: FloatArray
    slant: FloatArray
    printed: FloatArray
    ink: FloatArray

    @cached_property
    def map_from_picture(self) -> FloatArray:
        """(2, 3) affine map from pixels of the picture to pixels of the scaled picture."""
        return invert_affine(self.picture_from_map)

    @property
    def picture_px(self) -> float:
        """Side of a pixel of the scaled picture, in pixels of the picture."""
        return affine_scale(self.picture_from_map)

    @classmethod
    def from_net(cls, maps: FloatArray, ink: FloatArray, picture_from_map: FloatArray) -> "DetectionMaps":
        """The maps in plain units.

        Args:
            maps: (11, h, w) output of the net: logits of five masks, then the fields.
            ink: (H, W) logits.
            picture_from_map: (2, 3) affine map to the picture.
        """
        line, digit, sign, struck, closer = sigmoid(maps[:5])
        height, offset = np.exp2(maps[5].clip(-2, 2)) * UNIT_PX, maps[8] * UNIT_PX
        fields = height, maps[6:8], offset, maps[9], sigmoid(maps[10])
        return cls(picture_from_map, line, digit, sign, struck, closer, *fields, sigmoid(ink))


def sigmoid(logits: FloatArray) -> FloatArray:
    """Probabilities of logits, by the logistic function; of the same shape."""
    inverse = np.asarray(cv2.exp(-np.ascontiguousarray(logits, dtype=np.float32)), dtype=np.float32)
    inverse += 1  # in place, because ink has a value for every pixel
    return np.divide(1, inverse, out=inverse).reshape(logits.shape)
