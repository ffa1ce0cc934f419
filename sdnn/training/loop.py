"""Training loop of all stages: batch, loss, step, evaluation, record, checkpoint."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import torch
from torch import nn

from sdnn.enums import Stage
from sdnn.errors import ModelError
from sdnn.training.distributed import ALONE, DividedStep, Team
from sdnn.training.ema import MovingAverage
from sdnn.training.prefetch import Prefetcher
from sdnn.training.run_folder import RunFolder
from sdnn.training.state import TrainingState
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
        steps: Steps of the stage.
        run_step: Steps of the run done; steps of all stages take about the same time.
        run_steps: Steps of the run.
        loss: Loss of the last step.
        accuracy: Accuracy on validation data at the last epoch; None before the first.
        examples_per_second: Windows, strips or documents a second since the last record.
    """

    stage: str
    step: int
    steps: int
    run_step: int
    run_steps: int
    loss: float
    accuracy: float | None
    examples_per_second: float

    def summary(self) -> str:
        """Loss, accuracy and speed for a progress bar."""
        accuracy = "–" if self.accuracy is None else f"{100 * self.accuracy:.2f} %"
        return f"loss {self.loss:.3f}, accuracy {accuracy}, {self.examples_per_second:,.0f} examples/s"


class EarlyStop(Exception):
    """Raised by a report to end the stage with the net as it is."""


Report = Callable[[Progress], None]
"""Called after every step."""


def fit(
    net: Net,
    task: Task[Net, Batch],
    run: RunFolder[Any],
    report: Report,
    makers: int = 1,
    team: Team = ALONE,
) -> Net:
    """Trains a net through one stage, from the run's checkpoint of the stage if there is one.

    Args:
        net: Net, trained in place.
        task: Stage to train.
        run: Folder for records and checkpoints.
        report: Called after every step.
        makers: Number of processes that make batches; it does not change the result.
        team: Processes that train together; only the first one evaluates, records and saves.

    Returns:
        The moving average of the net if the recipe has one, else the net.

    Raises:
        ModelError: When a file of the run is damaged, or the training diverges.
        OutputError: When the folder cannot be written.
    """
    recipe = task.make_batches.recipe
    average = MovingAverage(net, recipe.mean_decay) if recipe.mean_decay is not None else None
    kept = average.net if average else None
    result = net if kept is None else kept
    # The stage of strings ends the run, and so does a stage that is trained alone.
    before = 0 if task.name == Stage.DIGITS else run.recipe.steps - recipe.steps
    optimizer = _optimizer(net, recipe)
    state = TrainingState(net, optimizer, kept)
    done = run.load_checkpoint(task.name, state)
    if done > recipe.steps:
        raise ModelError(f"{run.checkpoint}: at step {done} of {recipe.steps}; start again with: {run.TRAIN}")
    last = run.last_metrics(task.name)
    accuracy = last.get("accuracy")
    began = time.perf_counter() - last.get("seconds", 0.0)
    for layer in net.modules():
        if isinstance(layer, nn.Dropout):
            layer.p = recipe.dropout
    divided = _divided(net, task, run.recipe.parts, team)
    maker: Callable[[int], list[Any]] = divided.make_batches if divided else task.make_batches
    with Prefetcher(maker, makers) as prefetcher:
        batches = prefetcher.batches(done, task.make_batches.batches_per_call)
        since, learned = time.perf_counter(), 0
        for step in range(done, recipe.steps):
            # The dropout must be the same after a resume.
            seed = run.recipe.seed, task.name == Stage.STRINGS, step
            torch.manual_seed(hash(seed))
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(recipe, step)
            net.train()
            optimizer.zero_grad(set_to_none=True)
            if divided:
                loss = divided.backward(next(batches), seed)
            else:
                loss = task.loss(net, next(batches))
                loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), MAX_GRAD_NORM)
            optimizer.step()
            if average:
                average.update(net, step)
            learned += recipe.batch
            per_second = learned / (time.perf_counter() - since)
            is_epoch = (step + 1) % recipe.steps_per_epoch == 0 or step + 1 == recipe.steps
            if is_epoch and team.is_first:
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
                run.save_checkpoint(task.name, state, step + 1)
                since, learned = time.perf_counter(), 0
            steps = step + 1, recipe.steps, before + step + 1, run.recipe.steps
            try:
                report(Progress(task.name, *steps, float(loss.detach()), accuracy, per_second))
            except EarlyStop:
                break
    return result


def _divided(net: nn.Module, task: Task[Any, Batch], parts: int, team: Team) -> DividedStep[Batch] | None:
    """Steps in parts; None for whole batches in one process."""
    if parts == 1:
        return None
    return DividedStep(net, task.loss, task.make_batches, parts, team)


def learning_rate(recipe: StageSettings, step: int) -> float:
    """Learning rate of a step: a linear warm-up, then a half cosine to 0."""
    warm_up = max(1, round(recipe.warm_up * recipe.steps))
    if step < warm_up:
        return recipe.learning_rate * (step + 1) / warm_up
    return recipe.learning_rate * (1 + math.cos(math.pi * (step - warm_up) / (recipe.steps - warm_up))) / 2


def _optimizer(net: nn.Module, recipe: StageSettings) -> torch.optim.Optimizer:
    kernels = [parameter for parameter in net.parameters() if parameter.ndim > 1]
    others = [parameter for parameter in net.parameters() if parameter.ndim <= 1]
    groups: list[dict[str, Any]] = [{"params": kernels}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, recipe.learning_rate, weight_decay=recipe.weight_decay, fused=True)
