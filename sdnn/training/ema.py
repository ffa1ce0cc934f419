"""Exponential moving average (EMA) of a net's weights."""

from copy import deepcopy
from typing import Final, Generic, TypeVar

import torch
from torch import nn

Net = TypeVar("Net", bound=nn.Module)

WARM_UP_STEPS: Final = 20
"""Warm-up of the decay: after n steps the average reaches back over about a twentieth of them."""


class MovingAverage(Generic[Net]):
    """Moving average of a net; the first steps, which leave the random weights behind, soon fade.

    Attributes:
        net: Net with the averages of the weights and of the statistics of the normalisation.

    Reference:
        Polyak and Juditsky 1992; with exponential weights, as in Szegedy et al. 2016 (section 8).
    """

    def __init__(self, net: Net, decay: float) -> None:
        """Starts from a copy of the net; `decay` is the share that each step keeps."""
        self.net = deepcopy(net).eval()
        self._decay = decay

    @torch.no_grad()
    def update(self, net: Net, step: int) -> None:
        """Moves towards the net after step number `step`, counted from 0."""
        decay = min(self._decay, step / (step + WARM_UP_STEPS))
        for kept, new in zip(self.net.state_dict().values(), net.state_dict().values(), strict=True):
            if kept.dtype.is_floating_point:
                kept.lerp_(new, 1 - decay)
            else:
                kept.copy_(new)
