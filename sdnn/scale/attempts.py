"""Attempts at a part: which picture ends its worker again and again.

Ray starts another worker in place of a lost one, and gives it the same pictures, for ever. So each attempt
leaves a note beside the parts. After a lost worker the pictures are read one at a time; a picture during
which workers were lost twice is not tried again.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from sdnn.scale.part_folder import PartFolder
from sdnn.scale.sources import BrokenSource, Picture

MAX_LOST: Final = 2
"""Workers that may be lost to one picture: one is lost for many reasons."""


class Attempts:
    """Attempts at one part.

    Attributes:
        is_first: Whether no worker was lost at it yet.
    """

    def __init__(self, folder: PartFolder, part: str) -> None:
        """Reads the note of the attempts before, and leaves one."""
        self._folder, self._part = folder, part
        note = folder.note(part)
        before = json.loads(note) if note else {"lost": {}, "reading": None}
        self.is_first = note is None
        self._lost = Counter(before["lost"])
        if before["reading"] is not None:
            self._lost[before["reading"]] += 1
        self._leave_note(None)

    def one_at_a_time(self, pictures: Iterable[Picture]) -> Iterator[Picture]:
        """The pictures, noted while they are read; those that end workers are broken ones."""
        for name, source in pictures:
            if self._lost[name] >= MAX_LOST:
                yield name, BrokenSource(name, "ends the worker that reads it; check the picture")
            else:
                self._leave_note(name)
                yield name, source

    def succeeded(self) -> None:
        """Removes the note."""
        self._folder.remove_note(self._part)

    def _leave_note(self, reading: str | None) -> None:
        self._folder.leave_note(self._part, json.dumps({"lost": self._lost, "reading": reading}))
