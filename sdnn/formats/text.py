"""Readings as plain text: the digits, and nothing else unless asked for."""

from collections.abc import Sequence

from sdnn.choices import Status
from sdnn.formats.escaping import escaped, unescaped
from sdnn.results import Reading


class Text:
    """One row a string: the text, or source, tab and text.

    What was rejected has an empty text, as has what is empty or could not be read: better blank than wrong.

    Attributes:
        resumable: Whether the rows name their sources.
    """

    def __init__(self, named: bool = False, nbest: int = 1, mask_below: float = 0.0) -> None:
        """Arguments as for `formats.formatter`."""
        self.resumable = named
        self._nbest = nbest
        self._mask_below = mask_below

    def start(self) -> str:
        """Nothing: text has no header."""
        return ""

    def rows(self, readings: Sequence[Reading]) -> str:
        """A line for each reading, or for each of its likeliest texts, with their probabilities."""
        return "".join(
            f"{escaped(reading.source)}\t{text}\n" if self.resumable else f"{text}\n"
            for reading in readings
            for text in self._texts(reading)
        )

    def end(self) -> str:
        """Nothing."""
        return ""

    def source_of(self, line: str) -> str | None:
        """The source in front of the first tab.

        Raises:
            ValueError: When the line has too few or too many cells.
        """
        source, *cells = line.removesuffix("\n").split("\t")
        if not 1 <= len(cells) <= (2 if self._nbest > 1 else 1):
            raise ValueError("not source, tab and text")
        return unescaped(source)

    def _texts(self, reading: Reading) -> list[str]:
        if reading.status is not Status.ACCEPTED:
            return [""]
        if self._nbest > 1 and reading.nbest:
            return [f"{text}\t{probability:.4f}" for text, probability in reading.nbest]
        return [reading.masked(self._mask_below)]
