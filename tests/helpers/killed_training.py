"""Trains a small reader, killed by SIGKILL at each of its writes in turn, and resumes it each time.

Run as a program, with a folder and a model to export: torch is loaded once, and each training is a fork.
Prints a line of JSON: what differed from the training that was not killed, by the number of the kill.
"""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnxruntime  # noqa: F401  # loaded once, before the forks
import torch
import torch._dynamo  # likewise

from sdnn import files
from sdnn.enums import Source
from sdnn.errors import UsageError
from sdnn.models.checkpoint import write_onnx_metadata
from sdnn.models.engine import Engine
from sdnn.models.metadata import ReaderMetadata
from sdnn.training import digit_task, loop, reader_run
from sdnn.training.metrics_log import MetricsLog
from sdnn.training.reader_recipe import DigitRecipe, Recipe
from sdnn.training.reader_run import ReaderRun

from .inline_prefetcher import OnTheSpot

CHANNELS = (2, 2, 2, 2, 3, 4)
RECIPE = Recipe(
    Source.PEN,
    seed=3,
    channels=CHANNELS,
    digits=DigitRecipe(examples=16, examples_per_epoch=8, batch=8),
    strings=None,
)
UNTIMED = ("stage", "step", "loss", "accuracy")


class Kills:
    """Kills the process at one of its writes: before or behind a rename, or behind a line of metrics."""

    def __init__(self, at: int) -> None:
        self.at, self.count = at, 0

    def here(self) -> None:
        self.count += 1
        if self.count == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, write: Callable[..., Any], before: bool) -> Callable[..., Any]:
        def killed(*arguments: Any) -> None:
            if before:
                self.here()
            write(*arguments)
            self.here()

        return killed


def in_child(work: Callable[[], object]) -> int:
    """Exit status of a process that does some work."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitpid(child, 0)[1]


def train(folder: Path, exported: Path, kill_at: int = 0) -> None:
    """Begins a training, or resumes it."""

    def copied(path: Path, _net: Any, metadata: ReaderMetadata) -> None:
        shutil.copy(exported, path)  # exporting takes seconds
        write_onnx_metadata(path, metadata)

    torch.set_num_threads(1)
    kills = Kills(kill_at)
    files.rename = kills.around(files.rename, before=True)
    setattr(MetricsLog, "record", kills.around(MetricsLog.record, before=False))  # noqa: B010
    setattr(reader_run, "export_onnx", copied)  # noqa: B010
    setattr(loop, "Prefetcher", OnTheSpot)  # noqa: B010
    digit_task.VALIDATION_WINDOWS, reader_run.TEMPERATURE_STRIPS = 8, 2
    is_begun = (folder / "run.json").exists()
    run = ReaderRun.resume(folder) if is_begun else ReaderRun.new(folder, RECIPE, None)
    run.train(None, lambda progress: None)


def state(folder: Path) -> dict[str, Any]:
    """All that is left of a training, without times."""
    names = sorted(path.name for path in folder.iterdir())
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return {
        "names": names,
        "metrics": [{name: line[name] for name in UNTIMED} for line in lines],
        "checkpoint": (folder / "checkpoint.safetensors").read_bytes(),
        "temperature": Engine(folder / "model.onnx", threads=1).metadata.temperature,
        "net": (folder / "model.safetensors").read_bytes().split(b"}", 1)[1][-400:],
    }


def main(folder: Path, exported: Path) -> None:
    """Kills at the first write, at the second, and so on, until none is left."""
    whole = folder / "whole"
    assert in_child(lambda: train(whole, exported)) == 0
    expected = state(whole)
    differences: dict[int, list[str]] = {}
    for kill in range(1, 100):
        run = folder / str(kill)
        status = in_child(lambda run=run, kill=kill: train(run, exported, kill))  # type: ignore[misc]
        if status == 0:
            break
        assert status == signal.SIGKILL
        differences[kill] = []
        if (run / "model.onnx").exists():
            if Engine(run / "model.onnx", threads=1).metadata.temperature != expected["temperature"]:
                differences[kill].append("a model without its temperature")
        else:
            try:
                ReaderRun.finished(run)
                differences[kill].append("finished without a model")
            except UsageError:
                pass
        if not (run / "run.json").exists():
            for half in run.iterdir():
                half.unlink()
        if in_child(lambda run=run: train(run, exported)):  # type: ignore[misc]
            differences[kill].append("cannot be resumed")
            continue
        found = state(run)
        differences[kill] += [name for name, value in expected.items() if found[name] != value]
    print(json.dumps(differences))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
