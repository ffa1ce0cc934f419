"""Plain text: the digits, with other columns on request."""

import re
from collections.abc import Sequence
from typing import Final

from sdnn.enums import Status
from sdnn.escaping import escaped, unescaped
from sdnn.formats import Formatter
from sdnn.results import Reading

_PAGE: Final = re.compile(r":[0-9]+\Z")
"""Page number after a source."""


class Text(Formatter):
    """One row a string: the text, or source, tab and text.

    Rows of a file with several pages have its source and the page in front, as in ``scan.tif:2``. Only the
    second page shows that a file has several, so the rows of a first page are held back until the next page
    or picture. A source that itself ends in a colon and a number always has its page after it, so that
    removing one always gives back the source.

    A rejected, empty or unreadable picture has an empty text: better blank than wrong.
    """

    def __init__(
        self, named: bool = False, nbest: int = 1, mask_below: float = 0.0, confidence: bool = False
    ) -> None:
        """Arguments as for `formats.formatter`."""
        self.resumable = named
        self._nbest = nbest
        self._mask_below = mask_below
        self._confidence = confidence
        self._held: Sequence[Reading] = ()

    def rows(self, readings: Sequence[Reading]) -> str:
        """Rows held back so far, then those of a later page; rows of a first page are held back."""
        if not readings:
            return ""
        held, self._held = self._held, ()
        if readings[0].page > 1:
            return self._rows([*held, *readings], of_several=True)
        self._held = readings
        return self._rows(held)

    def end(self) -> str:
        """Rows held back."""
        held, self._held = self._held, ()
        return self._rows(held)

    def source_of(self, line: str) -> str | None:
        """Source before the first tab, without a page; see `Formatter.source_of`."""
        source, *cells = line.removesuffix("\n").split("\t")
        fewest, most = (2, 2) if self._confidence else (1, 2 if self._nbest > 1 else 1)
        if not fewest <= len(cells) <= most:
            raise ValueError("not source, tab and text")
        return unescaped(_PAGE.sub("", source))

    def status_of(self, line: str) -> Status | None:
        """Accepted for a row with a text; None for another, which may be rejected, empty or an error."""
        return Status.ACCEPTED if line.removesuffix("\n").split("\t")[1] else None

    def _rows(self, readings: Sequence[Reading], of_several: bool = False) -> str:
        """Rows of readings, of a file with several pages or with one."""
        rows = ((self._source(each, of_several), text) for each in readings for text in self._texts(each))
        return "".join(f"{source}{text}\n" for source, text in rows)

    def _source(self, reading: Reading, of_several: bool) -> str:
        """The first cell and its tab, where there is one."""
        source = escaped(reading.source)
        if of_several or (self.resumable and _PAGE.search(source)):
            return f"{source}:{reading.page}\t"
        return f"{source}\t" if self.resumable else ""

    def _texts(self, reading: Reading) -> list[str]:
        """Cells after the source, of one row or several."""
        accepted = reading.status is Status.ACCEPTED
        if accepted and self._nbest > 1 and reading.nbest:
            return [f"{text}\t{probability:.4f}" for text, probability in reading.nbest]
        text = reading.masked(self._mask_below) if accepted else ""
        if not self._confidence:
            return [text]
        was_read = accepted or reading.status is Status.REJECTED
        return [f"{text}\t{reading.confidence:.3f}" if was_read else f"{text}\t"]
