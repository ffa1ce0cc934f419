import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from helpers.sample_readings import EMPTY, ERROR, MODEL, PRINTED, READING, REJECTED, SIGNED, names, of
from hypothesis import given
from PIL import Image

from sdnn.enums import Status
from sdnn.errors import ExitCode, UsageError
from sdnn.formats.json_lines import JsonLines, schema
from sdnn.formats.record import reading_record
from sdnn.reading.reader import Reader
from sdnn.reading.settings import ReadingSettings
from sdnn.results import Reading

SAMPLE = Path(__file__).parents[2] / "data" / "samples" / "00000.png"
RECORD = reading_record(READING, MODEL)
SIGNS = reading_record(SIGNED, MODEL)["signs"]


@pytest.fixture(scope="module")
def validator() -> Any:
    jsonschema.Draft202012Validator.check_schema(schema())
    return jsonschema.Draft202012Validator(schema())


def descriptions(part: Any) -> list[str | None]:
    """Of all fields of all objects in the schema."""
    if isinstance(part, list):
        return [text for each in part for text in descriptions(each)]
    if not isinstance(part, dict):
        return []
    own = [field.get("description") for field in part.get("properties", {}).values()]
    return own + [text for key, each in part.items() if key != "allOf" for text in descriptions(each)]


def test_each_reading_is_a_record_on_a_line() -> None:
    lines = JsonLines(MODEL).rows([READING, ERROR]).split("\n")
    assert [json.loads(line) for line in lines[:-1]] == [
        reading_record(READING, MODEL),
        reading_record(ERROR, MODEL),
    ]
    assert lines[-1] == ""


def test_there_is_nothing_around_the_records() -> None:
    formatter = JsonLines(MODEL)
    assert formatter.start() == formatter.rows([]) == formatter.end() == ""


@given(name=names)
def test_the_source_of_a_record_is_the_name_whatever_is_in_it(name: str) -> None:
    row = JsonLines(MODEL).rows([of(name)])
    assert row.isascii()
    assert row.index("\n") == len(row) - 1
    assert JsonLines(MODEL).source_of(row) == name


@pytest.mark.parametrize(
    "line",
    ["a.png\t07\n", "\n", "[]\n", "07\n", '{"source": 1}\n', '{"text": "0"}\n', '{"source": "a.png"}\n'],
)
def test_a_line_of_another_form_has_no_source(line: str) -> None:
    with pytest.raises(ValueError, match=r"no record|Expecting|Extra data"):
        JsonLines(MODEL).source_of(line)


@pytest.mark.parametrize("schema", [1, 3, "2"])
def test_a_record_of_another_schema_is_refused_with_what_to_do(schema: object) -> None:
    line = json.dumps({**RECORD, "schema": schema}) + "\n"
    with pytest.raises(UsageError, match=rf"schema {schema}, new ones have schema 2") as refusal:
        JsonLines(MODEL).source_of(line)
    assert refusal.value.exit_code is ExitCode.USAGE
    assert "\n" not in str(refusal.value)
    assert "leave out --resume" in str(refusal.value)


@pytest.mark.parametrize(
    "reading",
    [READING, REJECTED, EMPTY, ERROR, SIGNED, PRINTED],
    ids=["accepted", "rejected", "empty", "error", "signs", "printed"],
)
def test_a_record_obeys_the_schema(validator: Any, reading: Reading) -> None:
    validator.validate(reading_record(reading, MODEL))


def test_records_of_real_readings_obey_the_schema(validator: Any) -> None:
    blank = Image.new("L", (300, 80), 255)
    for reader, source, status in (
        (Reader(), SAMPLE, Status.ACCEPTED),
        (Reader(settings=ReadingSettings(min_confidence=1.0)), SAMPLE, Status.REJECTED),
        (Reader(settings=ReadingSettings(nbest=5)), SAMPLE, Status.ACCEPTED),
        (Reader(), blank, Status.EMPTY),
    ):
        model = {"name": reader.engine.metadata.name, "sha256": reader.engine.sha256}
        (reading,) = reader.read(source)
        assert reading.status is status
        validator.validate(json.loads(JsonLines(model).rows([reading])))


def test_the_schema_describes_every_field_in_one_line() -> None:
    found = descriptions(schema())
    assert len(found) == 18 + 2 + 4 + 2
    assert all(text and "\n" not in text and text.endswith(".") for text in found)


def test_the_schema_has_the_fields_of_the_record_in_their_order() -> None:
    assert list(schema()["properties"]) == schema()["required"] == list(RECORD)


@pytest.mark.parametrize(
    "wrong",
    [
        {"schema": 1},
        {"page": 0},
        {"signs": None},
        {"signs": [{"place": 1}]},
        {"signs": [{"place": -1, "box": [1, 2, 3, 4]}]},
        {"signs": [{"place": 1, "box": [1, 2, 3, 4], "sign": "."}]},
        {"printed": None},
        {"printed": 1},
        {"text": None},
        {"confidence": 1.5},
        {"box": [1, 2, 3]},
        {"box": [1, 2, 3, 4.5]},
        {"status": "maybe"},
        {"reason": "none"},
        {"status": "rejected"},
        {"status": "empty", "reason": "no digits found"},
        {"status": "error", "reason": "torn"},
        {"nbest": [["07"]]},
        {"nbest": [["07", 0.5, 1]]},
        {"digits": [{**RECORD["digits"][0], "digit": "x"}]},
        {"digits": [{**RECORD["digits"][0], "column": 3}]},
        {"model": {}},
        {"colour": "red"},
    ],
    ids=str,
)
def test_the_schema_refuses_what_a_record_never_says(validator: Any, wrong: dict[str, Any]) -> None:
    assert validator.is_valid(RECORD)
    assert not validator.is_valid({**RECORD, **wrong})


def test_the_schema_refuses_a_record_that_lacks_a_field(validator: Any) -> None:
    for field in RECORD:
        assert not validator.is_valid({name: value for name, value in RECORD.items() if name != field})


def test_an_unread_picture_has_no_text_by_the_schema(validator: Any) -> None:
    assert not validator.is_valid({**reading_record(ERROR, MODEL), "text": ""})
    assert not validator.is_valid(reading_record(replace(ERROR, reason=None), MODEL))
    assert not validator.is_valid({**reading_record(ERROR, MODEL), "printed": True})
    assert not validator.is_valid({**reading_record(ERROR, MODEL), "signs": SIGNS})
