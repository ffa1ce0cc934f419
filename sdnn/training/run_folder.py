"""Folder of a training run: recipe, metrics and checkpoint.

::

    run.json                recipe, versions, hardware, checksums of the data
    metrics.jsonl           a line for each epoch of each stage
    start.safetensors       the net that the run began from, unless that was a new one
    checkpoint.safetensors  net, optimizer, stage and step, rewritten after each epoch
    model.safetensors       the trained net
    model.onnx              the trained net, swept, for `sdnn read --model`

Of the detector, the last two are called `detector`.
"""

import contextlib
import hashlib
import json
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, ClassVar, Final, Generic, Self, TypeVar

from torch import Tensor

from sdnn import __version__
from sdnn.datasets.digit_sources import source_checksums
from sdnn.errors import ModelError, OutputError, UsageError
from sdnn.escaping import as_text
from sdnn.files import TEMPORARIES, atomic_write, output_errors
from sdnn.hardware import hardware
from sdnn.limited_read import read_limited
from sdnn.models.checkpoint import MAX_TENSOR_BYTES, load_tensors, save_tensors
from sdnn.models.metadata import READER
from sdnn.training.detector_recipe import DetectorRecipe
from sdnn.training.metrics_log import MetricsLog
from sdnn.training.reader_recipe import Recipe
from sdnn.training.run_record import RunRecord, read_record
from sdnn.training.state import TrainingState
from sdnn.validation import Count, Name, decode_json

DONE: Final = "done"
"""Metadata entry of a checkpoint: stage and step."""

AnyRecipe = TypeVar("AnyRecipe", bound=Recipe | DetectorRecipe)


