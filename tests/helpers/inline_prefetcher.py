"""Batches for tests of training, made without another process."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from sdnn.training.prefetch import Prefetcher


class OnTheSpot(Prefetcher[Any]):
    """Prefetcher made in this process when they are due."""

    def __init__(self, maker: Callable[[int], list[Any]], processes: int = 1) -> None:
        self.maker = maker

    def __exit__(self, *_: object) -> None:
        pass

    def batches(self, first: int, per_call: int) -> Iterator[Any]:
        number, skipped = divmod(first, per_call)
        for each in count(number):
            yield from self.maker(each)[skipped if each == number else 0 :]
