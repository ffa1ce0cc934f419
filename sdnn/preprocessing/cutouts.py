"""Parts of a page: a region of it, or a turned rectangle made level."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from sdnn.choices import Polarity
from sdnn.errors import UnreadableInput
from sdnn.preprocessing.lines import INKED
from sdnn.preprocessing.normalization import between_middles
from sdnn.preprocessing.tilt import tilt_of
from sdnn.preprocessing.writing import writing_on
from sdnn.results import Box, Cutout, FloatArray

LEVEL_DEG: Final = 1.0
"""Tilt below which a line stays as it is: resampling would do more harm."""
TURNS: Final = 2
"""How often a line is turned: on one that is tilted much, not all of the writing is seen at first."""


@dataclass(frozen=True)
class Rectangle:
    """A turned rectangle on a page.

    Attributes:
        x: Of its middle, in pixels.
        y: Of its middle.
        width: Along its upper side, in pixels.
        height: Across.
        tilt_deg: By how much it is turned; positive where the upper side falls to the right.
    """

    x: float
    y: float
    width: float
    height: float
    tilt_deg: float = 0.0


def region_of(
    page: FloatArray, x: float, y: float, width: float, height: float, name: str = "picture"
) -> Cutout:
    """A region of a page, as far as it lies on it.

    Args:
        page: (H, W) brightness.
        x: Left edge, in pixels.
        y: Upper edge.
        width: To the right.
        height: Downwards.
        name: Of the picture, for the error.

    Raises:
        UnreadableInput: When no pixel of the page lies in the region.
    """
    rows, columns = page.shape
    left, top, right, bottom = Box(x, y, x + width, y + height).clipped(columns, rows).rounded()
    if right <= left or bottom <= top:
        raise UnreadableInput(
            f"{name}: nothing of its {columns} x {rows} pixels lies in the region {x:g},{y:g},{width:g},"
            f"{height:g}; give one that begins on the picture"
        )
    return Cutout(page[top:bottom, left:right], np.array([[1.0, 0.0, left], [0.0, 1.0, top]]))


def levelled_cutout(page: FloatArray, rectangle: Rectangle, paper: float | None = None) -> Cutout:
    """A turned rectangle of a page, made level, pixel for pixel; beyond the page there is paper.

    Args:
        page: (H, W) brightness.
        rectangle: Where.
        paper: Brightness beyond the page; by default the page goes on as at its edge.
    """
    turn = np.deg2rad(rectangle.tilt_deg)
    cos, sin = np.cos(turn), np.sin(turn)
    width, height = (max(1, round(length)) for length in (rectangle.width, rectangle.height))
    page_from_cutout = np.array([[cos, -sin, rectangle.x], [sin, cos, rectangle.y]])
    page_from_cutout[:, 2] -= page_from_cutout[:, :2] @ [width / 2, height / 2]
    brightness = cv2.warpAffine(
        page,
        between_middles(page_from_cutout),
        (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE if paper is None else cv2.BORDER_CONSTANT,
        borderValue=paper or 0.0,
    )
    return Cutout(np.asarray(brightness, dtype=np.float32), page_from_cutout)


def straightened(cutout: Cutout, polarity: Polarity = Polarity.AUTO) -> Cutout:
    """A cutout of one line, turned so that its writing is level; as it is where it is level already.

    It grows so that nothing is cut off, and is filled up with paper.
    """
    level, total_deg = cutout, 0.0
    for _ in range(TURNS):
        turn_deg = _tilt_of_writing(level.brightness, polarity)
        if abs(turn_deg) < LEVEL_DEG:
            break
        total_deg += turn_deg
        level = _turned(cutout, total_deg)
    return level


def _tilt_of_writing(page: FloatArray, polarity: Polarity) -> float:
    writing = writing_on(page, polarity)
    if writing is None:
        return 0.0
    rows, columns = np.nonzero(writing.ink > INKED)
    return tilt_of(np.stack([columns, rows], axis=1))


def _turned(cutout: Cutout, tilt_deg: float) -> Cutout:
    page = cutout.brightness
    height, width = page.shape
    cos, sin = np.cos(np.deg2rad(tilt_deg)), abs(np.sin(np.deg2rad(tilt_deg)))
    rectangle = Rectangle(
        width / 2, height / 2, width * cos + height * sin, width * sin + height * cos, tilt_deg
    )
    return levelled_cutout(page, rectangle, float(np.median(page))).within(cutout)
