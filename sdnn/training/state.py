"""The state of a training as the tensors of one file: net, moving average, moments of the optimizer."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn

from sdnn.errors import ModelError

OPTIMIZER_PREFIX: Final = "optimizer."
NET_PREFIX: Final = "net."
MEAN_PREFIX: Final = "mean."


def state_tensors(
    net: nn.Module, optimizer: torch.optim.Optimizer, mean: nn.Module | None = None
) -> dict[str, Tensor]:
    """All tensors that going on needs, by name.

    Args:
        net: As it is trained.
        optimizer: Of its parameters.
        mean: Moving average of the net, where there is one.
    """
    tensors: dict[str, Tensor] = {NET_PREFIX + name: value for name, value in net.state_dict().items()}
    if mean is not None:
        tensors |= {MEAN_PREFIX + name: value for name, value in mean.state_dict().items()}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"{OPTIMIZER_PREFIX}{index}.{name}": value for name, value in state.items()}
    return tensors


def restore(
    tensors: Mapping[str, Tensor],
    net: nn.Module,
    optimizer: torch.optim.Optimizer,
    mean: nn.Module | None,
    where: Path,
) -> None:
    """Puts net, optimizer and moving average where the tensors of `state_tensors` say.

    Args:
        tensors: Of the file.
        net: Changed in place.
        optimizer: Changed in place.
        mean: Changed in place, where there is one.
        where: The file, for the message.

    Raises:
        ModelError: When the tensors are those of another net or optimizer.
    """
    states: dict[int, dict[str, Tensor]] = {}
    for name, value in _with_prefix(tensors, OPTIMIZER_PREFIX).items():
        index, entry = name.split(".", 1)
        states.setdefault(int(index), {})[entry] = value
    try:
        net.load_state_dict(_with_prefix(tensors, NET_PREFIX))
        if mean is not None:
            mean.load_state_dict(_with_prefix(tensors, MEAN_PREFIX))
        optimizer.load_state_dict({**optimizer.state_dict(), "state": states})
    except (RuntimeError, KeyError, ValueError) as error:
        raise ModelError(f"{where}: holds another net or optimizer; start again with: sdnn train") from error
    for parameter, state in optimizer.state.items():
        for name, value in state.items():
            if value.shape == parameter.shape:
                # The file knows no memory format; the fused optimizer takes moment and parameter in the
                # order of memory, which has to be the same.
                state[name] = torch.empty_like(parameter, requires_grad=False).copy_(value)


def _with_prefix(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
