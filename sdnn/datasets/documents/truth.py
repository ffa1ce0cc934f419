"""The truth of a document, and the detector's training targets made from it."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from sdnn.datasets.rasterizer import SUBPIXEL_BITS, fixed_point
from sdnn.detection.maps import HEIGHTS_PX, STRIDE_PX, UNIT_PX
from sdnn.results import FloatArray

TOLERANCE: Final = 1.18
"""Factor beyond the octave of heights within which either answer is right."""
MIN_HEIGHT_PX: Final = 5.0
"""Height below which digits are no target at all."""
CORE: Final = 0.5
"""Thickness of the band along a string, in heights of its digits."""
RIM: Final = (0.35, 0.15)
"""Additional thickness and length of the ignored band round it: the end of the core is a convention."""
SURROUNDINGS: Final = (1.3, 0.3)
"""Thickness of a string with its surroundings, and their length beyond its ends, in heights."""
DIGIT_RADIUS: Final = 0.17
"""Radius of the disc in the middle of a digit, in heights."""
SIGN_RADIUS: Final = 0.35
"""Radius of the disc in the middle of a sign, in its own size."""
MIN_RADIUS_PX: Final = 2.6
"""Lower bound of these radii, so that no disc is between the cells."""
SIGN_SIZES_PX: Final = (3.0, 48.0)
"""Sizes of signs that are targets, from the first up to the second."""
INKED: Final = 90
"""Ink, of 255, above which a pixel is a target."""
HALO: Final = 0.15
"""Width of the ignored ink round digits of other heights, in their height."""

Mask = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class StringTruth:
    """A digit string on a document.

    Attributes:
        text: Its digits with the struck-out ones.
        quads: (L, 4, 2) x and y of the corners of each digit's ink, clockwise from its upper left, in pixels.
        height_px: Usual height of its digits, without tails.
        centre: (2, 2) x and y of the ends of the line through the middles of the digits, in reading
            direction.
        slant: Lean of the digits, to the right for each unit up.
        printed: Whether it is print.
        struck: Places, from 0, of the struck-out digits.
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
        vector = self.centre[1] - self.centre[0]
        return np.asarray(vector / max(1e-6, float(np.hypot(*vector))))

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
        ink: (H, W) uint8, ink of the digits of its strings, 0 to 255, with digits cut off by the edge.
        strings: Strings with the middle of at least one digit on the picture.
        signs: (S, 3) x, y and size of each sign, in pixels; some may be beyond the edge.
    """

    picture: FloatArray
    ink: Mask
    strings: tuple[StringTruth, ...]
    signs: FloatArray


LINE, DIGIT, SIGN, STRUCK, CLOSER = range(5)


@dataclass(frozen=True, eq=False)
class TruthMaps:
    """The detector's targets on h x w cells of a picture, each with its valid cells: others are ignored.

    Attributes:
        masks: (5, h, w) uint8, 0 or 1: line, digit, sign, struck, closer (digits for a finer scale).
        masks_valid: (5, h, w) uint8, 1 where the mask is valid.
        fields: (6, h, w) float32: log2 of height over `UNIT_PX`, x and y of the reading direction, distance
            down to the centre line over `UNIT_PX`, slant, printed.
        fields_valid: (h, w) uint8, 1 where the fields are valid: on lines.
        ink: (H, W) uint8, 1 on ink of digits.
        ink_valid: (H, W) uint8, 1 where the ink is valid.
    """

    masks: Mask
    masks_valid: Mask
    fields: FloatArray
    fields_valid: Mask
    ink: Mask
    ink_valid: Mask


def truth_maps(document: Document) -> TruthMaps:
    """The detector's targets for a document.

    Strings with heights in the octave `HEIGHTS_PX` are lines, smaller ones are for a finer scale, larger ones
    are nothing at this scale. Near the limits, by `TOLERANCE`, either answer is right.

    Args:
        document: A document; there are no cells beyond the last multiple of `STRIDE_PX` of its sides.
    """
    rows, columns = (length // STRIDE_PX for length in document.picture.shape)
    ink = (document.ink > INKED).astype(np.uint8)
    maps = TruthMaps(
        masks=np.zeros((5, rows, columns), np.uint8),
        masks_valid=np.ones((5, rows, columns), np.uint8),
        fields=np.zeros((6, rows, columns), np.float32),
        fields_valid=np.zeros((rows, columns), np.uint8),
        ink=ink,
        ink_valid=np.ones_like(ink),
    )
    for string in document.strings:
        _add_string(maps, string)
    smallest, largest = SIGN_SIZES_PX
    for x_px, y_px, size in document.signs:
        if smallest <= size < largest:
            radius = max(MIN_RADIUS_PX, SIGN_RADIUS * size)
            maps.masks[SIGN] |= _disc((rows, columns), np.array([x_px, y_px]), radius)
    return maps


def _add_string(maps: TruthMaps, string: StringTruth) -> None:
    masks, valid, shape = maps.masks, maps.masks_valid, maps.fields_valid.shape
    (low, high), height = HEIGHTS_PX, string.height_px
    band = _polygon(shape, _band(string, CORE))
    wide = _polygon(shape, _band(string, *SURROUNDINGS))
    tolerated = low / TOLERANCE <= height < high * TOLERANCE
    if low <= height < high:
        masks[LINE] |= band
        thicker, longer = RIM
        valid[LINE] &= (1 - _polygon(shape, _band(string, CORE + thicker, longer))) | masks[LINE]
    elif tolerated:
        valid[LINE] &= 1 - wide
        valid[DIGIT] &= 1 - wide
    if MIN_HEIGHT_PX <= height < low:
        masks[CLOSER] |= wide
    elif height < low * TOLERANCE:
        valid[CLOSER] &= 1 - wide
    if tolerated:
        _add_digits(masks, string)
        _add_fields(maps, string, band > 0)
    else:
        for quad in string.quads:
            maps.ink_valid[_grown_polygon(maps.ink.shape, quad, HALO * height) > 0] = 0


def _add_digits(masks: Mask, string: StringTruth) -> None:
    shape, radius_px = masks.shape[1:], max(MIN_RADIUS_PX, DIGIT_RADIUS * string.height_px)
    for number, quad in enumerate(string.quads):
        masks[DIGIT] |= _disc(shape, quad.mean(axis=0), radius_px)
        if number in string.struck:
            masks[STRUCK] |= _polygon(shape, quad)


def _add_fields(maps: TruthMaps, string: StringTruth, place: npt.NDArray[np.bool_]) -> None:
    maps.fields_valid[place] = 1
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
        beyond: Length of the band beyond the ends of the string, in heights.
    """
    height, along = string.height_px, string.along
    start, end = string.centre
    longer = max(0.0, 0.5 * height - float(np.hypot(*(end - start)))) / 2 + beyond * height
    start, end = start - longer * along, end + longer * along
    half = thickness * height / 2 * string.down
    return np.array([start - half, end - half, end + half, start + half])


