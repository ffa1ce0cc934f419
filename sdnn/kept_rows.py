"""Rows of an interrupted or finished output that are kept when it is resumed."""

import io
import os
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, NamedTuple

from sdnn.enums import Status
from sdnn.errors import UsageError

if TYPE_CHECKING:
    from sdnn.formats import Formatter

MAX_LINE_BYTES: Final = 1 << 26
"""Limit of a line, many times the longest record."""


class Row(NamedTuple):
    """A line of an output.

    Attributes:
        source: Name of the picture; None for a header.
        status: Status of the reading; rejected, if the format does not tell one text that is empty from
            another, and for a header.
        line: The line, with its end.
    """

    source: str | None
    status: Status
    line: bytes


@dataclass
class KeptRows:
    """Rows of whole sources in a file.

    Attributes:
        sources: Number of times that each source is kept; consecutive rows of one source count once.
        statuses: Number of kept rows of each status.
        ranges: First byte of what is kept, and the one after the last, without gaps between kept sources.
    """

    sources: Counter[str] = field(default_factory=Counter)
    statuses: Counter[Status] = field(default_factory=Counter)
    ranges: list[tuple[int, int]] = field(default_factory=lambda: [(0, 0)])

    @property
    def size(self) -> int:
        """Byte after the last that is kept."""
        return self.ranges[-1][1]

    @property
    def has_gaps(self) -> bool:
        """Whether there are rows between the kept ones that are not."""
        return len(self.ranges) > 1

    def add(self, rows: Sequence[Row], retry: Collection[str]) -> None:
        """Keeps the next rows, of one source or none; leaves them out if they are to be read again."""
        end = self.size + sum(len(row.line) for row in rows)
        source = rows[0].source
        if source in retry and any(row.status is Status.ERROR for row in rows):
            self.ranges.append((end, end))
            return
        self.ranges[-1] = self.ranges[-1][0], end
        if source is not None:
            self.sources[source] += 1
            self.statuses.update(row.status for row in rows)


def kept_rows(
    file: IO[bytes] | io.FileIO,
    path: Path,
    formatter: "Formatter",
    is_finished: bool,
    retry: Collection[str] = (),
) -> KeptRows:
    """The header and the rows of whole sources in a file.

    In an unfinished file the last source is not whole: some of its pages may be missing. The same holds for a
    file whose last line is cut off.

    Args:
        file: Open file, read from its begin.
        path: Its path.
        formatter: Formatter of its rows.
        is_finished: Whether the file is whole if its last line is.
        retry: Sources whose rows are left out where one of them is an error.

    Raises:
        UsageError: When a line is not one of the format.
    """
    kept = KeptRows()
    last: list[Row] = []
    for _, rows in groupby(rows_of(file, path, formatter), key=attrgetter("source")):
        if last:
            kept.add(last, retry)
        last = list(rows)
    end = kept.size + sum(len(row.line) for row in last)
    if last and (last[0].source is None or (is_finished and end == os.fstat(file.fileno()).st_size)):
        kept.add(last, retry)
    return kept


def rows_of(
    file: IO[bytes] | io.FileIO, path: Path, formatter: "Formatter", size: int | None = None
) -> Iterator[Row]:
    """The rows in the first bytes of a file, up to a line that is cut off.

    Raises:
        UsageError: When a line is not one of the format.
    """
    head, beginning = formatter.start().encode(), formatter.beginning().encode()
    lines = io.BufferedReader(io.FileIO(file.fileno(), closefd=False))
    lines.seek(0)
    number, left = 1, os.fstat(file.fileno()).st_size if size is None else size
    while line := lines.readline(MAX_LINE_BYTES):
        left -= len(line)
        try:
            is_whole = line.endswith(b"\n")
            expected = head if is_whole else beginning
            if number == 1 and not line.startswith(expected) and not expected.startswith(line):
                raise ValueError("another header")
            if len(line) == MAX_LINE_BYTES:
                raise ValueError("too long")
            if left < 0 or not is_whole:
                return
            row = _row(line, formatter)
        except (ValueError, RecursionError) as error:
            raise UsageError(
                f"{path}: line {number} is not of this format, or of an older version of it; "
                "give the format it was begun in, or leave out --resume"
            ) from error
        yield row
        number += 1


def _row(line: bytes, formatter: "Formatter") -> Row:
    text = line.decode("utf-8", "surrogateescape")
    source = formatter.source_of(text)
    status = None if source is None else formatter.status_of(text)
    return Row(source, status or Status.REJECTED, line)
