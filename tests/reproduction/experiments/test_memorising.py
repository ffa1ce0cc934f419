from collections.abc import Iterator

import numpy as np
import pytest
import torch

from reproduction.experiments.memorising import (
    KERNEL_COLUMNS,
    Kind,
    MemorisingRecipe,
    learn,
    new_net,
    parameters_of,
    read,
)
from reproduction.synthetic_zip import ZipStrip, distinct_strings

WINDOW_PX = 2 * KERNEL_COLUMNS + 12
STRIP_PX = 160


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As in the experiment: for so small nets two threads wait for one another most of the time."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def strips(count: int, seed: int = 0) -> list[ZipStrip]:
    """Bars for digits: the higher, the greater the digit."""
    rng = np.random.default_rng(seed)
    made = []
    for text in distinct_strings(count, seed):
        ink = rng.integers(0, 20, (28, STRIP_PX)).astype(np.uint8)
        middles = [20 + 28 * place for place in range(5)]
        for middle, digit in zip(middles, text, strict=True):
            ink[26 - 2 * int(digit) : 28, middle - 4 : middle + 4] = 255
        made.append(ZipStrip(ink, text, tuple(map(float, middles)), (0, 1, 2, 3, 4)))
    return made


def columns_that_change(kind: Kind) -> int:
    """How many columns of the map notice that one column of pixels in the middle is blackened."""
    torch.manual_seed(0)
    net = new_net(kind).eval()
    strip = torch.rand(1, 1, 28, STRIP_PX)
    other = strip.clone()
    other[..., STRIP_PX // 2] = 1 - other[..., STRIP_PX // 2]
    with torch.inference_mode():
        return int((net(strip) != net(other)).any(dim=2).sum())


def test_a_swept_column_sees_its_window_and_nothing_beyond() -> None:
    assert 1 <= columns_that_change(Kind.SWEPT) <= WINDOW_PX // 2 + 1


def test_a_recurrent_column_sees_the_whole_strip() -> None:
    assert columns_that_change(Kind.RECURRENT) > WINDOW_PX


def test_both_nets_have_about_as_much_to_remember_with() -> None:
    swept, recurrent = (parameters_of(new_net(kind)) for kind in Kind)
    assert swept == pytest.approx(recurrent, rel=0.02)


@pytest.mark.parametrize("kind", Kind)
def test_nets_learn_what_can_be_told_apart(kind: Kind) -> None:
    torch.manual_seed(0)
    net = new_net(kind)
    losses = learn(net, strips(96), MemorisingRecipe(epochs=3), 1e-2, np.random.default_rng(0))
    assert len(losses) == 3
    assert losses[-1] < losses[0] / 2


@pytest.mark.parametrize("kind", Kind)
def test_what_is_read_does_not_depend_on_the_other_strips(kind: Kind) -> None:
    torch.manual_seed(0)
    net = new_net(kind)
    some = strips(12)
    together = read(net, some)
    assert [read(net, [strip])[0] for strip in some] == together
