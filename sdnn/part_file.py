"""Rows of a file until it is whole: FILE.part, which one process writes at a time.

Whoever may write into the folder may have put something else in the place of the part. No link is followed,
nothing but a file is written, and no file of another kind is changed or removed. The lock is the system's, so
that it ends with the process, however that ends.
"""

import contextlib
import errno
import io
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Final

from sdnn.errors import OutputError
from sdnn.files import rename, temporary_beside
from sdnn.formats.recognition import HEAD_BYTES, is_rows

if sys.platform != "win32":
    import fcntl

_CHUNK_BYTES: Final = 1 << 20
_FLAGS: Final = (
    os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
)
_IN_THE_WAY: Final = {errno.ELOOP: "a link", errno.EISDIR: "a folder", errno.ENXIO: "a socket or a pipe"}

Ranges = Sequence[tuple[int, int]]
"""First byte, and the one after the last."""


def part_path(path: Path) -> Path:
    """Path of the rows of a file until it is whole."""
    return path.with_name(f"{path.name}.part")


def open_part(part: Path) -> io.FileIO:
    """The part, locked, with what an earlier call left in it; empty if it is new.

    Raises:
        OutputError: When another process writes it, or something else has its name.
        OSError: When it cannot be opened.
    """
    while True:
        try:
            file = io.FileIO(os.open(part, _FLAGS | os.O_CREAT, 0o666), "r+b")
        except OSError as error:
            if error.errno in _IN_THE_WAY:
                raise _in_the_way(part, _IN_THE_WAY[error.errno]) from error
            raise
        try:
            lock(file, part)
            if not is_named(file, part):  # another process has just finished it
                file.close()
                continue
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise _in_the_way(part, "a pipe or a device")
            if status.st_nlink > 1:
                raise _in_the_way(part, "another name of a file that is used elsewhere")
            return file
        except BaseException:
            file.close()
            raise


def check_rows(file: io.FileIO, part: Path) -> None:
    """Checks that a part which is begun anew holds no rows but those of an interrupted output.

    Raises:
        OutputError: When it is a file of another kind.
    """
    os.lseek(file.fileno(), 0, os.SEEK_SET)
    head = os.read(file.fileno(), HEAD_BYTES)
    if head and not is_rows(head):
        raise _in_the_way(part, "no rows of an interrupted output")


def copy_as_part(source: IO[bytes], part: Path, ranges: Ranges, replaces: bool) -> io.FileIO | None:
    """A copy of parts of a file, which has the name of the part only when it is whole, and is locked by then.

    Args:
        source: File to copy from.
        part: Path of the part.
        ranges: What to copy.
        replaces: Whether the caller has locked a part, which the copy replaces.

    Returns:
        The part; None if there is one all at once.

    Raises:
        OSError: When it cannot be written.
    """
    with temporary_beside(part) as temporary:
        file = io.FileIO(os.open(temporary, _FLAGS), "r+b")
        try:
            copy_ranges(source, file, ranges)
            os.fsync(file.fileno())
            lock(file, part)
            if replaces or not os.path.lexists(part):
                rename(temporary, part)
                return file
        except BaseException:
            file.close()
            raise
    file.close()
    return None


def copy_ranges(source: IO[bytes], target: io.FileIO, ranges: Ranges) -> None:
    """Copies parts of a file, one behind the other."""
    for start, end in ranges:
        source.seek(start)
        while start < end and (data := source.read(min(end - start, _CHUNK_BYTES))):
            write_all(target, data)
            start += len(data)


def write_all(file: io.FileIO, data: bytes) -> None:
    """Writes all bytes, or raises OSError: an unbuffered file may take some only, before the disk is full."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


@contextlib.contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Locks a folder.

    Raises:
        OutputError: When another process has locked it, or the path leads to something else.
        OSError: When it cannot be opened.
    """
    if sys.platform == "win32":  # folders cannot be opened
        yield
        return
    try:
        number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        if error.errno in {errno.ENOTDIR, errno.ELOOP}:
            raise OutputError(f"{folder}: is in the way, and is no folder; move it away") from error
        raise
    try:
        lock(number, folder)
        if not is_named(number, folder):  # another process has just finished it
            raise OutputError(f"{folder}: another process has written it; give another --out")
        yield
    finally:
        os.close(number)


def lock(file: IO[bytes] | io.FileIO | int, path: Path) -> None:
    """Locks an open file until it is closed, where the file system can.

    Raises:
        OutputError: When another process has locked it.
    """
    if sys.platform == "win32":
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise OutputError(
            f"{path}: another process is writing it; wait for its end, or choose another place"
        ) from error
    except OSError:  # as on some network file systems
        pass


def is_named(file: IO[bytes] | io.FileIO | int, path: Path) -> bool:
    """Whether a path still leads to an open file, and not to one that took its place."""
    try:
        return os.path.samestat(os.fstat(file if isinstance(file, int) else file.fileno()), os.lstat(path))
    except FileNotFoundError:
        return False


def _in_the_way(part: Path, what: str) -> OutputError:
    return OutputError(f"{part}: is in the way, and is {what}; move it away, or give another --output")
