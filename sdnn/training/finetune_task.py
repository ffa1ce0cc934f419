"""The stage of fine-tuning: own and synthetic strips to learn, held-out ones of both to choose the net by."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import ClassVar

import torch
from torch import Tensor

from sdnn.enums import Stage
from sdnn.models.digit_net import DigitNet
from sdnn.training.averaging import interpolate
from sdnn.training.finetune_recipe import OwnRecipe
from sdnn.training.own_strips import MixedMaker
from sdnn.training.precision import MEMORY_FORMAT
from sdnn.training.string_task import StripBatch, accuracy, strip_loss


@dataclass(frozen=True)
class Choice:
    """A net and its figures on the strips that nets are chosen by.

    Attributes:
        net: The net.
        own: Accuracy on held-out own strips in all views, 0 to 1.
        own_loss: Objective on them, which decides between equal accuracies.
        synthetic: Accuracy on synthetic validation strips.
    """

    net: DigitNet
    own: float
    own_loss: float
    synthetic: float

    @property
    def rank(self) -> tuple[float, float]:
        """Greater for a better net."""
        return self.own, -self.own_loss


@dataclass(eq=False)
class FineTuneTask:
    """Training on own strips; it keeps the best net so far.

    Attributes:
        make_batches: Maker of the training strips.
        own: Held-out own strips.
        synthetic: Synthetic validation strips.
        best: Best net so far; None before the first epoch.
        epochs_since: Epochs since the best one.
    """

    make_batches: MixedMaker
    own: Sequence[StripBatch]
    synthetic: Sequence[StripBatch]
    best: Choice | None = field(default=None, init=False)
    epochs_since: int = field(default=0, init=False)

    name: ClassVar[str] = Stage.STRINGS

    def loss(self, net: DigitNet, batch: StripBatch) -> Tensor:
        """The recipe's objective on a batch."""
        return strip_loss(net, batch, self.make_batches.recipe)

    def evaluate(self, net: DigitNet) -> dict[str, float]:
        """Accuracies of a net, which is kept if it is the best."""
        found = self.measure(net)
        self.epochs_since += 1
        if self.best is None or found.rank > self.best.rank:
            self.best, self.epochs_since = replace(found, net=deepcopy(net)), 0
        return {"accuracy": found.own, "held-out loss": found.own_loss, "synthetic": found.synthetic}

    def measure(self, net: DigitNet) -> Choice:
        """A net with its figures."""
        losses = []
        for batch in self.own:
            with torch.inference_mode():
                losses.append(float(strip_loss(net, batch, self.make_batches.recipe)) * len(batch.texts))
        loss = sum(losses) / max(1, sum(len(batch.texts) for batch in self.own))
        return Choice(net, accuracy(net, self.own), loss, accuracy(net, self.synthetic))

    def choose_mean(self, start: DigitNet, own: OwnRecipe) -> tuple[float, DigitNet]:
        """The mean of the net at the start and the best one that reads the held-out strips best.

        Args:
            start: Net that the training began from.
            own: Shares of the best net that are tried, and what they may lose on synthetic strips.

        Returns:
            Share of the best net and the mean; where all lose too much, the one that loses least.
        """
        assert self.best is not None  # the last step of a stage evaluates
        before = accuracy(start, self.synthetic)
        tried = {
            share: self.measure(interpolate(start, self.best.net, share).to(memory_format=MEMORY_FORMAT))
            for share in own.tuned_shares
        }
        allowed = {share: one for share, one in tried.items() if one.synthetic >= before - own.max_lost}
        if allowed:
            share = max(allowed, key=lambda each: allowed[each].rank)
        else:
            share = max(tried, key=lambda each: tried[each].synthetic)
        return share, tried[share].net
