"""From a decoded picture of any mode, or an array of any type, to brightness."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from sdnn.preprocessing.bit_depth import array_values, numeric_brightness
from sdnn.preprocessing.colour import contrast_channel, from_bytes
from sdnn.preprocessing.memory import image_bytes
from sdnn.preprocessing.transparency import composited
from sdnn.results import FloatArray

_GREY: Final = {"1", "L"}
"""Modes of Pillow without colour and transparency."""


def image_brightness(image: Image.Image, release: Callable[[], object] = bool) -> FloatArray:
    """Brightness of a decoded picture of any mode, or a channel that shows its ink better.

    Args:
        image: The picture.
        release: Function that frees the picture, called once its pixels are not needed any more.

    Returns:
        (H, W) float32, 0 black to 1 white.
    """
    if image.mode in {"I", "F"} or image.mode.startswith("I;16"):  # convert("L") would clip these at 255
        return numeric_brightness(image)
    if image.mode == "LAB":
        image = _lab_to_rgb(image)
    if image.has_transparency_data:
        return contrast_channel(composited(_taken(image, "RGBA", release)))
    if image.mode in _GREY:
        return from_bytes(image_bytes(image, "L"))
    # Pillow's brightness of other modes is not that of their red, green and blue.
    luma = None if image.mode == "RGB" else image_bytes(image, "L")
    return contrast_channel(_taken(image, "RGB", release), luma)


def _taken(image: Image.Image, mode: str, release: Callable[[], object]) -> npt.NDArray[np.uint8]:
    """The pixels of a picture, which is freed; no other name holds them: the next step can free them."""
    pixels = image_bytes(image, mode)
    release()
    return pixels


def array_brightness(array: npt.NDArray[Any]) -> FloatArray:
    """Brightness of an array, or a channel that shows its ink better.

    Args:
        array: (H, W) grey, (H, W, 3) colour or (H, W, 4) with transparency; for the range see
            `bit_depth.array_values`.

    Returns:
        (H, W) float32, 0 black to 1 white.

    Raises:
        UnreadableInput: When the array holds no numbers, or floats far above 1.
    """
    if array.ndim == 2:
        return array_values(array)
    values = array if array.dtype == np.uint8 else array_values(array)
    return contrast_channel(composited(values) if values.shape[2] == 4 else values)


def _lab_to_rgb(image: Image.Image) -> Image.Image:
    from PIL import ImageCms

    lab, rgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(image, lab, rgb, outputMode="RGB")
    assert converted is not None  # only in-place conversion returns None
    return converted
