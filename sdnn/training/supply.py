"""Batches made beside the training, in processes of their own, in an order that the seed alone decides."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Any, Final, Generic, TypeVar

import cv2

from sdnn.workers import interruptions_held

Batch = TypeVar("Batch")

AHEAD: Final = 3
"""Portions asked of one process before they are needed; enough that a slow one is not waited for."""


class Portions(Generic[Batch]):
    """What a maker makes for numbers 0, 1, 2, …, each a list of batches, prepared ahead of time.

    The maker goes to each other process once and has to survive pickling. Python starts those processes anew
    instead of copying this one, whose threads would not come along.
    """

    def __init__(self, maker: Callable[[int], list[Batch]], processes: int = 1) -> None:
        """Starts so many processes, which all make portions; their order does not depend on that."""
        self._ahead = AHEAD + 2 * (processes - 1)
        self._pool = ProcessPoolExecutor(
            processes, multiprocessing.get_context("spawn"), initializer=_prepare, initargs=(maker,)
        )

    def __enter__(self) -> "Portions[Batch]":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def batches(self, first: int, per_portion: int) -> Iterator[Batch]:
        """Batches without end, from number `first` on, counted through all portions."""
        number, skipped = divmod(first, per_portion)
        upcoming: deque[Future[list[Batch]]] = deque()
        while True:
            while len(upcoming) < self._ahead:
                with interruptions_held():  # the first ones start the processes
                    upcoming.append(self._pool.submit(_make, number))
                number += 1
            yield from upcoming.popleft().result()[skipped:]
            skipped = 0


_maker: Callable[[int], Any]


def _prepare(maker: Callable[[int], Any]) -> None:
    global _maker  # the process has no other place to keep it
    _maker = maker
    # This process must not outlive the training, however that ends.
    threading.Thread(target=_end_with, args=(multiprocessing.parent_process(),), daemon=True).start()
    # An interruption reaches the whole group of processes; the training decides what becomes of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)  # strips and windows are too small to share out
    if hasattr(os, "nice"):  # the training's own threads wait for each other: they go first
        os.nice(19)


def _end_with(parent: multiprocessing.process.BaseProcess | None) -> None:
    if parent is not None:
        parent.join()
        os._exit(0)


def _make(number: int) -> Any:
    return _maker(number)
