"""The stage of fine-tuning: own and synthetic strips to learn, held-out ones to choose the net by."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import ClassVar

import torch
from torch import Tensor

from sdnn.enums import Stage
from sdnn.models.digit_net import DigitNet
from sdnn.training.own_strips import MixedBatch, MixedMaker
from sdnn.training.string_task import StripBatch, accuracy, strip_loss


@dataclass(frozen=True)
class Choice:
    """A net and its figures on the held-out own strips, in all views.

    Attributes:
        net: The net.
        accuracy: Share of the strips that is read right, 0 to 1.
        loss: Objective, which nets are chosen by: few strips are held out, and it tells more of each.
    """

    net: DigitNet
    accuracy: float
    loss: float


@dataclass(eq=False)
class FineTuneTask:
    """Training on own strips; it keeps the best net so far.

    Attributes:
        make_batches: Maker of the training strips.
        own: Held-out own strips, in all views.
        best: Best net so far; None before the first epoch.
        epochs_since: Epochs since the best one.
    """

    make_batches: MixedMaker
    own: Sequence[StripBatch]
    best: Choice | None = field(default=None, init=False)
    epochs_since: int = field(default=0, init=False)

    name: ClassVar[str] = Stage.STRINGS

    def loss(self, net: DigitNet, batch: MixedBatch) -> Tensor:
        """The recipe's objective on a batch."""
        recipe, share = self.make_batches.recipe, self.make_batches.own.share
        own, synthetic = (strip_loss(net, part, recipe) for part in (batch.own, batch.synthetic))
        return share * own + (1 - share) * synthetic

    def evaluate(self, net: DigitNet) -> dict[str, float]:
        """Figures of a net, which is kept if it is the best."""
        found = self.measure(net)
        self.epochs_since += 1
        if self.best is None or found.loss < self.best.loss:
            self.best, self.epochs_since = replace(found, net=deepcopy(net)), 0
        return {"accuracy": found.accuracy, "held-out loss": found.loss}

    def measure(self, net: DigitNet) -> Choice:
        """A net with its figures."""
        losses = []
        for batch in self.own:
            with torch.inference_mode():
                losses.append(float(strip_loss(net, batch, self.make_batches.recipe)) * len(batch.texts))
        loss = sum(losses) / max(1, sum(len(batch.texts) for batch in self.own))
        return Choice(net, accuracy(net, self.own), loss)
