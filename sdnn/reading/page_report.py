"""The readings that are reported of a page, with the doubts and signs that the detector adds to them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from sdnn.enums import PageMode, Status
from sdnn.reading.line_decoder import LOW_CONFIDENCE, low_confidence
from sdnn.reading.page import Line, Page
from sdnn.reading.settings import ReadingSettings
from sdnn.results import Box, Evidence, Reading, Sign

MIN_STRUCK: Final = 0.5
"""Probability of a struck-out digit at which its string is rejected."""
MIN_ALONE: Final = 0.01
"""Smallest confidence of one string reported for several, even where all readings are accepted."""
MIN_CLEAR_LINE: Final = 0.6
"""Probability of a line without doubt: 99 of 100 lines of plain validation documents have more."""
MIN_PRINTED: Final = 0.5
"""Probability at which a string counts as printed."""


def report(page: Page, page_mode: PageMode, settings: ReadingSettings, elapsed_ms: float) -> list[Reading]:
    """The readings that are reported of a page, at least one.

    Args:
        page: A page whose lines have been read.
        page_mode: Whether one string is reported, or all.
        settings: Smallest confidence, and whether printed strings are left out.
        elapsed_ms: Time for all readings of the page.
    """
    readings = [with_detection(line, settings.min_confidence) for line in page.lines]
    selected = select_readings(page, readings, page_mode, settings)
    no_line = None if page.brightness is None else Evidence.without_line(page.brightness, page.digit_ink)
    return [
        replace(
            reading,
            source=page.source,
            page=page.number,
            page_size_px=page.size_px,
            elapsed_ms=elapsed_ms / len(selected),
            evidence=reading.evidence or no_line,
            reason=_reason(reading, settings.min_confidence),
        )
        for reading in selected
    ]


def _reason(reading: Reading, min_confidence: float) -> str | None:
    """The reason of a rejection, with the confidence that is reported: the detector may have lowered it."""
    if reading.status is Status.REJECTED and reading.reason and reading.reason.startswith(LOW_CONFIDENCE):
        return low_confidence(reading.confidence, min_confidence)
    return reading.reason


def with_detection(line: Line, min_confidence: float = 0.0) -> Reading:
    """The reading of a line with the output of the detector: signs, print, struck-out and missed digits.

    Args:
        line: A line that has been read.
        min_confidence: Smallest confidence of an accepted reading.
    """
    text_line = line.text_line

    def place_of(box: Box) -> float:
        return float((np.array(box.centre) - text_line.start) @ text_line.direction)

    digits = [place_of(digit.box) for digit in line.reading.digits]
    signs = sorted(
        (Sign(sum(place < place_of(box) for place in digits), box) for box in text_line.signs),
        key=lambda sign: (sign.place, place_of(sign.box)),
    )
    reading = replace(line.reading, signs=tuple(signs), printed=text_line.printed >= MIN_PRINTED)
    for factor, reason in (
        (min(1.0, text_line.probability / MIN_CLEAR_LINE), "it may be no line of digits"),
        (line.direction_probability, "it can be read the other way up, too"),
        (1 - text_line.missed, "a digit may have been missed beside it"),
    ):
        reading = _scaled(reading, factor, min_confidence, reason)
    if text_line.struck >= MIN_STRUCK:
        return _scaled(reading, 1 - text_line.struck, 1.0, "a digit looks struck out")
    return reading


def _scaled(reading: Reading, factor: float, min_confidence: float, reason: str) -> Reading:
    """A reading with its probabilities times a factor, rejected where that leaves too little confidence."""
    nbest = tuple((text, prob * factor) for text, prob in reading.nbest)
    confidence = reading.confidence * factor
    reading = replace(
        reading,
        confidence=confidence,
        nbest=nbest,
        residual_probability=1 - sum(prob for _, prob in nbest) if nbest else reading.residual_probability,
    )
    if reading.status is Status.ACCEPTED and confidence < min_confidence:
        return replace(reading, status=Status.REJECTED, reason=reason)
    return reading


def select_readings(
    page: Page, readings: Sequence[Reading], page_mode: PageMode, settings: ReadingSettings
) -> list[Reading]:
    """The readings of a page that are reported, at least one; see `report`."""
    if page.error is not None:
        return [Reading("", 0.0, Status.ERROR, page.error)]
    strings = [reading for reading in readings if reading.status is not Status.EMPTY]
    selected = [reading for reading in strings if not (settings.handwritten and reading.printed)]
    if not selected:
        return [_empty_reading(page, readings, only_print=bool(strings))]
    if page_mode is PageMode.LINE and len(selected) > 1:
        return [_longest(selected, settings.min_confidence)]
    return selected


def _empty_reading(page: Page, readings: Sequence[Reading], only_print: bool) -> Reading:
    """The reading of a page without strings, whose confidence is that there are none."""
    if only_print:
        return Reading("", 1.0, Status.EMPTY, "only print, which --handwritten leaves out")
    if readings:
        return min(readings, key=lambda reading: reading.confidence)
    return Reading("", 1 - page.missed, Status.EMPTY, "no digits found")


def _longest(readings: Sequence[Reading], min_confidence: float) -> Reading:
    """The longest of several strings, with the confidence that it is the only one."""
    longest = max(readings, key=lambda reading: (len(reading.string), reading.confidence))
    alone = float(np.prod([1 - reading.confidence for reading in readings if reading is not longest]))
    others = len(readings) - 1
    reason = f"there {'is another string' if others == 1 else f'are {others} other strings'} on the picture"
    return _scaled(longest, alone, max(min_confidence, MIN_ALONE), reason)
