"""Metrics of a run, a line of JSON for each epoch."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sdnn.files import atomic_write, output_errors


@dataclass(frozen=True)
class MetricsLog:
    """Metrics in `metrics.jsonl` of a folder."""

    folder: Path

    def record(self, metrics: Mapping[str, Any]) -> None:
        """Appends a record; raises OutputError when it cannot be written."""
        path = self.folder / "metrics.jsonl"
        with output_errors(path), open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(metrics) + "\n")

    def metrics(self) -> list[dict[str, Any]]:
        """All records; a line cut off when the run was killed does not count."""
        path = self.folder / "metrics.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def last_metrics(self, stage: str) -> dict[str, Any]:
        """Last record of a stage, or an empty one."""
        return next((line for line in reversed(self.metrics()) if line["stage"] == stage), {})

    def last_figures(self, stage: str) -> dict[str, Any]:
        """Evaluation and seconds of the last record of a stage, for the card of the net."""
        others = {"stage", "step", "loss", "examples_per_second"}
        return {name: value for name, value in self.last_metrics(stage).items() if name not in others}

    def keep_metrics(self, wanted: Callable[[dict[str, Any]], bool]) -> None:
        """Removes all other records; errors as for `record`."""
        kept = [json.dumps(line) + "\n" for line in self.metrics() if wanted(line)]
        with atomic_write(self.folder / "metrics.jsonl") as temporary:
            temporary.write_text("".join(kept), encoding="utf-8")
