import json
from typing import Any

import pytest

from sdnn.errors import ModelError
from sdnn.models.lenet import LENET
from sdnn.models.metadata import METADATA_KEY, SCHEMA, ReaderMetadata
from sdnn.results import Geometry

FULL = ReaderMetadata(
    name="sdnn-test",
    geometry=Geometry(height_px=32, text_height_px=22, window_px=30, stride_px=4),
    temperature=1.37,
    recipe={"epochs": 3, "stages": [{"learning_rate": 0.001}], "seed": None},
    data={"train-images-idx3-ubyte.gz": "68eaf0b3"},
    card={"licence": "MIT", "digit_error": 0.0042, "note": "größer · 0–9"},
)


def entry(**changes: Any) -> dict[str, str]:
    """The metadata of FULL with other entries; None takes one away."""
    entries = json.loads(FULL.to_entries()[METADATA_KEY]) | changes
    return {METADATA_KEY: json.dumps({key: value for key, value in entries.items() if value is not None})}


def refusal(entries: dict[str, str] | None) -> str:
    with pytest.raises(ModelError) as caught:
        ReaderMetadata.from_entries(entries, "some.onnx")
    message = str(caught.value)
    assert message.startswith("some.onnx: ")
    assert "\n" not in message
    return message


@pytest.mark.parametrize("metadata", [FULL, ReaderMetadata("plain", LENET.geometry)])
def test_a_description_survives_the_metadata(metadata: ReaderMetadata) -> None:
    assert ReaderMetadata.from_entries(metadata.to_entries(), "some.onnx") == metadata


def test_the_metadata_is_one_entry_of_json_with_the_schema_and_every_field() -> None:
    entries = FULL.to_entries()
    assert [*entries] == [METADATA_KEY]
    values = json.loads(entries[METADATA_KEY])
    assert values["schema"] == SCHEMA
    assert values["geometry"] == {"height_px": 32, "text_height_px": 22, "window_px": 30, "stride_px": 4}
    assert values.keys() == {
        *("schema", "name", "geometry", "labels", "normalization"),
        *("temperature", "nets", "recipe", "data", "card"),
    }


def test_entries_of_others_are_passed_over() -> None:
    assert ReaderMetadata.from_entries({"format": "pt", **FULL.to_entries()}, "some.onnx") == FULL


def test_fields_with_a_default_may_be_missing() -> None:
    plain = ReaderMetadata.from_entries(entry(labels=None, temperature=None, recipe=None), "some.onnx")
    assert (plain.labels, plain.temperature, plain.recipe) == ("0123456789", 1.0, {})


@pytest.mark.parametrize(
    "entries",
    [
        None,
        {},
        {"format": "pt"},
        {METADATA_KEY: ""},
        {METADATA_KEY: "{"},
        {METADATA_KEY: "{}"},
        {METADATA_KEY: "[]"},
        entry(schema=None),
        entry(name=None),
        entry(geometry=None),
        entry(geometry={"height_px": 28, "depth_px": 3}),
        entry(voltage=5),
        entry(recipe=5),
        entry(data=["sums"]),
        entry(card="text"),
    ],
)
def test_a_file_without_a_description_of_ours_says_how_to_make_a_model(
    entries: dict[str, str] | None,
) -> None:
    assert "sdnn train" in refusal(entries)


@pytest.mark.parametrize("text", ["3", "null", '"text"'])
def test_a_description_that_is_no_json_object_is_a_model_error(text: str) -> None:
    refusal({METADATA_KEY: text})


def test_a_description_of_another_schema_asks_for_the_sdnn_that_wrote_it() -> None:
    message = refusal(entry(schema=SCHEMA + 1))
    assert f"schema {SCHEMA + 1}" in message
    assert "its sdnn version" in message


@pytest.mark.parametrize("changes", [{"labels": "9876543210"}, {"normalization": "1 paper to 0 ink"}])
def test_a_model_that_means_something_else_is_refused(changes: dict[str, str]) -> None:
    refusal(entry(**changes))
