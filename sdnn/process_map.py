"""Maps over items by worker processes, with results in the order of the items."""

import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeVar

from sdnn.errors import SdnnError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

Item = TypeVar("Item")
Result = TypeVar("Result")

WORTH_STARTING_S: Final = 0.5
"""Seconds of work in this process before others are started: about as long as they take to start."""
CHUNK_S: Final = 0.25
"""Seconds of work in one chunk, roughly."""


def ordered_map(
    function: Callable[[Sequence[Item]], Iterable[Result]],
    items: Iterable[Item],
    processes: int,
    max_chunk: int,
    is_picklable: Callable[[Item], bool],
) -> Generator[Result, None, None]:
    """Results of a function for all items, in their order.

    The work begins in this process; worker processes start only for larger amounts. Few items are taken
    ahead of the results. An error of `items` is raised after the results of the items before it.

    Args:
        function: From a chunk of items to any number of results; picklable.
        items: Taken when there is room.
        processes: Worker processes; none for 1 or 0.
        max_chunk: Largest number of items in one call.
        is_picklable: Whether an item can go to a worker; others are worked on here, at their turn.

    Raises:
        SdnnError: When a worker process is killed, or exits.
    """
    timed = partial(_timed, function)
    sizer = ChunkSizer(max_chunk)
    errors: list[Exception] = []
    chunks = sizer.chunks(groupby(_until_error(items, errors), is_picklable))
    began = time.perf_counter()
    for chunk in chunks:
        yield from sizer.noted(*timed(chunk))
        if processes > 1 and time.perf_counter() - began >= WORTH_STARTING_S:
            with ProcessMap(timed, processes) as workers:
                for done in workers.map(chunks, processes, lambda chunk: is_picklable(chunk[0])):
                    yield from sizer.noted(*done)
    if errors:
        raise errors[0]


class ProcessMap(Generic[Item, Result]):
    """A function that worker processes apply to items.

    The processes start with the first items and are deaf to interruptions. They end with the `with` block or
    with this process, however that ends, even in the middle of an item.
    """

    def __init__(
        self, function: Callable[[Item], Result], processes: int, initializer: Callable[[], object] = bool
    ) -> None:
        """Prepares the workers.

        Args:
            function: Sent to each worker once; picklable.
            processes: Number of workers.
            initializer: Called first in each worker.
        """
        # Loaded late: one picture is read without them.
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        self._function = function
        self._context = get_context("spawn")  # a copy of this process would lack its threads
        end, self._lifeline = self._context.Pipe(duplex=False)
        if sys.platform == "win32":
            processes = min(processes, 61)  # Windows waits for no more
        self._pool = ProcessPoolExecutor(processes, self._context, _start, (function, end, initializer))
        self._workers: Sequence[BaseProcess] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lifeline.close()
        self._pool.shutdown(cancel_futures=True)

    def map(
        self, items: Iterable[Item], ahead: int, is_picklable: Callable[[Item], bool] = lambda _: True
    ) -> Iterator[Result]:
        """Results in the order of the items.

        Args:
            items: Taken when there is room.
            ahead: Number of items under way at a time.
            is_picklable: Whether an item can go to a worker; others are worked on here, at their turn.

        Raises:
            SdnnError: When a worker process is killed, or exits.
        """
        from concurrent.futures import BrokenExecutor

        calls = (
            self._submit(item) if is_picklable(item) else partial(self._function, item) for item in items
        )
        try:
            upcoming = deque(islice(calls, ahead))
            while upcoming:
                result = upcoming.popleft()()
                upcoming.extend(islice(calls, 1))
                yield result
        except BrokenExecutor as error:
            raise self._died() from error

    def _submit(self, item: Item) -> Callable[[], Result]:
        """Hands an item to a worker, and gives the call that waits for the result."""
        with _interruptions_blocked():
            future = self._pool.submit(_call, item)
        self._workers = self._context.active_children()
        return future.result

    def _died(self) -> SdnnError:
        """The reason why a worker is gone."""
        self._pool.shutdown()  # the exit codes are known then
        if any((worker.exitcode or 0) > 0 for worker in self._workers):
            return SdnnError(
                "a worker process exited, with its error printed above; a script that asks for more than one "
                'has to begin under: if __name__ == "__main__":'
            )
        return SdnnError("a worker process was killed (too little memory?); ask for fewer --jobs or --makers")


class ChunkSizer:
    """Number of items in the next chunk, from the time that the last ones took."""

    def __init__(self, max_size: int) -> None:
        self._size, self._max_size = 1, max_size

    def chunks(self, groups: Iterable[tuple[object, Iterator[Item]]]) -> Iterator[list[Item]]:
        """Chunks of groups of items as `itertools.groupby` gives them; none with items of two groups."""
        for _, group in groups:
            while chunk := list(islice(group, self._size)):
                yield chunk

    def noted(self, results: Sequence[Result], seconds_each: float) -> Sequence[Result]:
        """The results of a chunk, once its time is taken note of."""
        wanted = CHUNK_S / max(seconds_each, 1e-9)
        self._size = int(max(1, min(wanted, 2 * self._size, self._max_size)))
        return results


def _until_error(items: Iterable[Item], errors: list[Exception]) -> Iterator[Item]:
    """The items, with an error that they end with put aside."""
    try:
        yield from items
    except Exception as error:
        errors.append(error)


def _timed(
    function: Callable[[Sequence[Item]], Iterable[Result]], chunk: Sequence[Item]
) -> tuple[list[Result], float]:
    """Results for a chunk, and seconds that each item took."""
    began = time.perf_counter()
    results = list(function(chunk))
    return results, (time.perf_counter() - began) / len(chunk)


@contextmanager
def _interruptions_blocked() -> Iterator[None]:
    """Blocks SIGINT while a worker process starts, which inherits the block."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# In a worker process.

_function: Callable[[Any], Any]
_between_items = threading.Lock()
"""Held except while the function works."""


def _start(function: Callable[[Any], Any], lifeline: "Connection", initializer: Callable[[], object]) -> None:
    import cv2

    global _function  # the process has no other place to keep it
    _function = function
    # Ctrl-C reaches the whole group of processes; the first of them decides what becomes of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)  # the other processors have work of their own
    _between_items.acquire()
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()
    initializer()


def _end_with(lifeline: "Connection") -> None:
    """Ends this process once the first one closes its end of the lifeline, or is gone."""
    from multiprocessing import parent_process

    with suppress(EOFError, OSError):
        lifeline.recv()
    # A result that is being sent is sent whole, else the first process would wait for the rest. Between items
    # this process waits for the first one, which tells it to end, or cannot any more.
    first = parent_process()
    while not _between_items.acquire(timeout=0.5) and first and first.is_alive():
        pass
    os._exit(0)


def _call(item: Any) -> Any:
    _between_items.release()
    try:
        return _function(item)
    finally:
        _between_items.acquire()
