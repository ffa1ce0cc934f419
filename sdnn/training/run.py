"""Training run of either net: start, stages, export."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

import cv2
import torch
from torch import nn

from sdnn.datasets.digit_sources import digit_source, source_checksums
from sdnn.enums import Split
from sdnn.errors import ModelError
from sdnn.limited_read import read_limited
from sdnn.models.checkpoint import MAX_TENSOR_BYTES
from sdnn.models.metadata import ModelMetadata
from sdnn.training.loop import Report, fit
from sdnn.training.precision import MEMORY_FORMAT, ONE_CPU, Resources
from sdnn.training.run_folder import AnyRecipe, RunFolder
from sdnn.training.task import Task

Net = TypeVar("Net", bound=nn.Module)
AnyMetadata = TypeVar("AnyMetadata", bound=ModelMetadata)


class Run(RunFolder[AnyRecipe], ABC, Generic[AnyRecipe, Net, AnyMetadata]):
    """A training run of one net."""

    @classmethod
    def new(cls, folder: Path, recipe: AnyRecipe, data: Path | None, init_from: Path | None = None) -> Self:
        """Starts a run, after a check that its data exist.

        Args:
            folder: New folder for the run.
            recipe: Settings of the training.
            data: Folder with MNIST and UNIPEN; see `find_mnist` and `find_unipen`.
            init_from: Trained net (.safetensors) to fine-tune; it overrides the recipe's architecture.

        Raises:
            ModelError: When there is no such net.
            UnreadableInput: When data that the recipe needs are missing.
            UsageError: When the folder already holds a run.
        """
        content = None
        if init_from:
            net = cls.load(init_from)
            content = read_limited(init_from, MAX_TENSOR_BYTES, "a trained net", ModelError)
            recipe = cls.initialized(recipe, net, hashlib.sha256(content).hexdigest())
        digit_source(recipe.source, Split.TRAIN, data=data)
        return cls.begin(folder, recipe, source_checksums(recipe.source, data), content)

    def train(self, data: Path | None, report: Report, resources: Resources = ONE_CPU) -> AnyMetadata:
        """Trains the net, from the checkpoint if there is one, and exports it.

        Two runs of one recipe give the same net on the same machine; so does one that was interrupted and
        resumed. With several processes, the first one's folder is the run's.

        Args:
            data: Folder with MNIST and UNIPEN.
            report: Called after every step.
            resources: Device and processes.

        Returns:
            Metadata of the model files, with metrics on validation data.

        Raises:
            UnreadableInput: When the data cannot be read.
            ModelError: When a file of the run is damaged, or the training diverges.
            OutputError: When the folder cannot be written.
        """
        cv2.setNumThreads(1)  # windows, strips and documents are too small to divide
        self.check_data(data)
        torch.manual_seed(self.recipe.seed)
        if self.recipe.start:
            self.check_start()
        net = self.load(self.start) if self.recipe.start else self.new_net()
        net = net.to(resources.torch_device()).to(memory_format=MEMORY_FORMAT)
        for task in self.tasks(data):
            net = fit(net, task, self, report, resources.makers, resources.team)

        def exported() -> AnyMetadata:
            stages = dict.fromkeys(line["stage"] for line in self.metrics())
            card = {f"validation {stage}": self.last_figures(stage) for stage in stages}
            return self.export(net, self.folder, card, data)

        return resources.team.from_first(exported)

    @staticmethod
    @abstractmethod
    def load(path: Path) -> Net:
        """A trained net; raises ModelError when the file is missing, damaged, or holds another net."""

    @staticmethod
    @abstractmethod
    def initialized(recipe: AnyRecipe, net: Net, sha256: str) -> AnyRecipe:
        """The recipe of a run that begins from a net, with the checksum of the net's file."""

    @abstractmethod
    def new_net(self) -> Net:
        """A net with random weights."""

    @abstractmethod
    def tasks(self, data: Path | None) -> Iterator[Task[Net, Any]]:
        """Stages that are not finished."""

    @abstractmethod
    def export(self, net: Net, folder: Path, card: Mapping[str, Any], data: Path | None) -> AnyMetadata:
        """Writes the net, with its card, into a folder: .safetensors for training, then .onnx for reading.

        The second is there only once it is whole: the run is finished then.

        Raises:
            UnreadableInput: When the data cannot be read.
            OutputError: When the folder cannot be written.
        """
