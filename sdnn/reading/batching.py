"""Pictures on their way to worker processes, and pages in batches that are read together."""

import io
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from sdnn.errors import UnreadableInput
from sdnn.preprocessing.loading import ImageSource, stream_bytes
from sdnn.reading.page import Page

MAX_BATCH_BYTES: Final = 128_000_000
"""Memory of pages that completes a batch, so that large photographs do not fill the memory."""
BASE_BYTES: Final = 1_500_000_000
"""Address space of a worker process without its pages: twice what it takes, most of it unused."""
BYTES_PER_PIXEL: Final = 20
"""Address space of a worker process for each pixel of the largest page: five copies of its brightness."""


def is_picklable(source: ImageSource) -> bool:
    """Whether a picture can go to another process: not an open file, nor a picture that reads from one."""
    return type(source) in {str, bytes, np.ndarray, StreamCopy} or isinstance(source, Path)


class StreamCopy(io.BytesIO):
    """A copy of a stream, which can go to another process.

    Attributes:
        name: Name of the stream.
    """

    name: str = ""


class _FailedStream:
    """A stream that could not be copied; its reading gives the error."""

    def __init__(self, name: str, error: UnreadableInput) -> None:
        self.name, self._error = name, error

    def read(self, size: int = -1, /) -> bytes:
        raise self._error


def portable(source: ImageSource) -> ImageSource:
    """A picture that can go to another process, as far as that is possible: a stream becomes a copy."""
    if is_picklable(source) or isinstance(source, Image.Image) or not hasattr(source, "read"):
        return source
    name = str(getattr(source, "name", "stream"))
    try:
        copy = StreamCopy(stream_bytes(source, name))
    except UnreadableInput as error:
        return _FailedStream(name, error)
    copy.name = name
    return copy


def prepare_worker(max_pixels: int) -> None:
    """Limits the memory of this process, where the system can, and silences the last words of its codecs.

    Args:
        max_pixels: Pixels of the largest page.
    """
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, sys.__stderr__.fileno() if sys.__stderr__ else 2)
    os.close(quiet)
    try:
        import resource
    except ImportError:  # Windows
        return
    limit = BASE_BYTES + BYTES_PER_PIXEL * max_pixels
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    lowest = min([limit, *(each for each in (soft, hard) if each != resource.RLIM_INFINITY)])
    with suppress(ValueError, OSError):  # some systems know the limit, but do not set it
        resource.setrlimit(resource.RLIMIT_AS, (lowest, hard))


def page_batches(pages: Iterable[Page], max_lines: int) -> Iterator[list[Page]]:
    """Pages in batches that are complete with a number of lines; also the pages before an error."""
    batch: list[Page] = []
    lines = memory = 0
    try:
        for page in pages:
            batch.append(page)
            lines += max(1, len(page.lines))
            memory += page.memory_bytes
            if lines >= max_lines or memory >= MAX_BATCH_BYTES:
                full, batch, lines, memory = batch, [], 0, 0
                yield full
    except Exception:
        if batch:
            yield batch
        raise
    if batch:
        yield batch
