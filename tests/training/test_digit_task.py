import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch

from sdnn.datasets.pen import SyntheticDigits
from sdnn.datasets.rng import RngPurpose, make_rng
from sdnn.datasets.windows import make_windows
from sdnn.enums import Stage
from sdnn.models.digit_net import DigitNet
from sdnn.models.lenet import LENET
from sdnn.results import NO_DIGIT
from sdnn.training import digit_task
from sdnn.training.digit_task import (
    DigitTask,
    WindowMaker,
    Windows,
    as_input,
    classify,
    partial_label_loss,
)
from sdnn.training.reader_recipe import DigitRecipe

TINY = (4, 4, 4, 4, 6, 8)
HEIGHT, WINDOW = LENET.geometry.height_px, LENET.geometry.window_px
RECIPE = DigitRecipe(batch=6)
MAKER = WindowMaker(SyntheticDigits(), RECIPE, LENET.geometry, seed=3)


def one_hot(labels: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.one_hot(labels, 11).bool()


def test_with_one_right_class_the_loss_is_cross_entropy() -> None:
    torch.manual_seed(0)
    logits, labels = torch.randn(20, 11), torch.randint(11, (20,))
    expected = torch.nn.functional.cross_entropy(logits, labels)
    torch.testing.assert_close(partial_label_loss(logits, one_hot(labels)), expected)


def test_the_loss_is_minus_the_logarithm_of_what_the_right_classes_have_together() -> None:
    probs = torch.tensor([[0.5, 0.2, 0.3], [0.1, 0.8, 0.1]])
    right = torch.tensor([[True, True, False], [False, True, False]])
    expected = -(np.log(0.7) + np.log(0.8)) / 2
    assert float(partial_label_loss(probs.log() + 5, right)) == pytest.approx(expected)


def test_with_every_class_right_there_is_nothing_to_lose() -> None:
    logits = torch.randn(4, 11, requires_grad=True)
    loss = partial_label_loss(logits, torch.ones(4, 11, dtype=torch.bool))
    assert float(loss.detach()) == pytest.approx(0, abs=1e-6)


def test_the_gradient_leaves_the_balance_between_right_classes_alone() -> None:
    logits = torch.zeros(1, 3, dtype=torch.float64, requires_grad=True)
    right = torch.tensor([[True, True, False]])
    (gradient,) = torch.autograd.grad(partial_label_loss(logits, right), logits)
    torch.testing.assert_close(gradient, torch.tensor([[-1 / 6, -1 / 6, 1 / 3]], dtype=torch.float64))


def test_windows_are_classified_alike_alone_and_together() -> None:
    torch.manual_seed(0)
    net = DigitNet(replace(LENET, channels=TINY))
    windows = np.random.default_rng(0).random((513, HEIGHT, WINDOW), dtype=np.float32)
    classes = classify(net, windows)
    assert classes.shape == (513,)
    assert not net.training
    for place in (0, 511, 512):
        assert classify(net, windows[place : place + 1]) == classes[place]
    assert set(classes.tolist()) <= set(range(NO_DIGIT + 1))


def test_windows_become_an_input_of_one_channel() -> None:
    windows = np.random.default_rng(0).random((3, HEIGHT, WINDOW), dtype=np.float32)
    assert as_input(windows).shape == (3, 1, HEIGHT, WINDOW)
    np.testing.assert_array_equal(as_input(windows)[:, 0].numpy(), windows)


def test_the_batch_of_a_step_depends_on_seed_and_step_alone() -> None:
    ((windows, right),) = MAKER(2)
    assert windows.shape == (6, HEIGHT, WINDOW)
    assert right.shape == (6, 11)
    ((again, right_again),) = pickle.loads(pickle.dumps(MAKER))(2)
    np.testing.assert_array_equal(windows, again)
    np.testing.assert_array_equal(right, right_again)
    others = [MAKER(3), replace(MAKER, seed=4)(2)]
    assert not any(np.array_equal(windows, other) for ((other, _),) in others)


def test_the_digit_task_counts_right_classes_on_windows_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(digit_task, "VALIDATION_WINDOWS", 40)
    task = DigitTask(MAKER, MAKER)
    assert task.name == Stage.DIGITS
    rng = make_rng(MAKER.seed, 0, RngPurpose.VALIDATION)
    windows, right = make_windows(SyntheticDigits(), 40, RECIPE.window, LENET.geometry, rng)
    torch.manual_seed(0)
    net = DigitNet(replace(LENET, channels=TINY))
    hits = [row[best] for row, best in zip(right, classify(net, windows), strict=True)]
    assert task.evaluate(net) == {"accuracy": sum(hits) / 40}
    assert 0 < sum(hits) < 40  # or any figure would do


def test_the_loss_of_the_digit_task_is_that_of_the_net_to_the_accuracy_of_bfloat16() -> None:
    torch.manual_seed(0)
    net = DigitNet(replace(LENET, channels=TINY)).eval()
    ((windows, right),) = MAKER(0)
    batch: Windows = windows, right
    expected = partial_label_loss(net(as_input(windows)), torch.from_numpy(right))
    loss = DigitTask(MAKER, MAKER).loss(net, batch)
    assert loss.dtype == torch.float32
    assert float(loss.detach()) == pytest.approx(float(expected.detach()), abs=0.05)
