"""Pages in batches that are read together."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import numpy as np

from sdnn.preprocessing.loading import ImageSource
from sdnn.reading.page import Page

MAX_BATCH_BYTES: Final = 128_000_000
"""Memory of pages that completes a batch, so that large photographs do not fill the memory."""


def is_picklable(source: ImageSource) -> bool:
    """Whether a picture can go to another process: not an open file, nor a picture that reads from one."""
    return type(source) in {str, bytes, np.ndarray} or isinstance(source, Path)


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
