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

from sdnn.errors import WorkerError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

Item = TypeVar("Item")
Result = TypeVar("Result")

WORTH_STARTING_S: Final = 0.5
"""Seconds of work in this process before workers start: about as long as their start takes."""
CHUNK_S: Final = 0.25
"""Seconds of work in one chunk, approximately."""
TRACKER_WARNING: Final = "ignore::UserWarning:multiprocessing.resource_tracker"
"""Warning about semaphores that a killed process left; the process that gives it removes them, too."""


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
        function: Picklable function from a chunk of items to any number of results.
        items: Items, taken on demand.
        processes: Number of worker processes; none for 1 or 0.
        max_chunk: Largest number of items in one call.
        is_picklable: Whether an item can go to a worker; others are handled here, at their turn.

    Raises:
        WorkerError: When a worker process is killed, or exits.
    """
    timed = partial(_timed, function)
    errors: list[Exception] = []
    size = 1

    def chunks() -> Iterator[list[Item]]:
        for _, group in groupby(_up_to_error(items, errors), is_picklable):
            while chunk := list(islice(group, size)):
                yield chunk

    def adapted(results: Sequence[Result], seconds_each: float) -> Sequence[Result]:
        """The results of a chunk, after the size of the next is adapted to its time."""
        nonlocal size
        size = int(max(1, min(CHUNK_S / max(seconds_each, 1e-9), 2 * size, max_chunk)))
        return results

    began, rest = time.perf_counter(), chunks()
    for chunk in rest:
        yield from adapted(*timed(chunk))
        if processes > 1 and time.perf_counter() - began >= WORTH_STARTING_S:
            with ProcessMap(timed, processes) as workers:
                for done in workers.map(rest, processes, lambda chunk: is_picklable(chunk[0])):
                    yield from adapted(*done)
    if errors:
        raise errors[0]


class ProcessMap(Generic[Item, Result]):
    """A function that worker processes apply to items.

    The processes start with the first items and ignore SIGINT. They end with the `with` block or with this
    process, however that ends, even in the middle of an item.
    """

    def __init__(
        self, function: Callable[[Item], Result], processes: int, initializer: Callable[[], object] = bool
    ) -> None:
        """Prepares the workers.

        Args:
            function: Picklable function, sent to each worker once.
            processes: Number of workers.
            initializer: Function called first in each worker.
        """
        # Imported late: one picture is read without them.
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        self._function = function
        self._context = get_context("spawn")  # a copy of this process would lack its threads
        end, self._lifeline = self._context.Pipe(duplex=False)
        if sys.platform == "win32":
            processes = min(processes, 61)  # Windows waits for no more
        else:
            _start_resource_tracker()
        setup = function, end, initializer
        self._pool = ProcessPoolExecutor(processes, self._context, _set_up_worker, setup)
        self._workers: Sequence[BaseProcess] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lifeline.close()
        self._pool.shutdown(cancel_futures=True)

    def map(
        self, items: Iterable[Item], ahead: int, is_picklable: Callable[[Item], bool] = lambda _: True
    ) -> Iterator[Result]:
        """Results in the order of the items, with `ahead` of them in work at a time; see `ordered_map`.

        Raises:
            WorkerError: When a worker process is killed, or exits.
        """
        from concurrent.futures import BrokenExecutor

        here = partial(partial, self._function)
        calls = ((self._submit if is_picklable(item) else here)(item) for item in items)
        try:
            upcoming = deque(islice(calls, ahead))
            while upcoming:
                result = upcoming.popleft()()
                upcoming.extend(islice(calls, 1))
                yield result
        except BrokenExecutor as error:
            raise self._worker_error() from error

    def _submit(self, item: Item) -> Callable[[], Result]:
        """Submits an item to the workers; the returned call waits for its result."""
        with _sigint_blocked():
            future = self._pool.submit(_work, item)
        self._workers = self._context.active_children()
        return future.result

    def _worker_error(self) -> WorkerError:
        """The error of a pool that lost a worker."""
        self._pool.shutdown()  # the exit codes are known then
        if any((worker.exitcode or 0) > 0 for worker in self._workers):
            return WorkerError(
                "a worker process exited, with its error printed above; a script that asks for more than one "
                'has to begin under: if __name__ == "__main__":'
            )
        return WorkerError(
            "a worker process was killed (too little memory?); ask for fewer --jobs or --makers"
        )


def _up_to_error(items: Iterable[Item], errors: list[Exception]) -> Iterator[Item]:
    """The items up to an error, which is added to `errors`."""
    try:
        yield from items
    except Exception as error:
        errors.append(error)


def _timed(
    function: Callable[[Sequence[Item]], Iterable[Result]], chunk: Sequence[Item]
) -> tuple[list[Result], float]:
    """Results for a chunk, and seconds for each item."""
    began = time.perf_counter()
    results = list(function(chunk))
    return results, (time.perf_counter() - began) / len(chunk)


@contextmanager
def _sigint_blocked() -> Iterator[None]:
    """Blocks SIGINT while a worker process starts, which inherits the block."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_resource_tracker() -> None:
    """Starts the process that removes the semaphores of a killed one, without its warning."""
    from multiprocessing.resource_tracker import ensure_running

    sys.warnoptions.append(TRACKER_WARNING)
    try:
        ensure_running()
    finally:
        sys.warnoptions.remove(TRACKER_WARNING)


# In a worker process.

_function: Callable[[Any], Any]
_idle = threading.Lock()
"""Held except while the function runs."""


def _set_up_worker(
    function: Callable[[Any], Any], lifeline: "Connection", initializer: Callable[[], object]
) -> None:
    import cv2

    global _function  # the process has no other place to keep it
    _function = function
    # Ctrl-C reaches the whole group of processes; the parent handles it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)  # the other processors have work of their own
    _idle.acquire()
    threading.Thread(target=_exit_with_parent, args=(lifeline,), daemon=True).start()
    initializer()


def _exit_with_parent(lifeline: "Connection") -> None:
    """Ends this process once the parent closes its end of the lifeline, or is gone."""
    from multiprocessing import parent_process

    with suppress(EOFError, OSError):
        lifeline.recv()
    # A result is sent whole, else the parent would wait for the rest. Between items this process waits for
    # the parent, which tells it to end, or cannot any more.
    parent = parent_process()
    while not _idle.acquire(timeout=0.5) and parent and parent.is_alive():
        pass
    os._exit(0)


def _work(item: Any) -> Any:
    _idle.release()
    try:
        return _function(item)
    finally:
        _idle.acquire()
