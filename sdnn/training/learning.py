"""The loop that both stages share: batches, loss, step, record, checkpoint."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import torch
from torch import Tensor

from sdnn.choices import Stage
from sdnn.models.digit_net import DigitNet
from sdnn.training.recipe import StageRecipe
from sdnn.training.run import Run

Batch = TypeVar("Batch")

MOST_GRADIENT: Final = 5.0
"""Length beyond which a step's gradient is shortened: a few garbled strips must not undo what was learned."""


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes:
        stage: Which one is going on.
        step: Steps done in it.
        steps: Steps of the stage in all.
        loss: Of the last step.
        accuracy: On validation data, at the last epoch; None before the first.
        a_second: Windows or strips learned a second since the last record.
    """

    stage: Stage
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


@dataclass(frozen=True)
class Lesson(Generic[Batch]):
    """What one stage adds to the loop.

    Attributes:
        stage: Which one.
        recipe: Its settings.
        batches: Gives the batches from a step on.
        loss: Of a batch, under the autocast that training runs in.
        figures: On validation data; "accuracy" is the one that is shown.
    """

    stage: Stage
    recipe: StageRecipe
    batches: Callable[[int], Iterator[Batch]]
    loss: Callable[[DigitNet, Batch], Tensor]
    figures: Callable[[DigitNet], Mapping[str, float]]


def learn(net: DigitNet, run: Run, lesson: Lesson[Batch], report: Callable[[Progress], None]) -> None:
    """Trains the net through one stage, from the run's checkpoint where it has one of this stage.

    Args:
        net: Trained in place.
        run: Where records and checkpoints go.
        lesson: What is learned.
        report: Called after every step.

    Raises:
        OutputError: When the folder cannot be written.
    """
    recipe, stage = lesson.recipe, lesson.stage
    optimizer = _optimizer(net, recipe)
    done = run.load_checkpoint(stage, net, optimizer)
    last = run.last_metrics(stage)
    accuracy, seconds = last.get("accuracy"), last.get("seconds", 0.0)
    began = time.perf_counter() - seconds
    net.dropout.p = recipe.dropout
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
        learned += recipe.batch
        a_second = learned / (time.perf_counter() - since)
        if (step + 1) % recipe.steps_per_epoch == 0 or step + 1 == recipe.steps:
            net.eval()
            figures = lesson.figures(net)
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
            run.save_checkpoint(stage, net, optimizer, step + 1)
            since, learned = time.perf_counter(), 0
        report(Progress(stage, step + 1, recipe.steps, float(loss.detach()), accuracy, a_second))


def learning_rate(recipe: StageRecipe, step: int) -> float:
    """Rises evenly during the warm-up, then falls as a half cosine to nothing."""
    warm_up = max(1, round(recipe.warm_up * recipe.steps))
    if step < warm_up:
        return recipe.learning_rate * (step + 1) / warm_up
    return recipe.learning_rate * (1 + math.cos(math.pi * (step - warm_up) / (recipe.steps - warm_up))) / 2


def _optimizer(net: DigitNet, recipe: StageRecipe) -> torch.optim.Optimizer:
    kernels = [parameter for parameter in net.parameters() if parameter.ndim > 1]
    others = [parameter for parameter in net.parameters() if parameter.ndim <= 1]
    groups = [
        {"params": kernels, "weight_decay": recipe.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, fused=True)
