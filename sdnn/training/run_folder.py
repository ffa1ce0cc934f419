"""The folder of a training run: recipe, metrics and checkpoint.

::

    run.json                recipe, versions, hardware, checksums of the data
    metrics.jsonl           a line for each epoch of each stage
    start.safetensors       the net that the run began from, where it did not begin with a new one
    checkpoint.safetensors  net, optimizer, stage and step, written anew after each epoch
    model.safetensors       the net, when done
    model.onnx              the sweeping net, when done: what `sdnn read --model` takes

The last two are called `detector` where that was trained.
"""

import contextlib
import hashlib
import json
import shlex
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, ClassVar, Final, Generic, Self, TypeVar

import torch
from torch import Tensor, nn

from sdnn import __version__
from sdnn.datasets.digit_sources import source_checksums
from sdnn.errors import ModelError, OutputError, UsageError
from sdnn.files import atomic_write
from sdnn.hardware import hardware
from sdnn.models.checkpoint import load_tensors, save_tensors
from sdnn.models.metadata import READER
from sdnn.training.detector_recipe import DetectorRecipe
from sdnn.training.metrics_log import MetricsLog
from sdnn.training.reader_recipe import Recipe
from sdnn.training.state import restore, state_tensors

DONE: Final = "done"
"""Metadata entry of a checkpoint: stage and step."""

AnyRecipe = TypeVar("AnyRecipe", bound=Recipe | DetectorRecipe)


@dataclass(frozen=True)
class RunFolder(MetricsLog, Generic[AnyRecipe]):
    """A run folder and the recipe in it.

    Attributes:
        folder: Where all of it lies.
        recipe: What to do.
        data: Checksums of the files that the digits come from.
    """

    recipe: AnyRecipe
    data: Mapping[str, str]

    NET: ClassVar[str]
    """Name of the net in the record."""
    TRAIN: ClassVar[str]
    """The command that begins such a run."""
    MODEL: ClassVar[str]
    """Name of the exported model; that of the net beside it ends in .safetensors."""
    RECIPE: ClassVar[type[Any]]
    """The recipe of such a run."""

    @classmethod
    def begin(
        cls, folder: Path, recipe: AnyRecipe, data: Mapping[str, str], start: bytes | None = None
    ) -> Self:
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
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{folder}: cannot be made ({error.strerror}); choose another --run") from error
        if start is not None:
            with atomic_write(run.start) as temporary:
                temporary.write_bytes(start)
        with atomic_write(folder / "run.json") as temporary:
            temporary.write_text(json.dumps(run.to_record(), indent=2) + "\n")
        return run

    def to_record(self) -> dict[str, Any]:
        """What a run that begins now is: what was asked for, with what, on what."""
        return {
            "version": __version__,
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": shlex.join(["sdnn", *sys.argv[1:]]),
            "net": self.NET,
            "recipe": asdict(self.recipe),
            "versions": _versions("torch", "torchvision", "numpy", "opencv-python-headless", "onnx"),
            "hardware": hardware(),
            "code": code_checksum(),
            "data": dict(self.data),
        }

    @classmethod
    def resume(cls, folder: Path) -> Self:
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
    def finished(cls, folder: Path) -> Self:
        """The run that a folder holds, by whatever code, once it is done.

        Raises:
            UsageError: When the folder holds no run, or one that is not done.
        """
        run, _ = cls._recorded(folder)
        if not run.model.exists():
            raise UsageError(f"{folder}: is not done; go on with: sdnn train --resume {folder}")
        return run

    @classmethod
    def _recorded(cls, folder: Path) -> tuple[Self, str]:
        """A run as its record says, and the checksum of the code that began it."""
        try:
            record = json.loads((folder / "run.json").read_text())
            if (net := record.get("net", READER)) != cls.NET:
                raise ValueError(f"it trains a {net}, not a {cls.NET}")
            run = cls(folder, cls.RECIPE.from_record(record["recipe"]), record["data"])
            return run, record["code"]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UsageError(
                f"{folder}: holds no run of this version ({error}); start another with: {cls.TRAIN} --run DIR"
            ) from error

    def check_data(self, data: Path | None) -> None:
        """Makes sure that the digits are those that the run began with.

        Raises:
            UnreadableInput: When they are not there.
            UsageError: When they are others.
        """
        if self.data and source_checksums(self.recipe.source, data) != self.data:
            raise UsageError(f"{self.folder}: begun with other digits; give the --data it was begun with")

    @property
    def model(self) -> Path:
        """The exported model, once the run is done."""
        return self.folder / self.MODEL

    @property
    def start(self) -> Path:
        """The net that the run began from."""
        return self.folder / "start.safetensors"

    @property
    def checkpoint(self) -> Path:
        """Where to go on from."""
        return self.folder / "checkpoint.safetensors"

    def save_checkpoint(
        self,
        stage: str,
        net: nn.Module,
        optimizer: torch.optim.Optimizer,
        step: int,
        mean: nn.Module | None = None,
    ) -> None:
        """Writes what going on needs; the data and the learning rate follow from the step."""
        # One entry: safetensors writes several in no particular order.
        done = {DONE: json.dumps({"stage": stage, "step": step})}
        save_tensors(self.checkpoint, state_tensors(net, optimizer, mean), done)

    def load_checkpoint(
        self,
        stage: str,
        net: nn.Module,
        optimizer: torch.optim.Optimizer,
        mean: nn.Module | None = None,
    ) -> int:
        """Puts net, optimizer and mean where the stage's checkpoint left them, and drops later metrics.

        A checkpoint of the stage before leaves everything as it is: its net has just been trained or loaded.

        Returns:
            Steps of the stage done; 0 where it has no checkpoint yet.

        Raises:
            ModelError: When the checkpoint is damaged, or another net's.
        """
        if not self.checkpoint.exists():
            self.keep_metrics(lambda line: False)
            return 0
        tensors, reached, step = self._load()
        if reached != stage:
            self.keep_metrics(lambda line: line["stage"] != stage)
            return 0
        restore(tensors, net, optimizer, mean, self.checkpoint)
        self.keep_metrics(lambda line: line["stage"] != stage or line["step"] <= step)
        return step

    def reached(self) -> str | None:
        """The stage that the checkpoint is of; None where there is none.

        Raises:
            ModelError: When the checkpoint is damaged.
        """
        return self._load()[1] if self.checkpoint.exists() else None

    def _load(self) -> tuple[dict[str, Tensor], str, int]:
        """Tensors of the checkpoint, and the stage and step that it is of."""
        tensors, entries = load_tensors(self.checkpoint)
        try:
            done = json.loads(entries[DONE])
            return tensors, str(done["stage"]), int(done["step"])
        except (ValueError, KeyError, TypeError) as error:
            raise ModelError(
                f"{self.checkpoint}: not a checkpoint of a training; start again with: {self.TRAIN}"
            ) from error


def net_of(folder: Path) -> str:
    """Which net the run in a folder trains; the reader's where that is not to be found out."""
    try:
        return str(json.loads((folder / "run.json").read_text())["net"])
    except (OSError, ValueError, KeyError, TypeError):
        return READER


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
