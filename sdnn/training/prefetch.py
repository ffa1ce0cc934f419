"""Batches prefetched by worker processes, in an order that the seed alone decides."""

import os
from collections.abc import Callable, Iterator
from itertools import count
from typing import Final, TypeVar

from sdnn.process_map import ProcessMap

Batch = TypeVar("Batch")

AHEAD: Final = 3
"""Calls prefetched by one process; enough that training does not wait for a slow one."""


class Prefetcher(ProcessMap[int, list[Batch]]):
    """Calls 0, 1, 2, … of a maker, each of which gives a list of batches, in worker processes."""

    def __init__(self, maker: Callable[[int], list[Batch]], processes: int = 1) -> None:
        """Prepares the processes, whose number does not change the batches."""
        super().__init__(maker, processes, _lower_priority)
        self._ahead = AHEAD + 2 * (processes - 1)

    def batches(self, first: int, per_call: int) -> Iterator[Batch]:
        """Endless batches from number `first` on, counted through all calls; errors as for `map`."""
        number, skipped = divmod(first, per_call)
        for batches in self.map(count(number), self._ahead):
            yield from batches[skipped:]
            skipped = 0


def _lower_priority() -> None:
    if hasattr(os, "nice"):  # the training's own threads wait for each other: they go first
        os.nice(19)
