"""What the detector's net says of a picture at one scale."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from sdnn.results import FloatArray

STRIDE_PX: Final = 4
"""Distance between the cells of the maps, at the scale of the picture that the net saw."""
HEIGHTS_PX: Final = (12.0, 24.0)
"""Heights of digits that one scale answers for: an octave."""
UNIT_PX: Final = 17.0
"""Height whose logarithm is 0, and unit of distances, in the net's answers."""


@dataclass(frozen=True, eq=False)
class DetectionMaps:
    """Maps of h x w cells over a picture brought to one scale.

    Attributes:
        picture_from_map: (2, 3) affine map from pixels at this scale to pixels of the picture.
        line: (h, w) probability that the core of a line of digits runs here.
        digit: (h, w) that the middle of a digit is here.
        sign: (h, w) that a sign is here.
        struck: (h, w) that a digit is struck out here.
        closer: (h, w) that there are digits too small for this scale.
        height: (h, w) height of the digits, in pixels at this scale.
        along: (2, h, w) x and y of the reading direction.
        offset: (h, w) how far down the middle of the line is, in pixels at this scale.
        slant: (h, w) lean of the digits.
        printed: (h, w) probability that they are print.
        ink: (H, W) probability that a pixel at this scale is ink of a digit.
    """

    picture_from_map: FloatArray
    line: FloatArray
    digit: FloatArray
    sign: FloatArray
    struck: FloatArray
    closer: FloatArray
    height: FloatArray
    along: FloatArray
    offset: FloatArray
    slant: FloatArray
    printed: FloatArray
    ink: FloatArray

    @classmethod
    def from_net(cls, maps: FloatArray, ink: FloatArray, picture_from_map: FloatArray) -> "DetectionMaps":
        """The maps in plain units.

        Args:
            maps: (11, h, w) as the net gives them: logits of five masks, then the fields.
            ink: (H, W) logits.
            picture_from_map: (2, 3) affine map to the picture.
        """
        line, digit, sign, struck, closer = probability(maps[:5])
        return cls(
            picture_from_map,
            line,
            digit,
            sign,
            struck,
            closer,
            np.exp2(maps[5].clip(-2, 2)) * UNIT_PX,
            maps[6:8],
            maps[8] * UNIT_PX,
            maps[9],
            probability(maps[10]),
            probability(ink),
        )


def probability(logits: FloatArray) -> FloatArray:
    """The logistic function."""
    return np.asarray(1 / (1 + cv2.exp(-np.ascontiguousarray(logits, dtype=np.float32)))).reshape(
        logits.shape
    )
