"""Stage 2: the net swept across strips and trained through the trellis, from the digits of a strip alone.

Where on the strip a digit stands is nowhere said; the trellis finds out.

Reference:
    Matan et al. 1992: training through Viterbi from string labels. LeCun et al. 1998, section VI: summed
    paths in place of the best one, our default.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from sdnn.choices import Stage
from sdnn.datasets.pages import LabelledStrip, LineSource, PageRecipe, random_strips
from sdnn.datasets.streams import Use, stream
from sdnn.decoding.decoder import spell
from sdnn.models.architecture import GEOMETRY
from sdnn.models.digit_net import DigitNet
from sdnn.results import NO_DIGIT, text_of
from sdnn.training import arithmetic
from sdnn.training.digits import as_input
from sdnn.training.learning import Lesson, RunningMean
from sdnn.training.objectives import string_loss
from sdnn.training.recipe import StringRecipe
from sdnn.training.supply import Portions

PORTION_BATCHES = 8
"""Batches made together, so that strips of similar widths can share one."""
VALIDATION_STRIPS = 512
"""Of each kind."""


@dataclass(frozen=True, eq=False)
class StripBatch:
    """Strips of similar widths, filled up with paper on the right.

    Attributes:
        ink: (B, H, W) uint8, 0 paper to 255 ink.
        texts: The digits on each.
        columns: Columns of the map that each strip has without the filling.
    """

    ink: npt.NDArray[np.uint8]
    texts: tuple[str, ...]
    columns: tuple[int, ...]


def batched(strips: Sequence[LabelledStrip], size: int) -> list[StripBatch]:
    """The strips in batches, ordered by width."""
    ordered = sorted(strips, key=lambda strip: strip.ink.shape[1])
    batches = []
    for first in range(0, len(ordered), size):
        group = ordered[first : first + size]
        widths = [max(strip.ink.shape[1], GEOMETRY.window_px) for strip in group]
        ink = np.zeros((len(group), GEOMETRY.height_px, max(widths)), np.uint8)
        for row, strip in zip(ink, group, strict=True):
            row[:, : strip.ink.shape[1]] = strip.ink
        columns = tuple(GEOMETRY.columns(width) for width in widths)
        batches.append(StripBatch(ink, tuple(strip.text for strip in group), columns))
    return batches


@dataclass(frozen=True)
class StripMaker:
    """Makes the batches of several steps at once; goes to the process that makes them."""

    source: LineSource
    page: PageRecipe
    batch: int
    seed: int

    def __call__(self, portion: int) -> list[StripBatch]:
        """`PORTION_BATCHES` batches in random order."""
        rng = stream(self.seed, portion, Use.STRIPS)
        batches = batched(
            random_strips(self.source, self.batch * PORTION_BATCHES, self.page, GEOMETRY, rng), self.batch
        )
        return [batches[place] for place in rng.permutation(len(batches))]


def string_lesson(
    net: DigitNet,
    recipe: StringRecipe,
    portions: Portions[StripBatch],
    validation: LineSource,
    rng: np.random.Generator,
) -> Lesson[StripBatch]:
    """What the loop needs to train strings.

    Args:
        net: Where it begins; what comes out is the running mean.
        recipe: Settings of the stage.
        portions: Of a `StripMaker`.
        validation: Lines for the figures.
        rng: Makes the strips of them that the figures are taken on: as many on paper as clean ones.
    """
    loss_of = string_loss(recipe.objective, recipe.gradient)
    held_out = {
        name: batched(
            random_strips(
                validation,
                VALIDATION_STRIPS,
                replace(recipe.page, clean_share=share),
                GEOMETRY,
                rng,
            ),
            64,
        )
        for name, share in (("clean", 1.0), ("paper", 0.0))
    }

    def batches(step: int) -> Iterator[StripBatch]:
        return portions.batches(step, PORTION_BATCHES)

    def loss(net: DigitNet, batch: StripBatch) -> Tensor:
        device = arithmetic.device_of(net)
        with arithmetic.autocast(device):
            logits = net.sweep(_as_input(batch, device), recipe.frozen)
        return loss_of(logits.float(), batch.texts, batch.columns)

    def figures(net: DigitNet) -> dict[str, float]:
        right = {name: _accuracy(net, strips) for name, strips in held_out.items()}
        return {"accuracy": sum(right.values()) / len(right), **right}

    return Lesson(Stage.STRINGS, recipe, batches, loss, figures, RunningMean(net, recipe.mean_decay))


def read_batch(net: DigitNet, batch: StripBatch) -> list[str]:
    """What the net reads: in CTC's topology the best path has the best class of every column."""
    net.eval()
    with torch.inference_mode():
        best = net.sweep(_as_input(batch, arithmetic.device_of(net))).argmax(2).cpu().numpy()
    return [
        text_of(spell(path[:columns], NO_DIGIT)) for path, columns in zip(best, batch.columns, strict=True)
    ]


def _accuracy(net: DigitNet, batches: Sequence[StripBatch]) -> float:
    right = [
        read == text
        for batch in batches
        for read, text in zip(read_batch(net, batch), batch.texts, strict=True)
    ]
    return float(np.mean(right))


def _as_input(batch: StripBatch, device: torch.device) -> Tensor:
    return as_input(batch.ink.astype(np.float32) / np.float32(255), device)
