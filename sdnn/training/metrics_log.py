"""The metrics of a run, a line of JSON for each epoch."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sdnn.errors import OutputError
from sdnn.files import atomic_write


@dataclass(frozen=True)
class MetricsLog:
    """A folder with metrics.

    Attributes:
        folder: Where `metrics.jsonl` lies.
    """

    folder: Path

    def record(self, metrics: Mapping[str, Any]) -> None:
        """Appends one line to the metrics.

        Raises:
            OutputError: When it cannot be written.
        """
        try:
            with open(self.folder / "metrics.jsonl", "a", encoding="utf-8") as file:
                file.write(json.dumps(metrics) + "\n")
        except OSError as error:
            raise OutputError(f"{self.folder}: cannot be written ({error.strerror})") from error

    def metrics(self) -> list[dict[str, Any]]:
        """What has been recorded so far; a line that was cut off when the run was killed does not count."""
        path = self.folder / "metrics.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def last_metrics(self, stage: str) -> dict[str, Any]:
        """The latest record of a stage; empty where there is none."""
        return next((line for line in reversed(self.metrics()) if line["stage"] == stage), {})

    def last_figures(self, stage: str) -> dict[str, Any]:
        """Evaluation and seconds of the latest record of a stage, for the card of the net."""
        others = {"stage", "step", "loss", "examples_per_second"}
        return {name: value for name, value in self.last_metrics(stage).items() if name not in others}

    def keep_metrics(self, wanted: Callable[[dict[str, Any]], bool]) -> None:
        """Drops all other lines.

        Raises:
            OutputError: When they cannot be written.
        """
        kept = [json.dumps(line) + "\n" for line in self.metrics() if wanted(line)]
        with atomic_write(self.folder / "metrics.jsonl") as temporary:
            temporary.write_text("".join(kept), encoding="utf-8")