@dataclass(frozen=True)
class RunFolder(MetricsLog, Generic[AnyRecipe]):
    """A run folder and the recipe in it.

    Attributes:
        folder: Path of the folder.
        recipe: Recipe of the training.
        data: Checksums of the files with the digits.
    """

    recipe: AnyRecipe
    data: Mapping[str, str]

    NET: ClassVar[str]
    """Name of the net in the record."""
    TRAIN: ClassVar[str]
    """Command that starts such a run."""
    MODEL: ClassVar[str]
    """File name of the exported model; the net beside it has the suffix .safetensors."""
    STAGES: ClassVar[Sequence[str]]
    """Names of the stages."""
    RECIPE: ClassVar[type[Any]]
    """Type of the recipe."""

    @classmethod
    def begin(
        cls, folder: Path, recipe: AnyRecipe, data: Mapping[str, str], start: bytes | None = None
    ) -> Self:
        """Starts a run in a new folder.

        Args:
            folder: Folder, made if it does not exist.
            recipe: Recipe of the training.
            data: Checksums of the files with the digits.
            start: Content of the file whose checksum is in the recipe.

        Raises:
            UsageError: When the folder already holds a run.
            OutputError: When it cannot be written.
        """
        run = cls(folder, recipe, data)
        run.create(start)
        return run

    def create(self, start: bytes | None = None) -> None:
        """Makes the folder, with the record; arguments and errors as for `begin`."""
        folder = self.folder
        if os.path.exists(folder / "run.json"):
            raise UsageError(f"{folder}: holds a run; go on with --resume {folder}, or give another --run")
        if os.path.exists(folder) and (not os.path.isdir(folder) or any(folder.iterdir())):
            raise UsageError(f"{folder}: exists and is not an empty folder; give another --run")
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{folder}: cannot be made ({error.strerror}); choose another place") from error
        if start is not None:
            with atomic_write(self.start) as temporary:
                temporary.write_bytes(start)
        with atomic_write(folder / "run.json") as temporary:
            temporary.write_text(json.dumps(self.to_record(), indent=2) + "\n")

    def to_record(self) -> dict[str, Any]:
        """Record of a run that starts now: command, recipe, software, hardware and data."""
        return {
            "version": __version__,
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": as_text(shlex.join(["sdnn", *sys.argv[1:]])),
            "net": self.NET,
            "recipe": asdict(self.recipe),
            "versions": _versions("torch", "torchvision", "numpy", "opencv-python-headless", "onnx"),
            "hardware": hardware(),
            "code": code_checksum(),
            "data": dict(self.data),
        }

    @classmethod
    def resume(cls, folder: Path) -> Self:
        """The run in a folder, without the halves of files that a killed process left.

        Raises:
            UsageError: When the folder holds no run, or one that other code began.
            OutputError: When such a file cannot be removed.
        """
        run, code = cls._recorded(folder)
        if code != code_checksum():
            raise UsageError(f"{folder}: begun with other code, whose result would differ; start another run")
        with output_errors(folder):
            for half in folder.glob(TEMPORARIES):  # by a process that was killed
                half.unlink()
        return run

    @classmethod
    def finished(cls, folder: Path) -> Self:
        """The finished run in a folder, of any version of the code.

        Raises:
            UsageError: When the folder holds no run, or an unfinished one.
        """
        run, _ = cls._recorded(folder)
        if not run.model.exists():
            raise UsageError(f"{folder}: is not done; go on with: sdnn train --resume {folder}")
        return run

    @classmethod
    def _recorded(cls, folder: Path) -> tuple[Self, str]:
        """The run of the record in a folder, and the checksum of the code that began it."""
        if not os.path.isdir(folder):
            raise UsageError(f"{folder}: there is no such folder; give that of a run, such as runs/TIME")
        remedy = f"start another with: {cls.TRAIN} --run DIR"
        try:
            record = read_record(folder)
            if record.net != cls.NET:
                raise ValueError(f"run.json: net: it trains a {record.net}, not a {cls.NET}")
            return cls(folder, cls._recipe(record), record.data), record.code
        except ValueError as error:
            raise UsageError(f"{folder}: holds no run of this version ({error}); {remedy}") from error

    @classmethod
    def _recipe(cls, record: RunRecord) -> AnyRecipe:
        """The recipe of a record; ValueError when this version cannot train it."""
        try:
            recipe: AnyRecipe = cls.RECIPE.from_record(record.recipe)
            recipe.check()
        except ValueError as error:
            raise ValueError(f"run.json: recipe.{error}") from error
        return recipe

    def check_data(self, data: Path | None) -> None:
        """Checks that the digits are those that the run began with.

        Raises:
            UnreadableInput: When they are missing.
            UsageError: When they are others.
        """
        if self.data and source_checksums(self.recipe.source, data) != self.data:
            raise UsageError(f"{self.folder}: begun with other digits; give the --data it was begun with")

    @property
    def model(self) -> Path:
        """Path of the exported model."""
        return self.folder / self.MODEL

    @property
    def start(self) -> Path:
        """Path of the net that the run began from."""
        return self.folder / "start.safetensors"

    def check_start(self) -> None:
        """Checks that the net that the run began from is still that of the recipe.

        Raises:
            ModelError: When it is missing, or another.
        """
        content = read_limited(self.start, MAX_TENSOR_BYTES, "the net that the run began from", ModelError)
        if hashlib.sha256(content).hexdigest() != self.recipe.start:
            raise ModelError(
                f"{self.start}: not the net that the run began from; start again with: {self.TRAIN}"
            )

    @property
    def checkpoint(self) -> Path:
        """Path of the checkpoint."""
        return self.folder / "checkpoint.safetensors"

    def save_checkpoint(self, stage: str, state: TrainingState, step: int) -> None:
        """Writes a checkpoint; data and learning rate follow from the step."""
        # One entry: safetensors writes several in no particular order.
        done = {DONE: json.dumps({"stage": stage, "step": step})}
        save_tensors(self.checkpoint, state.tensors(), done)

    def load_checkpoint(self, stage: str, state: TrainingState) -> int:
        """Restores the state from the stage's checkpoint, and removes later metrics.

        A checkpoint of the stage before changes nothing: its net has just been trained or loaded.

        Returns:
            Steps of the stage done; 0 without a checkpoint of it.

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
        state.restore(tensors, self.checkpoint)
        self.keep_metrics(lambda line: line["stage"] != stage or line["step"] <= step)
        return step

    def reached(self) -> str | None:
        """Stage of the checkpoint, or None; raises ModelError when it is damaged."""
        return self._load()[1] if self.checkpoint.exists() else None

    def _load(self) -> tuple[dict[str, Tensor], str, int]:
        """Tensors, stage and step of the checkpoint."""
        tensors, entries = load_tensors(self.checkpoint)
        try:
            done = decode_json(entries.get(DONE, ""), _Done)
            if done.stage not in self.STAGES:
                raise ValueError(f"stage: expected one of {', '.join(self.STAGES)}")
        except ValueError as error:
            raise ModelError(
                f"{self.checkpoint}: not a checkpoint of a training ({error}); start again with: {self.TRAIN}"
            ) from error
        return tensors, done.stage, done.step


@dataclass(frozen=True)
class _Done:
    """Progress of a run, in the metadata of its checkpoint."""

    stage: Name
    step: Count


def net_of(folder: Path) -> str:
    """Name of the net that the run in a folder trains; the reader's if there is no record that says so."""
    try:
        return read_record(folder).net
    except (ValueError, UsageError):
        return READER


def code_checksum() -> str:
    """SHA-256 over all modules of the package, on which a run depends beside its recipe and data."""
    digest = hashlib.sha256()
    package = Path(__file__).parents[1]
    for module in sorted(package.rglob("*.py")):
        digest.update(module.relative_to(package).as_posix().encode() + b"\0" + module.read_bytes())
    return digest.hexdigest()


def _versions(*packages: str) -> dict[str, str]:
    """Versions of the installed ones among the packages."""
    versions = {}
    for package in packages:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[package] = metadata.version(package)
    return versions
