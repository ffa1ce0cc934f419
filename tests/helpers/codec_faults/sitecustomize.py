"""Faults of codecs, planted from outside: Python loads this module first where its folder is on PYTHONPATH.

A picture whose file ends with `FAULT:` and a kind makes Pillow do what a broken codec does.
"""

import ctypes
import io
import mmap
import os
import signal
import time
from typing import Any

from PIL import Image

MARK = b"FAULT:"
_BLOCK_BYTES = 1 << 28

_open = Image.open


def crash() -> None:
    ctypes.string_at(0)


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def leave() -> None:
    os._exit(3)


def fill() -> None:
    """Takes address space, without touching it, until there is no more: raises MemoryError."""
    blocks = []
    try:
        while True:
            blocks.append(mmap.mmap(-1, _BLOCK_BYTES))
    except OSError as error:
        raise MemoryError from error


def hang() -> None:
    time.sleep(1000)


KINDS = {each.__name__: each for each in (crash, kill, leave, fill, hang)}


def _opened(file: Any, *arguments: Any, **options: Any) -> Any:
    file.seek(-min(32, file.seek(0, io.SEEK_END)), io.SEEK_END)
    _, mark, kind = file.read().rpartition(MARK)
    file.seek(0)
    if mark:
        KINDS[kind.decode()]()
    return _open(file, *arguments, **options)


Image.open = _opened  # type: ignore[assignment]
