"""Pages in batches that are read together."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import numpy as np

from sdnn.preprocessing.loading import ImageSource
from sdnn.reading.records import Page

MOST_BYTES: Final = 128_000_000
"""Memory of pages beyond which a batch is read as it is, so that large photographs do not fill it."""


def is_picklable(source: ImageSource) -> bool:
    """Whether a picture is the same in another process: an open file is not, nor what rests on one."""
    return type(source) in {str, bytes, np.ndarray} or isinstance(source, Path)


def page_batches(pages: Iterable[Page], most_lines: int) -> Iterator[list[Page]]:
    """Pages in groups that hold so many lines, or so much memory, together; also those before an error."""
    group: list[Page] = []
    lines = held = 0
    try:
        for page in pages:
            group.append(page)
            lines += max(1, len(page.lines))
            held += page.held_bytes
            if lines >= most_lines or held >= MOST_BYTES:
                full, group, lines, held = group, [], 0, 0
                yield full
    except Exception:
        if group:
            yield group
        raise
    if group:
        yield group
