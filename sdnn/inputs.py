"""Names of the pictures to read: names as given, and the pictures in folders."""

import os
from collections.abc import Iterator, Sequence
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
    pictures, or one that cannot be listed, stands for itself, so that reading it gives the error.
    """
    for name in names:
        found = _walk(name) if _is_folder(name) else iter(())
        yield next(found, name)
        yield from found


def is_batch(names: Sequence[str]) -> bool:
    """Whether the names may stand for more than one picture."""
    return len(names) > 1 or any(map(_is_folder, names))


def _is_folder(name: str) -> bool:
    return name != STDIN and os.path.isdir(name)


def _walk(folder: str) -> Iterator[str]:
    """The pictures in a folder and in its folders."""
    walked: set[tuple[int, int]] = set()
    waiting = [folder]
    while waiting:
        path = waiting.pop()
        if not os.path.isdir(path):
            if _is_picture(path):
                yield path
            continue
        try:
            status = os.stat(path)
            entries = sorted(os.listdir(path), reverse=True)
        except OSError:
            yield path
            continue
        identity = status.st_dev, status.st_ino
        if identity not in walked:  # a link may lead back to where it came from
            walked.add(identity)
            waiting += [os.path.join(path, entry) for entry in entries if not entry.startswith(".")]


def _is_picture(path: str) -> bool:
    """Whether a file has the suffix of a picture; so may a broken link, whose reading gives the error."""
    named = os.path.splitext(path)[1].lower() in SUFFIXES
    return named and (os.path.isfile(path) or os.path.islink(path))
