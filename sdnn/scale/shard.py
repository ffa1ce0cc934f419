"""Shards of a batch for job arrays: a stable hash of each path decides which job reads it."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Self

from sdnn.errors import UsageError
from sdnn.inputs import pictures


@dataclass(frozen=True)
class Shard:
    """One of several parts of a batch; together they hold every picture once.

    Attributes:
        number: Number of the shard, from 1.
        count: Number of shards.
    """

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """The shard of `I/N`.

        Raises:
            UsageError: When the text is not of this form, or I lies outside 1 to N.
        """
        number, slash, count = text.partition("/")
        numbers_only = all(part.isascii() and part.isdecimal() and len(part) < 10 for part in (number, count))
        if not slash or not numbers_only or not 1 <= int(number) <= int(count):
            raise UsageError(f"--shard {text}: give number and count, as in 3/8, from 1/8 to 8/8")
        return cls(int(number), int(count))

    def pictures(self, names: Sequence[str]) -> Iterator[str]:
        """The shard's part of `inputs.pictures`.

        The paths below a folder decide, not the folder's own name: the shards are the same wherever the
        folder is mounted. A picture that is named itself counts with the name as given.
        """
        for name in names:
            for picture in pictures([name]):
                if self.holds(picture if picture == name else os.path.relpath(picture, name)):
                    yield picture

    def holds(self, path: str) -> bool:
        """Whether a path, relative to the folder given, is one of the shard."""
        digest = hashlib.sha256(os.fsencode(PurePath(path).as_posix())).digest()
        return int.from_bytes(digest[:8]) % self.count == self.number - 1
