"""Runs of two epochs of two steps on drawn digits; only one of them is brought to its end and exported."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sdnn.choices import Source
from sdnn.datasets.windows import make_windows
from sdnn.errors import UnreadableInput, UsageError
from sdnn.models.checkpoint import load_net
from sdnn.models.description import Description
from sdnn.models.digit_net import DigitNet
from sdnn.models.engine import Engine
from sdnn.results import NO_DIGIT, Strip
from sdnn.training import digits
from sdnn.training.digits import (
    Progress,
    as_input,
    classify,
    either_loss,
    learning_rate,
    new_run,
    train_digits,
)
from sdnn.training.recipe import DigitRecipe
from sdnn.training.run import Run

RECIPE = DigitRecipe(source=Source.PEN, windows=64, windows_per_epoch=32, batch=16, seed=3)
HELD_OUT = 128


class Interruption(Exception):
    """What stops a run in these tests."""


@dataclass(frozen=True)
class Finished:
    folder: Path
    description: Description
    progress: list[Progress]


def run_until(run: Run, step: int) -> None:
    """Trains up to a step and stops there, without finishing."""

    def report(progress: Progress) -> None:
        if progress.step == step:
            raise Interruption

    with pytest.raises(Interruption):
        train_digits(run, None, report)


def timeless(run: Run) -> list[dict[str, Any]]:
    return [{name: value for name, value in line.items() if name != "seconds"} for line in run.metrics()]


@pytest.fixture(scope="module", autouse=True)
def little_to_validate_on() -> Iterator[None]:
    def fewer(source: Any, count: int, *rest: Any) -> Any:
        return make_windows(source, min(count, HELD_OUT), *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(digits, "make_windows", fewer)
        patch.setattr(digits, "_temperature", partial(digits._temperature, count=40))
        yield


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    run = new_run(tmp_path_factory.mktemp("runs") / "first", RECIPE, None)
    progress: list[Progress] = []
    return Finished(run.folder, train_digits(run, None, progress.append), progress)


def test_two_runs_of_one_recipe_give_the_same_net(finished: Finished, tmp_path: Path) -> None:
    run = new_run(tmp_path / "second", RECIPE, None)
    run_until(run, RECIPE.steps)
    first = Run.resume(finished.folder)
    assert timeless(run) == timeless(first)
    assert run.checkpoint.read_bytes() == first.checkpoint.read_bytes()


@pytest.mark.parametrize("stop", [2, 3], ids=["after an epoch", "within one"])
def test_an_interrupted_run_goes_on_to_the_same_net(finished: Finished, tmp_path: Path, stop: int) -> None:
    run = new_run(tmp_path / "interrupted", RECIPE, None)
    run_until(run, stop)
    run_until(Run.resume(run.folder), RECIPE.steps)
    first = Run.resume(finished.folder)
    assert timeless(run) == timeless(first)
    assert run.checkpoint.read_bytes() == first.checkpoint.read_bytes()


def test_another_seed_gives_another_net(finished: Finished, tmp_path: Path) -> None:
    run = new_run(tmp_path / "other", replace(RECIPE, seed=4), None)
    run_until(run, RECIPE.steps_per_epoch)
    assert timeless(run) != timeless(Run.resume(finished.folder))[:1]


def test_every_step_is_reported_and_every_epoch_recorded(finished: Finished) -> None:
    assert [(progress.step, progress.steps) for progress in finished.progress] == [
        (1, 4),
        (2, 4),
        (3, 4),
        (4, 4),
    ]
    lines = Run.resume(finished.folder).metrics()
    assert [line["step"] for line in lines] == [2, 4]
    assert [line["loss"] for line in lines] == [finished.progress[1].loss, finished.progress[3].loss]
    accuracies = [progress.accuracy for progress in finished.progress]
    assert accuracies == [None, lines[0]["accuracy"], lines[0]["accuracy"], lines[1]["accuracy"]]


def test_a_finished_run_holds_one_net_in_two_files(finished: Finished) -> None:
    run = Run.resume(finished.folder)
    engine = Engine(run.model)
    net, description = load_net(finished.folder / "model.safetensors")
    assert json.loads(json.dumps(asdict(finished.description))) == json.loads(json.dumps(asdict(description)))
    assert engine.description == description
    window = np.random.default_rng(0).random((1, 28, 28), dtype=np.float32)
    with torch.no_grad():
        logits = net(as_input(window)) / description.temperature
    map_of_window = engine.class_map(Strip(window[0])).log_probs
    np.testing.assert_allclose(map_of_window, logits.log_softmax(1).numpy(), atol=1e-3)


def test_the_model_says_what_it_was_trained_with(finished: Finished) -> None:
    description = finished.description
    assert description.name == "first"
    assert description.recipe["stage"] == "digits"
    recipe = {name: value for name, value in description.recipe.items() if name != "stage"}
    assert DigitRecipe.from_record(json.loads(json.dumps(recipe))) == RECIPE
    assert description.card["validation_window_accuracy"] == finished.progress[-1].accuracy
    assert description.temperature > 0


def test_a_folder_with_a_run_is_refused(finished: Finished) -> None:
    with pytest.raises(UsageError, match=str(finished.folder)):
        new_run(finished.folder, RECIPE, None)


def test_a_run_that_needs_mnist_does_not_begin_without(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput):
        new_run(tmp_path / "run", replace(RECIPE, source=Source.MNIST), tmp_path)
    assert not (tmp_path / "run").exists()


def test_a_run_records_the_checksums_of_mnist_where_it_uses_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digits, "digit_source", lambda *_: None)
    monkeypatch.setattr(digits, "mnist_checksums", lambda data: {"images": "00ff"})
    assert new_run(tmp_path / "mixed", replace(RECIPE, source=Source.MIXED), None).data == {"images": "00ff"}
    assert new_run(tmp_path / "pen", RECIPE, None).data == {}


def test_the_learning_rate_rises_evenly_then_falls_as_half_a_cosine() -> None:
    recipe = DigitRecipe(windows=100, batch=1, learning_rate=0.5, warm_up=0.2)
    rates = np.array([learning_rate(recipe, step) for step in range(recipe.steps)])
    np.testing.assert_allclose(rates[:20], 0.5 * np.arange(1, 21) / 20)
    assert rates.max() == rates[19] == rates[20] == 0.5
    assert rates[60] == pytest.approx(0.25)  # half-way down
    assert rates[40] == pytest.approx(0.25 * (1 + np.sqrt(0.5)))
    assert (np.diff(rates[20:]) < 0).all()
    assert 0 < rates[-1] < 0.001


@pytest.mark.parametrize("windows", [1, 2, 3])
def test_the_shortest_runs_have_a_learning_rate(windows: int) -> None:
    recipe = DigitRecipe(windows=windows, batch=1)
    rates = [learning_rate(recipe, step) for step in range(recipe.steps)]
    assert rates[0] == recipe.learning_rate
    assert min(rates) > 0


def one_hot(labels: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.one_hot(labels, 11).bool()


def test_with_one_right_class_the_loss_is_cross_entropy() -> None:
    torch.manual_seed(0)
    logits, labels = torch.randn(20, 11), torch.randint(11, (20,))
    expected = torch.nn.functional.cross_entropy(logits, labels)
    torch.testing.assert_close(either_loss(logits, one_hot(labels)), expected)


def test_the_loss_is_minus_the_logarithm_of_what_the_right_classes_have_together() -> None:
    probs = torch.tensor([[0.5, 0.2, 0.3], [0.1, 0.8, 0.1]])
    right = torch.tensor([[True, True, False], [False, True, False]])
    expected = -(np.log(0.7) + np.log(0.8)) / 2
    assert float(either_loss(probs.log() + 5, right)) == pytest.approx(expected)


def test_with_every_class_right_there_is_nothing_to_lose() -> None:
    logits = torch.randn(4, 11, requires_grad=True)
    loss = either_loss(logits, torch.ones(4, 11, dtype=torch.bool))
    assert float(loss.detach()) == pytest.approx(0, abs=1e-6)


def test_the_gradient_leaves_the_balance_between_right_classes_alone() -> None:
    logits = torch.zeros(1, 3, dtype=torch.float64, requires_grad=True)
    right = torch.tensor([[True, True, False]])
    (gradient,) = torch.autograd.grad(either_loss(logits, right), logits)
    torch.testing.assert_close(gradient, torch.tensor([[-1 / 6, -1 / 6, 1 / 3]], dtype=torch.float64))


def test_windows_are_classified_alike_alone_and_together() -> None:
    torch.manual_seed(0)
    net = DigitNet()
    windows = np.random.default_rng(0).random((513, 28, 28), dtype=np.float32)
    classes = classify(net, windows)
    assert classes.shape == (513,)
    assert not net.training
    for place in (0, 511, 512):
        assert classify(net, windows[place : place + 1]) == classes[place]
    assert set(classes.tolist()) <= set(range(NO_DIGIT + 1))


def test_progress_shows_no_accuracy_before_the_first_epoch() -> None:
    assert Progress(1, 4, 1.23456, None).shown() == {"loss": "1.235", "accuracy": "–"}
    assert Progress(2, 4, 0.5, 0.98765).shown() == {"loss": "0.500", "accuracy": "98.77 %"}
