"""Stage 2 of the reader: the net swept across strips, trained through the trellis from their digits alone.

The places of the digits are unknown; the trellis finds them.

Reference:
    Matan et al. 1992: training through Viterbi from string labels. LeCun et al. 1998, section VI: summed
    paths in place of the best one, our default.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from sdnn.datasets.pages import LabelledStrip, LineSource, PageRecipe, random_strips
from sdnn.datasets.rng import RngPurpose, make_rng
from sdnn.decoding.decoder import collapse
from sdnn.enums import Stage
from sdnn.models.digit_net import DigitNet
from sdnn.results import NO_DIGIT, Geometry, text_of
from sdnn.training import precision
from sdnn.training.digit_task import as_input
from sdnn.training.distributed import part_seed, part_size
from sdnn.training.objectives import string_loss
from sdnn.training.reader_recipe import StringRecipe

VALIDATION_STRIPS = 512
"""Number of strips of each kind."""


@dataclass(frozen=True, eq=False)
class StripBatch:
    """Strips of similar widths, padded with paper on the right.

    Attributes:
        ink: (B, H, W) uint8, 0 paper to 255 ink.
        texts: Digits on each strip.
        columns: Columns of each strip's class map without the padding.
    """

    ink: npt.NDArray[np.uint8]
    texts: tuple[str, ...]
    columns: tuple[int, ...]


def bucket_by_width(strips: Sequence[LabelledStrip], size: int, geometry: Geometry) -> list[StripBatch]:
    """The strips in batches, ordered by width.

    Args:
        strips: Strips of the geometry's height.
        size: Strips in a batch; the last may have fewer.
        geometry: Height of the strips, window and stride of the net.
    """
    ordered = sorted(strips, key=lambda strip: strip.ink.shape[1])
    batches = []
    for first in range(0, len(ordered), size):
        group = ordered[first : first + size]
        widths = [max(strip.ink.shape[1], geometry.window_px) for strip in group]
        ink = np.zeros((len(group), geometry.height_px, max(widths)), np.uint8)
        for row, strip in zip(ink, group, strict=True):
            row[:, : strip.ink.shape[1]] = strip.ink
        columns = tuple(geometry.columns(width) for width in widths)
        batches.append(StripBatch(ink, tuple(strip.text for strip in group), columns))
    return batches


@dataclass(frozen=True)
class StripMaker:
    """Maker of strips: several batches at a time, so that strips of similar widths can share one.

    Attributes:
        source: Lines that the strips are made from.
        recipe: Recipe of strips and batches.
        geometry: Height of the strips, window and stride of the net.
        seed: Random seed.
        order_seed: Seed of the order of the batches; None for the same. Parts of a batch share it, so that
            their widths are similar.
    """

    source: LineSource
    recipe: StringRecipe
    geometry: Geometry
    seed: int
    order_seed: int | None = None

    batches_per_call: ClassVar = 8

    def __call__(self, number: int) -> list[StripBatch]:
        """Batches in random order."""
        rng = make_rng(self.seed, number, RngPurpose.STRIPS)
        count = self.recipe.batch * self.batches_per_call
        batches = self.batches(count, self.recipe.batch, self.recipe.page, rng)
        if self.order_seed is not None:
            rng = make_rng(self.order_seed, number, RngPurpose.STRIPS)
        return [batches[place] for place in rng.permutation(len(batches))]

    def part(self, number: int, count: int) -> "StripMaker":
        """Maker of one part of each batch."""
        recipe = replace(self.recipe, batch=part_size(self.recipe.batch, number, count))
        seed = part_seed(self.seed, number, count)
        return replace(self, recipe=recipe, seed=seed, order_seed=self.seed)

    def batches(self, count: int, size: int, page: PageRecipe, rng: np.random.Generator) -> list[StripBatch]:
        """The given number of strips, in batches ordered by width."""
        return bucket_by_width(self.strips(count, page, rng), size, self.geometry)

    def strips(self, count: int, page: PageRecipe, rng: np.random.Generator) -> list[LabelledStrip]:
        """The given number of strips."""
        return random_strips(self.source, count, page, self.geometry, rng)


@dataclass(frozen=True)
class StringTask:
    """Training of strings.

    Attributes:
        make_batches: Maker of the training strips.
        validation: Maker of the strips of the evaluation, half of them clean, half on paper.
    """

    make_batches: StripMaker
    validation: StripMaker

    name: ClassVar[str] = Stage.STRINGS

    @cached_property
    def held_out(self) -> dict[str, list[StripBatch]]:
        """Strips of the evaluation by kind."""
        rng, page = make_rng(self.validation.seed, 0, RngPurpose.VALIDATION), self.validation.recipe.page
        return {
            kind: self.validation.batches(VALIDATION_STRIPS, 64, replace(page, clean_share=share), rng)
            for kind, share in (("clean", 1.0), ("paper", 0.0))
        }

    def loss(self, net: DigitNet, batch: StripBatch) -> Tensor:
        """The recipe's objective on the sweep of a batch."""
        return strip_loss(net, batch, self.make_batches.recipe)

    def evaluate(self, net: DigitNet) -> dict[str, float]:
        """Share of held-out strips read right, of each kind and on average."""
        right = {kind: accuracy(net, batches) for kind, batches in self.held_out.items()}
        return {"accuracy": sum(right.values()) / len(right), **right}


def strip_loss(net: DigitNet, batch: StripBatch, recipe: StringRecipe) -> Tensor:
    """The recipe's objective on the sweep of a batch."""
    device = precision.device_of(net)
    with precision.autocast(device):
        logits = net.sweep(_as_input(batch, device), recipe.frozen)
    loss_of = string_loss(recipe.objective, recipe.gradient)
    return loss_of(logits.float(), batch.texts, batch.columns)


def read_batch(net: DigitNet, batch: StripBatch) -> list[str]:
    """Texts of a batch by best-path decoding: the best class of every column, collapsed as in CTC."""
    net.eval()
    with torch.inference_mode():
        best = net.sweep(_as_input(batch, precision.device_of(net))).argmax(2).cpu().numpy()
    return [
        text_of(collapse(path[:columns], NO_DIGIT)) for path, columns in zip(best, batch.columns, strict=True)
    ]


def accuracy(net: DigitNet, batches: Sequence[StripBatch]) -> float:
    """Share of strips read right by best-path decoding."""
    pairs = (zip(read_batch(net, batch), batch.texts, strict=True) for batch in batches)
    return float(np.mean([read == text for read, text in chain.from_iterable(pairs)]))


def _as_input(batch: StripBatch, device: torch.device) -> Tensor:
    return as_input(batch.ink.astype(np.float32) / np.float32(255), device)
