"""Record of a training run, `run.json`, as far as it is read again."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, Literal

from sdnn.errors import UsageError
from sdnn.limited_read import read_limited
from sdnn.models.metadata import READER
from sdnn.validation import Checksums, Name, convert, decode_json

MAX_RECORD_BYTES: Final = 2**20


@dataclass(frozen=True)
class RunRecord:
    """Record of a run, as far as it is read again.

    Attributes:
        recipe: Record of the recipe.
        data: Checksums of the data.
        code: Checksum of the code.
        net: Name of the net.
    """

    recipe: Mapping[str, Any]
    data: Checksums
    code: Name
    net: Literal["reader", "detector"] = READER


def read_record(folder: Path) -> RunRecord:
    """The record of the run in a folder.

    Raises:
        ValueError: When there is none, or it is damaged; the message begins with the field.
        UsageError: When the file cannot be read.
    """
    path = folder / "run.json"
    if not os.path.lexists(path):
        raise ValueError("there is no run.json")
    content = read_limited(path, MAX_RECORD_BYTES, "a record of a run", UsageError)
    try:
        values = decode_json(content, dict[str, Any])
        names = [each.name for each in fields(RunRecord)]
        return convert({name: values[name] for name in names if name in values}, RunRecord)
    except ValueError as error:
        raise ValueError(f"run.json: {error}") from error
