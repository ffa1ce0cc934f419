"""Errors and the exit codes of the command line.

::

    SdnnError
    ├── UsageError          2   the call contradicts itself, or needs something else
    │   └── MissingPackage  2   a package is not installed
    ├── UnreadableInput     5   an image, label file or data set cannot be read
    ├── ModelError          6   the model file is missing, damaged or of another kind
    ├── OutputError         7   a file cannot be written
    └── WorkerError         1   a worker process was killed, or exited

Every message is one line: the error, its place, and the remedy. What it quotes of files is escaped.
"""

from enum import IntEnum
from typing import ClassVar

from sdnn.escaping import escaped_message


class ExitCode(IntEnum):
    """Exit codes of the command line, a stable interface; where several apply the highest wins."""

    OK = 0
    INTERNAL = 1
    USAGE = 2
    REJECTED = 3
    EMPTY = 4
    UNREADABLE = 5
    MODEL = 6
    OUTPUT = 7
    HANGUP = 129
    INTERRUPTED = 130
    TERMINATED = 143


class SdnnError(Exception):
    """Base of every error that sdnn raises on purpose."""

    exit_code: ClassVar[ExitCode] = ExitCode.INTERNAL

    def __init__(self, message: str = "") -> None:
        super().__init__(escaped_message(message))


class UsageError(SdnnError):
    """The call contradicts itself, or needs something else."""

    exit_code = ExitCode.USAGE


class MissingPackage(UsageError):
    """The call needs a package that a reading-only installation lacks."""

    def __init__(self, package: str, purpose: str, extra: str = "train") -> None:
        super().__init__(
            f"{purpose} needs the package {package}: pip install '.[{extra}]' in a checkout of sdnn"
        )


class UnreadableInput(SdnnError):
    """An image, a label file or a data set cannot be read."""

    exit_code = ExitCode.UNREADABLE


class ModelError(SdnnError):
    """The model file is missing, damaged or of another kind."""

    exit_code = ExitCode.MODEL


class OutputError(SdnnError):
    """A file cannot be written."""

    exit_code = ExitCode.OUTPUT


class WorkerError(SdnnError):
    """A worker process was killed, or exited."""
