"""Pen strokes drawn as ink."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from sdnn.results import FloatArray

Ink = npt.NDArray[np.uint8]
"""(H, W), 0 paper to 255 ink."""

SUBPIXEL_BITS: Final = 4
"""Fractional bits of the coordinates given to OpenCV: sixteenths of a pixel keep curves smooth."""
MAX_COORDINATE: Final = 2**18
"""Limit of these coordinates: OpenCV draws nothing where they overflow."""
OVERSAMPLING: Final = 8
"""Raster pixels per pixel across at scale 1; 64 of them shade one pixel, which gives MNIST's soft edges."""
_PRESSURE_STEPS: Final = 5
"""Steps between a quill's thickest and thinnest line; averaged over the fine raster they do not show."""


def fixed_point(points: FloatArray) -> npt.NDArray[np.int32]:
    """(..., 2) points between pixel edges in OpenCV's fixed-point coordinates between pixel centres."""
    limit = MAX_COORDINATE
    return np.asarray(np.rint((points - 0.5) * 2**SUBPIXEL_BITS).clip(-limit, limit), dtype=np.int32)


def crop_to_ink(ink: Ink) -> Ink:
    """The picture from its first to its last inked row and column."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def draw_lines(
    strokes: Sequence[FloatArray], pen_px: float, pressure: float, size: tuple[int, int], scale: int
) -> Ink:
    """Draw lines in a raster several times as fine, averaged afterwards.

    Args:
        strokes: (N, 2) x and y of each line in pixels from the picture's edges.
        pen_px: Width of the lines in pixels.
        pressure: Share of that width lost where a line does not go straight down.
        size: Width and height of the picture in pixels.
        scale: 1, 2, 4 or 8: divisor of the `OVERSAMPLING`.

    Returns:
        (H, W) ink.
    """
    finer = OVERSAMPLING // scale
    width, height = size
    fine = np.zeros((height * finer, width * finer), np.uint8)
    lines = [fixed_point(stroke * finer) for stroke in strokes]
    if pressure == 0:
        cv2.polylines(fine, lines, False, 255, _thickness(pen_px * finer), shift=SUBPIXEL_BITS)
    else:
        for line in lines:
            across, down = np.diff(line, axis=0).T
            lightness = 1 - np.maximum(down, 0) / np.maximum(np.hypot(across, down), 1)
            step = np.rint(lightness * _PRESSURE_STEPS)
            for first, last in pairwise([0, *(np.flatnonzero(np.diff(step)) + 1).tolist(), len(step)]):
                thickness = _thickness(pen_px * finer * (1 - pressure * float(step[first]) / _PRESSURE_STEPS))
                run = [line[first : last + 1]]
                cv2.polylines(fine, run, False, 255, thickness, shift=SUBPIXEL_BITS)
    return cv2.resize(fine, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def _thickness(fine_px: float) -> int:
    # OpenCV draws an even thickness one pixel wider: only odd ones are centred on the line.
    return 2 * max(1, round((fine_px - 1) / 2))
