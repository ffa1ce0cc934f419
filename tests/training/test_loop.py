"""The loop alone, with a task of a few made-up windows; whole runs are in test_reader_run."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from helpers.inline_prefetcher import OnTheSpot
from torch import Tensor

from sdnn.enums import Source, Stage
from sdnn.errors import ModelError
from sdnn.models.digit_net import DigitNet
from sdnn.models.lenet import LENET
from sdnn.training import loop
from sdnn.training.loop import MAX_GRAD_NORM, Progress, fit, learning_rate
from sdnn.training.reader_recipe import DigitRecipe, Recipe
from sdnn.training.reader_run import ReaderRun
from sdnn.training.state import TrainingState
from sdnn.training.task import Task

pytestmark = pytest.mark.slow

TINY = (4, 4, 4, 4, 6, 8)
DIGITS = DigitRecipe(examples=50, examples_per_epoch=20, batch=10, dropout=0.5)  # 5 steps, epochs of 2


@pytest.fixture
def run(tmp_path: Path) -> ReaderRun:
    return ReaderRun.begin(tmp_path / "run", Recipe(Source.PEN, 3, TINY, digits=DIGITS, strings=None), {})


@pytest.fixture
def net() -> DigitNet:
    torch.manual_seed(3)
    return DigitNet(replace(LENET, channels=TINY))


@pytest.fixture(autouse=True)
def on_the_spot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "Prefetcher", OnTheSpot)


@dataclass(frozen=True)
class Numbers:
    """Batches that are the numbers of the steps."""

    recipe: DigitRecipe = DIGITS
    batches_per_call: ClassVar = 1

    def __call__(self, number: int) -> list[int]:
        return [number]

    def part(self, number: int, count: int) -> "Numbers":
        raise AssertionError("whole batches have no parts")


def windows_of(number: int) -> Tensor:
    generator = torch.Generator().manual_seed(number)
    return torch.rand(4, 1, LENET.geometry.height_px, LENET.geometry.window_px, generator=generator)


def guess(net: DigitNet, number: int) -> Tensor:
    return torch.nn.functional.cross_entropy(net(windows_of(number)), torch.arange(4))


@dataclass(frozen=True)
class Guesses:
    """A stage of numbered steps."""

    make_batches: Numbers = field(default_factory=Numbers)
    loss: Callable[[DigitNet, int], Tensor] = guess
    evaluate: Callable[[DigitNet], dict[str, float]] = lambda net: {"accuracy": 0.5}
    name: str = Stage.DIGITS


def task(**changes: Any) -> Task[DigitNet, int]:
    return Guesses(**changes)


def ignore(_: Progress) -> None:
    pass


# The learning rate.


def test_the_learning_rate_rises_evenly_then_falls_as_half_a_cosine() -> None:
    recipe = DigitRecipe(examples=100, batch=1, learning_rate=0.5, warm_up=0.2)
    rates = np.array([learning_rate(recipe, step) for step in range(recipe.steps)])
    np.testing.assert_allclose(rates[:20], 0.5 * np.arange(1, 21) / 20)
    assert rates.max() == rates[19] == rates[20] == 0.5
    assert rates[60] == pytest.approx(0.25)  # half-way down
    assert rates[40] == pytest.approx(0.25 * (1 + np.sqrt(0.5)))
    assert (np.diff(rates[20:]) < 0).all()
    assert 0 < rates[-1] < 0.001


@pytest.mark.parametrize("windows", [1, 2, 3])
def test_the_shortest_runs_have_a_learning_rate(windows: int) -> None:
    recipe = DigitRecipe(examples=windows, batch=1)
    rates = [learning_rate(recipe, step) for step in range(recipe.steps)]
    assert rates[0] == recipe.learning_rate
    assert min(rates) > 0


def test_every_step_is_made_at_its_learning_rate(
    run: ReaderRun, net: DigitNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[torch.optim.Optimizer] = []
    plain = loop._optimizer

    def kept(*arguments: Any) -> torch.optim.Optimizer:
        made.append(plain(*arguments))
        return made[-1]

    monkeypatch.setattr(loop, "_optimizer", kept)
    used: list[list[float]] = []
    fit(net, task(), run, lambda _: used.append([group["lr"] for group in made[0].param_groups]))
    assert used == [[learning_rate(DIGITS, step)] * 2 for step in range(5)]
    # Kernels decay; biases and normalisations do not.
    kernels, others = made[0].param_groups
    assert (kernels["weight_decay"], others["weight_decay"]) == (DIGITS.weight_decay, 0.0)
    assert {parameter.ndim for parameter in kernels["params"]} == {2, 4}
    assert {parameter.ndim for parameter in others["params"]} == {1}
    assert len(kernels["params"]) + len(others["params"]) == len([*net.parameters()])


# Steps, epochs and what is shown of them.


def test_progress_names_its_numbers_and_has_no_accuracy_before_the_first_epoch() -> None:
    first = Progress(Stage.DIGITS, 1, 4, 1, 8, 1.23456, None, 1234.5)
    assert first.summary() == "loss 1.235, accuracy –, 1,234 examples/s"
    later = Progress(Stage.STRINGS, 2, 4, 6, 8, 0.5, 0.98765, 98.7)
    assert later.summary() == "loss 0.500, accuracy 98.77 %, 99 examples/s"


def test_every_step_is_reported_and_every_epoch_recorded_the_last_one_even_if_short(
    run: ReaderRun, net: DigitNet
) -> None:
    figures = iter([0.25, 0.5, 0.75])
    progress: list[Progress] = []
    fit(net, task(evaluate=lambda _: {"accuracy": next(figures), "other": 1.0}), run, progress.append)
    assert [(one.stage, one.step, one.steps) for one in progress] == [
        (Stage.DIGITS, step, 5) for step in range(1, 6)
    ]
    assert [one.accuracy for one in progress] == [None, 0.25, 0.25, 0.5, 0.75]
    lines = run.metrics()
    assert [(line["stage"], line["step"], line["accuracy"], line["other"]) for line in lines] == [
        ("digits", 2, 0.25, 1.0),
        ("digits", 4, 0.5, 1.0),
        ("digits", 5, 0.75, 1.0),
    ]
    assert [line["loss"] for line in lines] == [progress[place].loss for place in (1, 3, 4)]


def test_steps_are_made_in_training_and_figures_in_evaluation(run: ReaderRun, net: DigitNet) -> None:
    seen: list[tuple[bool, float]] = []

    def watched(net: DigitNet, number: int) -> Tensor:
        seen.append((net.training, net.dropout.p))
        return guess(net, number)

    def evaluate(net: DigitNet) -> dict[str, float]:
        seen.append((net.training, net.dropout.p))
        return {"accuracy": 0.5}

    fit(net, task(loss=watched, evaluate=evaluate), run, ignore)
    assert seen == [(place not in (2, 5, 7), 0.5) for place in range(8)]


def test_a_run_taken_up_again_is_given_the_batches_it_has_not_seen(run: ReaderRun, net: DigitNet) -> None:
    given: list[int] = []

    def watched(net: DigitNet, number: int) -> Tensor:
        given.append(number)
        if len(given) == 4:
            raise KeyboardInterrupt
        return guess(net, number)

    with pytest.raises(KeyboardInterrupt):
        fit(net, task(loss=watched), run, ignore)
    progress: list[Progress] = []
    fit(net, task(loss=watched), run, progress.append)
    assert given == [0, 1, 2, 3, 2, 3, 4]  # the third step was not in the checkpoint yet
    assert [one.step for one in progress] == [3, 4, 5]
    assert [one.accuracy for one in progress] == [0.5, 0.5, 0.5]  # known from the first epoch


def test_a_stage_that_is_done_learns_nothing_more(run: ReaderRun, net: DigitNet) -> None:
    fit(net, task(), run, ignore)
    before, lines = run.checkpoint.read_bytes(), run.metrics()

    def never(_net: DigitNet, _number: int) -> Tensor:
        raise AssertionError("a step beyond the last")

    fit(net, task(loss=never), run, ignore)
    assert run.checkpoint.read_bytes() == before
    assert run.metrics() == lines


def test_a_checkpoint_beyond_the_last_step_is_a_model_error(run: ReaderRun, net: DigitNet) -> None:
    of_stage = task()
    optimizer = loop._optimizer(net, of_stage.make_batches.recipe)
    run.save_checkpoint(of_stage.name, TrainingState(net, optimizer), of_stage.make_batches.recipe.steps + 1)
    with pytest.raises(ModelError, match="start again"):
        fit(net, of_stage, run, ignore)


def test_the_dropout_of_a_step_depends_on_seed_stage_and_step(tmp_path: Path) -> None:
    def masks(name: str, seed: int, stage: Stage) -> list[list[float]]:
        drawn: list[list[float]] = []

        def watched(net: DigitNet, number: int) -> Tensor:
            drawn.append(torch.rand(3).tolist())
            return guess(net, number)

        run = ReaderRun.begin(tmp_path / name, Recipe(Source.PEN, seed, TINY), {})
        net = DigitNet(replace(LENET, channels=TINY))
        fit(net, task(loss=watched, name=stage), run, ignore)
        return drawn

    first = masks("first", 3, Stage.DIGITS)
    assert masks("again", 3, Stage.DIGITS) == first
    others = masks("seed", 4, Stage.DIGITS), masks("stage", 3, Stage.STRINGS)
    assert len({tuple(mask) for each in (first, *others) for mask in each}) == 15


def test_a_long_gradient_is_shortened(run: ReaderRun, net: DigitNet) -> None:
    lengths: list[float] = []

    def steep(net: DigitNet, number: int) -> Tensor:
        return 1e4 * guess(net, number)

    def measured(_: Progress) -> None:
        gradients = [parameter.grad for parameter in net.parameters() if parameter.grad is not None]
        lengths.append(float(torch.linalg.vector_norm(torch.cat([each.flatten() for each in gradients]))))

    fit(net, task(loss=steep), run, measured)
    assert lengths == pytest.approx([MAX_GRAD_NORM] * 5, rel=1e-3)


def test_learning_lowers_the_loss(run: ReaderRun, net: DigitNet) -> None:
    recipe = DigitRecipe(examples=50, examples_per_epoch=50, batch=1, learning_rate=0.02, dropout=0.0)

    def same_again(net: DigitNet, _: int) -> Tensor:
        return guess(net, 0)

    losses: list[float] = []
    fit(
        net,
        task(make_batches=Numbers(recipe), loss=same_again),
        run,
        lambda progress: losses.append(progress.loss),
    )
    assert losses[-1] < 0.25 * losses[0]
