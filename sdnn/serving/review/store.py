"""The folder of a review: answers of each person, cut-outs, and `labels.csv`."""

import csv
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sdnn.errors import OutputError, UsageError
from sdnn.evaluation.labels import HEADER, LABELS_NAME
from sdnn.evaluation.metrics import wilson_interval
from sdnn.files import atomic_write, output_errors
from sdnn.serving.review.answers import Answer, AnswerFile, Entry, Kind
from sdnn.serving.review.cases import Case, Cases

_PREFIX: Final = "answers-"
_SUFFIX: Final = ".jsonl"
_READER: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")


@dataclass(frozen=True)
class Disagreement:
    """A string that two people answered differently.

    Attributes:
        entry: One of the entries, for picture and guess.
        answers: Answer of each person.
    """

    entry: Entry
    answers: Mapping[str, Answer]


class ReviewStore:
    """Cases and their answers; every answer is in its file, and in `labels.csv`, at once.

    Attributes:
        cases: Cases by key, worst first.
        left_out: Number of records that are not reviewed, by cause.
    """

    def __init__(self, cases: Cases, folder: Path) -> None:
        """Opens the folder, which is made if it is missing.

        Raises:
            UsageError: When the folder has labels that are not those of a review.
            UnreadableInput: When an answer file is damaged.
            OutputError: When the folder cannot be made.
        """
        self.cases = {case.key: case for case in cases.cases}
        self.left_out = dict(cases.left_out)
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            has_labels = os.path.exists(folder / LABELS_NAME)
        except OSError as error:
            raise OutputError(
                f"{folder}: cannot be used ({error.strerror}); give another --labels"
            ) from error
        self._files: dict[str, AnswerFile] = {}
        self._refresh()
        if has_labels and not self._files:
            raise UsageError(
                f"{folder / LABELS_NAME}: is not that of a review; give another folder with --labels"
            )

    def answers(self, reader: str) -> dict[str, Answer]:
        """The answers of a person, by key of the case."""
        self._refresh()
        file = self._files.get(check_reader(reader))
        return {key: entry.answer for key, entry in file.entries.items()} if file else {}

    def add(self, reader: str, case: Case, answer: Answer, cut_out: bytes) -> None:
        """Keeps an answer: cut-out first, then the answer, then the labels.

        Args:
            reader: Name of the person.
            case: The case.
            answer: The answer.
            cut_out: PNG of the string.

        Raises:
            OutputError: When it cannot be written.
        """
        picture = self._folder / case.file_name
        if answer.kind is Kind.DIGITS and not picture.exists():
            with atomic_write(picture) as temporary:
                temporary.write_bytes(cut_out)
        self._append(reader, case, answer)

    def undo(self, reader: str, case: Case) -> None:
        """Takes a person's answer back.

        Raises:
            OutputError: When it cannot be written.
        """
        if case.key in self.answers(reader):
            self._append(reader, case, Answer(kind=Kind.UNDONE))

    def state(self, reader: str) -> dict[str, Any]:
        """How far a person is, and the share of wrong guesses among those answered, with its interval."""
        self._refresh()
        file = self._files.get(check_reader(reader))
        entries = [entry for key, entry in file.entries.items() if key in self.cases] if file else []
        judged = [entry for entry in entries if entry.kind is not Kind.UNREADABLE]
        wrong = sum(entry.is_wrong for entry in judged)
        return {
            "reader": reader,
            "total": len(self.cases),
            "answered": len(entries),
            "judged": len(judged),
            "wrong": wrong,
            "error_rate": wrong / len(judged) if judged else None,
            "interval": wilson_interval(wrong, len(judged)),
            "readers": sorted(self._files),
            "left_out": self.left_out,
        }

    def disagreements(self) -> list[Disagreement]:
        """Strings that people answered differently."""
        return [
            Disagreement(next(iter(entries.values())), {name: each.answer for name, each in entries.items()})
            for entries in self._entries().values()
            if len({each.answer for each in entries.values()}) > 1
        ]

    def write_labels(self) -> None:
        """Writes the labels: strings that all who answered them say the same digits of.

        Raises:
            OutputError: When the file cannot be written.
        """
        rows, cut_outs = [], set()
        for entries in self._entries().values():
            answers = {each.answer for each in entries.values()}
            first = next(iter(entries.values()))
            cut_outs |= {each.file for each in entries.values() if each.kind is Kind.DIGITS}
            if len(answers) == 1 and first.kind is Kind.DIGITS:
                rows.append([first.file, first.label])
        with (
            atomic_write(self._folder / LABELS_NAME) as temporary,
            open(temporary, "w", encoding="utf-8", newline="") as table,
        ):
            writer = csv.writer(table, lineterminator="\n")
            writer.writerow(HEADER)
            writer.writerows(sorted(rows))

    def _refresh(self) -> None:
        """Takes in what other servers have written into the folder: people may run one each."""
        with output_errors(self._folder):
            paths = sorted(self._folder.glob(f"{_PREFIX}*{_SUFFIX}"))
        for path in paths:
            reader = path.name[len(_PREFIX) : -len(_SUFFIX)]
            if reader in self._files:
                self._files[reader].refresh()
            elif _READER.fullmatch(reader):
                self._files[reader] = AnswerFile(path)

    def _entries(self) -> dict[str, dict[str, Entry]]:
        """Entries of all people by case, also of cases of an earlier review in the same folder."""
        self._refresh()
        merged: dict[str, dict[str, Entry]] = {}
        for reader, file in self._files.items():
            for key, entry in file.entries.items():
                merged.setdefault(key, {})[reader] = entry
        return merged

    def _append(self, reader: str, case: Case, answer: Answer) -> None:
        if reader not in self._files:
            path = self._folder / f"{_PREFIX}{check_reader(reader)}{_SUFFIX}"
            self._files[reader] = AnswerFile(path)
        entry = Entry(
            kind=answer.kind,
            label=answer.label,
            case=case.key,
            file=case.file_name,
            source=case.source,
            page=case.page,
            box=case.box,
            guess=case.guess,
        )
        self._files[reader].add(entry)
        self.write_labels()


def check_reader(name: str) -> str:
    """The name of a person, checked.

    Raises:
        UsageError: When it cannot be a part of a file's name.
    """
    if not _READER.fullmatch(name):
        raise UsageError(f"reader {name[:60]!r}: give 1 to 40 letters, digits, - or _")
    return name
