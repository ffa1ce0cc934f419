"""Batches made ahead of the training by worker processes, in an order that the seed alone decides."""

import os
from collections.abc import Callable, Iterator
from itertools import count
from typing import Final, TypeVar

from sdnn.process_map import ProcessMap

Batch = TypeVar("Batch")

AHEAD: Final = 3
"""Portions prefetched by one process; enough that a slow one is not waited for."""


class Prefetcher(ProcessMap[int, list[Batch]]):
    """Portions 0, 1, 2, … of a maker, each a list of batches, prefetched by worker processes."""

    def __init__(self, maker: Callable[[int], list[Batch]], processes: int = 1) -> None:
        """Prepares the processes, whose number does not change the batches."""
        super().__init__(maker, processes, _lower_priority)
        self._ahead = AHEAD + 2 * (processes - 1)

    def batches(self, first: int, per_portion: int) -> Iterator[Batch]:
        """Batches without end, from number `first` on, counted through all portions.

        Raises:
            SdnnError: When a worker process is killed, or exits.
        """
        number, skipped = divmod(first, per_portion)
        for portion in self.map(count(number), self._ahead):
            yield from portion[skipped:]
            skipped = 0


def _lower_priority() -> None:
    if hasattr(os, "nice"):  # the training's own threads wait for each other: they go first
        os.nice(19)
