"""One execution of a target in this process, and its verdict."""

import ctypes
import io
import os
import re
import resource
import shutil
import sys
import time
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, cast

from fuzz.target import Target
from sdnn.errors import SdnnError

MEMORY_MB: Final = 1024
"""Limit of the growth of the peak resident memory."""
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LIBC: Final = ctypes.CDLL(None)


@dataclass(frozen=True)
class Finding:
    """An execution that should not end as it did.

    Attributes:
        kind: Kind of the end: an exception's name, output, slow, memory, crash, hang.
        place: Function where it happened; with the kind, it tells findings apart.
        detail: Traceback or text.
        number: Number of the execution; -1 outside a campaign.
        data: Input.
    """

    kind: str
    place: str
    detail: str
    number: int = -1
    data: bytes = b""

    @property
    def signature(self) -> str:
        """Kind and place, hashed: findings of one signature are one."""
        return sha256(f"{self.kind} {self.place}".encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Verdict:
    """What an execution took, and what is wrong with it.

    Attributes:
        cpu_s: Time of all processors, child processes included.
        finding: None when nothing is wrong.
    """

    cpu_s: float
    finding: Finding | None


class Judge:
    """Executes inputs of one target in a scratch folder, and judges how they end."""

    def __init__(self, target: Target, scratch: Path, streams: int, warm_up: bool = True) -> None:
        """Warms the target up, unless told not to.

        Args:
            target: Target.
            scratch: Empty folder, emptied again after each execution.
            streams: Descriptor of the file that stdout and stderr of this process go to; see `streams_into`.
            warm_up: Whether to execute an input twice: what is loaded on demand is no cost of one execution.
        """
        self._target, self._scratch, self._streams = target, scratch, streams
        self._warned: list[str] = []
        for _ in range(2 if warm_up else 0):
            self(target.input(0, -1))
        self._peak_before_mb = peak_mb()

    @property
    def growth_mb(self) -> float:
        """Growth of the peak resident memory since the warm-up."""
        return peak_mb() - self._peak_before_mb

    def __call__(self, data: bytes, number: int = -1) -> Verdict:
        """Executes an input."""
        self._warned.clear()
        show_warning, warnings.showwarning = warnings.showwarning, cast(Any, self._show_warning)
        started = cpu_s()
        try:
            self._target.execute(data, self._scratch)
            finding = None
        except SdnnError as error:
            finding = _message_finding(error)
        except BaseException as error:
            finding = _exception_finding(error)
        spent = cpu_s() - started
        warnings.showwarning = show_warning
        self._empty_scratch()
        written = self._written()
        if finding is None and self._warned:
            finding = Finding("warning", re.sub(r":[0-9]+: ", ": ", self._warned[0])[-160:], self._warned[0])
        if finding is None and written and not self._target.may_print:
            finding = Finding("output", "", written)
        if finding is None and spent > self._target.cpu_s:
            finding = Finding("slow", "", f"{spent:.1f} s")
        return Verdict(spent, replace(finding, number=number, data=data) if finding else None)

    def _show_warning(
        self, message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: Any
    ) -> None:
        self._warned.append(f"{filename}:{lineno}: {category.__name__}: {message}")

    def _written(self) -> str:
        """The text that the process wrote to stdout and stderr since the last call."""
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        _LIBC.fflush(None)
        size = os.fstat(self._streams).st_size
        if not size:
            return ""
        text = os.pread(self._streams, min(size, 4000), 0).decode("utf-8", "replace")
        os.truncate(self._streams, 0)
        return text

    def _empty_scratch(self) -> None:
        for entry in os.scandir(os.fsencode(self._scratch)):
            if entry.is_dir(follow_symlinks=False):
                os.chmod(entry.path, 0o700)
                shutil.rmtree(entry.path, ignore_errors=True)
            else:
                os.unlink(entry.path)


def cpu_s() -> float:
    """Time of all processors that this process and its finished children took."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def peak_mb() -> float:
    """Peak of the resident memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def streams_into(path: Path) -> Iterator[int]:
    """Sends stdout and stderr of the process, also of its libraries, to a file; its descriptor."""
    kept = {number: os.dup(number) for number in (1, 2)}
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
    before = sys.stdout, sys.stderr
    try:
        for number in kept:
            os.dup2(file, number)
        sys.stdout, sys.stderr = (_text_stream(number) for number in kept)
        yield file
    finally:
        sys.stdout, sys.stderr = before
        os.close(file)
        for number, copy in kept.items():
            os.dup2(copy, number)
            os.close(copy)


def _text_stream(number: int) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.FileIO(number, "w", closefd=False), errors="backslashreplace")


def _message_finding(error: SdnnError) -> Finding | None:
    """A finding where the message of an error of sdnn is not one printable line."""
    message = str(error)
    if message and not _UNPRINTABLE.search(message):
        return None
    return Finding("message", _place(error), repr(message))


def _exception_finding(error: BaseException) -> Finding:
    text = "".join(traceback.format_exception(error, limit=-30))
    return Finding(type(error).__name__, _place(error), text)


def _place(error: BaseException) -> str:
    """The innermost function of sdnn in a traceback, else the innermost one of all."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{Path(frame.filename).stem}.{frame.name}" for frame in frames if "/sdnn/" in frame.filename]
    if type(error).__name__ == "Violation":
        return _without_numbers(str(error))[:80]
    return places[-1] if places else f"{Path(frames[-1].filename).stem}.{frames[-1].name}"


def _without_numbers(text: str) -> str:
    return re.sub("[0-9]+", "#", text)
