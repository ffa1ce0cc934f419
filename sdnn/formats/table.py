"""Tables, TSV and CSV: a header, and a row for each string.

Text is escaped in both, since both are opened in spreadsheets. A rejected text is in the table, with its
status beside it, as in the JSON record.
"""

import csv
import io
from abc import abstractmethod
from collections.abc import Sequence
from typing import Final

from sdnn.enums import Status
from sdnn.escaping import escape_formula, escaped, escaped_in_csv, unescape_formula, unescaped
from sdnn.formats import Formatter
from sdnn.results import Reading

Cell = str | int | float

COLUMNS: Final = (
    "source",
    "page",
    "left",
    "top",
    "right",
    "bottom",
    "text",
    "confidence",
    "constraint_probability",
    "status",
    "reason",
    "signs",
    "printed",
)
"""`signs`: number of signs that are no digits; `printed`: 1 for a printed string, else 0."""
STATUS_COLUMN: Final = COLUMNS.index("status")


class Table(Formatter):
    """A table of either kind."""

    resumable = True

    def start(self) -> str:
        """The header."""
        return self._line(COLUMNS)

    def rows(self, readings: Sequence[Reading]) -> str:
        """A line for each reading."""
        return "".join(self._line(self._cells(reading)) for reading in readings)

    def source_of(self, line: str) -> str | None:
        """Source in the first cell; see `Formatter.source_of`."""
        cells = self._split(line)
        if len(cells) != len(COLUMNS):
            raise ValueError(f"{len(cells)} cells instead of {len(COLUMNS)}")
        return None if tuple(cells) == COLUMNS else unescaped(unescape_formula(cells[0]))

    def status_of(self, line: str) -> Status | None:
        """Status in its cell; see `Formatter.status_of`."""
        return Status(self._split(line)[STATUS_COLUMN])

    def _cells(self, reading: Reading) -> list[Cell]:
        edges: Sequence[Cell] = reading.box.rounded() if reading.box else ("", "", "", "")
        return [
            self._text(reading.source),
            reading.page,
            *edges,
            self._text(reading.text),
            _short(reading.confidence),
            _short(reading.constraint_probability),
            reading.status.value,
            self._text(reading.reason or ""),
            len(reading.signs),
            int(reading.printed),
        ]

    def _text(self, text: str) -> str:
        return escape_formula(self._escaped(text))

    @abstractmethod
    def _escaped(self, text: str) -> str:
        """The text in a cell."""

    @abstractmethod
    def _line(self, cells: Sequence[Cell]) -> str:
        """The cells as a line."""

    @abstractmethod
    def _split(self, line: str) -> list[str]:
        """The cells of a line."""


class Tsv(Table):
    """Cells separated by tabs, for `cut` and `awk`.

    No cell begins with a quotation mark, so that readers with and without quoting find the same cells.
    """

    def _escaped(self, text: str) -> str:
        return escaped(text)

    def _line(self, cells: Sequence[Cell]) -> str:
        return "\t".join(map(str, cells)) + "\n"

    def _split(self, line: str) -> list[str]:
        return line.removesuffix("\n").split("\t")


class Csv(Table):
    """RFC 4180, with text in quotes and numbers without: quoted text keeps its leading zeros on import."""

    def _escaped(self, text: str) -> str:
        return escaped_in_csv(text)

    def _line(self, cells: Sequence[Cell]) -> str:
        line = io.StringIO()
        csv.writer(line, quoting=csv.QUOTE_NONNUMERIC).writerow(cells)
        return line.getvalue()

    def _split(self, line: str) -> list[str]:
        try:
            return next(csv.reader([line], strict=True), [])
        except csv.Error as error:
            raise ValueError(str(error)) from error


def _short(probability: float) -> float:
    """Six significant digits, also of a probability next to 0."""
    return float(f"{probability:.6g}")