def _polygon(shape: tuple[int, ...], corners: FloatArray) -> Mask:
    """(h, w) 1 in cells with their middles in a polygon given in pixels, or within half a cell of it."""
    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [fixed_point(corners / STRIDE_PX)], 1, cv2.LINE_8, SUBPIXEL_BITS)
    return mask


def _grown_polygon(shape: tuple[int, ...], corners: FloatArray, grown_px: float) -> Mask:
    """(H, W) 1 in pixels with their middles in a polygon, or within `grown_px` of it."""
    mask = np.zeros(shape, np.uint8)
    fixed = [fixed_point(corners)]
    cv2.fillPoly(mask, fixed, 1, cv2.LINE_8, SUBPIXEL_BITS)
    cv2.polylines(mask, fixed, True, 1, max(1, round(2 * grown_px)), cv2.LINE_8, SUBPIXEL_BITS)
    return mask


def _disc(shape: tuple[int, ...], middle: FloatArray, radius_px: float) -> Mask:
    """(h, w) 1 in cells round a point given in pixels."""
    mask = np.zeros(shape, np.uint8)
    x, y = fixed_point(middle / STRIDE_PX).tolist()
    radius = round(radius_px / STRIDE_PX * 2**SUBPIXEL_BITS)
    cv2.circle(mask, (x, y), radius, 1, cv2.FILLED, cv2.LINE_8, SUBPIXEL_BITS)
    return mask
