"""How the processor at hand calculates fastest: in bfloat16 where it can, else in float32.

Measured on two cores: with a bfloat16 of the processor's own training takes 0.4 times as long as in float32;
where it has none, and the library imitates it, seven times as long.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import torch
from torch import nn

from sdnn.errors import UsageError

MEMORY_FORMAT: Final = torch.channels_last
"""Of pictures and kernels: in this order single digits are learned a third faster than in the usual one."""


@cache
def has_bfloat16() -> bool:
    """Whether the processor multiplies in bfloat16 by itself."""
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))


CPU: Final = torch.device("cpu")


@dataclass(frozen=True)
class Means:
    """What a training works with; the result is the same for any number of makers.

    Attributes:
        device: Where the net is trained: cpu, or cuda for a graphics card of NVIDIA.
        makers: Processes that make the examples.
    """

    device: str = "cpu"
    makers: int = 1

    def torch_device(self) -> torch.device:
        """The device as torch names it.

        Raises:
            UsageError: When this machine has none of that kind that torch can use.
        """
        if self.device == "cuda" and not torch.cuda.is_available():
            raise UsageError("--device cuda: torch finds no graphics card on this machine; leave it out")
        return torch.device(self.device)


USUAL: Final = Means()


def device_of(net: nn.Module) -> torch.device:
    """Where a net's parameters are."""
    return next(net.parameters()).device


def autocast(device: torch.device = CPU) -> torch.autocast:
    """The context that the net's forward pass runs in."""
    enabled = has_bfloat16() if device.type == CPU.type else torch.cuda.is_bf16_supported()
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=enabled)
