"""How readings are written out: as text, tables, JSON lines or ALTO.

Each format is a class of its own, loaded when it is asked for, so that nobody pays for another one.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from sdnn.enums import Format

if TYPE_CHECKING:
    from sdnn.results import Reading


class Formatter(Protocol):
    """Turns readings into whole lines."""

    @property
    def resumable(self) -> bool:
        """Whether one can go on with what was begun: every row names its source."""

    def start(self) -> str:
        """What stands before all rows; empty where nothing does."""

    def rows(self, readings: "Sequence[Reading]") -> str:
        """The rows for all the strings of one page, which may be none; some may come with the next call."""

    def end(self) -> str:
        """The rows still missing, and what stands after all rows; empty where nothing does."""

    def source_of(self, line: str) -> str | None:
        """The source that a line names; None for a header.

        Raises:
            ValueError: When the line is not one of this format.
            UsageError: When the line is of another version of this format.
        """


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
    """The formatter that writes a format.

    Args:
        form: The format.
        model: Name and checksum of the model, for the formats that tell them.
        source: Name of the one picture that an ALTO document describes.
        named: Whether text has the source in front.
        nbest: How many of the likeliest texts were asked for; with several, text lists them all.
        mask_below: Probability of a digit below which text has a question mark in its place.
        confidence: Whether text has the confidence behind.
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
