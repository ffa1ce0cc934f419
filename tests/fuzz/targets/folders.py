"""Folders with links, pipes and folders in folders: every picture is listed, once."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Final

from fuzz.target import require, target
from sdnn.inputs import SUFFIXES, is_batch, pictures

_KINDS: Final = ("file", "file", "file", "folder", "folder", "link", "pipe", "loop", "closed")
_NAMES: Final = (
    "a.png",
    "b.PNG",
    "c",
    ".d.png",
    "e.png",
    "f.jpeg",
    "g.pdf",
    "h.txt",
    "\udcff.png",
    "i j.tif",
)


def _tree(rng: Random, seeds: Sequence[bytes]) -> bytes:
    """Entries of a folder: kind, and path below it."""
    folders, entries = [""], []
    for _ in range(rng.randint(0, 12)):
        kind, path = rng.choice(_KINDS), os.path.join(rng.choice(folders), rng.choice(_NAMES))
        if kind in ("folder", "closed"):
            path += "-in"
            folders.append(path)
        entries.append([kind, path])
    return json.dumps(entries).encode()


@target("folder", _tree, share=2.0)
def folder_of_pictures(data: bytes, folder: Path) -> None:
    """Lists a folder."""
    root = folder / "root"
    root.mkdir()
    try:
        entries = json.loads(data)
        made = [_make(root, str(kind), os.path.normpath(str(path))) for kind, path in entries]
    except (ValueError, TypeError):
        return
    found = list(pictures([str(root)]))
    require(is_batch([str(root)]), "a folder that is no batch")
    require(len(found) == len(set(found)), "a picture that is listed twice")
    for path in filter(None, made):
        hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
        if not hidden and path.suffix.lower() in SUFFIXES:
            require(str(path) in found, "a picture that is not listed")


def _make(root: Path, kind: str, name: str) -> Path | None:
    """Makes an entry; returns its path where it is a file."""
    path = root / name
    if name.startswith((".", "/")) or os.path.lexists(path) or not path.parent.is_dir():
        return None
    if kind in ("folder", "closed"):
        path.mkdir()  # access is not taken away: root, as in a container, enters all
        return None
    if kind == "link":
        os.symlink("nowhere", path)
    elif kind == "loop":
        os.symlink("..", path)
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.write_bytes(b"x")
        return path
    return None
