"""Interface of a stage of training."""

from collections.abc import Mapping
from typing import Protocol, TypeVar

from torch import Tensor, nn

from sdnn.training.detector_recipe import DetectorRecipe
from sdnn.training.reader_recipe import DigitRecipe, StringRecipe

Net_contra = TypeVar("Net_contra", bound=nn.Module, contravariant=True)
Batch = TypeVar("Batch")
StageSettings = DigitRecipe | StringRecipe | DetectorRecipe


class BatchMaker(Protocol[Batch]):
    """Maker of batches; picklable."""

    @property
    def recipe(self) -> StageSettings:
        """Settings of the stage."""

    @property
    def batches_per_call(self) -> int:
        """Number of batches of a call."""

    def __call__(self, number: int) -> list[Batch]:
        """Batches of call `number`, which depend on that and the seed alone."""

    def part(self, number: int, count: int) -> "BatchMaker[Batch]":
        """Maker of part `number`, from 0, of each batch divided into `count`; see `distributed`."""


class Task(Protocol[Net_contra, Batch]):
    """A stage: its batches, loss and evaluation."""

    @property
    def name(self) -> str:
        """Name of the stage in records and checkpoints."""

    @property
    def make_batches(self) -> BatchMaker[Batch]:
        """Maker of the training batches."""

    def loss(self, net: Net_contra, batch: Batch) -> Tensor:
        """Loss of a batch, under autocast."""

    def evaluate(self, net: Net_contra) -> Mapping[str, float]:
        """Metrics of a net in evaluation mode on validation data; "accuracy" is the one shown."""
