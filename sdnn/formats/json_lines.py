"""Readings as JSON lines, one record to a line, and the schema of the record."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sdnn.errors import UsageError
from sdnn.formats.record import SCHEMA, reading_record
from sdnn.results import Reading


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) that every record obeys."""
    text = Path(__file__).with_name("record.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


class JsonLines:
    """One record a string."""

    resumable = True

    def __init__(self, model: dict[str, str]) -> None:
        """Takes name and checksum of the model."""
        self._model = model

    def start(self) -> str:
        """Nothing: each record stands for itself."""
        return ""

    def rows(self, readings: Sequence[Reading]) -> str:
        """A record for each reading."""
        return "".join(json.dumps(reading_record(reading, self._model)) + "\n" for reading in readings)

    def end(self) -> str:
        """Nothing."""
        return ""

    def source_of(self, line: str) -> str | None:
        """The source of the record.

        Raises:
            ValueError: When the line holds no record.
            UsageError: When the record is of another schema: one file must not mix two.
        """
        record = json.loads(line)
        source = record.get("source") if isinstance(record, dict) else None
        if not isinstance(source, str) or "schema" not in record:
            raise ValueError("no record with a source and a schema")
        if record["schema"] != SCHEMA:
            raise UsageError(
                f"--resume: the records in --output have schema {record['schema']}, new ones have schema "
                f"{SCHEMA}; leave out --resume to read all again, or give another --output"
            )
        return source
