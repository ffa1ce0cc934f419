"""Two nets and a gate: strips of one kind of paper are read by the second net, all others by the first.

A net that is tuned to the hands of one kind of paper reads them better and all others a little worse. The
gate knows that kind by how active the first net's feature maps are where there is ink, so that what is unlike
it is read as before.

Reference:
    Jacobs, Jordan, Nowlan and Hinton 1991, "Adaptive mixtures of local experts". Where we differ: there are
    two experts, trained before the gate; their logits are mixed, not their outputs.
"""

from collections.abc import Sequence
from copy import deepcopy
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from sdnn.models.fully_convolutional import FullyConvolutional

EPSILON: Final = 1e-6
"""Ink that is added to that of a strip, for the sake of blank ones."""
SIGHT_PX: Final = 4
"""Width of the ink that weighs a column."""
STEPS: Final = 500
LEARNING_RATE: Final = 0.01
DECAY: Final = 3e-3
"""Steps, rate and weight decay of the fit, on standardized activities."""
MIN_DEVIATION: Final = 1e-3
"""Smallest standard deviation of an activity: some maps are hardly ever active."""


class Activities(nn.Module):
    """Mean activity of each feature map of a net where there is ink, besides the net's logits."""

    def __init__(self, net: FullyConvolutional) -> None:
        super().__init__()
        self.net = net
        height, reach, stride = net.geometry.height_px, 1, 1
        sights: list[nn.Module] = []
        # Fully connected layers see whole windows, beyond the paper at the ends of a strip.
        for layer in net.layers:
            if isinstance(layer, nn.Conv2d | nn.MaxPool2d):
                kernel, step = _columns(layer.kernel_size), _columns(layer.stride)
                reach, stride = reach + (kernel - 1) * stride, stride * step
            elif isinstance(layer, nn.ReLU) and reach < net.geometry.window_px:
                sights.append(_sight(height, reach, stride))
        self.sights = nn.ModuleList(sights)

    def forward(self, ink: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits and activities of strips.

        Paper on the right of a strip changes no activity, as long as its end is paper, too (`to_strip`).

        Args:
            ink: (B, 1, H, W) strips, 0 paper to 1 ink.

        Returns:
            (B, 11, 1, T) logits, and for each layer the (B, C, 1, 1) activities of its C maps:
            means over columns, weighted by the ink in the middle of what a column sees.
        """
        maps, sights = ink, iter(self.sights)
        activities: list[Tensor] = []
        for layer in self.net.layers:
            maps = layer(maps)
            if isinstance(layer, nn.ReLU) and len(activities) < len(self.sights):
                seen = next(sights)(ink)
                weighed = (maps * seen).sum((2, 3), keepdim=True)
                activities.append(weighed / (seen.sum((2, 3), keepdim=True) + EPSILON))
        return maps, activities


class Gate(nn.Module):
    """Score of a strip by the activities of a net: positive where it is like those of the second net."""

    def __init__(self, sizes: Sequence[int]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Conv2d(size, 1, 1, bias=place == 0) for place, size in enumerate(sizes)
        )

    def forward(self, activities: Sequence[Tensor]) -> Tensor:
        """(B, 1, 1, 1) scores of activities by `Activities`."""
        first, *others = (layer(each) for layer, each in zip(self.layers, activities, strict=True))
        score: Tensor = first
        for each in others:
            score = score + each
        return score


class GatedNet(nn.Module):
    """Maps strips to the mixed logits of two nets."""

    def __init__(self, first: Activities, second: FullyConvolutional, gate: Gate) -> None:
        super().__init__()
        self.first, self.second, self.gate = first, second, gate
        self.geometry = second.geometry

    def forward(self, strips: Tensor) -> Tensor:
        """(B, T, 11) logits of (B, H, W) strips; see `FullyConvolutional`."""
        ink = strips.unsqueeze(1)
        one, activities = self.first(ink)
        other = self.second.layers(ink)
        share = torch.sigmoid(self.gate(activities))
        mixed: Tensor = one + share * (other - one)
        return mixed.squeeze(2).transpose(1, 2)


def fit_gate(own: Sequence[Tensor], others: Sequence[Tensor]) -> Gate:
    """The gate that tells strips apart: logistic regression, either kind with the same weight.

    Args:
        own: For each layer the (N, C) activities of strips of the second net's kind.
        others: Those of other strips.

    Returns:
        A gate whose score is the logarithm of the odds.
    """
    sizes = [each.shape[1] for each in own]
    strips = torch.cat([torch.cat([*own], 1), torch.cat([*others], 1)])
    mean, deviation = strips.mean(0), strips.std(0) + MIN_DEVIATION
    inputs = (strips - mean) / deviation
    count, rest = len(own[0]), len(others[0])
    labels = torch.cat([torch.ones(count), torch.zeros(rest)])
    importance = torch.cat([torch.full((count,), 0.5 / count), torch.full((rest,), 0.5 / rest)])
    weights, bias = torch.zeros(inputs.shape[1], requires_grad=True), torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.Adam([weights, bias], LEARNING_RATE)
    for _ in range(STEPS):
        optimizer.zero_grad()
        entropy = functional.binary_cross_entropy_with_logits(
            inputs @ weights + bias, labels, importance, reduction="sum"
        )
        (entropy + DECAY * weights.square().sum()).backward()
        optimizer.step()
    gate = Gate(sizes)
    with torch.no_grad():
        kernels = weights / deviation
        offset = bias - (mean * kernels).sum()
        for layer, kernel in zip(gate.layers, kernels.split(sizes), strict=True):
            assert isinstance(layer, nn.Conv2d)
            layer.weight.copy_(kernel[None, :, None, None])
            if layer.bias is not None:
                layer.bias.copy_(offset)
    return gate.eval()


def moved(gate: Gate, by: float) -> Gate:
    """A gate whose scores are greater by a number."""
    copy = deepcopy(gate)
    first = copy.layers[0]
    assert isinstance(first, nn.Conv2d)
    assert first.bias is not None
    with torch.no_grad():
        first.bias += by
    return copy


def _sight(height: int, reach: int, stride: int) -> nn.Conv2d:
    """Mean ink in the middle of what each column of a map sees, as a convolution."""
    sight = nn.Conv2d(1, 1, (height, reach), (1, stride), bias=False).requires_grad_(False)
    first = max(0, (reach - SIGHT_PX) // 2)
    nn.init.zeros_(sight.weight)
    sight.weight[..., first : first + SIGHT_PX] = 1 / (height * SIGHT_PX)
    return sight


def _columns(size: int | tuple[int, ...]) -> int:
    """The horizontal one of a layer's sizes."""
    return size if isinstance(size, int) else size[1]
