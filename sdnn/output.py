"""Where the rows of readings go: to stdout, or into a file that is there when it is whole.

The rows of FILE stand in FILE.part until the last one is written. What was interrupted, be it by SIGKILL, can
be gone on with: the part is cut back to the last source that is surely whole, and the rest read once more.

To go on with FILE, it is copied aside, and the copy named FILE.part when it is whole. So a part beside FILE
either holds all its rows, or was begun anew to replace it. The part is gone on with; in the end, rows of FILE
are added whose sources it lacks, since they are not asked for any more.
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
from sdnn.files import atomic_write, rename

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from sdnn.formats import Formatter
    from sdnn.results import Reading


class Output:
    """Takes the readings of one page after another, in the order of the input.

    Attributes:
        done: How many times each source is on the file that is gone on with. Rows of one source that follow
            each other count once, however many they are: its pages and strings, and the same picture given
            twice in a row.
    """

    def __init__(self, path: Path | None, formatter: "Formatter", resume: bool = False) -> None:
        """Nothing is touched before the block begins.

        Args:
            path: The file; None for stdout. A device or pipe is written to as it is, without a part.
            formatter: Makes the rows.
            resume: Whether to keep what is on file.

        Raises:
            UsageError: When the path is a folder, or there is no file to go on with in this format.
        """
        if path and (not path.name or os.path.isdir(path)):
            raise UsageError(f"{path}: is a folder; give the name of a file")
        self._whole = path is not None and _is_plain(path)
        path = Path(os.path.realpath(path)) if path and self._whole else path  # a link stays one
        if resume and not self._whole:
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
            UsageError: When what is on file is not of this format.
            OutputError: When the file cannot be written.
        """
        if self._path:
            with _named(self._path):
                kept = self._keep(self._path) if self._resume else 0
                place = part_of(self._path) if self._whole else self._path
                # Unbuffered, so that nothing is left to be written when the disk is full.
                self._file = open(place, "ab" if kept else "wb", buffering=0)
            if kept:
                self._head = ""
        return self

    def write(self, readings: "Sequence[Reading]") -> None:
        """Writes the rows of one page, so that they are there before the next page is read.

        Raises:
            OutputError: When they cannot be written.
        """
        self._put(self._formatter.rows(readings))

    def remaining(self, names: Iterable[str]) -> Iterator[str]:
        """The names that are not on file, each as often as it still has to be read."""
        left = self.done.copy()
        for name, group in groupby(names):
            if left[name]:
                left[name] -= 1
            else:
                yield from group

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: "TracebackType | None"
    ) -> None:
        """Gives the file its name if the block succeeded; else its part stays, to go on with.

        Raises:
            OutputError: When the file cannot be written.
        """
        with self._file or contextlib.nullcontext():
            if kind is None:
                self._put(self._formatter.end())
                self._carry_over()
                self._settle()
        if self._path and self._whole and kind is None:
            with _named(self._path):
                if self._path.exists():
                    shutil.copymode(self._path, part_of(self._path))
                rename(part_of(self._path), self._path)

    def _put(self, text: str) -> None:
        text, self._head = self._head + text, ""
        if self._path is None or self._file is None:
            to_stdout(text)
            return
        self._put_bytes(text.encode("utf-8", "surrogateescape"))

    def _put_bytes(self, data: bytes) -> None:
        assert self._path
        assert self._file
        with _named(self._path):
            rest = memoryview(data)
            while rest:
                rest = rest[self._file.write(rest) :]

    def _settle(self) -> None:
        """Waits until the part is on the disk: else FILE might be empty after a power cut."""
        if self._path and self._file and self._whole:
            with _named(self._path):
                os.fsync(self._file.fileno())

    def _keep(self, path: Path) -> int:
        """Makes a part of what is surely whole, and says how many bytes that is."""
        part = part_of(path)
        if part.exists():
            self._has_older = path.exists()
            self.done, kept = _on_file(part, self._formatter, whole=False)
            os.truncate(part, kept)
            return kept
        if not path.exists():
            return 0
        self.done, kept = _on_file(path, self._formatter, whole=True)
        with atomic_write(part) as temporary:
            shutil.copyfile(path, temporary)
            os.truncate(temporary, kept)
        return kept

    def _carry_over(self) -> None:
        """Adds the rows of FILE whose sources the part lacks; none where FILE is of another format."""
        if not self._has_older or self._path is None:
            return
        with _named(self._path):
            try:
                _, kept = _on_file(self._path, self._formatter, whole=True)
            except UsageError:
                return
            on_part, _ = _on_file(part_of(self._path), self._formatter, whole=True)
            for source, rows in groupby(_rows(self._path, self._formatter, kept), key=itemgetter(0)):
                if on_part[source]:
                    on_part[source] -= 1
                else:
                    self._put_bytes(b"".join(row for _, row in rows))


def to_stdout(text: str) -> None:
    """Whole lines of results on stdout.

    Ends the command quietly where nobody reads any more, as in `| head -1`.

    Raises:
        OutputError: When stdout is closed, or cannot take any more.
    """
    if sys.stdout is None:
        raise OutputError("stdout: is closed; redirect it to a file")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # Else the interpreter would complain once more when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(ExitCode.OK)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise OutputError(f"stdout: cannot be written ({error.strerror}); choose another place") from error


def _is_plain(path: Path) -> bool:
    """Whether a path names a file, or nothing yet, and no device, pipe, or open file of a process."""
    systems_own = os.path.abspath(path).startswith(("/dev/", "/proc/"))
    return not systems_own and (os.path.isfile(path) or not os.path.exists(path))


def part_of(path: Path) -> Path:
    """Where the rows of a file are until all of them are there."""
    return path.with_name(f"{path.name}.part")


def _on_file(held: Path, formatter: "Formatter", whole: bool) -> tuple[Counter[str], int]:
    """How often each source is on file, and how many bytes hold them.

    Where the file is not whole, a last line that was cut off is left out, and with it all rows of the last
    source, whose pages may not all be there.

    Raises:
        UsageError: When a line is not one of the format.
    """
    done: Counter[str] = Counter()
    head = formatter.start().encode()
    position = surely = 0
    current = None
    with open(held, "rb") as lines:
        for number, line in enumerate(lines, start=1):
            if number == 1 and not line.startswith(head) and not head.startswith(line):
                raise _of_another_format(held, number)
            if not line.endswith(b"\n"):
                whole = False  # somebody cut it off
                break
            try:
                source = formatter.source_of(line.decode("utf-8", "surrogateescape"))
            except ValueError as error:
                raise _of_another_format(held, number) from error
            if source is not None and source != current:
                if current is not None:
                    done[current] += 1
                current, surely = source, position
            position += len(line)
    if whole and current is not None:
        done[current] += 1
    return done, position if whole or current is None else surely


def _rows(held: Path, formatter: "Formatter", kept: int) -> Iterator[tuple[str, bytes]]:
    """Source and line of each row in the first bytes of a file, which are of the format."""
    with open(held, "rb") as lines:
        for line in lines:
            kept -= len(line)
            if kept < 0:
                return
            source = formatter.source_of(line.decode("utf-8", "surrogateescape"))
            if source is not None:
                yield source, line


def _of_another_format(held: Path, number: int) -> UsageError:
    return UsageError(
        f"{held}: line {number} is not of this format, or of an older version of it; "
        "give the format it was begun in, or leave out --resume"
    )


@contextlib.contextmanager
def _named(path: Path) -> Iterator[None]:
    """Turns what the system says into one line.

    Raises:
        OutputError: When the block raises an OSError.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"{path}: cannot be written ({reason}); choose another place") from error
