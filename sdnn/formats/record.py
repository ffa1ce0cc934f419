"""JSON record of a reading, as `sdnn read --json` prints it; `record.schema.json` describes it."""

from typing import Any, Final

from sdnn.enums import Status
from sdnn.results import Box, Reading

SCHEMA: Final = 2
"""Version of the record; it rises when a field is added or changes its meaning."""


_NOTHING_READ: Final[dict[str, Any]] = {
    "box": None,
    "text": None,
    "confidence": 0.0,
    "constraint_probability": 1.0,
    "digits": [],
    "signs": [],
    "printed": False,
    "nbest": [],
    "residual_probability": 0.0,
    "unconstrained": None,
    "views": 0,
}
"""Fields of a picture that could not be read: an empty text would be an answer."""


def reading_record(reading: Reading, model: dict[str, str]) -> dict[str, Any]:
    """The record of a reading, in plain JSON types.

    Args:
        reading: Result for one string.
        model: Name and checksum of the model.
    """
    record = {
        "schema": SCHEMA,
        "source": reading.source,
        "page": reading.page,
        "box": _edges(reading.box) if reading.box else None,
        "text": reading.text,
        "confidence": reading.confidence,
        "constraint_probability": reading.constraint_probability,
        "status": reading.status.value,
        "reason": reading.reason,
        "digits": [
            {
                "digit": digit.digit,
                "confidence": digit.confidence,
                "box": _edges(digit.box),
                "alternatives": [list(alternative) for alternative in digit.alternatives],
            }
            for digit in reading.digits
        ],
        "signs": [{"place": sign.place, "box": _edges(sign.box)} for sign in reading.signs],
        "printed": reading.printed,
        "nbest": [list(entry) for entry in reading.nbest],
        "residual_probability": reading.residual_probability,
        "unconstrained": reading.unconstrained,
        "views": reading.views,
        "model": model,
        "elapsed_ms": round(reading.elapsed_ms, 2),
    }
    return record | _NOTHING_READ if reading.status is Status.ERROR else record


def _edges(box: Box) -> list[int]:
    return list(box.rounded())
