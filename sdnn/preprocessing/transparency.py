"""Pictures with transparency, composited on white, or on black where white would hide them."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from sdnn.preprocessing.colour import LUMA
from sdnn.preprocessing.memory import bands
from sdnn.results import FloatArray

MIN_DARKNESS: Final = 0.25
"""Darkness of the darkest opaque pixels, from 0 white to 1 black, that is visible on white."""
MIN_OPAQUE_CONTRAST: Final = 0.1
"""Brightness between the darkest and the median opaque pixel of a card or photo, which has its own ground."""
DARKEST_SHARE: Final = 0.001
"""Share of the opaque pixels that count as the darkest."""
MIN_OPACITY: Final = 0.95
"""Opacity of an opaque pixel, over the greatest; the edges of strokes have less."""
SAMPLE_PX: Final = 250_000
"""Pixels, spread over the picture, that are measured."""

_WHITE: Final = 1.0
_BLACK: Final = 0.0
_ROUNDING: Final = 2 / 255
_MAX_LIGHTER_SHARE: Final = 0.01
"""Share of edge pixels lighter than premultiplied colours can be: lossy formats change some."""


def composited(rgba: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A picture with transparency, composited on white, or on black where it is as pale as white itself.

    Premultiplied colours show in the edges of the strokes, which are darker than the strokes by as much as
    they are transparent.

    Args:
        rgba: (H, W, 4) red, green, blue and opacity; uint8, or float32 from 0 to 1.

    Returns:
        (H, W, 3) of the same type.
    """
    if rgba[..., 3].min() == (255 if rgba.dtype == np.uint8 else 1):
        return rgba[..., :3]
    sample = _sample(rgba)
    colours, opacity = sample[:, :3], sample[:, 3]
    solid = (opacity >= MIN_OPACITY * opacity.max()) & (opacity > 0)
    ground = ground_for(colours[solid] @ LUMA)
    premultiplied = _is_premultiplied(colours, opacity, solid)
    if rgba.dtype == np.uint8:
        rgb = np.empty((*rgba.shape[:2], 3), np.uint8)
        for rows in bands(*rgba.shape[:2]):
            rgb[rows] = _composited_bytes(rgba[rows], ground, premultiplied)
        return rgb
    opacity_map = rgba[..., 3:]
    shown = rgba[..., :3] if premultiplied else rgba[..., :3] * opacity_map
    return np.asarray((shown + ground * (1 - opacity_map)).clip(0.0, 1.0), dtype=rgba.dtype)


def ground_for(luma: FloatArray) -> float:
    """The brightness of the ground that shows the opaque pixels: 1 white, unless that would hide them.

    Args:
        luma: (N,) brightness of the opaque pixels, from 0 black to 1 white; may be empty.
    """
    if not luma.size:
        return _WHITE
    darkest, median = np.quantile(luma, [DARKEST_SHARE, 0.5])
    return _WHITE if 1 - darkest >= MIN_DARKNESS or median - darkest >= MIN_OPAQUE_CONTRAST else _BLACK


def _sample(rgba: npt.NDArray[Any]) -> FloatArray:
    """(N, 4) pixels spread over the picture, from 0 to 1."""
    step = int(np.ceil(np.sqrt(rgba.shape[0] * rgba.shape[1] / SAMPLE_PX)))
    pixels = rgba[::step, ::step].reshape(-1, 4).astype(np.float32)
    return pixels / 255 if rgba.dtype == np.uint8 else pixels


def _is_premultiplied(colours: FloatArray, opacity: FloatArray, solid: npt.NDArray[np.bool_]) -> bool:
    """Whether the edges are closer to the solid ink times their opacity than to the ink itself."""
    edge = (opacity > 0) & ~solid
    if not edge.any():
        return False
    colours_of_edge, opacity_of_edge = colours[edge], opacity[edge][:, None]
    if (colours_of_edge > opacity_of_edge + _ROUNDING).any(axis=1).mean() > _MAX_LIGHTER_SHARE:
        return False
    ink = colours[solid].mean(axis=0)
    distance = np.abs(colours_of_edge - ink).mean()
    return bool(np.abs(colours_of_edge - ink * opacity_of_edge).mean() < distance)


def _composited_bytes(
    rgba: npt.NDArray[np.uint8], ground: float, premultiplied: bool
) -> npt.NDArray[np.uint8]:
    """`composited` for bytes, with the rounding of Pillow."""
    if premultiplied:
        size = rgba.shape[1], rgba.shape[0]
        image = Image.frombytes("RGBa", size, np.ascontiguousarray(rgba).tobytes()).convert("RGBA")
    else:
        image = Image.fromarray(np.ascontiguousarray(rgba))
    level = round(255 * ground)
    background = Image.new("RGBA", image.size, (level, level, level, 255))
    return np.asarray(Image.alpha_composite(background, image).convert("RGB"))
