"""Names of the pictures to read: names as given, and the pictures in folders.

What a folder holds and cannot be looked at has its name among them, so that it is reported.
"""

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from typing import Final

STDIN: Final = "-"
SUFFIXES: Final = {
    *(".png", ".jpg", ".jpeg", ".jpe", ".mpo", ".tif", ".tiff", ".webp", ".gif", ".bmp", ".dib"),
    *(".ppm", ".pgm", ".pbm", ".pnm", ".heic", ".heif", ".avif", ".pdf"),
}
"""Suffixes, in lower case, of the files in a folder that count as pictures."""


def pictures(names: Sequence[str]) -> Iterator[str]:
    """Names of the pictures, one after another.

    A name of a file stays as it is, whatever its suffix. A folder stands for the pictures in it and in its
    folders, sorted by name, without hidden ones; linked folders too, but each folder once. A folder without
    pictures, or one that cannot be listed, stands for itself, so that reading it gives the error; so does a
    link that leads nowhere, or in a circle.
    """
    for name in names:
        found = files_in(name, _is_picture) if _is_folder(name) else iter(())
        yield next(found, name)
        yield from found


def is_batch(names: Sequence[str]) -> bool:
    """Whether the names may stand for more than one picture."""
    return len(names) > 1 or any(map(_is_folder, names))


def _is_folder(name: str) -> bool:
    return name != STDIN and os.path.isdir(name)


def why_not_opened(name: str) -> str | None:
    """Why a name that a folder stands for is not opened: what it is instead of a file; None for a file.

    A pipe, socket or device may never answer. Who means one gives its own name.
    """
    try:
        mode = os.stat(name).st_mode
    except (OSError, ValueError):
        return None  # opening it says why
    if stat.S_ISREG(mode):
        return None
    if stat.S_ISDIR(mode):
        return "a folder that cannot be listed; check its permissions"
    kind = "a pipe" if stat.S_ISFIFO(mode) else "a socket" if stat.S_ISSOCK(mode) else "a device"
    return f"{kind}, which is not opened in a folder; to read from it, give its own name"


def files_in(folder: str, is_wanted: Callable[[str], bool]) -> Iterator[str]:
    """The files in a folder and in its folders whose paths are wanted, and what cannot be looked at."""
    walked: set[tuple[int, int]] = set()
    waiting = [folder]
    while waiting:
        path = waiting.pop()
        try:
            status = os.stat(path)
            if not stat.S_ISDIR(status.st_mode):
                if is_wanted(path):
                    yield path
                continue
            entries = sorted(os.listdir(path), reverse=True)
        except OSError:
            if is_wanted(path) or not _is_gone(path):
                yield path
            continue
        identity = status.st_dev, status.st_ino
        if identity not in walked:  # a link may lead back to where it came from
            walked.add(identity)
            waiting += [os.path.join(path, entry) for entry in entries if not entry.startswith(".")]


def _is_picture(path: str) -> bool:
    return os.path.splitext(path)[1].lower() in SUFFIXES


def _is_gone(path: str) -> bool:
    """Whether there is nothing of that name any more, not even a link."""
    try:
        os.lstat(path)
    except FileNotFoundError:
        return True
    except OSError:
        pass
    return False
