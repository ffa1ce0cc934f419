import json
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from helpers.cli_runner import SAMPLES, assert_one_line, sdnn
from helpers.run_folders import run_folder

from sdnn.enums import Tracker
from sdnn.errors import ExitCode
from sdnn.tracking import trackers


class Sink:
    """Keeps what a tracker would write."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.values: dict[str, str] = {}
        self.steps: list[tuple[int, dict[str, float]]] = []
        self.succeeded: bool | None = None
        made.append(self)

    def parameters(self, values: Mapping[str, str]) -> None:
        self.values.update(values)

    def metrics(self, values: Mapping[str, float], step: int) -> None:
        self.steps.append((step, dict(values)))

    def close(self, succeeded: bool) -> None:
        self.succeeded = succeeded


made: list[Sink] = []


@pytest.fixture(autouse=True)
def sink(monkeypatch: pytest.MonkeyPatch) -> None:
    made.clear()
    monkeypatch.setattr(trackers, "_TensorBoard", Sink)
    monkeypatch.setattr(trackers, "find_spec", lambda name: name)  # whether it is installed or not


def test_each_epoch_is_passed_on_once(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "run", (0.5,))
    with trackers.followed(folder, Tracker.TENSORBOARD) as follow:
        follow()
        with open(folder / "metrics.jsonl", "a") as file:
            file.write(json.dumps({"stage": "strings", "step": 9, "accuracy": 0.75}) + "\n")
        follow()
        follow()
    (found,) = made
    assert [step for step, _ in found.steps] == [2, 9]
    assert found.steps[1] == (9, {"strings/accuracy": 0.75})
    assert found.values["recipe.strings.examples"] == "16"
    assert found.values["data.train-images-idx3-ubyte"] == "ba89" * 16
    assert found.succeeded


def test_final_figures_are_passed_on_flat(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "run", ())
    with trackers.followed(folder, Tracker.TENSORBOARD) as follow:
        follow({"held_out": {"after": {"accuracy": 0.9}}, "saved": True, "min_confidence": None})
    assert made[0].steps == [(0, {"held_out/after/accuracy": 0.9})]


def test_a_run_that_fails_is_closed_as_failed(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "run")
    with pytest.raises(KeyboardInterrupt), trackers.followed(folder, Tracker.TENSORBOARD):
        raise KeyboardInterrupt
    assert made[0].succeeded is False


def test_without_a_tracker_nothing_is_read(tmp_path: Path) -> None:
    with trackers.followed(tmp_path, None) as follow:
        follow()
    assert made == []


@pytest.mark.parametrize("command", [("train", "--source", "pen"), ("finetune", SAMPLES)])
def test_a_tracker_that_is_not_installed_is_named_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[Any, ...]
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "user"))
    monkeypatch.setattr(trackers, "find_spec", lambda name: None)
    result = sdnn(*command, "--track", "mlflow", cwd=tmp_path)
    assert result.returncode == ExitCode.USAGE
    assert_one_line(result.stderr, "package mlflow", "[track]")
    assert [*tmp_path.iterdir()] == []


def test_mlflow_writes_a_file_beside_the_runs_unless_it_is_told_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[Any, ...]] = []

    def recorder(name: str) -> Any:
        return lambda *args, **named: calls.append((name, *args, named))

    names = ("set_tracking_uri", "set_experiment", "start_run", "log_params", "log_metrics", "end_run")
    monkeypatch.setitem(sys.modules, "mlflow", SimpleNamespace(**{name: recorder(name) for name in names}))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with trackers.followed(run_folder(tmp_path / "runs" / "one", (0.5,)), Tracker.MLFLOW):
        pass
    assert calls[0] == ("set_tracking_uri", f"sqlite:///{tmp_path / 'runs' / 'mlflow.db'}", {})
    assert (
        "log_metrics",
        {"strings/loss": 1.0, "strings/accuracy": 0.5, "strings/seconds": 30.0},
        {"step": 2},
    ) in calls
    assert calls[-1] == ("end_run", "FINISHED", {})
    calls.clear()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")
    with trackers.followed(run_folder(tmp_path / "runs" / "two"), Tracker.MLFLOW):
        pass
    assert not any(call[0] == "set_tracking_uri" for call in calls)
