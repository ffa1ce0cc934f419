"""Sources of the pictures of `sdnn read`: files, stdin, and what stands in a folder and is no file."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sdnn.cli.terminal import standard_input
from sdnn.errors import UnreadableInput
from sdnn.files import check_not_overwriting
from sdnn.inputs import STDIN, why_not_opened

if TYPE_CHECKING:
    from sdnn.preprocessing.loading import ImageSource
    from sdnn.results import Reading


def source_of(name: str, output: Path | None, given: Collection[str]) -> "ImageSource":
    """The picture of a name.

    Args:
        name: Name of a picture; one that was not given was found in a folder.
        output: Path of the output, which is no picture even in a folder that is read.
        given: Names on the command line.

    Raises:
        UsageError: When the output is to be read.
    """
    if name == STDIN:
        return _Stdin()
    check_not_overwriting("--output", output, [name])
    reason = None if name in given else why_not_opened(name)
    return _Unopened(name, reason) if reason else name


def with_stdin_named(reading: "Reading") -> "Reading":
    """The reading; the reason of one from stdin has people's name for it."""
    reason = reading.reason or ""
    if reading.source != STDIN or not reason.startswith(f"{STDIN}:"):
        return reading
    return replace(reading, reason=f"stdin{reason.removeprefix(STDIN)}")


class _Stdin:
    """Picture from stdin, read at its turn."""

    name = STDIN

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        return standard_input().read(size)


class _Unopened:
    """What a folder holds in the place of a picture, and is not opened."""

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self._reason = reason

    def read(self, size: int = -1) -> bytes:
        """Raises UnreadableInput."""
        raise UnreadableInput(f"{self.name}: {self._reason}")
