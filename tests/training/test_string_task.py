import pickle
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from helpers.brute_force import net_in_use
from helpers.single_map import decode_map
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from sdnn.datasets.pages import LabelledStrip, LineSource, PageRecipe, random_strips
from sdnn.datasets.pen import SyntheticDigits
from sdnn.detection import Detector
from sdnn.enums import Gradient, Objective, Stage
from sdnn.models.digit_net import DigitNet
from sdnn.models.fully_convolutional import fully_convolutional
from sdnn.models.lenet import LENET
from sdnn.training import string_task
from sdnn.training.objectives import Loss, forward_loss, viterbi_loss
from sdnn.training.precision import autocast
from sdnn.training.reader_recipe import StringRecipe
from sdnn.training.string_task import StringTask, StripBatch, StripMaker, bucket_by_width, read_batch

TINY = (4, 4, 4, 4, 6, 8)
HEIGHT, WINDOW = LENET.geometry.height_px, LENET.geometry.window_px
PAGE = PageRecipe(most_digits=3)
LINES = LineSource(SyntheticDigits(), Detector(threads=1))
MAKER = StripMaker(LINES, StringRecipe(batch=2, page=PAGE), LENET.geometry, seed=3)


def strip(width: int, text: str = "") -> LabelledStrip:
    return LabelledStrip(np.random.default_rng(width).integers(1, 256, (HEIGHT, width), np.uint8), text)


def batched(strips: Sequence[LabelledStrip], size: int) -> list[StripBatch]:
    return bucket_by_width(strips, size, LENET.geometry)


@pytest.fixture(scope="module")
def net() -> DigitNet:
    """A net that sees other digits in other columns, where chance alone would have it see one everywhere."""
    net = net_in_use(seed=2, channels=TINY)
    last = net.classifier[-1]
    assert isinstance(last, torch.nn.Linear)
    with torch.no_grad():
        last.bias.sub_(net.sweep(torch.from_numpy(strip(300).ink / np.float32(255))[None, None]).mean((0, 1)))
    return net


# Batches.


def test_strips_are_ordered_by_width_and_filled_up_with_paper() -> None:
    wide, narrow, middle = strip(150, "123"), strip(74, "4"), strip(102, "56")
    first, second = batched([wide, narrow, middle], size=2)
    assert (first.texts, second.texts) == (("4", "56"), ("123",))
    assert first.ink.shape == (2, HEIGHT, 102)
    np.testing.assert_array_equal(first.ink[0, :, :74], narrow.ink)
    assert not first.ink[0, :, 74:].any()
    np.testing.assert_array_equal(first.ink[1], middle.ink)
    np.testing.assert_array_equal(second.ink, wide.ink[None])
    # A column every 4 px from the first window of 68 px on.
    assert (first.columns, second.columns) == ((2, 9), (21,))


def test_a_strip_narrower_than_the_window_has_one_column() -> None:
    (batch,) = batched([strip(12, "1")], size=4)
    assert batch.ink.shape == (1, HEIGHT, WINDOW)
    assert batch.columns == (1,)
    np.testing.assert_array_equal(batch.ink[0, :, :12], strip(12).ink)
    assert not batch.ink[0, :, 12:].any()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 180), max_size=12), st.integers(1, 5))
def test_every_strip_is_in_one_batch_with_its_text_and_columns(widths: list[int], size: int) -> None:
    strips = [strip(width, str(place)) for place, width in enumerate(widths)]
    batches = batched(strips, size)
    assert [len(batch.texts) for batch in batches[:-1]] == [size] * (len(batches) - 1)
    rows = [row for batch in batches for row in zip(batch.ink, batch.texts, batch.columns, strict=True)]
    assert sorted(int(text) for _, text, _ in rows) == [*range(len(widths))]
    of_rows = [widths[int(text)] for _, text, _ in rows]
    assert of_rows == sorted(widths)
    for ink, text, columns in rows:
        width = widths[int(text)]
        np.testing.assert_array_equal(ink[:, :width], strips[int(text)].ink)
        assert not ink[:, width:].any()
        assert columns == max(1, LENET.geometry.columns(width))
    for batch in batches:
        assert batch.ink.dtype == np.uint8
        assert LENET.geometry.columns(batch.ink.shape[2]) == max(batch.columns)


def same(one: list[StripBatch], other: list[StripBatch]) -> bool:
    return all(a.texts == b.texts and np.array_equal(a.ink, b.ink) for a, b in zip(one, other, strict=True))


def test_the_batches_of_a_call_depend_on_seed_and_number_alone() -> None:
    batches = MAKER(1)
    assert [len(batch.texts) for batch in batches] == [2] * MAKER.batches_per_call
    assert same(batches, pickle.loads(pickle.dumps(MAKER))(1))
    assert not same(batches, MAKER(0))
    assert not same(batches, replace(MAKER, seed=4)(1))


