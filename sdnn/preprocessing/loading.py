"""From a file, bytes, a Pillow image or an array to a page: brightness between 0 black and 1 white."""

import io
import warnings
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from sdnn.errors import UnreadableInput
from sdnn.results import FloatArray

ImageSource = str | Path | bytes | BinaryIO | Image.Image | npt.NDArray[Any]

FORMATS: Final = ("PNG", "JPEG", "TIFF", "BMP", "PPM", "WEBP", "GIF")
"""The formats that Pillow may decode: a short list keeps rarely used decoders out of reach."""
MAX_PIXELS: Final = 100_000_000


def load_page(source: ImageSource) -> FloatArray:
    """The picture as brightness, upright as its EXIF tag says, transparency on white.

    Args:
        source: Path, encoded bytes, binary file, Pillow image, or array: (H, W) grey, (H, W, 3) colour or
            (H, W, 4) with transparency; uint8 and uint16 span their type, other integers the range they have,
            floats 0 to 1.

    Returns:
        (H, W) float32, 0 black to 1 white.

    Raises:
        TypeError: When the source is none of these.
        UnreadableInput: When the file is missing, empty, truncated, too large or no picture, or the array
            has another shape.
    """
    if isinstance(source, np.ndarray):
        return _from_array(source)
    if isinstance(source, Image.Image):
        return _to_grey(source, "picture")
    if isinstance(source, bytes):
        return _decode(io.BytesIO(source), "bytes")
    if isinstance(source, str | Path):
        try:
            with open(source, "rb") as file:
                return _decode(file if file.seekable() else io.BytesIO(file.read()), str(source))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise UnreadableInput(f"{source}: cannot be opened ({reason}); check the path") from error
    if not hasattr(source, "read"):
        raise TypeError(f"{type(source).__name__}: give a path, bytes, a binary file, a picture or an array")
    return _decode(io.BytesIO(source.read()), getattr(source, "name", "stream"))


def _decode(file: BinaryIO, name: str) -> FloatArray:
    if not file.read(1):
        raise UnreadableInput(f"{name}: empty; give a picture ({', '.join(FORMATS)})")
    file.seek(0)
    try:
        with warnings.catch_warnings():
            # Pillow warns of large pictures and of odd tags in good ones; the limit and the rest are ours.
            warnings.simplefilter("ignore")
            with Image.open(file, formats=FORMATS) as image:
                return _to_grey(image, name)
    except UnidentifiedImageError as error:
        raise UnreadableInput(
            f"{name}: not a picture that can be read; give one of {', '.join(FORMATS)}"
        ) from error
    except Image.DecompressionBombError as error:
        raise _too_large(name) from error
    except (OSError, SyntaxError, ValueError) as error:
        raise _damaged(name, error) from error


def _to_grey(image: Image.Image, name: str) -> FloatArray:
    if 0 in image.size:
        raise UnreadableInput(f"{name}: has no pixels; give another picture")
    if image.width * image.height > MAX_PIXELS:
        raise _too_large(name)
    try:
        image.load()
        image = ImageOps.exif_transpose(image)
    except (OSError, SyntaxError, ValueError) as error:
        raise _damaged(name, error) from error
    if image.mode.startswith("I;16"):
        return np.asarray(image, dtype=np.float32) / np.float32(65535)
    if image.mode in {"I", "F"}:  # convert("L") would saturate these; their range is whatever the file has
        return _by_range(np.asarray(image, dtype=np.float32))
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        paper = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(paper, image)
    return np.asarray(image.convert("L"), dtype=np.float32) / np.float32(255)


def _too_large(name: str) -> UnreadableInput:
    return UnreadableInput(f"{name}: more than {MAX_PIXELS:,} pixels; scale it down")


def _damaged(name: str, error: Exception) -> UnreadableInput:
    return UnreadableInput(f"{name}: damaged picture ({error}); make the file again")


def _from_array(array: npt.NDArray[Any]) -> FloatArray:
    if array.ndim not in {2, 3} or (array.ndim == 3 and array.shape[2] not in {3, 4}) or 0 in array.shape:
        raise UnreadableInput(
            f"array of shape {array.shape}: give (H, W) grey, (H, W, 3) colour or (H, W, 4) with transparency"
        )
    if array.dtype in {np.dtype(np.uint8), np.dtype(np.uint16)}:
        array = array / np.iinfo(array.dtype).max
    elif np.issubdtype(array.dtype, np.integer):  # of so wide a range nobody uses the whole
        array = _by_range(array.astype(np.float32))
    elif not (np.issubdtype(array.dtype, np.floating) or array.dtype == np.bool_):
        raise UnreadableInput(f"array of {array.dtype}: give numbers")
    elif np.nan_to_num(array).max() > 2:  # a little above 1 is what resampling overshoots by
        raise UnreadableInput("array of floats far above 1: give 0 black to 1 white, or integers")
    array = np.nan_to_num(array.astype(np.float32), nan=1.0).clip(0.0, 1.0)  # nothing measured is paper
    if array.ndim == 2:
        return array
    grey = array[..., :3] @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    if array.shape[2] == 4:
        grey = grey * array[..., 3] + (1.0 - array[..., 3])
    return np.asarray(grey, dtype=np.float32)


def _by_range(values: FloatArray) -> FloatArray:
    values = np.nan_to_num(values, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    return (values - low) / (high - low) if high > low else np.ones_like(values)
