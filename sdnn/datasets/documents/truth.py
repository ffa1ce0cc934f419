"""The truth of a document: its strings, their digits, its signs; and the maps the detector learns from it."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from sdnn.datasets.documents.ink_canvas import SHIFT, fixed_point
from sdnn.detection.maps import HEIGHTS_PX, STRIDE_PX, UNIT_PX
from sdnn.results import FloatArray

TOLERANCE: Final = 1.18
"""Factor beyond the octave of heights within which either answer is right."""
SMALLEST_PX: Final = 5.0
"""Height below which not even a closer look is asked for."""
CORE: Final = 0.5
"""Thickness of the band along a string, in heights of its digits."""
RIM: Final = (0.35, 0.15)
"""How much thicker and longer a band is that does not count: where the core ends is a convention."""
SURROUNDINGS: Final = (1.3, 0.3)
"""Thickness of a string with what is round it, and how far that reaches beyond its ends."""
SPOT: Final = 0.17
"""Radius of the spot in the middle of a digit, in heights."""
SIGN_SPOT: Final = 0.35
"""Radius of the spot in the middle of a sign, in its own size."""
LEAST_RADIUS_PX: Final = 2.6
"""Lower bound of these radii, so that no spot falls between the cells."""
SIGN_SIZES_PX: Final = (3.0, 48.0)
"""Sizes of signs that are asked for, from the first up to the second."""
INKED: Final = 90
"""Ink, of 255, above which a pixel is asked for."""
HALO: Final = 0.15
"""How far round digits of other heights ink does not count, in their height."""

Mask = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class StringTruth:
    """A digit string on a document.

    Attributes:
        text: Its digits; the struck-out ones are among them.
        quads: (L, 4, 2) x and y of the corners of each digit's ink, clockwise from its upper left, in pixels.
        height_px: Usual height of its digits, without tails.
        centre: (2, 2) x and y of the ends of the line through the middles of the digits, in reading
            direction.
        slant: Lean of the digits, to the right for each unit up.
        printed: Whether it is print.
        struck: Numbers, from 0, of the digits that are struck out.
    """

    text: str
    quads: FloatArray
    height_px: float
    centre: FloatArray
    slant: float = 0.0
    printed: bool = False
    struck: tuple[int, ...] = ()

    @property
    def along(self) -> FloatArray:
        """(2,) unit vector of the reading direction."""
        way = self.centre[1] - self.centre[0]
        return np.asarray(way / max(1e-6, float(np.hypot(*way))))

    @property
    def down(self) -> FloatArray:
        """(2,) unit vector at right angles to it, towards the feet of the digits."""
        x, y = self.along
        return np.array([-y, x])


@dataclass(frozen=True, eq=False)
class Document:
    """A picture with its truth.

    Attributes:
        picture: (H, W) float32 brightness, 0 black to 1 white.
        ink: (H, W) uint8, ink of the digits of its strings, 0 to 255; also of digits cut off by its edge.
        strings: Strings with at least one digit whose middle is on the picture.
        signs: (S, 3) x, y and size of each sign, in pixels; some may lie beyond the edge.
    """

    picture: FloatArray
    ink: Mask
    strings: tuple[StringTruth, ...]
    signs: FloatArray


LINE, DIGIT, SIGN, STRUCK, CLOSER = range(5)


@dataclass(frozen=True, eq=False)
class TruthMaps:
    """The detector's targets at each cell of a picture, h x w cells, and where they count.

    Attributes:
        masks: (5, h, w) uint8, 0 or 1: line, digit, sign, struck, closer (look at a finer scale).
        counts: (5, h, w) uint8, 1 where that answer counts.
        fields: (6, h, w) float32: log2 of height over `UNIT_PX`, x and y of the reading direction, distance
            down to the centre line over `UNIT_PX`, slant, printed.
        on_line: (h, w) uint8, 1 where the fields count.
        ink: (H, W) uint8, 1 on ink of digits.
        ink_counts: (H, W) uint8, 1 where that counts.
    """

    masks: Mask
    counts: Mask
    fields: FloatArray
    on_line: Mask
    ink: Mask
    ink_counts: Mask


def truth_maps(document: Document) -> TruthMaps:
    """The detector's targets for a document.

    Strings whose height is in the octave `HEIGHTS_PX` are lines; smaller ones are to be looked at closer;
    larger ones are nothing at this scale. Near the limits, by `TOLERANCE`, either answer is right.

    Args:
        document: A document; what is left of its sides beyond a multiple of `STRIDE_PX` has no cells.
    """
    rows, columns = (length // STRIDE_PX for length in document.picture.shape)
    ink = (document.ink > INKED).astype(np.uint8)
    maps = TruthMaps(
        masks=np.zeros((5, rows, columns), np.uint8),
        counts=np.ones((5, rows, columns), np.uint8),
        fields=np.zeros((6, rows, columns), np.float32),
        on_line=np.zeros((rows, columns), np.uint8),
        ink=ink,
        ink_counts=np.ones_like(ink),
    )
    for string in document.strings:
        _add_string(maps, string)
    smallest, largest = SIGN_SIZES_PX
    for x_px, y_px, size in document.signs:
        if smallest <= size < largest:
            radius = max(LEAST_RADIUS_PX, SIGN_SPOT * size)
            maps.masks[SIGN] |= _disc((rows, columns), np.array([x_px, y_px]), radius)
    return maps


def _add_string(maps: TruthMaps, string: StringTruth) -> None:
    masks, counts, shape = maps.masks, maps.counts, maps.on_line.shape
    (low, high), height = HEIGHTS_PX, string.height_px
    band = _polygon(shape, _band(string, CORE))
    wide = _polygon(shape, _band(string, *SURROUNDINGS))
    answered, tolerated = low <= height < high, low / TOLERANCE <= height < high * TOLERANCE
    if answered:
        masks[LINE] |= band
        thicker, longer = RIM
        counts[LINE] &= (1 - _polygon(shape, _band(string, CORE + thicker, longer))) | masks[LINE]
    elif tolerated:
        counts[LINE] &= 1 - wide
        counts[DIGIT] &= 1 - wide
    if SMALLEST_PX <= height < low:
        masks[CLOSER] |= wide
    elif height < low * TOLERANCE:
        counts[CLOSER] &= 1 - wide
    if tolerated:
        _add_digits(masks, string)
        _add_fields(maps, string, band > 0)
    else:
        for quad in string.quads:
            maps.ink_counts[_grown_polygon(maps.ink.shape, quad, HALO * height) > 0] = 0


def _add_digits(masks: Mask, string: StringTruth) -> None:
    shape = masks.shape[1:]
    for number, quad in enumerate(string.quads):
        radius = max(LEAST_RADIUS_PX, SPOT * string.height_px)
        masks[DIGIT] |= _disc(shape, quad.mean(axis=0), radius)
        if number in string.struck:
            masks[STRUCK] |= _polygon(shape, quad)


def _add_fields(maps: TruthMaps, string: StringTruth, place: npt.NDArray[np.bool_]) -> None:
    maps.on_line[place] = 1
    rows, columns = place.shape
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32) * STRIDE_PX + STRIDE_PX / 2
    start, down = string.centre[0], string.down
    fields = maps.fields
    fields[0][place] = np.log2(string.height_px / UNIT_PX)
    fields[1][place], fields[2][place] = string.along
    fields[3][place] = ((start[0] - x[place]) * down[0] + (start[1] - y[place]) * down[1]) / UNIT_PX
    fields[4][place] = string.slant
    fields[5][place] = string.printed


def _band(string: StringTruth, thickness: float, beyond: float = 0.0) -> FloatArray:
    """(4, 2) corners of a band along a string, at least half a height long.

    Args:
        string: A string.
        thickness: Thickness of the band, in heights of the digits.
        beyond: How far it reaches beyond the ends of the string, in the same.
    """
    height, along = string.height_px, string.along
    start, end = string.centre
    longer = max(0.0, 0.5 * height - float(np.hypot(*(end - start)))) / 2 + beyond * height
    start, end = start - longer * along, end + longer * along
    half = thickness * height / 2 * string.down
    return np.array([start - half, end - half, end + half, start + half])


def _polygon(shape: tuple[int, ...], corners: FloatArray) -> Mask:
    """(h, w) 1 in the cells whose middles lie in a polygon given in pixels, or within half a cell of it."""
    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [fixed_point(corners / STRIDE_PX)], 1, cv2.LINE_8, SHIFT)
    return mask


def _grown_polygon(shape: tuple[int, ...], corners: FloatArray, grown_px: float) -> Mask:
    """(H, W) 1 in the pixels whose middles lie in a polygon, or not farther from it than so many pixels."""
    mask = np.zeros(shape, np.uint8)
    fixed = [fixed_point(corners)]
    cv2.fillPoly(mask, fixed, 1, cv2.LINE_8, SHIFT)
    cv2.polylines(mask, fixed, True, 1, max(1, round(2 * grown_px)), cv2.LINE_8, SHIFT)
    return mask


def _disc(shape: tuple[int, ...], middle: FloatArray, radius_px: float) -> Mask:
    """(h, w) 1 in the cells round a point given in pixels."""
    mask = np.zeros(shape, np.uint8)
    x, y = fixed_point(middle / STRIDE_PX).tolist()
    cv2.circle(mask, (x, y), round(radius_px / STRIDE_PX * 2**SHIFT), 1, cv2.FILLED, cv2.LINE_8, SHIFT)
    return mask