def test_the_batches_of_a_call_come_in_random_order() -> None:
    widths = [batch.ink.shape[2] for batch in MAKER(1)]
    assert widths != sorted(widths)
    strips = random_strips(
        LINES, 2 * MAKER.batches_per_call, PAGE, LENET.geometry, np.random.default_rng([3, 1, 2])
    )
    assert Counter(widths) == Counter(batch.ink.shape[2] for batch in batched(strips, 2))


# Reading.


def test_a_batch_is_read_as_the_folded_net_reads_each_strip_alone(net: DigitNet) -> None:
    strips = [strip(width) for width in (12, 68, 69, 100, 125, 132, 220, 340)]
    sweep = fully_convolutional(net)
    texts = []
    for one in strips:
        ink = np.pad(one.ink, ((0, 0), (0, max(0, WINDOW - one.ink.shape[1])))) / np.float32(255)
        with torch.no_grad():
            log_probs = sweep(torch.from_numpy(ink)[None]).log_softmax(2)[0].numpy()
        texts.append("".join(str(span.label) for span in decode_map(log_probs)[1]))
    assert len(set(texts)) > 5  # or the comparison would say little
    for size in (1, 3, 8):
        assert [text for batch in batched(strips, size) for text in read_batch(net, batch)] == texts


def test_the_filling_of_a_batch_is_not_read(net: DigitNet) -> None:
    (batch,) = batched([strip(84)], 1)
    noise: npt.NDArray[np.uint8] = np.random.default_rng(0).integers(0, 256, (1, HEIGHT, 250), np.uint8)
    wider = StripBatch(np.concatenate([batch.ink, noise], axis=2), batch.texts, batch.columns)
    counted = StripBatch(wider.ink, batch.texts, (LENET.geometry.columns(84 + 250),))
    # The columns that count end before the first that sees the noise.
    assert read_batch(net, wider) == read_batch(net, batch)
    assert read_batch(net, counted) != read_batch(net, batch)


# What the loop is given.


def task(**recipe: Any) -> StringTask:
    maker = replace(MAKER, recipe=StringRecipe(page=PAGE, **recipe))
    return StringTask(maker, maker)


OBJECTIVES: dict[tuple[Objective, Gradient], Loss] = {
    (Objective.FORWARD, Gradient.CORRECT): forward_loss,
    (Objective.VITERBI, Gradient.CORRECT): partial(viterbi_loss, gradient=Gradient.CORRECT),
    (Objective.VITERBI, Gradient.CONTRAST): partial(viterbi_loss, gradient=Gradient.CONTRAST),
}


@pytest.mark.parametrize(("objective", "gradient"), OBJECTIVES)
@pytest.mark.parametrize("frozen", [True, False])
def test_the_loss_is_the_objective_of_the_recipe_on_the_sweep(
    net: DigitNet, objective: Objective, gradient: Gradient, frozen: bool
) -> None:
    (batch,) = batched([strip(110, "12"), strip(150, "3"), strip(170, "445")], 3)
    with autocast():
        logits = net.sweep(torch.from_numpy(batch.ink / np.float32(255))[:, None], frozen).float()
    bias = net.classifier.get_parameter("4.bias")

    def value_and_slope(loss: Tensor) -> tuple[float, Tensor]:
        (slope,) = torch.autograd.grad(loss, bias, retain_graph=True)
        return float(loss.detach()), slope

    taught = task(objective=objective, gradient=gradient, frozen=frozen)
    assert taught.name == Stage.STRINGS
    value, slope = value_and_slope(taught.loss(net, batch))
    for choice, loss_of in OBJECTIVES.items():
        expected, expected_slope = value_and_slope(loss_of(logits, batch.texts, batch.columns))
        alike = torch.allclose(slope, expected_slope, rtol=1e-4, atol=1e-6)
        assert alike == (choice == (objective, gradient))
        assert (value == pytest.approx(expected)) == (choice[0] is objective)


def test_the_figures_are_shares_of_strips_read_right_on_paper_and_clean(
    net: DigitNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(string_task, "VALIDATION_STRIPS", 6)
    taught = task()
    asked: list[StripBatch] = []

    def read(_net: DigitNet, batch: StripBatch) -> list[str]:
        """The first batches, which are the clean ones, right but for one strip; of the others only one."""
        asked.append(batch)
        right = [len(asked) == 1] * len(batch.texts)
        right[0] = not right[0]
        return [text if is_right else text + "0" for text, is_right in zip(batch.texts, right, strict=True)]

    monkeypatch.setattr(string_task, "read_batch", read)
    figures = taught.evaluate(net)
    assert figures == pytest.approx({"clean": 5 / 6, "paper": 1 / 6, "accuracy": 0.5})
    assert [len(batch.texts) for batch in asked] == [6, 6]
