"""The folder of a training run: what was asked for, what happened, and where to go on from.

::

    run.json                recipe, versions, hardware, checksums of the data
    metrics.jsonl           a line for each epoch of either stage
    start.safetensors       the net that the run began from, where it did not begin with a new one
    checkpoint.safetensors  net, optimizer, stage and step, written anew after each epoch
    model.safetensors       the net, when done
    model.onnx              the sweeping net, when done: what `sdnn read --model` takes
"""

import contextlib
import hashlib
import json
import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sdnn import __version__
from sdnn.choices import Stage
from sdnn.datasets.digits import mnist_checksums
from sdnn.errors import ModelError, OutputError, UsageError
from sdnn.files import written_whole
from sdnn.machine import hardware
from sdnn.models.checkpoint import load_tensors, save_tensors
from sdnn.models.digit_net import DigitNet
from sdnn.training.recipe import Recipe

OPTIMIZER_PREFIX = "optimizer."
NET_PREFIX = "net."
DONE = "done"
"""Metadata entry of a checkpoint: stage and step."""


@dataclass(frozen=True)
class Run:
    """A run folder and the recipe in it."""

    folder: Path
    recipe: Recipe
    data: Mapping[str, str]

    @classmethod
    def begin(
        cls, folder: Path, recipe: Recipe, data: Mapping[str, str], start: bytes | None = None
    ) -> "Run":
        """Starts a run in a new folder.

        Args:
            folder: Made if it does not exist.
            recipe: What to do.
            data: Checksums of the files that the digits come from.
            start: Content of the file whose checksum the recipe names.

        Raises:
            UsageError: When the folder already holds a run.
            OutputError: When it cannot be written.
        """
        run = cls(folder, recipe, data)
        if (folder / "run.json").exists():
            raise UsageError(
                f"{folder}: holds a run already; go on with --resume {folder}, or give another --run"
            )
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(f"{folder}: exists and is not an empty folder; give another --run")
        record = {
            "version": __version__,
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": shlex.join(["sdnn", *sys.argv[1:]]),
            "recipe": asdict(recipe),
            "versions": _versions("torch", "torchvision", "numpy", "opencv-python-headless", "onnx"),
            "hardware": hardware(),
            "code": code_checksum(),
            "data": dict(data),
        }
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{folder}: cannot be made ({error.strerror}); choose another --run") from error
        if start is not None:
            with written_whole(run.start) as temporary:
                temporary.write_bytes(start)
        with written_whole(folder / "run.json") as temporary:
            temporary.write_text(json.dumps(record, indent=2) + "\n")
        return run

    @classmethod
    def resume(cls, folder: Path) -> "Run":
        """The run that a folder holds.

        Raises:
            UsageError: When the folder holds no run, or one that other code began.
        """
        run, code = cls._recorded(folder)
        if code != code_checksum():
            raise UsageError(
                f"{folder}: begun with other code; the result would be neither's, so start another run"
            )
        return run

    @classmethod
    def finished(cls, folder: Path) -> "Run":
        """The run that a folder holds, by whatever code, once it is done.

        Raises:
            UsageError: When the folder holds no run, or one that is not done.
        """
        run, _ = cls._recorded(folder)
        if not run.model.exists():
            raise UsageError(f"{folder}: is not done; go on with: sdnn train --resume {folder}")
        return run

    @classmethod
    def _recorded(cls, folder: Path) -> "tuple[Run, str]":
        """A run as its record says, and the checksum of the code that began it."""
        try:
            record = json.loads((folder / "run.json").read_text())
            run = cls(folder, Recipe.from_record(record["recipe"]), record["data"])
            return run, record["code"]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UsageError(
                f"{folder}: holds no run of this version ({error}); start another with: sdnn train --run DIR"
            ) from error

    def check_data(self, data: Path | None) -> None:
        """Makes sure that the digits are those that the run began with.

        Raises:
            UsageError: When they are others.
        """
        if self.data and mnist_checksums(data) != self.data:
            raise UsageError(f"{self.folder}: begun with another MNIST; give the --data it was begun with")

    @property
    def model(self) -> Path:
        """The exported model, once the run is done."""
        return self.folder / "model.onnx"

    @property
    def start(self) -> Path:
        """The net that the run began from."""
        return self.folder / "start.safetensors"

    @property
    def checkpoint(self) -> Path:
        """Where to go on from."""
        return self.folder / "checkpoint.safetensors"

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

    def last_metrics(self, stage: Stage) -> dict[str, Any]:
        """The latest record of a stage; empty where there is none."""
        return next((line for line in reversed(self.metrics()) if line["stage"] == stage), {})

    def save_checkpoint(
        self, stage: Stage, net: DigitNet, optimizer: torch.optim.Optimizer, step: int
    ) -> None:
        """Writes what going on needs; the data and the learning rate follow from the step."""
        tensors: dict[str, Tensor] = {NET_PREFIX + name: value for name, value in net.state_dict().items()}
        for index, state in optimizer.state_dict()["state"].items():
            tensors |= {f"{OPTIMIZER_PREFIX}{index}.{name}": value for name, value in state.items()}
        # One entry: safetensors writes several in no particular order.
        save_tensors(self.checkpoint, tensors, {DONE: json.dumps({"stage": stage.value, "step": step})})

    def load_checkpoint(self, stage: Stage, net: DigitNet, optimizer: torch.optim.Optimizer) -> int:
        """Puts net and optimizer where the stage's checkpoint left them, and drops metrics recorded after it.

        A checkpoint of the stage before leaves everything as it is: its net has just been trained or loaded.

        Returns:
            Steps of the stage done; 0 where it has no checkpoint yet.

        Raises:
            ModelError: When the checkpoint is damaged, or another net's.
        """
        if not self.checkpoint.exists():
            self._keep_metrics(lambda line: False)
            return 0
        tensors, reached, step = self._load()
        if reached is not stage:
            self._keep_metrics(lambda line: line["stage"] != stage)
            return 0
        self._restore(tensors, net, optimizer)
        self._keep_metrics(lambda line: line["stage"] != stage or line["step"] <= step)
        return step

    def reached(self) -> Stage | None:
        """The stage that the checkpoint is of; None where there is none.

        Raises:
            ModelError: When the checkpoint is damaged.
        """
        return self._load()[1] if self.checkpoint.exists() else None

    def _load(self) -> tuple[dict[str, Tensor], Stage, int]:
        """Tensors of the checkpoint, and the stage and step that it is of."""
        tensors, entries = load_tensors(self.checkpoint)
        try:
            done = json.loads(entries[DONE])
            return tensors, Stage(done["stage"]), int(done["step"])
        except (ValueError, KeyError, TypeError) as error:
            raise ModelError(
                f"{self.checkpoint}: not a checkpoint of a training; start again with: sdnn train"
            ) from error

    def _keep_metrics(self, wanted: Callable[[dict[str, Any]], bool]) -> None:
        kept = [json.dumps(line) + "\n" for line in self.metrics() if wanted(line)]
        with written_whole(self.folder / "metrics.jsonl") as temporary:
            temporary.write_text("".join(kept), encoding="utf-8")

    def _restore(
        self, tensors: Mapping[str, Tensor], net: DigitNet, optimizer: torch.optim.Optimizer
    ) -> None:
        states: dict[int, dict[str, Tensor]] = {}
        for name, value in _with_prefix(tensors, OPTIMIZER_PREFIX).items():
            index, entry = name.split(".", 1)
            states.setdefault(int(index), {})[entry] = value
        try:
            net.load_state_dict(_with_prefix(tensors, NET_PREFIX))
            optimizer.load_state_dict({**optimizer.state_dict(), "state": states})
        except (RuntimeError, KeyError, ValueError) as error:
            raise ModelError(
                f"{self.checkpoint}: holds another net or optimizer; start again with: sdnn train"
            ) from error
        for parameter, state in optimizer.state.items():
            for name, value in state.items():
                if value.shape == parameter.shape:
                    # The file knows no memory format; the fused optimizer takes moment and parameter in the
                    # order of memory, which has to be the same.
                    state[name] = torch.empty_like(parameter, requires_grad=False).copy_(value)


def code_checksum() -> str:
    """SHA-256 over all modules of the package: what a run depends on beside its recipe and data."""
    digest = hashlib.sha256()
    package = Path(__file__).parents[1]
    for module in sorted(package.rglob("*.py")):
        digest.update(module.relative_to(package).as_posix().encode() + b"\0" + module.read_bytes())
    return digest.hexdigest()


def _versions(*packages: str) -> dict[str, str]:
    """Of the packages that are installed."""
    versions = {}
    for package in packages:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[package] = metadata.version(package)
    return versions


def _with_prefix(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
