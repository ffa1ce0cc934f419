"""Work that is done ahead in threads, and comes back in order."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
_END = object()


def in_order(streams: Iterable[Iterator[Item]], workers: int) -> Iterator[Item]:
    """The items of one stream after the other, each stream's next one made in a thread.

    No more than twice as many streams are begun as there are workers, and none of them is more than one item
    ahead, so that neither many streams nor a long one fill the memory.

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
    with ThreadPoolExecutor(workers, "sdnn") as pool:
        try:
            while True:
                for stream in islice(waiting, 2 * workers - len(begun)):
                    begun.append((stream, pool.submit(next, stream, _END)))
                if not begun:
                    return
                stream, future = begun.popleft()
                while (item := future.result()) is not _END:
                    future = pool.submit(next, stream, _END)
                    yield item  # type: ignore[misc]  # it is not the end
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
