"""Stage 1: the single-digit net, trained on windows as the sweep will show them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from sdnn.choices import Stage
from sdnn.datasets.digits import DigitSource
from sdnn.datasets.streams import Use, stream
from sdnn.datasets.windows import WindowRecipe, make_windows
from sdnn.models.architecture import GEOMETRY
from sdnn.models.digit_net import DigitNet
from sdnn.results import FloatArray
from sdnn.training import arithmetic
from sdnn.training.learning import Lesson
from sdnn.training.recipe import DigitRecipe
from sdnn.training.supply import Portions

Windows = tuple[FloatArray, npt.NDArray[np.bool_]]
"""(B, H, W) windows, 0 paper to 1 ink, and (B, 11) whether each class is right."""

VALIDATION_WINDOWS = 4096


@dataclass(frozen=True)
class WindowMaker:
    """Makes the batch of each step; goes to the process that makes them."""

    source: DigitSource
    window: WindowRecipe
    batch: int
    seed: int

    def __call__(self, step: int) -> list[Windows]:
        """The one batch of a step."""
        rng = stream(self.seed, step, Use.WINDOWS)
        return [make_windows(self.source, self.batch, self.window, GEOMETRY, rng)]


def digit_lesson(
    recipe: DigitRecipe, portions: Portions[Windows], validation: DigitSource, rng: np.random.Generator
) -> Lesson[Windows]:
    """What the loop needs to train single digits.

    Args:
        recipe: Settings of the stage.
        portions: Of a `WindowMaker`.
        validation: Digits for the figures.
        rng: Makes the windows of them that the figures are taken on.
    """
    held_out = make_windows(validation, VALIDATION_WINDOWS, recipe.window, GEOMETRY, rng)

    def batches(step: int) -> Iterator[Windows]:
        return portions.batches(step, per_portion=1)

    def loss(net: DigitNet, batch: Windows) -> Tensor:
        windows, right = batch
        device = arithmetic.device_of(net)
        with arithmetic.autocast(device):
            logits = net(as_input(windows, device))
        return either_loss(logits.float(), torch.from_numpy(right).to(device))

    def figures(net: DigitNet) -> dict[str, float]:
        windows, right = held_out
        return {"accuracy": float(right[np.arange(len(windows)), classify(net, windows)].mean())}

    return Lesson(Stage.DIGITS, recipe, batches, loss, figures)


def as_input(windows: FloatArray, device: torch.device = arithmetic.CPU) -> Tensor:
    """(B, 1, H, W) input of the net from (B, H, W) windows or strips, 0 paper to 1 ink."""
    there = torch.from_numpy(windows).to(device).unsqueeze(1)
    return there.contiguous(memory_format=arithmetic.MEMORY_FORMAT)


def classify(net: DigitNet, windows: FloatArray) -> npt.NDArray[np.int64]:
    """(B,) most probable class of each of (B, 48, 68) windows, 10 for no-digit."""
    net.eval()
    device = arithmetic.device_of(net)
    with torch.inference_mode():
        parts = [
            net(as_input(windows[first : first + 512], device)).argmax(1)
            for first in range(0, len(windows), 512)
        ]
    return np.asarray(torch.cat(parts).cpu().numpy())


def either_loss(logits: Tensor, right: Tensor) -> Tensor:
    """Minus the logarithm of the probability that the right classes have together, averaged.

    With one right class this is cross-entropy.

    Args:
        logits: (B, C).
        right: (B, C), true where a class is right; at least one in each row.
    """
    of_right = logits.masked_fill(~right, -torch.inf).logsumexp(dim=1)
    return (logits.logsumexp(dim=1) - of_right).mean()
