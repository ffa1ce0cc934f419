"""Lines of digits that the detector found on a picture."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from sdnn.affine import pixel_centre_affine
from sdnn.detection.maps import DetectionMaps
from sdnn.results import Box, FloatArray


@dataclass(frozen=True, eq=False)
class TextLine:
    """A line of digits on a picture.

    Attributes:
        start: (2,) x and y where the middle of the line begins, in pixels of the picture.
        end: (2,) x and y where it ends, in reading direction.
        height_px: Height of its digits.
        slant: Slant of its digits, in pixels to the right per pixel up.
        printed: Probability that its digits are printed.
        probability: Mean probability of its cells.
        maps: Maps that it was found on.
        signs: Boxes of the signs between and beside its digits, in pixels of the picture.
        struck: Probability that one of its digits is struck out.
        missed: Probability of a digit near the line that lies on no line.
        ambiguous: Whether its reading direction is in doubt, so that it is read both ways.
    """

    start: FloatArray
    end: FloatArray
    height_px: float
    slant: float
    printed: float
    probability: float
    maps: DetectionMaps
    signs: tuple[Box, ...] = ()
    struck: float = 0.0
    missed: float = 0.0
    ambiguous: bool = False

    @property
    def length_px(self) -> float:
        """Distance from start to end."""
        return float(np.hypot(*(self.end - self.start)))

    @property
    def direction(self) -> FloatArray:
        """(2,) unit vector in reading direction."""
        return np.asarray((self.end - self.start) / max(1e-6, self.length_px))

    @property
    def reversed(self) -> "TextLine":
        """The same line in the other reading direction."""
        return replace(self, start=self.end, end=self.start)

    def band(self, thickness: float, margin: float = 0.0) -> FloatArray:
        """(4, 2) corners of the band along the line.

        Args:
            thickness: Width of the band, in heights of the digits.
            margin: Length of the band beyond either end of the line, in heights of the digits.
        """
        along = self.direction
        half = thickness * self.height_px / 2 * np.array([-along[1], along[0]])
        start, end = self.start - margin * self.height_px * along, self.end + margin * self.height_px * along
        return np.array([start - half, end - half, end + half, start + half], dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Detections:
    """Output of the detector for a picture.

    Attributes:
        lines: Lines in reading order.
        levels: Maps of each scale, the coarsest first.
    """

    lines: tuple[TextLine, ...]
    levels: tuple[DetectionMaps, ...]

    def shifted(self, right_px: int, down_px: int) -> "Detections":
        """The same detections on a picture with as many more columns on the left and rows above."""
        if not (right_px or down_px):
            return self
        shift = np.array([right_px, down_px])
        matrix = np.column_stack([np.zeros((2, 2)), shift])
        levels = {
            maps: replace(maps, picture_from_map=maps.picture_from_map + matrix) for maps in self.levels
        }
        lines = [
            replace(
                line,
                start=line.start + shift,
                end=line.end + shift,
                maps=levels[line.maps],
                signs=tuple(sign.shifted(right_px, down_px) for sign in line.signs),
            )
            for line in self.lines
        ]
        return Detections(tuple(lines), tuple(levels.values()))

    def digit_ink(self, shape: tuple[int, ...]) -> FloatArray:
        """(H, W) probability of each pixel of the picture to be ink of a digit, the highest of all scales."""
        rows, columns = shape
        highest = np.zeros((rows, columns), np.float32)
        for maps in self.levels:
            matrix = pixel_centre_affine(maps.picture_from_map)
            ink = cv2.warpAffine(maps.ink, matrix, (columns, rows), flags=cv2.INTER_LINEAR)
            np.maximum(highest, ink, out=highest)
        return highest
