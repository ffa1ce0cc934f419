"""The training loop of all stages: batch, loss, step, evaluation, record, checkpoint."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import torch
from torch import nn

from sdnn.enums import Stage
from sdnn.training.ema import MovingAverage
from sdnn.training.prefetch import Prefetcher
from sdnn.training.run_folder import RunFolder
from sdnn.training.task import StageSettings, Task

Net = TypeVar("Net", bound=nn.Module)
Batch = TypeVar("Batch")

MAX_GRAD_NORM: Final = 5.0
"""Gradient norms above this are clipped: a few garbled strips must not undo what was learned."""


@dataclass(frozen=True)
class Progress:
    """Progress of a run.

    Attributes:
        stage: Name of the stage.
        step: Steps of the stage done.
        steps: Steps of the stage in all.
        loss: Loss of the last step.
        accuracy: Accuracy on validation data at the last epoch; None before the first.
        examples_per_second: Windows, strips or documents learned a second since the last record.
    """

    stage: str
    step: int
    steps: int
    loss: float
    accuracy: float | None
    examples_per_second: float

    def shown(self) -> dict[str, str]:
        """Stage, loss, accuracy and speed as a progress bar shows them."""
        return {
            "stage": self.stage,
            "loss": f"{self.loss:.3f}",
            "accuracy": "–" if self.accuracy is None else f"{100 * self.accuracy:.2f} %",
            "examples/s": f"{self.examples_per_second:,.0f}",
        }


Report = Callable[[Progress], None]
"""Called after every step."""


def fit(net: Net, task: Task[Net, Batch], run: RunFolder[Any], report: Report, makers: int = 1) -> Net:
    """Trains a net through one stage, from the run's checkpoint where there is one of the stage.

    Args:
        net: Trained in place.
        task: The stage.
        run: Folder for records and checkpoints.
        report: Called after every step.
        makers: Processes that make batches; the result is the same for any number.

    Returns:
        The moving average of the net where the recipe asks for one, else the net.

    Raises:
        OutputError: When the folder cannot be written.
    """
    recipe = task.make_batches.recipe
    average = MovingAverage(net, recipe.mean_decay) if recipe.mean_decay is not None else None
    result = average.net if average else net
    kept = average.net if average else None
    optimizer = _optimizer(net, recipe)
    done = run.load_checkpoint(task.name, net, optimizer, kept)
    last = run.last_metrics(task.name)
    accuracy = last.get("accuracy")
    began = time.perf_counter() - last.get("seconds", 0.0)
    for layer in net.modules():
        if isinstance(layer, nn.Dropout):
            layer.p = recipe.dropout
    with Prefetcher(task.make_batches, makers) as portions:
        batches = portions.batches(done, task.make_batches.batches_per_call)
        since, learned = time.perf_counter(), 0
        for step in range(done, recipe.steps):
            # Decides the dropout, which is to be the same after a resume.
            torch.manual_seed(hash((run.recipe.seed, task.name == Stage.STRINGS, step)))
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(recipe, step)
            net.train()
            loss = task.loss(net, next(batches))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), MAX_GRAD_NORM)
            optimizer.step()
            if average:
                average.update(net, step)
            learned += recipe.batch
            per_second = learned / (time.perf_counter() - since)
            if (step + 1) % recipe.steps_per_epoch == 0 or step + 1 == recipe.steps:
                metrics = task.evaluate(result.eval())
                accuracy = metrics["accuracy"]
                run.record(
                    {
                        "stage": task.name,
                        "step": step + 1,
                        "loss": float(loss.detach()),
                        **metrics,
                        "seconds": round(time.perf_counter() - began, 1),
                        "examples_per_second": round(per_second, 1),
                    }
                )
                run.save_checkpoint(task.name, net, optimizer, step + 1, kept)
                since, learned = time.perf_counter(), 0
            report(Progress(task.name, step + 1, recipe.steps, float(loss.detach()), accuracy, per_second))
    return result


def learning_rate(recipe: StageSettings, step: int) -> float:
    """Learning rate of a step: rises evenly during the warm-up, then falls as a half cosine to 0."""
    warm_up = max(1, round(recipe.warm_up * recipe.steps))
    if step < warm_up:
        return recipe.learning_rate * (step + 1) / warm_up
    return recipe.learning_rate * (1 + math.cos(math.pi * (step - warm_up) / (recipe.steps - warm_up))) / 2


def _optimizer(net: nn.Module, recipe: StageSettings) -> torch.optim.Optimizer:
    kernels = [parameter for parameter in net.parameters() if parameter.ndim > 1]
    others = [parameter for parameter in net.parameters() if parameter.ndim <= 1]
    groups = [
        {"params": kernels, "weight_decay": recipe.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, fused=True)
