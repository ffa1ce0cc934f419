"""Labels of the pictures in a folder: `labels.csv`.

::

    file,label
    images/a.png,0417
    images/blank.png,
"""

import csv
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sdnn.errors import UnreadableInput
from sdnn.limited_read import read_limited

LABELS_NAME: Final = "labels.csv"
HEADER: Final = ["file", "label"]
MAX_BYTES: Final = 64_000_000
"""Size of the table."""
MAX_ROWS: Final = 200_000
"""Rows of the table."""
MAX_DIGITS: Final = 1_000
"""Digits of a label, as many as a line may have."""
SHOWN: Final = 40
"""Characters of a value that a message quotes."""


@dataclass(frozen=True)
class LabelledFile:
    """A picture and its label.

    Attributes:
        path: Path of the picture, the folder included.
        label: Digits, leading zeros kept; empty for a blank strip.
    """

    path: Path
    label: str


def read_labels(folder: Path) -> list[LabelledFile]:
    """Reads the labels of a folder, in the order of `labels.csv`.

    Args:
        folder: Folder with `labels.csv` (UTF-8, header `file,label`), which names files relative to it. The
            files need not exist.

    Returns:
        One entry per row, at least one; empty lines are skipped.

    Raises:
        UnreadableInput: When the folder or its `labels.csv` is missing or not readable as UTF-8 or CSV, the
            header is another one, a row has no file name, names a file outside the folder or a second time,
            has a label with anything but the digits 0 to 9 or more than `MAX_DIGITS` of them, there is no row
            or more than `MAX_ROWS`, or the table is longer than `MAX_BYTES` or no file.
    """
    table = folder / LABELS_NAME
    files: dict[Path, LabelledFile] = {}
    for line, row in _rows(table, _text(table)):
        labelled = _labelled_file(folder, row, f"{table}:{line}")
        if len(files) == MAX_ROWS:
            raise UnreadableInput(f"{table}:{line}: has more than {MAX_ROWS:,} rows: split the folder")
        if labelled.path in files:
            raise UnreadableInput(f"{table}:{line}: {row[0]!r} is listed twice: keep one of its rows")
        files[labelled.path] = labelled
    if not files:
        raise UnreadableInput(f"{table}: lists no files: add one row per picture below the header")
    return list(files.values())


def _text(table: Path) -> str:
    if not os.path.isdir(table.parent):
        raise UnreadableInput(f"{table.parent}: there is no such folder: give one that holds {LABELS_NAME}")
    try:
        if not os.path.lexists(table):
            raise UnreadableInput(
                f"{table}: there is no such file: write it with the header {','.join(HEADER)}"
            )
        # utf-8-sig drops the byte order mark that spreadsheets write.
        return read_limited(table, MAX_BYTES, "a table of labels", remedy="check the file").decode(
            "utf-8-sig"
        )
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise UnreadableInput(f"{table}:{line}: is not UTF-8: save it as CSV in UTF-8") from error


def _rows(table: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """The rows below the header that are not empty, each with its line number."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        if header != HEADER:
            raise UnreadableInput(
                f"{table}:1: the header is {','.join(header)[:SHOWN]!r}: make it exactly {','.join(HEADER)!r}"
            )
        yield from ((reader.line_num, row) for row in reader if row)
    except csv.Error as error:
        where = f"{table}:{max(1, reader.line_num)}"
        raise UnreadableInput(f"{where}: is not CSV ({error}): check the quotation marks") from error


def _labelled_file(folder: Path, row: list[str], where: str) -> LabelledFile:
    if len(row) != len(HEADER):
        raise UnreadableInput(
            f"{where}: has {len(row)} field(s), not 2: write file,label and quote a name that holds a comma"
        )
    name, label = row
    if not name.strip() or "\0" in name:
        raise UnreadableInput(f"{where}: has no file name: write it before the comma or remove the row")
    # Compared as written, not resolved: a link in the folder to pictures kept elsewhere is the user's choice.
    relative = Path(os.path.normpath(name))
    if relative.is_absolute() or relative.anchor or relative.parts[:1] in [(), ("..",)]:
        raise UnreadableInput(
            f"{where}: {name!r} is not a file in the folder: name it relative to {LABELS_NAME}"
        )
    if len(label) > MAX_DIGITS:
        raise UnreadableInput(
            f"{where}: the label has {len(label):,} characters: {MAX_DIGITS:,} are the most"
        )
    if label and not (label.isascii() and label.isdigit()):
        raise UnreadableInput(
            f"{where}: the label {label[:SHOWN]!r} has other characters than 0 to 9: write the digits alone"
        )
    return LabelledFile(folder / relative, label)
