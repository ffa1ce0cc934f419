"""Work that is done ahead in threads, and comes back in order."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
_END = object()


def in_order(streams: Iterable[Iterator[Item]], workers: int) -> Iterator[Item]:
    """The items of one stream after the other, each stream's next one made in a thread.

    Only one stream more is begun than there are workers, and none of them is more than one item ahead, so
    that neither many streams nor a long one fill the memory. Where the streams themselves end with an error,
    it is raised after the items of those begun.

    Args:
        streams: Asked for its next one only when there is room.
        workers: Threads; with 0 everything is done by the caller, one after the other.
    """
    if workers < 1:
        for stream in streams:
            yield from stream
        return
    waiting = iter(streams)
    begun: deque[tuple[Iterator[Item], Future[Item | object]]] = deque()
    failure: Exception | None = None
    pool = ThreadPoolExecutor(workers, "sdnn")
    try:
        while True:
            while len(begun) <= workers and failure is None:
                try:
                    stream = next(waiting)
                except StopIteration:
                    break
                except Exception as error:
                    failure = error
                    break
                begun.append((stream, pool.submit(next, stream, _END)))
            if not begun:
                break
            stream, future = begun.popleft()
            while (item := future.result()) is not _END:
                future = pool.submit(next, stream, _END)
                yield item  # type: ignore[misc]  # it is not the end
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    if failure is not None:
        raise failure
