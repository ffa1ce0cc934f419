"""Output formats of readings: text, tables, JSON lines and ALTO.

Each format is a class of its own, loaded on demand.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sdnn.enums import Format, Status

if TYPE_CHECKING:
    from sdnn.results import Reading


class Formatter(ABC):
    """Formats readings as whole lines.

    Attributes:
        resumable: Whether every line names its source, by `source_of`, so that an interrupted output can be
            resumed.
    """

    resumable: bool = False

    def start(self) -> str:
        """Text before all rows; empty by default."""
        return ""

    def beginning(self) -> str:
        """Text that every output begins with, or with a part of it; by default the one before all rows."""
        return self.start()

    @abstractmethod
    def rows(self, readings: "Sequence[Reading]") -> str:
        """Rows for the strings of one page, if any; some may come with the next call."""

    def end(self) -> str:
        """Rows still missing, and text after all rows; empty by default."""
        return ""

    def source_of(self, line: str) -> str | None:
        """Source named by a line of a resumable format; None for a header.

        Raises:
            ValueError: When the line is not one of this format.
            UsageError: When the line is of another version of this format.
        """
        return None

    def status_of(self, line: str) -> Status | None:
        """Status in a line for which `source_of` names a source; None where the format does not tell it.

        Raises:
            ValueError: When the line names another status.
        """
        return None


def formatter(
    form: Format,
    *,
    model: dict[str, str],
    source: str = "",
    named: bool = False,
    nbest: int = 1,
    mask_below: float = 0.0,
    confidence: bool = False,
) -> Formatter:
    """The formatter of a format.

    Args:
        form: Output format.
        model: Name and checksum of the model, for JSON and ALTO.
        source: Name of the one picture that an ALTO document describes.
        named: Whether text has the source in front.
        nbest: Number of most probable texts asked for; with several, text lists them all.
        mask_below: Probability of a digit below which text has a question mark in its place.
        confidence: Whether text has a column with the confidence.
    """
    match form:
        case Format.TEXT:
            from sdnn.formats.text import Text

            return Text(named, nbest, mask_below, confidence)
        case Format.TSV | Format.CSV:
            from sdnn.formats.table import Csv, Tsv

            return Csv() if form is Format.CSV else Tsv()
        case Format.JSON:
            from sdnn.formats.json_lines import JsonLines

            return JsonLines(model)
        case Format.ALTO:
            from sdnn.formats.alto import Alto

            return Alto(source, model)
