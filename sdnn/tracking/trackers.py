"""Trackers: what a run records in its folder, passed on to TensorBoard or MLflow as the run goes on."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Protocol

from sdnn.enums import Tracker
from sdnn.errors import MissingPackage
from sdnn.tracking.run_record import RECORD_NAME, flat
from sdnn.training.metrics_log import MetricsLog

MLFLOW_FILE: Final = "mlflow.db"
"""SQLite file beside the run folders, unless MLFLOW_TRACKING_URI names another store."""
MAX_PARAMETER: Final = 500
"""Characters of a parameter that MLflow takes."""

Follow = Callable[..., None]
"""Passes on what is new in the folder; with a mapping, also final figures."""


class Sink(Protocol):
    """Where a tracker writes to."""

    def parameters(self, values: Mapping[str, str]) -> None:
        """Writes recipe, data and code of the run."""

    def metrics(self, values: Mapping[str, float], step: int) -> None:
        """Writes figures of a step."""

    def close(self, succeeded: bool) -> None:
        """Ends the run."""


def check_installed(tracker: Tracker | None) -> None:
    """Checks before long work that a tracker is there; raises MissingPackage when it is not installed."""
    if tracker is not None and find_spec(tracker) is None:
        raise MissingPackage(tracker, f"--track {tracker}", "track")


@contextmanager
def followed(folder: Path, tracker: Tracker | None) -> Iterator[Follow]:
    """A function that passes on what is new in a run folder; without a tracker it does nothing.

    Raises:
        MissingPackage: When the tracker is not installed.
    """
    check_installed(tracker)
    if tracker is None:
        yield lambda *_: None
        return
    sink: Sink = (_TensorBoard if tracker is Tracker.TENSORBOARD else _MLflow)(folder)
    record = json.loads((folder / RECORD_NAME).read_text(encoding="utf-8"))
    parts = ("command", "net", "recipe", "data", "folders", "code", "version", "hardware")
    sink.parameters({path: str(value) for part in parts for path, value in flat(part, record.get(part, ""))})
    passed_on = 0
    log, size = MetricsLog(folder), -1

    def follow(final: Mapping[str, Any] | None = None) -> None:
        nonlocal passed_on, size
        path = folder / "metrics.jsonl"
        now = path.stat().st_size if path.exists() else 0
        if now != size:
            lines, size = log.metrics(), now
            for line in lines[passed_on:]:
                figures = {
                    f"{line['stage']}/{name}": float(value)
                    for name, value in line.items()
                    if isinstance(value, int | float) and name != "step"
                }
                sink.metrics(figures, int(line["step"]))
            passed_on = len(lines)
        if final:
            figures = {
                path.replace(".", "/"): float(value)
                for path, value in flat("", final)
                if isinstance(value, int | float) and not isinstance(value, bool)
            }
            sink.metrics(figures, passed_on)

    succeeded = False
    try:
        follow()
        yield follow
        follow()
        succeeded = True
    finally:
        sink.close(succeeded)


class _TensorBoard:
    """Event files in `tensorboard/` of the run folder."""

    def __init__(self, folder: Path) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._writer = SummaryWriter(str(folder / "tensorboard"))

    def parameters(self, values: Mapping[str, str]) -> None:
        rows = "\n".join(f"| {name} | {value} |" for name, value in values.items())
        self._writer.add_text("run", f"| name | value |\n|---|---|\n{rows}")

    def metrics(self, values: Mapping[str, float], step: int) -> None:
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)
        self._writer.flush()

    def close(self, succeeded: bool) -> None:
        self._writer.close()


class _MLflow:
    """A run of the experiment `sdnn`, in a local SQLite file unless MLFLOW_TRACKING_URI is set."""

    def __init__(self, folder: Path) -> None:
        # Unless it is told not to before it loads, MLflow reports to its makers, and tells of its tables.
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
        import mlflow  # type: ignore[import-not-found, unused-ignore]

        self._mlflow = mlflow
        if not os.environ.get("MLFLOW_TRACKING_URI"):
            mlflow.set_tracking_uri(f"sqlite:///{(folder.parent / MLFLOW_FILE).resolve()}")
        mlflow.set_experiment("sdnn")
        mlflow.start_run(run_name=folder.name)

    def parameters(self, values: Mapping[str, str]) -> None:
        named = {name: value[:MAX_PARAMETER] for name, value in values.items() if value}
        for first in range(0, len(named), 100):  # the most of one call
            self._mlflow.log_params(dict([*named.items()][first : first + 100]))

    def metrics(self, values: Mapping[str, float], step: int) -> None:
        self._mlflow.log_metrics({_plain(name): value for name, value in values.items()}, step=step)

    def close(self, succeeded: bool) -> None:
        self._mlflow.end_run("FINISHED" if succeeded else "KILLED")


def _plain(name: str) -> str:
    """A name of the characters that MLflow takes."""
    return "".join(letter if letter.isalnum() or letter in "_-. /" else "_" for letter in name)
