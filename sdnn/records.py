"""A reading as the JSON record that `sdnn read --json` prints, one object to a line."""

from typing import Any, Final

from sdnn.results import Box, Reading, Status

SCHEMA: Final = 1


def reading_record(reading: Reading, source: str, model: dict[str, str], elapsed_ms: float) -> dict[str, Any]:
    """The record of a reading, in plain JSON types.

    Args:
        reading: What was read.
        source: Name of the picture.
        model: Name and checksum of the model.
        elapsed_ms: Time it took.
    """
    return {
        **_empty_record(source, reading.status, reading.reason),
        "box": _edges(reading.box) if reading.box else None,
        "text": reading.text,
        "confidence": reading.confidence,
        "fit": reading.fit,
        "digits": [
            {
                "digit": digit.digit,
                "confidence": digit.confidence,
                "box": _edges(digit.box),
                "alternatives": [list(alternative) for alternative in digit.alternatives],
            }
            for digit in reading.digits
        ],
        "nbest": [list(entry) for entry in reading.nbest],
        "missing": reading.missing,
        "unconstrained": reading.unconstrained,
        "views": reading.views,
        "model": model,
        "elapsed_ms": round(elapsed_ms, 2),
    }


def error_record(reason: str, source: str, model: dict[str, str], elapsed_ms: float) -> dict[str, Any]:
    """The record of a picture that could not be read; arguments as for `reading_record`."""
    return {**_empty_record(source, Status.ERROR, reason), "model": model, "elapsed_ms": round(elapsed_ms, 2)}


def _empty_record(source: str, status: Status, reason: str | None) -> dict[str, Any]:
    """All fields in their order, as they are where nothing was read."""
    return {
        "schema": SCHEMA,
        "source": source,
        "page": 0,
        "box": None,
        "text": None,
        "confidence": 0.0,
        "fit": 1.0,
        "status": status.value,
        "reason": reason,
        "digits": [],
        "nbest": [],
        "missing": 0.0,
        "unconstrained": None,
        "views": 0,
        "model": None,
        "elapsed_ms": 0.0,
    }


def _edges(box: Box) -> list[int]:
    return list(box.rounded())
