"""Sightings written by hand: what the detector would have to say of pictures that a test has drawn."""

from typing import Any

import cv2
import numpy as np

from sdnn.detection import Detections, Detector, TextLine
from sdnn.detection.maps import STRIDE_PX, DetectionMaps
from sdnn.results import FloatArray


def maps_of(ink: FloatArray, scale: float = 1.0, **cells: FloatArray) -> DetectionMaps:
    """Maps that know the ink of a picture, at one scale, and nothing else but the given cells.

    Args:
        ink: (H, W) of the picture, 0 paper to 1 ink.
        scale: Pixels of the maps to a pixel of the picture.
        cells: (h, w) fields of `DetectionMaps`.
    """
    size = tuple(max(1, round(length * scale)) for length in ink.shape[::-1])
    seen = np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
    shape = tuple(-(-length // STRIDE_PX) for length in seen.shape)
    blank = np.zeros(shape, np.float32)
    fields: dict[str, Any] = dict.fromkeys(
        ("line", "digit", "sign", "struck", "closer", "height", "offset", "slant", "printed"), blank
    )
    fields["direction"] = np.stack([blank + 1, blank])
    return DetectionMaps(picture_from_map=np.eye(2, 3) / scale, ink=seen, **{**fields, **cells})


def line_along(
    start: tuple[float, float],
    end: tuple[float, float],
    height_px: float,
    maps: DetectionMaps | FloatArray,
    **settings: Any,
) -> TextLine:
    """A line of upright handwritten digits that the detector is sure of.

    Args:
        start: Where its middle begins, in pixels of the picture.
        end: Where it ends.
        height_px: Height of its digits.
        maps: What it was found on, or the ink of the picture.
        settings: Other fields of `TextLine`.
    """
    if not isinstance(maps, DetectionMaps):
        maps = maps_of(maps)
    sure = {"slant": 0.0, "printed": 0.0, "probability": 0.99, **settings}
    return TextLine(np.array(start, float), np.array(end, float), height_px, maps=maps, **sure)


class Seen(Detector):
    """A detector that sees the same on every picture, and keeps the pictures that it was shown."""

    def __init__(self, *lines: TextLine, levels: tuple[DetectionMaps, ...] = ()) -> None:
        self.detections = Detections(lines, levels or tuple(line.maps for line in lines))
        self.pictures: list[FloatArray] = []

    def __call__(self, picture: FloatArray) -> Detections:
        self.pictures.append(picture)
        return self.detections


class OneLine(Detector):
    """A detector that sees all ink on white paper as one line, its ends so many heights further out."""

    def __init__(self, further: float = 0.0) -> None:
        self.further = further

    def __call__(self, picture: FloatArray) -> Detections:
        ink = 1 - picture
        rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
        top, height = float(rows[0]), float(rows[-1] + 1 - rows[0])
        beyond = self.further * height
        ends = float(columns[0]) - beyond, float(columns[-1] + 1) + beyond
        line = line_along((ends[0], top + height / 2), (ends[1], top + height / 2), height, ink)
        return Detections((line,), (line.maps,))
