"""A run as its folder tells it: recipe, data, code, figures and state. Nothing here imports torch."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypedDict

from sdnn.errors import ModelError, UsageError
from sdnn.limited_read import read_limited
from sdnn.models.library import models_folder
from sdnn.training.metrics_log import MetricsLog
from sdnn.training.run_record import MAX_RECORD_BYTES
from sdnn.validation import convert, decode_json

RECORD_NAME: Final = "run.json"
OUTCOME_NAME: Final = "outcome.json"
"""What a fine-tuning came to: figures before and after, and whether a model was written."""
LOCAL_RUNS: Final = Path("runs")
"""Folder of the runs of `sdnn train`, where it is called."""
MODELS: Final = {"reader": "model.onnx", "detector": "detector.onnx"}
"""File that a finished run has, by its net."""
SHORT: Final = 8
"""Digits shown of a checksum."""
MISSING: Final = "–"


class _Record(TypedDict, total=False):
    """Fields of `run.json` that are used, and not only shown."""

    net: str
    recipe: dict[str, Any]
    data: dict[str, Any]
    versions: dict[str, Any]
    folders: dict[str, Any]


class _Compared(TypedDict, total=False):
    """Figures of `outcome.json` before and after."""

    before: dict[str, Any]
    after: dict[str, Any]


class _Outcome(TypedDict, total=False):
    """Fields of `outcome.json` that are used."""

    held_out: _Compared
    synthetic: _Compared


@dataclass(frozen=True)
class RunRecord:
    """A training run.

    Attributes:
        folder: Its folder.
        record: Content of `run.json`.
        metrics: Records of its epochs.
        outcome: What a fine-tuning came to; empty for other runs, and before the end.
    """

    folder: Path
    record: Mapping[str, Any]
    metrics: Sequence[Mapping[str, Any]]
    outcome: Mapping[str, Any]

    @classmethod
    def of_folder(cls, folder: Path) -> "RunRecord":
        """The run in a folder.

        Raises:
            UsageError: When the folder holds no run, or a damaged record of one.
        """
        if not os.path.lexists(folder / RECORD_NAME):
            raise UsageError(f"{folder}: holds no run (no {RECORD_NAME}); list runs with: sdnn runs")
        try:
            record = _object(folder / RECORD_NAME, _Record)
            has_outcome = os.path.lexists(folder / OUTCOME_NAME)
            outcome = _object(folder / OUTCOME_NAME, _Outcome) if has_outcome else {}
            metrics = MetricsLog(folder).metrics()
        except (ModelError, ValueError) as error:
            raise UsageError(
                f"{folder}: holds a damaged record of a run ({error}); remove the folder"
            ) from None
        return cls(folder, record, metrics, outcome)

    @property
    def name(self) -> str:
        """Name of the folder."""
        return self.folder.resolve().name

    @property
    def net(self) -> str:
        """Net that it trains."""
        return str(self.record.get("net", "reader"))

    @property
    def state(self) -> str:
        """Whether it is finished, was refused, or stopped on the way; a run under way counts as the last."""
        if self.outcome:
            return "finished" if self.outcome.get("saved") else "refused"
        return "finished" if (self.folder / MODELS.get(self.net, "model.onnx")).exists() else "interrupted"

    @property
    def accuracy(self) -> float | None:
        """Accuracy on validation data or held-out strips at the end, 0 to 1."""
        after = self.outcome.get("held_out", {}).get("after", {}).get("accuracy")
        value = after if after is not None else (self.metrics[-1] if self.metrics else {}).get("accuracy")
        return float(value) if isinstance(value, int | float) else None

    @property
    def seconds(self) -> float:
        """Time of all stages so far."""
        last = {str(line.get("stage")): float(line.get("seconds", 0.0)) for line in self.metrics}
        return sum(last.values())

    @property
    def summary(self) -> str:
        """The recipe in a few words."""
        recipe = self.record.get("recipe", {})
        if self.net == "detector":
            return f"detector, {recipe.get('steps', MISSING)} steps, seed {recipe.get('seed', MISSING)}"
        stages = [
            f"{recipe[stage].get('examples', 0):,} {unit}"
            for stage, unit in (("digits", "windows"), ("strings", "strips"))
            if isinstance(recipe.get(stage), dict)
        ]
        start = (
            ["fine-tuned" if "folders" in self.record else "from another net"] if recipe.get("start") else []
        )
        return ", ".join([str(recipe.get("source", MISSING)), *stages, *start, f"seed {recipe.get('seed')}"])

    @property
    def checksum(self) -> str:
        """Checksum over the checksums of the data, short."""
        data = json.dumps(self.record.get("data", {}), sort_keys=True)
        return hashlib.sha256(data.encode()).hexdigest()[:SHORT]

    def figures(self) -> dict[str, Any]:
        """State, seconds and the figures at the end."""
        last = dict(self.metrics[-1]) if self.metrics else {}
        outcome = {name: self.outcome[name] for name in ("held_out", "synthetic") if name in self.outcome}
        return {"state": self.state, "seconds": self.seconds, "metrics": last, **outcome}

    def to_record(self) -> dict[str, Any]:
        """The run in plain JSON types."""
        return {
            "schema": 1,
            "name": self.name,
            "folder": str(self.folder),
            "net": self.net,
            "state": self.state,
            "summary": self.summary,
            "accuracy": self.accuracy,
            "seconds": self.seconds,
            **{name: self.record.get(name) for name in ("started", "command", "version", "code", "versions")},
            **{name: self.record.get(name) for name in ("hardware", "recipe", "data", "folders")},
            "metrics": dict(self.metrics[-1]) if self.metrics else {},
            "outcome": dict(self.outcome),
        }


def run_folders(places: Sequence[Path]) -> Iterator[Path]:
    """Folders of runs: the places themselves, or folders in them, in alphabetical order."""
    for place in places:
        if os.path.exists(place / RECORD_NAME):
            yield place
        elif os.path.isdir(place):
            yield from sorted(each.parent for each in place.glob(f"*/{RECORD_NAME}"))


def default_places() -> list[Path]:
    """Where runs are: `runs/` here, and those of the user's models."""
    return [LOCAL_RUNS, models_folder() / "runs"]


