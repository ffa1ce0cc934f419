import json
from dataclasses import replace

from sdnn.records import SCHEMA, error_record, reading_record
from sdnn.results import Box, Digit, Reading, Status

MODEL = {"name": "sdnn-test", "sha256": "00ff"}
READING = Reading(
    text="07",
    confidence=0.75,
    status=Status.ACCEPTED,
    box=Box(9.6, 4.0, 41.2, 24.4),
    digits=(
        Digit("0", 0.9, Box(9.6, 4.0, 22.0, 24.4), (3, 5), (("6", 0.08), ("8", 0.01))),
        Digit("7", 0.8, Box(25.0, 4.0, 41.2, 24.0), (9, 12)),
    ),
    fit=0.875,
    unconstrained="01",
    nbest=(("07", 0.75), ("67", 0.125)),
    missing=0.125,
)
FIELDS = [
    "schema",
    "source",
    "page",
    "box",
    "text",
    "confidence",
    "fit",
    "status",
    "reason",
    "digits",
    "nbest",
    "missing",
    "unconstrained",
    "views",
    "model",
    "elapsed_ms",
]


def test_the_record_of_a_reading_says_all_that_was_read() -> None:
    assert reading_record(READING, "a.png", MODEL, elapsed_ms=3.14159) == {
        "schema": 1,
        "source": "a.png",
        "page": 0,
        "box": [10, 4, 41, 24],
        "text": "07",
        "confidence": 0.75,
        "fit": 0.875,
        "status": "accepted",
        "reason": None,
        "digits": [
            {
                "digit": "0",
                "confidence": 0.9,
                "box": [10, 4, 22, 24],
                "alternatives": [["6", 0.08], ["8", 0.01]],
            },
            {"digit": "7", "confidence": 0.8, "box": [25, 4, 41, 24], "alternatives": []},
        ],
        "nbest": [["07", 0.75], ["67", 0.125]],
        "missing": 0.125,
        "unconstrained": "01",
        "views": 1,
        "model": MODEL,
        "elapsed_ms": 3.14,
    }


def test_a_record_is_plain_json() -> None:
    record = reading_record(READING, "a.png", MODEL, 3.0)
    assert json.loads(json.dumps(record)) == record


def test_an_empty_strip_has_a_record_with_the_empty_text() -> None:
    empty = replace(READING, text="", status=Status.EMPTY, reason="no digits found", box=None, digits=())
    record = reading_record(empty, "a.png", MODEL, 1.0)
    assert (record["status"], record["reason"]) == ("empty", "no digits found")
    assert (record["text"], record["box"], record["digits"]) == ("", None, [])


def test_a_picture_that_cannot_be_read_has_a_record_without_text() -> None:
    record = error_record("a.png: empty", "a.png", MODEL, 2.0)
    assert (record["status"], record["reason"]) == ("error", "a.png: empty")
    assert record["text"] is None
    assert (record["digits"], record["nbest"], record["confidence"]) == ([], [], 0.0)
    assert (record["model"], record["elapsed_ms"]) == (MODEL, 2.0)


def test_every_record_has_the_same_fields_in_the_same_order() -> None:
    records = [reading_record(READING, "a.png", MODEL, 1.0), error_record("torn", "b.png", MODEL, 1.0)]
    assert [list(record) for record in records] == [FIELDS, FIELDS]
    assert [record["schema"] for record in records] == [SCHEMA, SCHEMA]


def test_a_box_at_the_left_edge_of_the_picture_is_kept() -> None:
    record = reading_record(replace(READING, box=Box(0, 0, 0.4, 0.4)), "a.png", MODEL, 1.0)
    assert record["box"] == [0, 0, 0, 0]
