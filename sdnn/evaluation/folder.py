"""Reading a labelled folder and scoring what was read."""

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
"""Stands for the text of a file that cannot be read: equal to no label, not even a blank one."""


def first_readings(reader: Reader, files: Sequence[Path]) -> Iterator[tuple[Reading, str]]:
    """The reading of each file, of several pages that of the first, with its evidence, and the digits alone.

    Where there are several strings, text and digits are those of all, with a blank between: they equal no
    label.
    """
    for readings in reader.read_pages(files, evidence=True):
        if readings[0].page == 1:
            yield _together(readings)


def _together(readings: Sequence[Reading]) -> tuple[Reading, str]:
    """The readings of a page as one, and its digits."""
    first = max(readings, key=lambda reading: len(reading.string))
    if len(readings) == 1:
        return first, first.string
    confidence = min(reading.confidence for reading in readings)
    together = replace(first, text=" ".join(reading.text for reading in readings), confidence=confidence)
    return together, " ".join(reading.string for reading in readings)


def evaluate(
    reader: Reader, folder: Path, advance: Callable[[], None] = lambda: None
) -> tuple[FolderReport, list[SheetEntry]]:
    """Reads every file of a labelled folder.

    A file that cannot be read counts as read wrong, whatever its label, and goes on the list of failures.
    What a pattern puts between the digits does not count.

    Args:
        reader: Reads the files.
        folder: With `labels.csv`.
        advance: Called after every file.

    Returns:
        The scores, and every file whose text is not its label.

    Raises:
        UnreadableInput: When the folder or its labels cannot be read.
    """
    started = time.perf_counter()
    pairs, confidences, failures, unreadable = [], [], [], 0
    files = read_labels(folder)
    found = first_readings(reader, [each.path for each in files])
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