def find_run(name: str) -> RunRecord:
    """A run by its folder, or by its name in one of the usual places.

    Raises:
        UsageError: When there is none, or its record is damaged.
    """
    for folder in (Path(name), *(place / name for place in default_places())):
        if os.path.exists(folder / RECORD_NAME):
            return RunRecord.of_folder(folder)
    names = ", ".join(folder.name for folder in run_folders(default_places()))
    known = f"there are: {names}" if names else "there are none here"
    raise UsageError(f"{name}: no folder of a run, and no run of that name; {known}")


def differences(first: RunRecord, second: RunRecord) -> list[tuple[str, str, str]]:
    """What two runs differ in: recipe, data, folders, code, versions and hardware, by path, then figures.

    Returns:
        Name, value in the first, and value in the second; figures are listed also where they are equal.
    """
    parts = ("net", "recipe", "data", "folders", "version", "code", "versions", "hardware")
    one, other = (
        {path: value for part in parts for path, value in flat(part, run.record.get(part))}
        for run in (first, second)
    )
    paths = [path for path in {**one, **other} if one.get(path, MISSING) != other.get(path, MISSING)]
    rows = [(path, _shown(one.get(path, MISSING)), _shown(other.get(path, MISSING))) for path in paths]
    figures, others = (dict(flat("", run.figures())) for run in (first, second))
    return rows + [
        (path, _shown(figures.get(path, MISSING)), _shown(others.get(path, MISSING)))
        for path in {**figures, **others}
    ]


def _object(path: Path, kind: Any) -> dict[str, Any]:
    """The object in a file, whose known fields have the types of a `TypedDict`."""
    content = read_limited(path, MAX_RECORD_BYTES, "a record of a run", UsageError)
    try:
        value = decode_json(content, dict[str, Any])
        convert(value, kind)
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from error
    return value


def flat(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Paths and values of a nested value."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from flat(f"{path}.{name}" if path else str(name), inner)
    else:
        yield path, value


def _shown(value: Any) -> str:
    """A value on one line; checksums are cut short."""
    if isinstance(value, str) and len(value) == 64 and value.isalnum():
        return value[: 2 * SHORT] + "…"
    if isinstance(value, float):
        return f"{value:.6g}"
    return value if isinstance(value, str) and value.isprintable() else json.dumps(value)
