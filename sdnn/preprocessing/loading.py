"""From a file, bytes, a Pillow image or an array to pages: brightness between 0 black and 1 white."""

import io
import os
import re
import threading
import warnings
from collections.abc import Callable, Generator
from contextlib import closing
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile, UnidentifiedImageError

from sdnn.errors import UnreadableInput
from sdnn.preprocessing.brightness import array_brightness, image_brightness
from sdnn.preprocessing.colour import contrast_channel
from sdnn.preprocessing.decoding_work import check_work
from sdnn.preprocessing.heic import heic_picture, is_heic
from sdnn.preprocessing.memory import is_memory_error
from sdnn.preprocessing.orientation import upright
from sdnn.preprocessing.pdf import MARK, MARK_BYTES, pdf_pages
from sdnn.results import FloatArray


class Readable(Protocol):
    """A binary file, or another source of its bytes."""

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes, at most `size`; none at the end."""


ImageSource = str | Path | bytes | Readable | Image.Image | npt.NDArray[Any]
Pages = Generator[FloatArray, None, None]

FORMATS: Final = ("PNG", "JPEG", "TIFF", "BMP", "PPM", "WEBP", "GIF", "AVIF")
"""Formats that Pillow may decode; rarely used decoders are excluded."""
MAX_PIXELS: Final = 100_000_000
"""Default limit of the pixels of a page: 400 MB of brightness."""
COPYING_FORMATS: Final = {"WEBP", "AVIF", "HEIF"}
"""Formats whose decoders keep several copies of a picture."""
MAX_COPIED_PIXELS: Final = 55_000_000
"""Limit of the pixels of these formats, more where that of all is raised; phones have 50 million."""
MAX_SIDE_PX: Final = 1_000_000
"""Longest side of a picture in a file; decoders need memory for every row."""
MAX_BYTES: Final = 1_000_000_000
"""Limit of the bytes of a file or stream."""
MAX_PAGES: Final = 10_000
"""Limit of the pages of a file; one made to be endless has an end."""

_KINDS: Final = f"{', '.join(FORMATS)}, HEIC, PDF"
_CHUNK_BYTES: Final = 1 << 20
_PILLOW: Final = threading.Lock()
"""Lock of the settings of Pillow, which are those of the whole process."""
_QUIET: Final = ("ignore", None, Warning, re.compile(r"PIL\."), 0)
"""Filter of Pillow's warnings, in the form of the module `warnings`."""


def load_page(source: ImageSource, max_pixels: int = MAX_PIXELS) -> FloatArray:
    """The first page of a picture; see `load_pages`."""
    with closing(load_pages(source, max_pixels)) as pages:
        return next(pages)


def load_pages(source: ImageSource, max_pixels: int = MAX_PIXELS) -> Pages:
    """The pages of a picture as brightness, upright by their EXIF tags.

    These are all pages of a TIFF or PDF, and the first picture of any other file. Each is decoded when it is
    requested, and none is kept. Transparent pictures lie on white, or on black where white would hide them. A
    colour picture whose ink is as bright as its paper becomes another mixture of the channels, which shows
    the ink. The function is thread-safe.

    Args:
        source: Path, encoded bytes, binary file, Pillow image, or array: (H, W) grey, (H, W, 3) colour or
            (H, W, 4) with transparency. The range of uint8 is that of its type, of uint16 the smallest of 8,
            10, 12, 14 and 16 bits that holds all values, of other integers their own, and of floats 0 to 1.
        max_pixels: Limit of the pixels of a page, checked before it is decoded. Pages of a PDF are rendered
            at a resolution within the limit.

    Yields:
        (H, W) float32, 0 black to 1 white.

    Raises:
        TypeError: When the source is none of these.
        UnreadableInput: When the file is missing, empty, too large or no picture, or the array has another
            shape; when a page is damaged or too large, or there are too many, after the pages before it.
    """
    if isinstance(source, np.ndarray):
        yield _from_array(source, max_pixels)
    elif isinstance(source, Image.Image):
        _prepare_pillow(max_pixels)
        yield _from_image(source, "picture", max_pixels)
    elif isinstance(source, bytes):
        yield from _from_file(io.BytesIO(source), "bytes", max_pixels)
    elif isinstance(source, str | Path):
        yield from _from_path(source, max_pixels)
    elif hasattr(source, "read"):
        name = str(getattr(source, "name", "stream"))
        yield from _from_file(_seekable_copy(source, name), name, max_pixels)
    else:
        raise TypeError(f"{type(source).__name__}: give a path, bytes, a binary file, a picture or an array")


def _from_path(path: str | Path, max_pixels: int) -> Pages:
    name = str(path)
    try:
        with open(path, "rb") as file:
            if not file.seekable():
                yield from _from_file(_seekable_copy(file, name), name, max_pixels)
                return
            if os.fstat(file.fileno()).st_size > MAX_BYTES:
                raise _too_many_bytes(name)
            yield from _from_file(file, name, max_pixels)
    except IsADirectoryError as error:
        raise UnreadableInput(
            f"{name}: a folder without pictures; give a picture, or a folder of them"
        ) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UnreadableInput(f"{name}: cannot be opened ({reason}); check the path") from error


def stream_bytes(file: Readable, name: str) -> bytes:
    """All bytes of a stream.

    Raises:
        UnreadableInput: When it cannot be read, or has more than `MAX_BYTES`.
    """
    return _seekable_copy(file, name).getvalue()


