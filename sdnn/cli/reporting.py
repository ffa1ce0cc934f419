"""What `sdnn read` tells people beside the rows: messages, a summary, the picture of --explain."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sdnn.cli.terminal import note
from sdnn.enums import Status
from sdnn.files import save_picture

if TYPE_CHECKING:
    from sdnn.results import Reading


def report(readings: Sequence["Reading"]) -> None:
    """One line on stderr for each reading that is not accepted, with the reason."""
    for reading in readings:
        if reading.status is Status.ERROR:
            note(reading.reason or "")
        elif reading.status is not Status.ACCEPTED:
            note(f"{_place(reading, len(readings) > 1)}: {reading.status}: {reading.reason}")


def _place(reading: "Reading", among_others: bool) -> str:
    """The place of a string: picture, page from the second on, corner of its box where there are several."""
    page = f", page {reading.page}" if reading.page > 1 else ""
    left, top, *_ = reading.box.rounded() if among_others and reading.box else (None, None)
    return reading.source + page + (f", at {left},{top}" if left is not None else "")


def draw(readings: Sequence["Reading"], path: Path) -> None:
    """Draws what one string rests on, or the places of all strings of a page."""
    from sdnn.rendering.explain import explain
    from sdnn.rendering.overview import overview

    first = readings[0]
    if first.evidence and len(readings) > 1:
        save_picture(overview(first.evidence.page, readings), path)
    elif first.status is not Status.ERROR:
        save_picture(explain(first), path)
    if first.page > 1:
        note(f"--explain shows page {first.page}, the first with digits")


def summary(found: Counter[Status], seconds: float) -> str:
    """Number of readings of each status, seconds, and readings a second."""
    counts = ", ".join(f"{count:,} {status}" for status, count in found.items()) or "nothing to read"
    return f"{counts}; {seconds:.1f} s, {found.total() / seconds:,.0f} a second"
