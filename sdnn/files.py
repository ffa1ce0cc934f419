"""Atomic writes, and checks of the paths of outputs."""

import contextlib
import errno
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sdnn.errors import OutputError, UsageError

if TYPE_CHECKING:
    from PIL.Image import Image

TEMPORARIES: Final = ".sdnn-*"
"""Pattern of the names of temporary files, which a killed process leaves."""


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`; the file written there replaces `path` if the block succeeds.

    It is on the disk by then, so that not even a power cut leaves half a file. A link stays one, and the file
    that it leads to keeps its permissions.

    Raises:
        UsageError: When the path names no file.
        OutputError: When the file cannot be written; its folder must exist.
    """
    if not path.name:
        raise UsageError(f"{path}: is a folder; give the name of a file")
    with output_errors(path):
        target = Path(os.path.realpath(path))
        if os.path.exists(target) and not os.path.isfile(target):
            raise OutputError(f"{path}: is a folder or a device; give the name of a file")
        with temporary_beside(target) as temporary:
            yield temporary
            with open(temporary, "rb") as file:
                os.fsync(file.fileno())
            copy_mode(target, temporary)
            rename(temporary, target)


@contextlib.contextmanager
def temporary_beside(path: Path) -> Iterator[Path]:
    """Path of a new empty file beside another; removed at the end, unless it has been renamed.

    Its name is drawn at random, and nobody else's file or link of that name is opened.

    Raises:
        OSError: When it cannot be made.
    """
    suffix = path.suffix if len(os.fsencode(path.suffix)) <= 20 else ""
    temporary = path.with_name(TEMPORARIES.replace("*", os.urandom(8).hex()) + suffix)
    os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    try:
        yield temporary
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def output_errors(path: Path) -> Iterator[None]:
    """Turns an OSError into one line about the path.

    Raises:
        OutputError: When the block raises an OSError.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        remedy = "give a shorter name" if error.errno == errno.ENAMETOOLONG else "choose another place"
        raise OutputError(f"{path}: cannot be written ({reason}); {remedy}") from error


def copy_mode(old: Path, new: Path) -> None:
    """Gives a new file the permissions of the one that it is going to replace, if there is one."""
    with contextlib.suppress(FileNotFoundError):
        os.chmod(new, stat.S_IMODE(os.stat(old).st_mode))


def rename(old: Path, new: Path) -> None:
    """Renames a file within its folder, replacing any file of that name, and waits for the disk.

    Raises:
        OSError: When it cannot be renamed.
    """
    os.replace(old, new)
    with contextlib.suppress(OSError):  # some systems cannot open folders, or not wait for them
        folder = os.open(new.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def save_picture(image: "Image", path: Path) -> None:
    """Saves a Pillow picture in the format of the path's suffix.

    Raises:
        UsageError: When no picture format has that suffix.
        OutputError: When the file cannot be written.
    """
    with atomic_write(path) as temporary:
        try:
            image.save(temporary, optimize=True)
        except (ValueError, KeyError) as error:
            raise UsageError(f"{path}: no kind of picture ends in {path.suffix!r}; name it .png") from error


def check_not_overwriting(option: str, out: Path | None, inputs: Iterable[str | Path]) -> None:
    """Checks that an output replaces no input.

    Raises:
        UsageError: When `out`, given with `option`, is one of the inputs.
    """
    if out is None:
        return
    for each in inputs:
        if out.absolute() == Path(each).absolute() or _is_same_file(out, each):
            raise UsageError(f"{option} {out}: is one of the files to be read; give another name")


def _is_same_file(first: str | Path, second: str | Path) -> bool:
    try:
        return os.path.samefile(first, second)
    except (OSError, ValueError):  # one is missing, or cannot be looked at
        return False


def check_picture_path(option: str, out: Path | None) -> None:
    """Checks before long work that a picture can be saved; errors as for `save_picture`."""
    if out is None:
        return
    from PIL import Image

    if out.suffix.lower() not in Image.registered_extensions():
        ending = f"no kind of picture ends in {out.suffix!r}" if out.suffix else "the name has no ending"
        raise UsageError(f"{option} {out}: {ending}; name it .png")
    if os.path.isdir(out):
        raise UsageError(f"{option} {out}: is a folder; give the name of a file")
    with output_errors(out), contextlib.suppress(FileNotFoundError, NotADirectoryError):
        os.lstat(out)  # finds a name that is too long
    if not os.path.isdir(out.parent):
        raise OutputError(f"{option} {out}: there is no folder {out.parent}; choose another place")