def _seekable_copy(file: Readable, name: str) -> io.BytesIO:
    """A copy of a stream, which can seek."""
    copy = io.BytesIO()
    try:
        while chunk := file.read(_CHUNK_BYTES):
            copy.write(chunk)
            if copy.tell() > MAX_BYTES:
                raise _too_many_bytes(name)
    except UnreadableInput:
        raise
    except Exception as error:  # the caller's stream can raise anything
        reason = getattr(error, "strerror", None) or error
        raise UnreadableInput(f"{name}: cannot be read ({reason}); try again") from error
    copy.seek(0)
    return copy


def _from_file(file: BinaryIO, name: str, max_pixels: int) -> Pages:
    head = file.read(MARK_BYTES)
    if not head:
        raise UnreadableInput(f"{name}: empty; give a picture ({_KINDS})")
    file.seek(0)
    _prepare_pillow(max_pixels)
    image = _opened(file, name, max_pixels, head)
    if image is not None:
        pages = _frames(image, name, max_pixels)
    elif MARK in head:  # last, because a picture may name the PDF that it was made from
        pages = _pdf_pages(file, name, max_pixels)
    else:
        raise UnreadableInput(f"{name}: not a picture that can be read; give one of {_KINDS}")
    with closing(pages):
        for number, page in enumerate(pages):
            if number == MAX_PAGES:
                raise UnreadableInput(f"{name}: more than {MAX_PAGES:,} pages; cut it into several files")
            yield page


def _prepare_pillow(max_pixels: int) -> None:
    """Raises Pillow's limit of pixels to ours, and ignores its warnings of large pictures and odd tags.

    `warnings.catch_warnings` is not thread-safe.
    """
    with _PILLOW:
        if Image.MAX_IMAGE_PIXELS is not None and max_pixels > 2 * Image.MAX_IMAGE_PIXELS:
            # Pillow refuses twice its limit. It is never lowered, because another thread may need it.
            Image.MAX_IMAGE_PIXELS = max_pixels
        if list(warnings.filters[:1]) != [_QUIET]:  # other code may have inserted a filter before it
            warnings.filterwarnings("ignore", module=_QUIET[3].pattern)


def _opened(file: BinaryIO, name: str, max_pixels: int, head: bytes) -> ImageFile.ImageFile | None:
    """The picture in a file, not decoded yet; None where it is of another format."""
    try:
        if is_heic(head):
            return heic_picture(file, name)
        return Image.open(file, formats=FORMATS)
    except UnidentifiedImageError:
        return None
    except UnreadableInput:
        raise
    except Image.DecompressionBombError as error:
        raise _too_many_pixels(name, max_pixels) from error
    except Exception as error:  # decoders raise anything on damaged bytes
        raise _damaged(name, error) from error


def _frames(image: ImageFile.ImageFile, name: str, max_pixels: int) -> Pages:
    with image:
        if image.format != "TIFF" or not getattr(image, "is_animated", False):
            yield _from_image(image, name, max_pixels, partial(_release, image))
            return
        for index in count():
            page_name = f"{name}, page {index + 1}"
            try:
                image.seek(index)
            except EOFError:
                return
            except Exception as error:
                raise _damaged(page_name, error) from error
            yield _from_image(image, page_name, max_pixels, partial(_release, image))


def _pdf_pages(file: BinaryIO, name: str, max_pixels: int) -> Pages:
    with closing(pdf_pages(file, name, max_pixels)) as pages:
        for page in pages:
            yield contrast_channel(page)


def _release(image: Image.Image) -> None:
    """Frees the pixels of a picture, which is not closed: it may have other pages."""
    image.im = Image.new(image.mode, (1, 1)).im


def _from_image(
    image: Image.Image, name: str, max_pixels: int, release: Callable[[], object] = bool
) -> FloatArray:
    if 0 in image.size:
        raise UnreadableInput(f"{name}: has no pixels; give another picture")
    if image.format in COPYING_FORMATS:
        max_pixels = min(max_pixels, max(MAX_COPIED_PIXELS, int(max_pixels * MAX_COPIED_PIXELS / MAX_PIXELS)))
    if image.width * image.height > max_pixels:
        raise _too_many_pixels(name, max_pixels)
    if max(image.size) > MAX_SIDE_PX:
        raise UnreadableInput(f"{name}: a side of more than {MAX_SIDE_PX:,} pixels; cut it into pieces")
    check_work(image, name)
    try:
        image.load()
        page = image_brightness(image, release)
        release()
        return upright(page, image)
    except Exception as error:  # decoders raise anything on damaged bytes
        raise _damaged(name, error) from error


def _too_many_pixels(name: str, max_pixels: int) -> UnreadableInput:
    return UnreadableInput(f"{name}: more than {max_pixels:,} pixels; scale it down, or raise --max-pixels")


def _too_many_bytes(name: str) -> UnreadableInput:
    return UnreadableInput(f"{name}: more than {MAX_BYTES:,} bytes; compress it or cut it into several files")


def _damaged(name: str, error: Exception) -> UnreadableInput:
    if is_memory_error(error):
        return UnreadableInput(f"{name}: too little memory to decode it; scale it down")
    reason = " ".join(str(error).split()) or type(error).__name__
    return UnreadableInput(f"{name}: damaged picture ({reason}); make the file again")


def _from_array(array: npt.NDArray[Any], max_pixels: int) -> FloatArray:
    if array.ndim not in {2, 3} or (array.ndim == 3 and array.shape[2] not in {3, 4}) or 0 in array.shape:
        raise UnreadableInput(
            f"array of shape {array.shape}: give (H, W) grey, (H, W, 3) colour or (H, W, 4) with transparency"
        )
    if array.shape[0] * array.shape[1] > max_pixels:
        raise _too_many_pixels(f"array of shape {array.shape}", max_pixels)
    return array_brightness(array)
