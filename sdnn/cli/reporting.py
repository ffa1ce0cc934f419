"""Messages, summary and exit code of `sdnn read`, and the picture of --explain."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sdnn.cli.terminal import note
from sdnn.enums import Status
from sdnn.errors import ExitCode
from sdnn.files import save_picture

if TYPE_CHECKING:
    from sdnn.results import Reading

EXIT_CODES = {
    Status.ACCEPTED: ExitCode.OK,
    Status.REJECTED: ExitCode.REJECTED,
    Status.EMPTY: ExitCode.EMPTY,
    Status.ERROR: ExitCode.UNREADABLE,
}


class Report:
    """Report on the readings of one call."""

    def __init__(self, explain: Path | None, is_quiet: bool) -> None:
        """Takes the path of the picture, if any, and whether messages on single pictures are suppressed."""
        self._explain = explain
        self._is_quiet = is_quiet
        self._explained: Sequence[Reading] = ()
        self._counts: Counter[Status] = Counter()
        self._kept: Mapping[Status, int] = {}
        self._started = time.perf_counter()

    def add(self, readings: Sequence["Reading"]) -> None:
        """Counts the readings of a page, and prints a line for each that is not accepted."""
        self._counts.update(reading.status for reading in readings)
        if self._explain and not any(reading.text for reading in self._explained):
            self._explained = readings
        if self._is_quiet:
            return
        for reading in readings:
            if reading.status is Status.ERROR:
                note(reading.reason or "")
            elif reading.status is not Status.ACCEPTED:
                note(f"{_place(reading, len(readings) > 1)}: {reading.status}: {reading.reason}")

    def add_kept(self, statuses: Mapping[Status, int], is_retried: bool) -> None:
        """Lets the rows that a resumed file had already count for the exit code, too."""
        self._kept = statuses
        errors = statuses.get(Status.ERROR, 0)
        if errors and not is_retried and not self._is_quiet:
            rows = "row is an error" if errors == 1 else "rows are errors"
            note(f"{errors:,} kept {rows}; read again with --resume --retry-errors")

    def draw(self) -> None:
        """Draws the evidence of one string, or the places of all strings of the first page with digits."""
        if not self._explain or not self._explained:
            return
        from sdnn.rendering.explain import explain
        from sdnn.rendering.overview import overview

        first = self._explained[0]
        if first.evidence and len(self._explained) > 1:
            save_picture(overview(first.evidence.page, self._explained), self._explain)
        elif first.status is not Status.ERROR:
            save_picture(explain(first), self._explain)
        if first.page > 1:
            note(f"--explain shows page {first.page}, the first with digits")

    def summary(self) -> str:
        """Number of readings of each status, seconds, and readings a second."""
        counts = ", ".join(f"{count:,} {status}" for status, count in self._counts.items())
        seconds = time.perf_counter() - self._started
        return (
            f"{counts or 'nothing to read'}; {seconds:.1f} s, {self._counts.total() / seconds:,.0f} a second"
        )

    @property
    def exit_code(self) -> ExitCode:
        """Exit code of the worst status."""
        return max((EXIT_CODES[status] for status in {*self._counts, *self._kept}), default=ExitCode.OK)


def _place(reading: "Reading", is_among_others: bool) -> str:
    """Picture, page from the second on, and corner of the box among several strings."""
    page = f", page {reading.page}" if reading.page > 1 else ""
    left, top, *_ = reading.box.rounded() if is_among_others and reading.box else (None, None)
    return reading.source + page + (f", at {left},{top}" if left is not None else "")
