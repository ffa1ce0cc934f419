"""The moving average of a net."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from sdnn.training.ema import MovingAverage


def test_the_mean_forgets_the_first_weights_and_follows_the_net() -> None:
    linear, normalisation = nn.Linear(2, 2), nn.BatchNorm1d(2)
    net = nn.Sequential(linear, normalisation)
    mean = MovingAverage(net, decay=0.9)
    weights = []
    for step in range(400):
        with torch.no_grad():
            linear.weight.fill_(step)
            net(torch.rand(4, 2))
        mean.update(net, step)
        weights.append(float(mean.net.state_dict()["0.weight"].mean()))
    assert weights[0] == 0
    assert all(later > earlier for earlier, later in pairwise(weights))
    assert weights[-1] == pytest.approx(399 - 9, abs=0.1)  # a decay of 0.9 is nine steps behind
    assert not mean.net.training
    assert int(mean.net.state_dict()["1.num_batches_tracked"]) == 400


def test_the_average_begins_with_its_net_and_then_goes_its_own_way() -> None:
    net = nn.Linear(2, 2)
    mean = MovingAverage(net, decay=0.25)
    torch.testing.assert_close(mean.net.state_dict(), net.state_dict(), atol=0, rtol=0)
    first = net.weight.detach().clone()
    with torch.no_grad():
        net.weight.add_(1)
    torch.testing.assert_close(mean.net.weight.detach(), first, atol=0, rtol=0)
    mean.update(net, 1000)  # so late that the decay alone says how much is kept
    torch.testing.assert_close(mean.net.weight.detach(), first + 0.75)
