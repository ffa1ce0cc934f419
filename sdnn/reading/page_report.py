"""What is reported of a page: every line found, with its signs; nothing is dropped without a word."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from sdnn.enums import PageMode, Status
from sdnn.reading.records import Line, Page
from sdnn.reading.settings import ReadingSettings
from sdnn.results import Box, Evidence, Reading, Sign

LEAST_STRUCK: Final = 0.5
"""Probability that a digit is struck out from which on its string is doubtful."""
LEAST_ALONE: Final = 0.01
"""Confidence below which one row of several is rejected even where all readings are accepted."""
SURE_LINE: Final = 0.6
"""Probability of a line from which on it is one: 99 of 100 lines of plain validation documents have more."""
PRINTED: Final = 0.5
"""Probability from which on a string is print."""


def report(page: Page, page_mode: PageMode, settings: ReadingSettings, elapsed_ms: float) -> list[Reading]:
    """What is reported of a page, one reading at least.

    Args:
        page: With its lines, read.
        page_mode: Whether one row is wanted.
        settings: Smallest confidence, and whether printed strings are left out.
        elapsed_ms: Time that the readings of the page took together.
    """
    readings = [described(line, settings.min_confidence) for line in page.lines]
    found = selected(page, readings, page_mode, settings)
    nothing = None if page.brightness is None else Evidence.without_line(page.brightness, page.heat)
    return [
        replace(
            reading,
            source=page.source,
            page=page.number,
            page_size_px=page.size_px,
            elapsed_ms=elapsed_ms / len(found),
            evidence=reading.evidence or nothing,
        )
        for reading in found
    ]


def described(line: Line, min_confidence: float = 0.0) -> Reading:
    """The reading of a line with what the detector knows of it: signs, print, struck-out and missed digits.

    Args:
        line: With its reading.
        min_confidence: Below it a reading is rejected.
    """
    found = line.found
    along = found.along

    def place_of(box: Box) -> float:
        return float((np.array([box.left + box.right, box.top + box.bottom]) / 2 - found.start) @ along)

    digits = [place_of(digit.box) for digit in line.reading.digits]
    signs = sorted(
        (Sign(sum(place < place_of(box) for place in digits), box) for box in found.signs),
        key=lambda sign: (sign.place, place_of(sign.box)),
    )
    reading = replace(line.reading, signs=tuple(signs), printed=found.printed >= PRINTED)
    here = min(1.0, found.probability / SURE_LINE)
    reading = _weighed(reading, here, min_confidence, "it may be no line of digits")
    reading = _weighed(reading, line.way, min_confidence, "it can be read the other way up, too")
    reading = _weighed(reading, 1 - found.beside, min_confidence, "a digit may have been missed beside it")
    if found.struck >= LEAST_STRUCK:
        return _weighed(reading, 1 - found.struck, 1.0, "a digit looks struck out")
    return reading


def _weighed(reading: Reading, share: float, min_confidence: float, reason: str) -> Reading:
    """A reading whose text is right only in a share of the cases in which its strip says so.

    Args:
        reading: As the strip has it.
        share: Factor of all its probabilities.
        min_confidence: Below it the reading is rejected.
        reason: Why it would be.
    """
    nbest = tuple((text, prob * share) for text, prob in reading.nbest)
    confidence = reading.confidence * share
    reading = replace(
        reading,
        confidence=confidence,
        nbest=nbest,
        residual_probability=1 - sum(prob for _, prob in nbest) if nbest else reading.residual_probability,
    )
    if reading.status is Status.ACCEPTED and confidence < min_confidence:
        return replace(reading, status=Status.REJECTED, reason=reason)
    return reading


def selected(
    page: Page, readings: Sequence[Reading], page_mode: PageMode, settings: ReadingSettings
) -> list[Reading]:
    """The readings of a page that are reported, one at least; see `report`."""
    if page.error is not None:
        return [Reading("", 0.0, Status.ERROR, page.error)]
    written = [reading for reading in readings if reading.status is not Status.EMPTY]
    kept = [reading for reading in written if not (settings.handwritten and reading.printed)]
    if not kept:
        return [_nothing(page, readings, bool(written))]
    if page_mode is PageMode.LINE and len(kept) > 1:
        return [_foremost(kept, settings.min_confidence)]
    return kept


def _nothing(page: Page, readings: Sequence[Reading], print_left_out: bool) -> Reading:
    """An empty reading, as sure as it can be that there is nothing."""
    if print_left_out:
        return Reading("", 1.0, Status.EMPTY, "only print, which --handwritten leaves out")
    if readings:
        return min(readings, key=lambda reading: reading.confidence)
    return Reading("", 1 - page.doubt, Status.EMPTY, "no digits found")


def _foremost(readings: Sequence[Reading], min_confidence: float) -> Reading:
    """The longest of several strings, less sure the surer it is that there are others."""
    first = max(readings, key=lambda reading: (len(reading.string), reading.confidence))
    alone = float(np.prod([1 - reading.confidence for reading in readings if reading is not first]))
    others = len(readings) - 1
    reason = f"there {'is another string' if others == 1 else f'are {others} other strings'} on the picture"
    return _weighed(first, alone, max(min_confidence, LEAST_ALONE), reason)
