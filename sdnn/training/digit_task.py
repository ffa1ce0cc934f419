"""Stage 1 of the reader: single digits, on windows as the sweep will show them."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from sdnn.datasets.digits import DigitSource
from sdnn.datasets.rng import RngPurpose, make_rng
from sdnn.datasets.windows import make_windows
from sdnn.enums import Stage
from sdnn.models.digit_net import DigitNet
from sdnn.results import FloatArray, Geometry
from sdnn.training import precision
from sdnn.training.distributed import part_seed, part_size
from sdnn.training.reader_recipe import DigitRecipe

Windows = tuple[FloatArray, npt.NDArray[np.bool_]]
"""(B, H, W) windows, 0 paper to 1 ink, and (B, 11) true for each right class."""

VALIDATION_WINDOWS = 4096


@dataclass(frozen=True)
class WindowMaker:
    """Maker of windows.

    Attributes:
        source: Digits on the windows.
        recipe: Recipe of windows and batches.
        geometry: Size of the windows.
        seed: Random seed.
    """

    source: DigitSource
    recipe: DigitRecipe
    geometry: Geometry
    seed: int

    batches_per_call: ClassVar = 1

    def __call__(self, number: int) -> list[Windows]:
        """The one batch of a step."""
        return [self.windows(self.recipe.batch, make_rng(self.seed, number, RngPurpose.WINDOWS))]

    def part(self, number: int, count: int) -> "WindowMaker":
        """Maker of one part of each batch."""
        recipe = replace(self.recipe, batch=part_size(self.recipe.batch, number, count))
        return replace(self, recipe=recipe, seed=part_seed(self.seed, number, count))

    def windows(self, count: int, rng: np.random.Generator) -> Windows:
        """The given number of windows."""
        return make_windows(self.source, count, self.recipe.window, self.geometry, rng)


@dataclass(frozen=True)
class DigitTask:
    """Training of single digits.

    Attributes:
        make_batches: Maker of the training windows.
        validation: Maker of the windows of the evaluation.
    """

    make_batches: WindowMaker
    validation: WindowMaker

    name: ClassVar[str] = Stage.DIGITS

    @cached_property
    def held_out(self) -> Windows:
        """Windows of the evaluation."""
        rng = make_rng(self.validation.seed, 0, RngPurpose.VALIDATION)
        return self.validation.windows(VALIDATION_WINDOWS, rng)

    def loss(self, net: DigitNet, batch: Windows) -> Tensor:
        """Partial-label loss of a batch."""
        windows, right = batch
        device = precision.device_of(net)
        with precision.autocast(device):
            logits = net(as_input(windows, device))
        return partial_label_loss(logits.float(), torch.from_numpy(right).to(device))

    def evaluate(self, net: DigitNet) -> dict[str, float]:
        """Accuracy on held-out windows."""
        windows, right = self.held_out
        return {"accuracy": float(right[np.arange(len(windows)), classify(net, windows)].mean())}


def as_input(windows: FloatArray, device: torch.device = precision.CPU) -> Tensor:
    """(B, 1, H, W) input of a net from (B, H, W) windows, strips or contrast."""
    there = torch.from_numpy(windows).to(device).unsqueeze(1)
    return there.contiguous(memory_format=precision.MEMORY_FORMAT)


def classify(net: DigitNet, windows: FloatArray) -> npt.NDArray[np.int64]:
    """(B,) most probable class of each of (B, H, W) windows, 10 for no-digit."""
    net.eval()
    device = precision.device_of(net)
    with torch.inference_mode():
        parts = [
            net(as_input(windows[first : first + 512], device)).argmax(1)
            for first in range(0, len(windows), 512)
        ]
    return np.asarray(torch.cat(parts).cpu().numpy())


def partial_label_loss(logits: Tensor, right: Tensor) -> Tensor:
    """Mean of minus the logarithm of the right classes' summed probability; cross-entropy if one is right.

    Args:
        logits: (B, C) logits.
        right: (B, C) true for each right class, at least one in each row.
    """
    of_right = logits.masked_fill(~right, -torch.inf).logsumexp(dim=1)
    return (logits.logsumexp(dim=1) - of_right).mean()
