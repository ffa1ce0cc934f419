"""Maps over items by worker processes, with results in the order of the items.

Each worker has a pipe of its own, and a thread of this process that waits for it: a worker that dies, or is
killed because an item takes too long, costs the others nothing, and a new one takes its place.
"""

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby, islice
from typing import Any, Final, Generic, Self, TypeVar

from sdnn.worker_process import CHILDREN, Failure, Worker, block_sigint, worker_error

Item = TypeVar("Item")
Result = TypeVar("Result")

WORTH_STARTING_S: Final = 0.5
"""Seconds of work in this process before workers start: about as long as their start takes."""
CHUNK_S: Final = 0.25
"""Seconds of work in one chunk, approximately."""
CHUNKS_PER_TIMEOUT: Final = 4
"""Smallest ratio of the time limit of an item to the time of a chunk."""


def ordered_map(
    function: Callable[[Sequence[Item]], Iterable[Result]],
    items: Iterable[Item],
    processes: int,
    max_chunk: int,
    is_picklable: Callable[[Item], bool],
    *,
    begins_here: bool = True,
    timeout_s: float | None = None,
    on_failure: Callable[[Failure[Item]], Iterable[Result]] | None = None,
    initializer: Callable[[], object] = bool,
) -> Generator[Result, None, None]:
    """Results of a function for all items, in their order.

    The work begins in this process; worker processes start only for larger amounts. Few items are taken
    ahead of the results. An error of `items` is raised after the results of the items before it.

    Args:
        function: Picklable function from a chunk of items to any number of results.
        items: Items, taken on demand.
        processes: Number of worker processes; none for 1 or 0 if the work begins here.
        max_chunk: Largest number of items in one call.
        is_picklable: Whether an item can go to a worker; others are handled here, at their turn.
        begins_here: Whether the work begins in this process; else at least one worker starts with it.
        timeout_s: Seconds after which a worker is killed that has not finished one item; None for no limit.
        on_failure: Results of an item whose worker died; by default an error.
        initializer: Function called first in each worker.

    Raises:
        WorkerError: When a worker process does not start, or dies without `on_failure`.
    """
    timed = partial(_timed, function)
    errors: list[Exception] = []
    size = 1
    chunk_s = CHUNK_S if timeout_s is None else min(CHUNK_S, timeout_s / CHUNKS_PER_TIMEOUT)

    def chunks() -> Iterator[list[Item]]:
        for _, group in groupby(_up_to_error(items, errors), is_picklable):
            while chunk := list(islice(group, size)):
                yield chunk

    def adapted(results: Sequence[Result], seconds_each: float) -> Sequence[Result]:
        """The results of a chunk, after the size of the next is adapted to its time."""
        nonlocal size
        size = int(max(1, min(chunk_s / max(seconds_each, 1e-9), 2 * size, max_chunk)))
        return results

    def by_workers() -> Iterator[Result]:
        with ProcessMap(timed, max(1, processes), initializer) as workers:
            map_chunks = partial(workers.outcomes, timeout_s=timeout_s)
            for outcome in map_chunks(rest, workers.processes, lambda chunk: is_picklable(chunk[0])):
                if not isinstance(outcome, Failure):
                    yield from adapted(*outcome)
                elif on_failure is None:
                    raise worker_error(outcome)
                else:
                    yield from alone(outcome, map_chunks, on_failure)

    def alone(
        failure: Failure[list[Item]],
        map_chunks: Callable[..., Iterator[Any]],
        on_failure: Callable[[Failure[Item]], Iterable[Result]],
    ) -> Iterator[Result]:
        """The results of a chunk that failed: one item at a time, so that one costs the others nothing."""
        if len(failure.item) == 1:
            yield from on_failure(Failure(failure.item[0], failure.reason, failure.exit_code))
            return
        for outcome in map_chunks(([item] for item in failure.item), 1):
            if isinstance(outcome, Failure):
                yield from on_failure(Failure(outcome.item[0], outcome.reason, outcome.exit_code))
            else:
                yield from outcome[0]

    began, rest = time.perf_counter(), chunks()
    if not begins_here:
        yield from by_workers()
    for chunk in rest:
        yield from adapted(*timed(chunk))
        if processes > 1 and time.perf_counter() - began >= WORTH_STARTING_S:
            yield from by_workers()
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
        # Imported late: one picture is read without it.
        from concurrent.futures import ThreadPoolExecutor

        self.processes = processes
        self._setup = function, initializer
        self._threads = ThreadPoolExecutor(processes, "worker", block_sigint)
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._is_closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with CHILDREN:
            self._is_closed = True
            for worker in (*self._idle, *self._busy):
                worker.process.kill()
        self._threads.shutdown(cancel_futures=True)
        for worker in self._idle:
            worker.end()

    def map(self, items: Iterable[Item], ahead: int) -> Iterator[Result]:
        """Results in the order of the items, with `ahead` of them in work at a time; see `ordered_map`.

        Raises:
            WorkerError: When a worker process does not start, is killed, or exits.
        """
        for outcome in self.outcomes(items, ahead):
            if isinstance(outcome, Failure):
                raise worker_error(outcome)
            yield outcome

    def outcomes(
        self,
        items: Iterable[Item],
        ahead: int,
        is_picklable: Callable[[Item], bool] = lambda _: True,
        timeout_s: float | None = None,
    ) -> Iterator[Result | Failure[Item]]:
        """As `map`, with a failure in place of the result where a worker died, or took too long.

        Raises:
            WorkerError: When a worker process does not start.
        """

        def begun(item: Item) -> Callable[[], Result | Failure[Item]]:
            """The call that waits for the result of an item, whose work begins."""
            if not is_picklable(item):
                return partial(self._setup[0], item)
            return self._threads.submit(self._outcome, item, timeout_s).result

        calls = map(begun, items)
        upcoming = deque(islice(calls, ahead))
        while upcoming:
            outcome = upcoming.popleft()()
            upcoming.extend(islice(calls, 1))
            yield outcome

    def _outcome(self, item: Item, timeout_s: float | None) -> Result | Failure[Item]:
        """The result of an item by an idle worker, or a new one."""
        with CHILDREN:
            worker = self._idle.pop() if self._idle else Worker(*self._setup)
            self._busy.add(worker)
            if self._is_closed:
                worker.process.kill()
        try:
            outcome: Result | Failure[Item] = worker.outcome(item, timeout_s)
        finally:
            with CHILDREN:
                self._busy.remove(worker)
                if worker.is_usable:
                    self._idle.append(worker)
                else:
                    worker.end()
        return outcome


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
