"""Destination of the rows: stdout, or a file that exists only when it is whole.

Rows of FILE are written to FILE.part, which becomes FILE with the last one. After an interruption, even by
SIGKILL, the part is cut back to the last source that is certainly whole, and the rest is read again.

To resume a finished FILE, it is copied, and the copy named FILE.part when it is whole. So a part beside FILE
either holds all its rows, or was begun anew to replace it. The part is resumed; at the end, rows of FILE are
added whose sources it lacks, since this call does not ask for them.
"""

import contextlib
import io
import os
import stat
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from sdnn.enums import Status
from sdnn.errors import OutputError, UsageError
from sdnn.files import copy_mode, output_errors, rename
from sdnn.part_file import check_rows, copy_as_part, is_named, lock, open_part, part_path, write_all
from sdnn.streams import write_stdout

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from sdnn.formats import Formatter
    from sdnn.kept_rows import KeptRows
    from sdnn.results import Reading


class Output:
    """Writes the readings of one page after another, in the order of the input.

    Attributes:
        done: Number of times that each source is in the resumed file. Consecutive rows of one source count
            once: its pages and strings, and the same picture given twice in a row.
        kept: Number of kept rows of each status. A row that does not tell whether it is rejected, empty or an
            error counts as rejected.
    """

    def __init__(
        self,
        path: Path | None,
        formatter: "Formatter",
        resume: bool = False,
        retry: Collection[str] = (),
    ) -> None:
        """Checks the arguments; no file is touched before the block begins.

        Args:
            path: Path of the file; None for stdout. A device or pipe is written directly, without a part.
            formatter: Formatter of the rows.
            resume: Whether to keep the rows in the file.
            retry: Sources whose rows are not kept where one of them is an error.

        Raises:
            UsageError: When the path is a folder, or the file cannot be resumed.
        """
        if path and (not path.name or os.path.isdir(path)):
            raise UsageError(f"{path}: is a folder; give the name of a file")
        self._part: Path | None = None
        if path and _is_regular(path):
            path = Path(os.path.realpath(path))  # a link stays one
            self._part = part_path(path)
        if resume and not self._part:
            raise UsageError("--resume goes on with a file; add --output FILE")
        if resume and not formatter.resumable:
            raise UsageError("--resume needs rows that name their source; choose --format csv, tsv or json")
        self.done: Counter[str] = Counter()
        self.kept: Counter[Status] = Counter()
        self._path = path
        self._formatter = formatter
        self._resume = resume
        self._retry = retry
        self._head = formatter.start()
        self._file: io.FileIO | None = None
        self._has_older = False

    def __enter__(self) -> "Output":
        """Opens the file.

        Raises:
            UsageError: When the file to resume is not of this format.
            OutputError: When the file cannot be written, another process writes it, or something that is no
                part of it has the name of the part.
        """
        if self._path:
            with output_errors(self._path):
                if self._part:
                    self._file = self._open_part(self._path, self._part)
                else:
                    # Unbuffered, so that nothing is left to be written when the disk is full.
                    self._file = open(self._path, "wb", buffering=0)
        return self

    def write(self, readings: "Sequence[Reading]") -> None:
        """Writes the rows of one page, so that they are in the file before the next page is read.

        Raises:
            OutputError: When they cannot be written.
        """
        self._write(self._formatter.rows(readings))

    def remaining(self, names: Iterable[str]) -> Iterator[str]:
        """Names that are not in the file, each as often as it still has to be read."""
        left = self.done.copy()
        for name, group in groupby(names):
            if left[name]:
                left[name] -= 1
            else:
                yield from group

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: "TracebackType | None"
    ) -> None:
        """Renames the part if the block succeeded; else it stays, to be resumed.

        Raises:
            OutputError: When the file cannot be written.
        """
        with self._file or contextlib.nullcontext():
            if kind is not None:
                return
            self._write(self._formatter.end())
            if not self._path or not self._part or not self._file:
                return
            with output_errors(self._path):
                if self._has_older:
                    self._append_missing_rows(self._path, self._file)
                os.fsync(self._file.fileno())  # else the file might be empty after a power cut
                if not is_named(self._file, self._part):
                    raise OutputError(f"{self._part}: was moved or replaced; read the pictures again")
                if os.name == "nt":
                    self._file.close()  # Windows renames no open file
                copy_mode(self._path, self._part)
                rename(self._part, self._path)

    def _write(self, text: str) -> None:
        text, self._head = self._head + text, ""
        if self._path and self._file:
            with output_errors(self._path):
                write_all(self._file, text.encode("utf-8", "surrogateescape"))
        else:
            write_stdout(text)

    def _open_part(self, path: Path, part: Path) -> io.FileIO:
        """The locked part, with the rows that are kept."""
        from sdnn.kept_rows import kept_rows  # not needed for the first row of most calls

        if self._resume and os.path.exists(path) and not os.path.lexists(part):
            with _opened(path) as finished:
                lock(finished, path)  # against another process that makes such a copy
                kept = kept_rows(finished, path, self._formatter, True, self._retry)
                copy = copy_as_part(finished, part, kept.ranges, replaces=False)
            if copy:
                return self._at_end(copy, kept)
        file = open_part(part)
        with _closed_on_error(file):
            if not self._resume:
                check_rows(file, part)
                file.truncate(0)
                return self._at_end(file, None)
            self._has_older = os.path.exists(path)
            kept = kept_rows(file, part, self._formatter, False, self._retry)
            if not kept.has_gaps:
                file.truncate(kept.size)
                return self._at_end(file, kept)
            with file:
                copy = copy_as_part(file, part, kept.ranges, replaces=True)
            assert copy
            return self._at_end(copy, kept)

    def _at_end(self, file: io.FileIO, kept: "KeptRows | None") -> io.FileIO:
        if kept:
            self.done, self.kept = kept.sources, kept.statuses
        if file.seek(0, os.SEEK_END):
            self._head = ""
        return file

    def _append_missing_rows(self, path: Path, part: io.FileIO) -> None:
        """Adds the rows of the file whose sources the part lacks; none if the file is of another format."""
        from sdnn.kept_rows import kept_rows, rows_of

        assert self._part
        with _opened(path) as older:
            try:
                size = kept_rows(older, path, self._formatter, is_finished=True).size
            except UsageError:
                return
            in_part = kept_rows(part, self._part, self._formatter, is_finished=True).sources
            part.seek(0, os.SEEK_END)
            all_rows = rows_of(older, path, self._formatter, size)
            for source, rows in groupby(all_rows, key=attrgetter("source")):
                if source is None:
                    continue
                if in_part[source]:
                    in_part[source] -= 1
                else:
                    for row in rows:
                        self.kept[row.status] += 1
                        write_all(part, row.line)


def _is_regular(path: Path) -> bool:
    """Whether a path names a file, or nothing yet, and no device, pipe, or open file of a process."""
    is_of_system = os.path.abspath(path).startswith(("/dev/", "/proc/"))
    return not is_of_system and (os.path.isfile(path) or not os.path.exists(path))


def _opened(path: Path) -> BinaryIO:
    """The finished file, opened for reading.

    Raises:
        OutputError: When there is a pipe or a device in its place by now, which would be waited for.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    file = os.fdopen(os.open(path, flags), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OutputError(f"{path}: is no file; give the name of one")
    return file


@contextlib.contextmanager
def _closed_on_error(file: io.FileIO) -> Iterator[None]:
    try:
        yield
    except BaseException:
        file.close()
        raise
