"""The network alone, in onnxruntime as sdnn runs it and in torch: strips a second on all cores."""

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import onnxruntime
import torch

from sdnn.hardware import processors
from sdnn.models.checkpoint import load_net
from sdnn.models.engine import BUNDLED
from sdnn.models.fully_convolutional import fully_convolutional
from sdnn.models.lenet import LENET
from sdnn.results import FloatArray

BATCHES: Final = (16, 64)
ROUNDS: Final = 5
SWEPT: Final = 128
"""Strips that are swept for one time taken; a multiple of the batches."""
PAUSE_S: Final = 0.1
"""So that the threads of what ran before have stopped looking for work."""

Sweep = Callable[[FloatArray], object]


@dataclass(frozen=True)
class NetSpeed:
    """Strips a second in one way of running the net.

    Attributes:
        runtime: What runs it, how exactly, and how the numbers lie in memory.
        batch: Strips that go in together.
        median_per_s: Over the rounds, as the others.
        min_per_s: The slowest.
        max_per_s: The quickest.
    """

    runtime: str
    batch: int
    median_per_s: float
    min_per_s: float
    max_per_s: float


def has_bfloat16() -> bool:
    """Whether the processor reckons in bfloat16 itself; elsewhere torch would only imitate it."""
    can = torch.cpu.get_capabilities()
    return any(can.get(name, False) for name in ("avx512_bf16", "amx_bf16"))


def in_onnxruntime() -> Sweep:
    """As `Engine` runs it."""
    session = onnxruntime.InferenceSession(BUNDLED.read_bytes(), providers=["CPUExecutionProvider"])
    return lambda strips: session.run(None, {"strips": strips})


def in_torch(dtype: torch.dtype, layout: torch.memory_format) -> Sweep:
    """The same net from its checkpoint."""
    digit_net, _ = load_net(BUNDLED.with_suffix(".safetensors"))
    net = fully_convolutional(digit_net).to(dtype).to(memory_format=layout)

    def sweep(strips: FloatArray) -> object:
        with torch.inference_mode():
            return net(torch.from_numpy(strips).to(dtype))

    return sweep


def ways() -> Iterator[tuple[str, Sweep]]:
    """All ways of running it that this processor has."""
    yield "onnxruntime", in_onnxruntime()
    for dtype in [torch.float32] + [torch.bfloat16] * has_bfloat16():
        precision = "fp32" if dtype is torch.float32 else "bf16"
        yield f"torch {precision}", in_torch(dtype, torch.contiguous_format)
        yield f"torch {precision}, channels last", in_torch(dtype, torch.channels_last)


def net_speeds(width_px: int) -> list[NetSpeed]:
    """Times every way with every batch size, in turn."""
    torch.set_num_threads(processors())
    ink = np.random.default_rng(0).random((SWEPT, LENET.geometry.height_px, width_px), np.float32)
    cases = [(runtime, batch, sweep) for runtime, sweep in ways() for batch in BATCHES]
    per_s: dict[tuple[str, int], list[float]] = {(runtime, batch): [] for runtime, batch, _ in cases}
    for _ in range(ROUNDS):
        for runtime, batch, sweep in cases:
            time.sleep(PAUSE_S)
            sweep(ink[:batch])
            started = time.perf_counter()
            for first in range(0, SWEPT, batch):
                sweep(ink[first : first + batch])
            per_s[runtime, batch].append(SWEPT / (time.perf_counter() - started))
    return [
        NetSpeed(runtime, batch, *(round(f(times), 1) for f in (statistics.median, min, max)))
        for (runtime, batch), times in per_s.items()
    ]


def quickest(speeds: list[NetSpeed], runtime: str) -> NetSpeed | None:
    """The best of those whose runtime begins so; None where there is none."""
    of_runtime = [speed for speed in speeds if speed.runtime.startswith(runtime)]
    return max(of_runtime, key=lambda speed: speed.median_per_s, default=None)
