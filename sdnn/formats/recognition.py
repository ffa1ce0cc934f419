"""Recognition of rows of any format and version, so that no file of another kind is taken for an output."""

import re
from typing import Final

HEAD_BYTES: Final = 1 << 16
"""Bytes from the begin of a file that `is_rows` needs."""
_BEGINNINGS: Final = (
    b'{"schema": ',
    b"source\tpage\t",
    b'"source","page",',
    b'<?xml version="1.0" encoding="UTF-8"?>\n<alto ',
)
_TEXT: Final = rb"[^\t]+\t(?:[^\w\t]|[0-9])*(?:\t[0-9.]*)?"
"""Source, digits and confidence or probability. Literals of a pattern may be signs, not letters: a list of
names and words is not ours."""


def is_rows(head: bytes) -> bool:
    """Whether a file that begins so may hold rows, if only a part of the first one."""
    line, end, _ = head.partition(b"\n")
    if any(head.startswith(beginning) for beginning in _BEGINNINGS):
        return True
    if end:
        return re.fullmatch(_TEXT, line) is not None
    return any(beginning.startswith(head) for beginning in _BEGINNINGS)
