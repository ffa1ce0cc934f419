"""State of a training as tensors of one file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn

from sdnn.errors import ModelError

OPTIMIZER_PREFIX: Final = "optimizer."
NET_PREFIX: Final = "net."
MEAN_PREFIX: Final = "mean."


@dataclass(frozen=True, eq=False)
class TrainingState:
    """State of a training.

    Attributes:
        net: Net in training.
        optimizer: Optimizer of its parameters.
        mean: Moving average of the net, or None.
    """

    net: nn.Module
    optimizer: torch.optim.Optimizer
    mean: nn.Module | None = None

    def tensors(self) -> dict[str, Tensor]:
        """Tensors of net, moving average and moments of the optimizer, by name."""
        tensors: dict[str, Tensor] = {NET_PREFIX + name: each for name, each in self.net.state_dict().items()}
        if self.mean is not None:
            tensors |= {MEAN_PREFIX + name: each for name, each in self.mean.state_dict().items()}
        for index, state in self.optimizer.state_dict()["state"].items():
            tensors |= {f"{OPTIMIZER_PREFIX}{index}.{name}": each for name, each in state.items()}
        return tensors

    def restore(self, tensors: Mapping[str, Tensor], path: Path) -> None:
        """Restores the state, in place, from the tensors of the file at `path`.

        Raises:
            ModelError: When the tensors are those of another net or optimizer.
        """
        states: dict[int, dict[str, Tensor]] = {}
        for name, value in _with_prefix(tensors, OPTIMIZER_PREFIX).items():
            index, entry = name.split(".", 1)
            states.setdefault(int(index), {})[entry] = value
        try:
            self.net.load_state_dict(_with_prefix(tensors, NET_PREFIX))
            if self.mean is not None:
                self.mean.load_state_dict(_with_prefix(tensors, MEAN_PREFIX))
            self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": states})
        except (RuntimeError, KeyError, ValueError) as error:
            raise ModelError(
                f"{path}: holds another net or optimizer; start again with: sdnn train"
            ) from error
        for parameter, state in self.optimizer.state.items():
            for name, value in state.items():
                if value.shape == parameter.shape:
                    # Files have no memory format, and the fused optimizer needs that of the parameter.
                    state[name] = torch.empty_like(parameter, requires_grad=False).copy_(value)


def _with_prefix(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
