"""Metrics of a run, a line of JSON for each epoch."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec

from sdnn.errors import ModelError
from sdnn.files import atomic_write, output_errors
from sdnn.limited_read import read_limited
from sdnn.validation import Count, Name, convert, decode_json

MAX_BYTES: Final = 64 * 2**20


@dataclass(frozen=True)
class _Metrics:
    """Fields of a record that are used by name; the others are figures of the evaluation."""

    stage: Name
    step: Count
    loss: float = 0.0
    seconds: Annotated[float, msgspec.Meta(ge=0, le=1e12)] = 0.0


_FIELDS: Final = [each.name for each in fields(_Metrics)]


@dataclass(frozen=True)
class MetricsLog:
    """Metrics in `metrics.jsonl` of a folder."""

    folder: Path

    def record(self, metrics: Mapping[str, Any]) -> None:
        """Appends a record.

        Raises:
            ModelError: When a figure is not finite.
            OutputError: When it cannot be written.
        """
        path = self.folder / "metrics.jsonl"
        try:
            line = json.dumps(metrics, allow_nan=False) + "\n"
        except ValueError as error:
            raise ModelError(
                f"{self.folder}: the training has diverged, a figure is not finite; start another run"
            ) from error
        with output_errors(path), open(path, "a", encoding="utf-8") as file:
            file.write(line)

    def metrics(self) -> list[dict[str, Any]]:
        """All records; a line cut off when the run was killed does not count.

        Raises:
            ModelError: When another line is no record of metrics; the message has its number.
        """
        path = self.folder / "metrics.jsonl"
        if not os.path.lexists(path):
            return []
        *lines, _ = read_limited(path, MAX_BYTES, "metrics", ModelError).split(b"\n")
        records = []
        for number, line in enumerate(lines, 1):
            try:
                values = decode_json(line, dict[str, str | int | float])
                convert({name: values[name] for name in _FIELDS if name in values}, _Metrics)
                if any(isinstance(value, str) for name, value in values.items() if name != "stage"):
                    raise ValueError("expected numbers")
            except ValueError as error:
                raise ModelError(
                    f"{path}: line {number}: {error}; mend the line, or start another run"
                ) from error
            records.append(values)
        return records

    def last_metrics(self, stage: str) -> dict[str, Any]:
        """Last record of a stage, or an empty one; errors as for `metrics`."""
        return next((line for line in reversed(self.metrics()) if line["stage"] == stage), {})

    def last_figures(self, stage: str) -> dict[str, Any]:
        """Evaluation and seconds of the last record of a stage, for the card of the net."""
        others = {"stage", "step", "loss", "examples_per_second"}
        return {name: value for name, value in self.last_metrics(stage).items() if name not in others}

    def keep_metrics(self, wanted: Callable[[dict[str, Any]], bool]) -> None:
        """Removes all other records; errors as for `record` and `metrics`."""
        kept = [json.dumps(line) + "\n" for line in self.metrics() if wanted(line)]
        with atomic_write(self.folder / "metrics.jsonl") as temporary:
            temporary.write_text("".join(kept), encoding="utf-8")
