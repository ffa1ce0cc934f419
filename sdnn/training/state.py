"""State of a training as tensors of one file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn

from sdnn.errors import ModelError
from sdnn.models.checkpoint import check_types

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
        try:
            self._load(self.net, _with_prefix(tensors, NET_PREFIX))
            if self.mean is not None:
                self._load(self.mean, _with_prefix(tensors, MEAN_PREFIX))
            states = self._moments(_with_prefix(tensors, OPTIMIZER_PREFIX))
        except (RuntimeError, ValueError) as error:
            raise ModelError(
                f"{path}: holds another net or optimizer; start again with: sdnn train"
            ) from error
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": states})
        for parameter, state in self.optimizer.state.items():
            for name, value in state.items():
                if value.shape == parameter.shape:
                    # Files have no memory format, and the fused optimizer needs that of the parameter.
                    state[name] = torch.empty_like(parameter, requires_grad=False).copy_(value)

    @staticmethod
    def _load(net: nn.Module, tensors: Mapping[str, Tensor]) -> None:
        """Loads the weights of a net; RuntimeError or ValueError where they are another's."""
        check_types(net.state_dict(), tensors)
        net.load_state_dict(tensors)

    def _moments(self, tensors: Mapping[str, Tensor]) -> dict[int, dict[str, Tensor]]:
        """Steps and moments of AdamW by the number of the parameter: of all, or none before the first step.

        Raises:
            ValueError: When they are not those of the net's parameters.
        """
        states: dict[int, dict[str, Tensor]] = {}
        for name, value in tensors.items():
            number, _, entry = name.partition(".")
            states.setdefault(int(number), {})[entry] = value
        parameters: list[Tensor] = [each for group in self.optimizer.param_groups for each in group["params"]]
        if states and [*range(len(parameters))] != sorted(states):
            raise ValueError("the optimizer's state is not that of all parameters")
        for index, state in states.items():
            shape = parameters[index].shape
            shapes = {"step": torch.Size(), "exp_avg": shape, "exp_avg_sq": shape}
            if {name: value.shape for name, value in state.items()} != shapes:
                raise ValueError(f"parameter {index}: moments of another shape")
            if any(value.dtype != torch.float32 for value in state.values()):
                raise ValueError(f"parameter {index}: moments of another type")
            if state["step"] < 0 or (state["exp_avg_sq"] < 0).any():
                raise ValueError(f"parameter {index}: negative moments")
        return states


def _with_prefix(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
