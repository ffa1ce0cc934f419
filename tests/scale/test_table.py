"""Records as a table, and back."""

import json
from pathlib import Path

import pytest
from helpers.sample_readings import EMPTY, ERROR, MODEL, PRINTED, READING, REJECTED, SIGNED

pytest.importorskip("pyarrow", reason="needs the extra ray")

import pyarrow.parquet as pq

from sdnn.escaping import as_text
from sdnn.formats.json_lines import schema
from sdnn.formats.record import reading_record
from sdnn.scale.table import SCHEMA, records_of, table_of

RECORDS = [reading_record(each, MODEL) for each in (READING, REJECTED, SIGNED, PRINTED, EMPTY, ERROR)]


def test_the_columns_are_the_fields_of_the_record() -> None:
    assert SCHEMA.names == schema()["required"]
    digit = SCHEMA.field("digits").type.value_type
    assert [digit.field(number).name for number in range(digit.num_fields)] == schema()["$defs"]["digit"][
        "required"
    ]


def test_records_come_back_from_a_file_as_they_were(tmp_path: Path) -> None:
    pq.write_table(table_of(RECORDS), tmp_path / "a.parquet")
    assert records_of(pq.read_table(tmp_path / "a.parquet")) == json.loads(json.dumps(RECORDS))


def test_names_that_are_no_text_have_an_escape_and_stay_apart(tmp_path: Path) -> None:
    names = ["\udcff.png", "\udcfe.png", "é.png"]
    table = table_of([{**RECORDS[-1], "source": name, "reason": f"{name}: empty"} for name in names])
    assert table.column("source").to_pylist() == [as_text(name) for name in names]
    assert table.column("reason").to_pylist()[0] == r"\udcff.png: empty"
    assert len({*table.column("source").to_pylist()}) == 3
    assert as_text("é.png") == "é.png"
