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
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from sdnn.errors import ExitCode, OutputError, UsageError
from sdnn.files import atomic_write, output_errors, rename

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from sdnn.formats import Formatter
    from sdnn.results import Reading


class Output:
    """Writes the readings of one page after another, in the order of the input.

    Attributes:
        done: Number of times that each source is in the resumed file. Consecutive rows of one source count
            once: its pages and strings, and the same picture given twice in a row.
    """

    def __init__(self, path: Path | None, formatter: "Formatter", resume: bool = False) -> None:
        """Checks the arguments; no file is touched before the block begins.

        Args:
            path: Path of the file; None for stdout. A device or pipe is written directly, without a part.
            formatter: Formatter of the rows.
            resume: Whether to keep the rows in the file.

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
        self._path = path
        self._formatter = formatter
        self._resume = resume
        self._head = formatter.start()
        self._file: io.FileIO | None = None
        self._has_older = False

    def __enter__(self) -> "Output":
        """Opens the file.

        Raises:
            UsageError: When the file to resume is not of this format.
            OutputError: When the file cannot be written.
        """
        if self._path:
            with output_errors(self._path):
                kept = self._prepare_part(self._path, self._part) if self._resume and self._part else 0
                # Unbuffered, so that nothing is left to be written when the disk is full.
                self._file = open(self._part or self._path, "ab" if kept else "wb", buffering=0)
            if kept:
                self._head = ""
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
                    self._append_missing_rows(self._path, self._part)
                os.fsync(self._file.fileno())  # else the file might be empty after a power cut
        with output_errors(self._path):
            if self._path.exists():
                shutil.copymode(self._path, self._part)
            rename(self._part, self._path)

    def _write(self, text: str) -> None:
        text, self._head = self._head + text, ""
        if self._path and self._file:
            with output_errors(self._path):
                self._write_bytes(self._file, text.encode("utf-8", "surrogateescape"))
        else:
            write_stdout(text)

    @staticmethod
    def _write_bytes(file: io.FileIO, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[file.write(rest) :]

    def _prepare_part(self, path: Path, part: Path) -> int:
        """Reduces the part, or a copy of the file, to its whole sources; returns their bytes."""
        kept = 0
        if part.exists():
            self._has_older = path.exists()
            self.done, kept = _whole_sources(part, self._formatter, is_finished=False)
            os.truncate(part, kept)
        elif path.exists():
            self.done, kept = _whole_sources(path, self._formatter, is_finished=True)
            with atomic_write(part) as temporary:
                shutil.copyfile(path, temporary)
                os.truncate(temporary, kept)
        return kept

    def _append_missing_rows(self, path: Path, part: Path) -> None:
        """Adds the rows of the file whose sources the part lacks; none if the file is of another format."""
        assert self._file
        try:
            _, kept = _whole_sources(path, self._formatter, is_finished=True)
        except UsageError:
            return
        in_part, _ = _whole_sources(part, self._formatter, is_finished=True)
        for source, rows in groupby(_rows(path, self._formatter, kept), key=itemgetter(0)):
            if source is None:
                continue
            if in_part[source]:
                in_part[source] -= 1
            else:
                self._write_bytes(self._file, b"".join(row for _, row in rows))


def write_stdout(text: str) -> None:
    """Writes whole lines of results to stdout; ends the command quietly at a closed pipe, as in `| head -1`.

    Raises:
        OutputError: When stdout is closed or full.
    """
    if sys.stdout is None:
        raise OutputError("stdout: is closed; redirect it to a file")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        # Else the interpreter would complain once more when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            sys.exit(ExitCode.OK)
        raise OutputError(f"stdout: cannot be written ({error.strerror}); choose another place") from error


def _is_regular(path: Path) -> bool:
    """Whether a path names a file, or nothing yet, and no device, pipe, or open file of a process."""
    is_of_system = os.path.abspath(path).startswith(("/dev/", "/proc/"))
    return not is_of_system and (os.path.isfile(path) or not os.path.exists(path))


def part_path(path: Path) -> Path:
    """Path of the rows of a file until it is whole."""
    return path.with_name(f"{path.name}.part")


def _whole_sources(path: Path, formatter: "Formatter", is_finished: bool) -> tuple[Counter[str], int]:
    """Number of times that each whole source is in a file, and the bytes of their rows.

    In an unfinished file the last source is not whole: some of its pages may be missing. The same holds for a
    file whose last line is cut off.

    Raises:
        UsageError: When a line is not one of the format.
    """
    done: Counter[str] = Counter()
    position = certain = 0
    current = None
    for source, line in _rows(path, formatter):
        if source is not None and source != current:
            if current is not None:
                done[current] += 1
            current, certain = source, position
        position += len(line)
    if current is None:
        return done, position
    if is_finished and position == os.path.getsize(path):
        done[current] += 1
        return done, position
    return done, certain


def _rows(path: Path, formatter: "Formatter", size: int = sys.maxsize) -> Iterator[tuple[str | None, bytes]]:
    """Source and line of each row in the first bytes of a file, up to a line that is cut off.

    Raises:
        UsageError: When a line is not one of the format.
    """
    head = formatter.start().encode()
    with open(path, "rb") as lines:
        for number, line in enumerate(lines, start=1):
            size -= len(line)
            try:
                if number == 1 and not line.startswith(head) and not head.startswith(line):
                    raise ValueError("another header")
                if size < 0 or not line.endswith(b"\n"):
                    return
                source = formatter.source_of(line.decode("utf-8", "surrogateescape"))
            except ValueError as error:
                raise UsageError(
                    f"{path}: line {number} is not of this format, or of an older version of it; "
                    "give the format it was begun in, or leave out --resume"
                ) from error
            yield source, line
