"""A canvas with smooth edges, its colours and its letters."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import astuple
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from sdnn.results import Box, FloatArray

Colour = tuple[int, int, int]
Pixels = npt.NDArray[np.uint8]

WHITE: Final[Colour] = (255, 255, 255)
TEXT: Final[Colour] = (28, 32, 40)
QUIET: Final[Colour] = (112, 118, 128)
"""Captions and numbers, paler than the text of a reading."""
HAIRLINE: Final[Colour] = (206, 210, 216)
ACCENT: Final[Colour] = (222, 84, 0)
"""Path and errors of the decoder; distinct from the blue of the map for colour-blind eyes, too."""
DIGIT_INK: Final[Colour] = (0, 122, 204)
INK_RAMP: Final[tuple[Colour, ...]] = ((247, 246, 242), (24, 24, 28))
"""From paper to ink."""

SUPERSAMPLING: Final = 3


def ramp(values: FloatArray, colours: Sequence[Colour]) -> Pixels:
    """Colours for values between 0 and 1.

    Args:
        values: (...) values of any shape, clipped to 0 and 1.
        colours: At least two colours, evenly spaced from 0 to 1, interpolated in sRGB.

    Returns:
        (..., 3) uint8.
    """
    stops = np.linspace(0.0, 1.0, len(colours))
    channels = [np.interp(values, stops, channel) for channel in np.array(colours, dtype=np.float64).T]
    pixels: Pixels = np.rint(np.stack(channels, axis=-1)).astype(np.uint8)
    return pixels


def tint_digit_ink(grey: Pixels, digit_ink: FloatArray | None) -> Pixels:
    """A grey picture with digit ink in colour.

    Args:
        grey: (H, W), 0 black to 255 white.
        digit_ink: (H, W) probability of each pixel to be ink of a digit; None for no colour.

    Returns:
        (H, W, 3) colours.
    """
    colours = np.repeat(grey[..., np.newaxis], 3, axis=2)
    if digit_ink is None:
        return colours
    share = 0.65 * digit_ink[..., np.newaxis].clip(0, 1)
    return np.asarray(np.rint(colours * (1 - share) + np.array(DIGIT_INK) * share), dtype=np.uint8)


@cache
def _font(size_px: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=size_px)


def text_width_px(text: str, size_px: float) -> float:
    """Width of a line of text in letters of the given size."""
    return _font(size_px * SUPERSAMPLING).getlength(printable(text)) / SUPERSAMPLING


def printable(text: str) -> str:
    """The text in the letters of Pillow's own font: ASCII, without accents, `?` for the rest."""
    letters = (letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return "".join(letter if letter.isascii() and letter.isprintable() else "?" for letter in letters)


def format_probability(prob: float) -> str:
    """A probability with three decimals, never rounded to 0 or 1."""
    if prob < 0.001:
        return "p < 0.001"
    return "p > 0.999" if prob > 0.999 else f"p = {prob:.3f}"


class Canvas:
    """A white picture with coordinates in fractions of a pixel.

    Pillow's shapes have hard edges, so all is drawn `SUPERSAMPLING` times larger and reduced at the end.
    """

    def __init__(self, width_px: int, height_px: int) -> None:
        self._image = Image.new("RGB", (width_px * SUPERSAMPLING, height_px * SUPERSAMPLING), WHITE)
        self._draw = ImageDraw.Draw(self._image)

    def text(
        self, x: float, y: float, text: str, size_px: float, colour: Colour = TEXT, anchor: str = "ls"
    ) -> None:
        """Write one line; `anchor` is Pillow's: l, m or r across, then s for baseline or m for middle."""
        at = (x * SUPERSAMPLING, y * SUPERSAMPLING)
        self._draw.text(at, printable(text), colour, _font(size_px * SUPERSAMPLING), anchor)

    def line(self, points: Iterable[tuple[float, float]], colour: Colour, width_px: float) -> None:
        """Draw a line through the points."""
        scaled = [(x * SUPERSAMPLING, y * SUPERSAMPLING) for x, y in points]
        self._draw.line(scaled, colour, round(width_px * SUPERSAMPLING), joint="curve")

    def polygon(self, points: Iterable[tuple[float, float]], colour: Colour) -> None:
        """Fill a polygon."""
        self._draw.polygon([(x * SUPERSAMPLING, y * SUPERSAMPLING) for x, y in points], colour)

    def box(
        self,
        box: Box,
        fill: Colour | None = None,
        outline: Colour | None = None,
        width_px: float = 1.0,
        radius_px: float = 0.0,
    ) -> None:
        """Draw a rectangle, its outline inside its edges."""
        left, top, right, bottom = (round(edge * SUPERSAMPLING) for edge in astuple(box))
        # Pillow's boxes include the last pixel.
        corners = (left, top, max(left, right - 1), max(top, bottom - 1))
        width = round(width_px * SUPERSAMPLING)
        self._draw.rounded_rectangle(corners, radius_px * SUPERSAMPLING, fill, outline, width)

    def pixels(self, box: Box, pixels: Pixels) -> None:
        """Scale pixels to a box, by averaging where the box is smaller.

        Args:
            box: Box of the pixels.
            pixels: (H, W, 3) colours or (H, W) greys.
        """
        left, top, right, bottom = (round(edge * SUPERSAMPLING) for edge in astuple(box))
        size = (max(1, right - left), max(1, bottom - top))
        self._image.paste(Image.fromarray(pixels).resize(size, Image.Resampling.BOX), (left, top))

    def finish(self) -> Image.Image:
        """The picture at its final size."""
        return self._image.reduce(SUPERSAMPLING)


def stack(pictures: Sequence[Image.Image]) -> Image.Image:
    """The pictures one below the other, flush left, on white."""
    width, height = max(each.width for each in pictures), sum(each.height for each in pictures)
    sheet = Image.new("RGB", (width, height), WHITE)
    top = 0
    for each in pictures:
        sheet.paste(each, (0, top))
        top += each.height
    return sheet
