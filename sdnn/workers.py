"""Work that is shared out among processes, and comes back in order."""

import signal
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from sdnn.errors import SdnnError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

Item = TypeVar("Item")
Result = TypeVar("Result")

WORTH_STARTING_S: Final = 0.5
"""Work here after which processes are started for the rest: about as long as they take to start."""
CHUNK_S: Final = 0.25
"""How long a process works on what it is given at a time, more or less."""


def in_order(
    items: Iterable[Item],
    task: Callable[[Sequence[Item]], Iterable[Result]],
    processes: int,
    most: int,
    travels: Callable[[Item], bool],
) -> Iterator[Result]:
    """What a task makes of the items, in their order.

    It begins here; other processes take over when there turns out to be enough to do. Only a few items more
    are asked for than are worked on. Where the items end with an error, it is raised after the results of
    those before it.

    Args:
        items: Asked for when there is room.
        task: From some items to all that becomes of them; survives pickling.
        processes: That work at the same time; with 1 or 0 everything is done here.
        most: Items of one call.
        travels: Whether an item can go to another process; else it is done here, when its turn comes.

    Raises:
        SdnnError: When one of the processes is killed, or ends for another reason.
    """
    pace = _Pace(most)
    chunks = _chunks(items, pace, travels)
    timed = _Timed(task)
    began = time.perf_counter()
    for chunk in chunks:
        yield from pace.keep(timed(chunk))
        if processes > 1 and time.perf_counter() - began >= WORTH_STARTING_S:
            break
    else:
        return
    yield from _shared_out(chunks, timed, pace, processes, travels)


def _shared_out(
    chunks: Iterator[list[Item]],
    timed: "_Timed[Item, Result]",
    pace: "_Pace",
    processes: int,
    travels: Callable[[Item], bool],
) -> Iterator[Result]:
    """What processes make of the chunks; arguments as for `in_order`."""
    workers: list[_Worker[Item, Result]] = []
    idle: deque[_Worker[Item, Result]] = deque()
    begun: deque[_Worker[Item, Result] | list[Item]] = deque()
    failure: Exception | None = None
    results: Sequence[Result] = ()
    try:
        while True:
            while len(begun) < processes and failure is None:
                try:
                    chunk = next(chunks)
                except StopIteration:
                    break
                except Exception as error:
                    failure = error
                    break
                if not travels(chunk[0]):
                    begun.append(chunk)
                    continue
                if not idle:
                    workers.append(_Worker(timed))
                    idle.append(workers[-1])
                idle[0].begin(chunk)
                begun.append(idle.popleft())
            yield from results  # while the processes are at work on the next ones
            if not begun:
                break
            first = begun.popleft()
            if isinstance(first, _Worker):
                results = pace.keep(first.end())
                idle.append(first)
            else:
                results = pace.keep(timed(first))
    finally:
        for worker in workers:
            worker.close()
    if failure is not None:
        raise failure


class _Worker(Generic[Item, Result]):
    """Another process, which does one chunk at a time. It ends when this one does, however that ends."""

    def __init__(self, timed: "_Timed[Item, Result]") -> None:
        # Loaded where they are needed: who reads one picture need not wait for them. Python starts the
        # process anew instead of copying this one, whose threads would not come along.
        from multiprocessing import get_context

        context = get_context("spawn")
        self._connection, other_end = context.Pipe()
        self._process = context.Process(target=_serve, args=(other_end, timed), daemon=True)
        with interruptions_held():
            self._process.start()
        other_end.close()

    def begin(self, chunk: Sequence[Item]) -> None:
        """Hands over a chunk."""
        with self._alive():
            self._connection.send(chunk)

    def end(self) -> "_Done[Result]":
        """What came of the chunk, when it is done; an error of the task is raised here."""
        with self._alive():
            done: _Done[Result] | Exception = self._connection.recv()
        if isinstance(done, Exception):
            raise done
        return done

    def close(self) -> None:
        """Ends the process, whatever it is at."""
        self._process.terminate()
        self._process.join()
        self._connection.close()

    @contextmanager
    def _alive(self) -> Iterator[None]:
        """Says what it means when the other end of the connection is gone."""
        try:
            yield
        except (EOFError, ConnectionError) as error:
            self._process.join()
            if (self._process.exitcode or 0) < 0:
                raise SdnnError("a process was killed (too little memory?); ask for fewer --jobs") from error
            raise SdnnError(
                "a process could not go on, and has said why; a script that asks for more than one of them "
                'has to begin under: if __name__ == "__main__":'
            ) from error


@contextmanager
def interruptions_held() -> Iterator[None]:
    """A process that is started here hears of no interruption, from its first moment on."""
    if sys.platform == "win32":
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # else it is started along with the process, and lets the signal in
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(connection: "Connection", timed: "_Timed[Any, Any]") -> None:
    """What a worker's process does until the other end of the connection is closed."""
    import cv2

    # An interruption reaches the whole group of processes; the first of them decides what becomes of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)  # the other processors have work of their own
    with suppress(EOFError, ConnectionError):
        while True:
            chunk = connection.recv()
            try:
                done: _Done[Any] | Exception = timed(chunk)
            except Exception as error:
                error.add_note(f"In a process of its own:\n{traceback.format_exc()}")
                done = error
            connection.send(done)


@dataclass(frozen=True)
class _Done(Generic[Result]):
    """What came of a chunk.

    Attributes:
        results: All of them.
        seconds_each: Time that an item took.
    """

    results: Sequence[Result]
    seconds_each: float


@dataclass(frozen=True)
class _Timed(Generic[Item, Result]):
    """The task, and how long it takes; goes to the processes."""

    task: Callable[[Sequence[Item]], Iterable[Result]]

    def __call__(self, chunk: Sequence[Item]) -> _Done[Result]:
        began = time.perf_counter()
        results = list(self.task(chunk))
        return _Done(results, (time.perf_counter() - began) / len(chunk))


class _Pace:
    """How many items a chunk has, learned from how long the last ones took.

    Attributes:
        items: So many.
    """

    def __init__(self, most: int) -> None:
        self.items = 1
        self._most = most

    def keep(self, done: _Done[Result]) -> Sequence[Result]:
        """Takes note of a chunk, and hands on what came of it."""
        worth = CHUNK_S / max(done.seconds_each, 1e-9)
        self.items = int(max(1, min(worth, 2 * self.items, self._most)))
        return done.results


def _chunks(items: Iterable[Item], pace: _Pace, travels: Callable[[Item], bool]) -> Iterator[list[Item]]:
    """The items in chunks that travel, and one by one where they do not; also those before an error."""
    chunk: list[Item] = []
    try:
        for item in items:
            goes = travels(item)
            if goes:
                chunk.append(item)
            if chunk and (not goes or len(chunk) >= pace.items):
                full, chunk = chunk, []
                yield full
            if not goes:
                yield [item]
    except Exception:
        if chunk:
            yield chunk
        raise
    if chunk:
        yield chunk
