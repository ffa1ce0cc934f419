"""Evaluation of a labelled folder."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from sdnn.enums import Status
from sdnn.evaluation.labels import read_labels
from sdnn.evaluation.metrics import score, score_by_length
from sdnn.evaluation.report import FolderReport
from sdnn.reading.reader import Reader
from sdnn.rendering.contact_sheet import SheetEntry
from sdnn.results import Reading

UNREADABLE: Final = "?"
"""Text of a file that cannot be read: equal to no label, not even a blank one."""


def read_first_pages(reader: Reader, files: Sequence[Path]) -> Iterator[tuple[Reading, str]]:
    """One reading of the first page of each file, with its evidence, and its digits.

    Several strings on a page are joined by blanks, in text and digits: they equal no label.
    """
    for readings in reader.read_pages(files, evidence=True):
        longest = max(readings, key=lambda reading: len(reading.string))
        if longest.page == 1:
            text = " ".join(reading.text for reading in readings)
            confidence = min(reading.confidence for reading in readings)
            digits = " ".join(reading.string for reading in readings)
            yield replace(longest, text=text, confidence=confidence), digits


def evaluate(
    reader: Reader, folder: Path, advance: Callable[[], None] = lambda: None
) -> tuple[FolderReport, list[SheetEntry]]:
    """Reads every file of a labelled folder, and compares the digits with the labels.

    A file that cannot be read is wrong, whatever its label.

    Args:
        reader: Reader of the files.
        folder: Folder with `labels.csv`.
        advance: Called after every file.

    Returns:
        The report, and every file whose digits are not its label.

    Raises:
        UnreadableInput: When the folder or its labels cannot be read.
    """
    started = time.perf_counter()
    pairs, confidences, failures, unreadable = [], [], [], 0
    files = read_labels(folder)
    found = read_first_pages(reader, [each.path for each in files])
    for labelled, (reading, text) in zip(files, found, strict=True):
        if reading.status is Status.ERROR:
            reading, text = replace(reading, text=UNREADABLE), UNREADABLE
            unreadable += 1
        pairs.append((labelled.label, text))
        confidences.append(reading.confidence)
        if text != labelled.label:
            failures.append(SheetEntry(str(labelled.path), labelled.label, reading))
        advance()
    seconds = time.perf_counter() - started
    right = np.array([label == text for label, text in pairs])
    report = FolderReport(
        folder.resolve().name,
        score(pairs),
        score_by_length(pairs),
        unreadable,
        seconds,
        np.array(confidences),
        right,
    )
    return report, failures
