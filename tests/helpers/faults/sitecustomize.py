"""Faults put into a process from outside of the package: put this folder on PYTHONPATH.

Python imports this module at its start. Where SDNN_FAULTS holds JSON, the operations on files are logged and
slowed, and at a chosen one the process kills itself, or the disk is full from then on::

    {"log": "operations.log", "delay_ms": 5, "seed": 1, "kill_at": 17, "full_at": 3, "under": "/tmp/folder"}

Operations are numbered as the log has them; only those on files under a folder count, and only those of the
process that was started first, not of its workers.
"""

import builtins
import errno
import io
import json
import os
import random
import signal
import time
from typing import Any

_CHUNK = 4096
"""Bytes that a copy writes at a time, so that it can be cut short."""


_FREE = {"unlink", "rmdir", "truncate", "ftruncate"}
"""Operations that need no space."""


class Faults:
    """Slow, deadly or failing operations on files."""

    def __init__(self, settings: dict[str, Any]) -> None:
        """Takes the settings of SDNN_FAULTS."""
        self._settings = settings
        self._rng = random.Random(settings.get("seed", 0))
        self._log = os.open(settings["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._is_first = "SDNN_FAULTS_PID" not in os.environ
        os.environ.setdefault("SDNN_FAULTS_PID", str(os.getpid()))
        self._number = 0

    def meet(self, operation: str, path: object) -> None:
        """Logs an operation, waits, and does what the settings ask for at its number."""
        path = os.path.abspath(os.fsdecode(path)) if isinstance(path, str | bytes | os.PathLike) else ""
        if path and not path.startswith(self._settings.get("under", "/")):
            return
        if not self._is_first:
            return
        self._number += 1
        os.write(self._log, f"{operation} {os.path.basename(path)!r}\n".encode())
        time.sleep(self._rng.random() * self._settings.get("delay_ms", 0) / 1000)
        if self._number == self._settings.get("kill_at"):
            os.kill(os.getpid(), signal.SIGKILL)
        if self._number >= self._settings.get("full_at", self._number + 1) and operation not in _FREE:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path or None)

    def after(self, operation: str) -> None:
        """Logs that the process got past an operation."""
        if self._is_first:
            os.write(self._log, f"- {operation}\n".encode())


def install(faults: Faults) -> None:
    """Puts the faults in front of the functions of `os` and `io` that change files."""
    for name in ("replace", "rename", "link", "symlink", "mkdir", "unlink", "rmdir", "truncate", "ftruncate"):
        _wrap(faults, name)
    _wrap(faults, "fsync", by_descriptor=True)
    sendfile = os.sendfile

    def slow_sendfile(out_fd: int, in_fd: int, offset: int | None, count: int) -> int:
        faults.meet("copy", _path_of(out_fd))
        sent = sendfile(out_fd, in_fd, offset, min(count, _CHUNK))
        faults.after("copy")
        return sent

    os.sendfile = slow_sendfile
    real_open = io.open

    class SlowFile(io.FileIO):
        """A file whose writes are met, and cut in two."""

        def write(self, data: Any) -> int:
            view = memoryview(data).cast("B")
            half = len(view) // 2
            faults.meet("write", self.name)
            written = super().write(view[: max(1, half)]) if len(view) else 0
            if len(view) > 1 and written == half:
                faults.meet("half a write", self.name)
                written += super().write(view[half:])
            faults.after("write")
            return written

    def slow_open(
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        closefd: bool = True,
        opener: Any = None,
    ) -> Any:
        if isinstance(file, int) or not set("wax+") & set(mode):
            return real_open(file, mode, buffering, encoding, errors, newline, closefd, opener)
        faults.meet("open", file)
        raw = SlowFile(file, mode.replace("b", "").replace("t", ""), closefd, opener)
        if buffering == 0:
            return raw
        buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        if "b" in mode:
            return buffered
        return io.TextIOWrapper(buffered, encoding, errors, newline)

    io.open = builtins.open = slow_open


def _wrap(faults: Faults, name: str, by_descriptor: bool = False) -> None:
    real = getattr(os, name)

    def slow(first: Any, *args: Any, **options: Any) -> Any:
        is_descriptor = by_descriptor or isinstance(first, int)
        faults.meet(name, _path_of(first) if is_descriptor else first)
        result = real(first, *args, **options)
        faults.after(name)
        return result

    setattr(os, name, slow)


def _path_of(descriptor: Any) -> str:
    try:
        return os.readlink(
            f"/proc/self/fd/{descriptor if isinstance(descriptor, int) else descriptor.fileno()}"
        )
    except (OSError, AttributeError):
        return ""


if os.environ.get("SDNN_FAULTS"):
    install(Faults(json.loads(os.environ["SDNN_FAULTS"])))
