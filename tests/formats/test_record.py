import json
from dataclasses import replace

import pytest
from helpers.sample_readings import EMPTY, ERROR, MODEL, PRINTED, READING, REJECTED, SIGNED

from sdnn.formats.record import SCHEMA, reading_record
from sdnn.results import Box, Reading

FIELDS = [
    "schema",
    "source",
    "page",
    "box",
    "text",
    "confidence",
    "constraint_probability",
    "status",
    "reason",
    "digits",
    "signs",
    "printed",
    "nbest",
    "residual_probability",
    "unconstrained",
    "views",
    "model",
    "elapsed_ms",
]


def test_the_record_of_a_reading_says_all_that_was_read() -> None:
    assert reading_record(replace(READING, page=2), MODEL) == {
        "schema": 2,
        "source": "a.png",
        "page": 2,
        "box": [10, 4, 41, 24],
        "text": "07",
        "confidence": 0.75,
        "constraint_probability": 0.875,
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
        "signs": [],
        "printed": False,
        "nbest": [["07", 0.75], ["67", 0.125]],
        "residual_probability": 0.125,
        "unconstrained": "01",
        "views": 1,
        "model": MODEL,
        "elapsed_ms": 3.14,
    }


def test_a_record_is_plain_json() -> None:
    record = reading_record(READING, MODEL)
    assert json.loads(json.dumps(record)) == record


def test_signs_are_in_the_record_with_the_number_of_digits_before_them() -> None:
    assert reading_record(SIGNED, MODEL) == {
        **reading_record(READING, MODEL),
        "signs": [{"place": 0, "box": [2, 4, 8, 24]}, {"place": 1, "box": [22, 20, 25, 24]}],
    }


def test_a_printed_string_is_said_to_be_one() -> None:
    assert reading_record(PRINTED, MODEL) == {**reading_record(READING, MODEL), "printed": True}


def test_pages_are_counted_from_1() -> None:
    assert reading_record(READING, MODEL)["page"] == 1


def test_an_empty_strip_has_a_record_with_the_empty_text() -> None:
    record = reading_record(EMPTY, MODEL)
    assert (record["status"], record["reason"]) == ("empty", "no digits found")
    assert (record["text"], record["box"], record["digits"]) == ("", None, [])


def test_a_rejected_text_is_in_the_record_with_the_reason() -> None:
    record = reading_record(REJECTED, MODEL)
    assert (record["text"], record["status"]) == ("07", "rejected")
    assert record["reason"] == REJECTED.reason


@pytest.mark.parametrize(
    "reading",
    [ERROR, *(replace(each, status=ERROR.status, reason=ERROR.reason) for each in (SIGNED, PRINTED))],
)
def test_a_picture_that_cannot_be_read_has_a_record_without_text(reading: Reading) -> None:
    record = reading_record(replace(reading, page=3, elapsed_ms=2.0), MODEL)
    assert (record["status"], record["reason"]) == ("error", ERROR.reason)
    assert record["text"] is None
    assert (record["digits"], record["nbest"], record["confidence"]) == ([], [], 0.0)
    assert (record["signs"], record["printed"]) == ([], False)
    assert (record["source"], record["page"]) == ("a.png", 3)
    assert (record["model"], record["elapsed_ms"]) == (MODEL, 2.0)


def test_every_record_has_the_same_fields_in_the_same_order() -> None:
    records = [reading_record(reading, MODEL) for reading in (READING, REJECTED, EMPTY, ERROR)]
    assert [list(record) for record in records] == [FIELDS] * 4
    assert {record["schema"] for record in records} == {SCHEMA}


def test_a_box_at_the_left_edge_of_the_picture_is_kept() -> None:
    record = reading_record(replace(READING, box=Box(0, 0, 0.4, 0.4)), MODEL)
    assert record["box"] == [0, 0, 0, 0]
