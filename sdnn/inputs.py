"""Which pictures to read: the names given, and what lies in the folders among them."""

import os
from collections.abc import Iterator, Sequence
from typing import Final

STDIN: Final = "-"
SUFFIXES: Final = {
    *(".png", ".jpg", ".jpeg", ".jpe", ".mpo", ".tif", ".tiff", ".webp", ".gif", ".bmp", ".dib"),
    *(".ppm", ".pgm", ".pbm", ".pnm", ".heic", ".heif", ".avif", ".pdf"),
}
"""Endings, in any case, of the files in a folder that are taken for pictures."""


def pictures(names: Sequence[str]) -> Iterator[str]:
    """The names of the pictures, one after another.

    A name that is given stays as it is, whatever it ends in. A folder stands for the pictures in it and in
    its folders, sorted by name, hidden ones left out; linked folders too, but each folder once. A folder
    that holds no picture, or cannot be listed, stands for itself, so that reading it says what is wrong.
    """
    for name in names:
        if not _is_folder(name):
            yield name
            continue
        none = True
        for found in _within(name):
            none = False
            yield found
        if none:
            yield name


def is_batch(names: Sequence[str]) -> bool:
    """Whether the names may stand for more than one picture."""
    return len(names) > 1 or any(map(_is_folder, names))


def _is_folder(name: str) -> bool:
    return name != STDIN and os.path.isdir(name)


def _within(folder: str) -> Iterator[str]:
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
    """Whether a file is called like a picture; a link to nothing counts, so that reading it says so."""
    named = os.path.splitext(path)[1].lower() in SUFFIXES
    return named and (os.path.isfile(path) or os.path.islink(path))
