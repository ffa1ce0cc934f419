"""Work on large pictures in bands of rows, so that hardly more than the result is in memory."""

from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

BAND_PIXELS: Final = 4_000_000
"""Pixels of a band; smaller pictures are one."""


def bands(height: int, width: int) -> Iterator[slice]:
    """Rows of a picture, in bands of about `BAND_PIXELS`."""
    rows = max(1, BAND_PIXELS // max(1, width))
    return (slice(first, min(first + rows, height)) for first in range(0, height, rows))


def image_bytes(image: Image.Image, mode: str) -> npt.NDArray[np.uint8]:
    """The pixels of a picture in one of Pillow's modes of bytes.

    Returns:
        (H, W) for one channel, or (H, W, channels).
    """
    channels = len(mode)
    pixels = np.empty((image.height, image.width, channels)[: 2 + (channels > 1)], np.uint8)
    for rows in bands(image.height, image.width):
        pixels[rows] = np.asarray(rows_of(image, rows).convert(mode))
    return pixels


def rows_of(image: Image.Image, rows: slice) -> Image.Image:
    """The rows of a picture, with its palette and transparency."""
    if rows.stop - rows.start == image.height:
        return image
    return image.crop((0, rows.start, image.width, rows.stop))


def is_memory_error(error: Exception) -> bool:
    """Whether too little memory is what an error is about."""
    if isinstance(error, MemoryError):
        return True
    if isinstance(error, cv2.error):
        return bool(getattr(error, "code", 0) == cv2.Error.StsNoMem)
    return "allocate" in str(error)  # of onnxruntime, and of decoders
