"""Brightness of numbers other than bytes: integers of 16 or 32 bits, and floats."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image

from sdnn.errors import UnreadableInput
from sdnn.preprocessing.memory import bands, rows_of
from sdnn.preprocessing.transparency import ground_for
from sdnn.results import FloatArray

MAX_FLOAT: Final = 2
"""Largest of floats from 0 to 1: resampling overshoots a little."""
DEPTHS: Final = (8, 10, 12, 14, 16)
"""Bits of cameras and scanners in files of 16 bits."""


def white_level(values: npt.NDArray[Any]) -> int:
    """The value of white in numbers of 16 bits, which may use fewer: the smallest depth that holds all.

    A picture that is really darker is stretched, too; only its contrast counts afterwards.
    """
    brightest = values.max(initial=0)
    return int(next(2**bits - 1 for bits in DEPTHS if brightest < 2**bits))


def array_values(array: npt.NDArray[Any]) -> FloatArray:
    """The values of an array, of any shape, as float32 from 0 to 1; NaN becomes 1.

    The range is that of the type for bytes, the depth of `white_level` for 16 bits, the values' own range for
    other integers, and 0 to 1 for floats.

    Raises:
        UnreadableInput: When the array holds no numbers, or floats far above 1.
    """
    if array.dtype == np.uint8:
        array = array / 255
    elif array.dtype == np.uint16:
        array = array / white_level(array)
    elif np.issubdtype(array.dtype, np.integer):  # few files use the whole range of wide integers
        array = _by_range(array.astype(np.float32))
    elif not (np.issubdtype(array.dtype, np.floating) or array.dtype == np.bool_):
        raise UnreadableInput(f"array of {array.dtype}: give numbers")
    elif np.nan_to_num(array).max() > MAX_FLOAT:
        raise UnreadableInput("array of floats far above 1: give 0 black to 1 white, or integers")
    values = np.nan_to_num(array.astype(np.float32), nan=1.0).clip(0.0, 1.0)  # missing values are paper
    return np.asarray(values, dtype=np.float32)


def numeric_brightness(image: Image.Image) -> FloatArray:
    """Brightness of a decoded grey picture in one of Pillow's modes I, I;16 and F.

    Returns:
        (H, W) float32, 0 black to 1 white; transparent pixels lie on the ground that shows the others, and
        NaN is white.
    """
    values = np.empty((image.height, image.width), np.float32)
    for rows in bands(*values.shape):
        values[rows] = np.asarray(rows_of(image, rows), dtype=np.float32)
    white = _white(image, values)
    low, high = _range(values) if white is None else (0.0, float(white))
    clear = values == image.info["transparency"] if "transparency" in image.info else None
    inverted = tags_of(image).get(ExifTags.Base.PhotometricInterpretation) == 0  # Pillow inverts bytes only
    for rows in bands(*values.shape):
        band = values[rows]
        page = _stretched(band, low, high) if white is None else (band / np.float32(white)).clip(0.0, 1.0)
        band[...] = 1 - page if inverted else page
    if clear is not None and clear.any():
        values[clear] = ground_for(values[~clear])
    for rows in bands(*values.shape):
        band = values[rows]
        band[np.isnan(band)] = 1
    return values


def tags_of(image: Image.Image) -> Any:
    """The tags of a TIFF; none for other pictures."""
    return getattr(image, "tag_v2", {})


def _white(image: Image.Image, values: FloatArray) -> int | None:
    """The value of white, where 0 is black; None where the range is unknown."""
    if image.mode == "F":
        low, high = _range(values)
        if low < 0 or high > 255:
            return None
        return 1 if high <= MAX_FLOAT else 255
    if image.mode == "I" and image.format != "PPM":  # a PGM of 16 bits has this mode, too
        return None
    bits = tags_of(image).get(ExifTags.Base.BitsPerSample, (16,))[0]
    return white_level(values) if bits == 16 else int(2**bits - 1)  # Pillow opens 12 bits as 16


def _by_range(values: FloatArray) -> FloatArray:
    """The values stretched from 0 to 1; equal values are blank paper."""
    return _stretched(values, *_range(values))


def _stretched(values: FloatArray, low: float, high: float) -> FloatArray:
    """The values stretched from 0 to 1."""
    if not low < high:
        return np.ones_like(values)
    # In double precision, where the difference of two floats stays finite.
    return ((values.astype(np.float64) - low) / (high - low)).clip(0.0, 1.0).astype(np.float32)


def _range(values: FloatArray) -> tuple[float, float]:
    finite = np.isfinite(values)
    low = values.min(initial=np.inf, where=finite)
    return float(low), float(values.max(initial=-np.inf, where=finite))
