"""JSON lines, one record a line, and the schema of the record."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from sdnn.enums import Status
from sdnn.errors import UsageError
from sdnn.formats import Formatter
from sdnn.formats.record import SCHEMA, reading_record
from sdnn.results import Reading


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the record."""
    text = Path(__file__).with_name("record.schema.json").read_text(encoding="utf-8")
    return cast(dict[str, Any], json.loads(text))


class JsonLines(Formatter):
    """One record a string."""

    resumable = True

    def __init__(self, model: dict[str, str]) -> None:
        """Takes name and checksum of the model."""
        self._model = model

    def beginning(self) -> str:
        """The first field of the record."""
        return '{"schema": '

    def rows(self, readings: Sequence[Reading]) -> str:
        """A record for each reading."""
        return "".join(json.dumps(reading_record(reading, self._model)) + "\n" for reading in readings)

    def source_of(self, line: str) -> str | None:
        """Source of the record; see `Formatter.source_of`."""
        record = json.loads(line)
        source = record.get("source") if isinstance(record, dict) else None
        if not isinstance(source, str) or "schema" not in record:
            raise ValueError("no record with a source and a schema")
        if record["schema"] != SCHEMA:
            raise UsageError(  # one file must not mix two
                f"--resume: the records in --output have schema {record['schema']}, new ones have schema "
                f"{SCHEMA}; leave out --resume to read all again, or give another --output"
            )
        return source

    def status_of(self, line: str) -> Status | None:
        """Status of the record; see `Formatter.status_of`."""
        return Status(json.loads(line).get("status"))
