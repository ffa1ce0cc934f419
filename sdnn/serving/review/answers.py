"""The answers of one person, in a file of JSON lines that only grows."""

import errno
import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sdnn.errors import UnreadableInput
from sdnn.files import output_errors

MAX_DIGITS: Final = 800
"""Digits of an answer; a line has no more columns."""


class Kind(StrEnum):
    """Kinds of answers; a case whose answer is undone has none."""

    DIGITS = "digits"
    NO_DIGITS = "no-digits"
    UNREADABLE = "unreadable"
    UNDONE = "undone"


class Answer(BaseModel):
    """What a person says of a string.

    Attributes:
        kind: Kind of answer.
        label: The digits; empty for other kinds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    label: Annotated[str, Field(pattern="^[0-9]*$", max_length=MAX_DIGITS)] = ""

    @model_validator(mode="after")
    def _check_label(self) -> "Answer":
        if (self.kind is Kind.DIGITS) != bool(self.label):
            raise ValueError("give a label with the kind digits, and with no other")
        return self


class Entry(Answer):
    """A line of the file.

    Attributes:
        case: Key of the case.
        file: Name of the file of its cut-out.
        source: Name of its picture.
        page: Number of its page.
        box: Its place on the page.
        guess: Digits that were read.
    """

    case: Annotated[str, Field(pattern="^[0-9a-f]{12}$")]
    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+\.png$", max_length=100)]
    source: str
    page: int
    box: tuple[int, int, int, int] | None
    guess: str

    @property
    def answer(self) -> Answer:
        """The answer alone."""
        return Answer(kind=self.kind, label=self.label)

    @property
    def is_wrong(self) -> bool:
        """Whether the answer says that the guess is wrong."""
        return self.kind is Kind.NO_DIGITS or self.label != self.guess


class AnswerFile:
    """The answers of one person; each is on the disk before the next is asked for.

    Attributes:
        path: File, which may be missing.
        entries: Last entry of each case that has an answer, by key.
    """

    def __init__(self, path: Path) -> None:
        """Reads the file; see `refresh`."""
        self.path = path
        self.entries: dict[str, Entry] = {}
        self._size = self._whole = 0
        self.refresh()

    def refresh(self) -> None:
        """Reads the file again if another process has written to it.

        A line that was cut when the machine went down is left out.

        Raises:
            UnreadableInput: When the file cannot be read, or a line is no answer.
        """
        try:
            size = self.path.stat().st_size if self.path.exists() else 0
            if size == self._size:
                return
            text = self.path.read_bytes()
        except OSError as error:
            raise UnreadableInput(
                f"{self.path}: cannot be read ({error.strerror}); check the file"
            ) from error
        self.entries.clear()
        self._size, self._whole = len(text), text.rfind(b"\n") + 1
        for number, line in enumerate(text[: self._whole].splitlines(), start=1):
            try:
                self._take(Entry.model_validate_json(line))
            except ValidationError as error:
                what = " ".join(error.errors(include_url=False)[0]["msg"].split())
                raise UnreadableInput(
                    f"{self.path}:{number}: is no answer ({what}); remove the line"
                ) from None

    def add(self, entry: Entry) -> None:
        """Appends an entry, and waits for the disk.

        Raises:
            OutputError: When it cannot be written; then there is no part of it in the file.
        """
        self.refresh()
        line = entry.model_dump_json().encode() + b"\n"
        with output_errors(self.path), open(self.path, "ab", buffering=0) as file:
            file.truncate(self._whole)  # what a power cut left of a line
            try:
                if file.write(line) < len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(file.fileno())
            except OSError:
                file.truncate(self._whole)
                raise
        self._size = self._whole = self._whole + len(line)
        self._take(entry)

    def _take(self, entry: Entry) -> None:
        if entry.kind is Kind.UNDONE:
            self.entries.pop(entry.case, None)
        else:
            self.entries[entry.case] = entry
