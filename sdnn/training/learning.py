"""The loop that all stages share: batches, loss, step, record, checkpoint."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Generic, TypeVar

import torch
from torch import Tensor, nn

from sdnn.choices import Stage
from sdnn.models.digit_net import DigitNet
from sdnn.training.detector_recipe import DetectorRecipe
from sdnn.training.recipe import StageRecipe
from sdnn.training.run import RunFolder

Net = TypeVar("Net", bound=nn.Module)
Batch = TypeVar("Batch")

MOST_GRADIENT: Final = 5.0
"""Length beyond which a step's gradient is shortened: a few garbled strips must not undo what was learned."""
SETTLING_STEPS: Final = 20
"""After n steps the running mean reaches back over about a twentieth of them, until its decay is less."""


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes:
        stage: Which one is going on.
        step: Steps done in it.
        steps: Steps of the stage in all.
        loss: Of the last step.
        accuracy: On validation data, at the last epoch; None before the first.
        a_second: Windows, strips or documents learned a second since the last record.
    """

    stage: StrEnum
    step: int
    steps: int
    loss: float
    accuracy: float | None
    a_second: float

    def shown(self) -> dict[str, str]:
        """Stage, loss, accuracy and speed as a progress bar shows them."""
        return {
            "stage": self.stage.value,
            "loss": f"{self.loss:.3f}",
            "accuracy": "–" if self.accuracy is None else f"{100 * self.accuracy:.2f} %",
            "a second": f"{self.a_second:,.0f}",
        }


class RunningMean(Generic[Net]):
    """The mean of a net over its last steps: steadier than the net itself.

    The first steps, which leave the random weights behind, are forgotten soon.

    Attributes:
        net: With the mean of the weights and of the statistics that the normalisation keeps.

    Reference:
        Polyak and Juditsky 1992; with weights that fall off, as in Szegedy et al. 2016 (section 8).
    """

    def __init__(self, net: Net, decay: float) -> None:
        """Begins with a copy of the net; at each step so much of the mean is kept."""
        self.net = deepcopy(net).eval()
        self._decay = decay

    @torch.no_grad()
    def follow(self, net: Net, step: int) -> None:
        """Goes on to the net as it is after step number `step`, counted from 0."""
        decay = min(self._decay, step / (step + SETTLING_STEPS))
        for kept, new in zip(self.net.state_dict().values(), net.state_dict().values(), strict=True):
            if kept.dtype.is_floating_point:
                kept.lerp_(new, 1 - decay)
            else:
                kept.copy_(new)


@dataclass(frozen=True)
class AnyLesson(Generic[Net, Batch]):
    """What one stage adds to the loop.

    Attributes:
        stage: Which one.
        recipe: Its settings.
        batches: Gives the batches from a step on.
        loss: Of a batch, under the autocast that training runs in.
        figures: On validation data; "accuracy" is the one that is shown.
        mean: Of the net, where that is what comes out: figures are taken on it.
    """

    stage: StrEnum
    recipe: StageRecipe | DetectorRecipe
    batches: Callable[[int], Iterator[Batch]]
    loss: Callable[[Net, Batch], Tensor]
    figures: Callable[[Net], Mapping[str, float]]
    mean: RunningMean[Net] | None = None


class Lesson(AnyLesson[DigitNet, Batch]):
    """What one stage of the reader's net adds to the loop."""


def learn(
    net: Net, run: RunFolder[Any], lesson: AnyLesson[Net, Batch], report: Callable[[Progress], None]
) -> None:
    """Trains the net through one stage, from the run's checkpoint where it has one of this stage.

    Args:
        net: Trained in place; so is the lesson's mean.
        run: Where records and checkpoints go.
        lesson: What is learned.
        report: Called after every step.

    Raises:
        OutputError: When the folder cannot be written.
    """
    recipe, stage, mean = lesson.recipe, lesson.stage, lesson.mean
    judged, kept = (mean.net, mean.net) if mean else (net, None)
    optimizer = _optimizer(net, recipe)
    done = run.load_checkpoint(stage, net, optimizer, kept)
    last = run.last_metrics(stage)
    accuracy, seconds = last.get("accuracy"), last.get("seconds", 0.0)
    began = time.perf_counter() - seconds
    _set_dropout(net, recipe)
    batches = lesson.batches(done)
    since, learned = time.perf_counter(), 0
    for step in range(done, recipe.steps):
        # Decides the dropout, which is to be the same after a resume.
        torch.manual_seed(hash((run.recipe.seed, stage is Stage.STRINGS, step)))
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(recipe, step)
        net.train()
        loss = lesson.loss(net, next(batches))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), MOST_GRADIENT)
        optimizer.step()
        if mean:
            mean.follow(net, step)
        learned += recipe.batch
        a_second = learned / (time.perf_counter() - since)
        if (step + 1) % recipe.steps_per_epoch == 0 or step + 1 == recipe.steps:
            judged.eval()
            figures = lesson.figures(judged)
            accuracy = figures["accuracy"]
            run.record(
                {
                    "stage": stage.value,
                    "step": step + 1,
                    "loss": float(loss.detach()),
                    **figures,
                    "seconds": round(time.perf_counter() - began, 1),
                    "a_second": round(a_second, 1),
                }
            )
            run.save_checkpoint(stage, net, optimizer, step + 1, kept)
            since, learned = time.perf_counter(), 0
        report(Progress(stage, step + 1, recipe.steps, float(loss.detach()), accuracy, a_second))


def learning_rate(recipe: StageRecipe | DetectorRecipe, step: int) -> float:
    """Rises evenly during the warm-up, then falls as a half cosine to nothing."""
    warm_up = max(1, round(recipe.warm_up * recipe.steps))
    if step < warm_up:
        return recipe.learning_rate * (step + 1) / warm_up
    return recipe.learning_rate * (1 + math.cos(math.pi * (step - warm_up) / (recipe.steps - warm_up))) / 2


def _set_dropout(net: nn.Module, recipe: StageRecipe | DetectorRecipe) -> None:
    if isinstance(recipe, StageRecipe):  # the detector leaves nothing out
        for layer in net.modules():
            if isinstance(layer, nn.Dropout):
                layer.p = recipe.dropout


def _optimizer(net: nn.Module, recipe: StageRecipe | DetectorRecipe) -> torch.optim.Optimizer:
    kernels = [parameter for parameter in net.parameters() if parameter.ndim > 1]
    others = [parameter for parameter in net.parameters() if parameter.ndim <= 1]
    groups = [
        {"params": kernels, "weight_decay": recipe.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, fused=True)
