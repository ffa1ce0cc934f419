"""Warm worker processes that read pictures for the server.

Each holds a `Service`, answers one call at a time over a pipe, and is replaced when it is killed or takes too
long: that is the failure of the one call.
"""

import asyncio
import os
import pickle
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from typing import Any, Final

from sdnn.errors import ExitCode, WorkerError
from sdnn.serving.failures import Failure, RequestRefused

START_S: Final = 120.0
"""Limit of a worker's start, many times what it takes on a busy machine."""
STOP_S: Final = 2.0
"""Time for idle workers to end before they are killed."""

_SPAWN: Final = get_context("spawn")  # a copy of this process would lack its threads


class ReadingPool:
    """Worker processes that each hold a service.

    Attributes:
        losses: Number of workers that were replaced, by cause: `timeout` or `death`.
    """

    def __init__(self, make_service: Callable[[], object], workers: int, timeout_s: float) -> None:
        """Prepares the workers; `start` starts them.

        Args:
            make_service: Picklable function, called once in each worker.
            workers: Number of processes.
            timeout_s: Limit of one call.
        """
        setup = pickle.dumps(make_service)
        self._workers = [_Worker(setup, timeout_s) for _ in range(workers)]
        self._threads = ThreadPoolExecutor(workers, "worker-call")
        self._idle: asyncio.Queue[_Worker] = asyncio.Queue()
        self.losses: Counter[str] = Counter()

    @property
    def size(self) -> int:
        """Number of workers."""
        return len(self._workers)

    async def start(self) -> None:
        """Starts all workers, and waits until they are warm.

        Raises:
            WorkerError: When one cannot start.
        """
        loop = asyncio.get_running_loop()
        await asyncio.gather(*(loop.run_in_executor(self._threads, each.start) for each in self._workers))
        for worker in self._workers:
            self._idle.put_nowait(worker)

    async def call(self, method: str, *arguments: Any) -> Any:
        """The result of a method of the service in the next idle worker.

        Args:
            method: Name of the method.
            *arguments: Picklable arguments.

        Raises:
            RequestRefused: When the method fails, takes too long, or ends its worker.
        """
        worker = await self._idle.get()
        done = self._threads.submit(worker.call, method, *arguments)
        loop = asyncio.get_running_loop()
        # Also when this request is cancelled: the worker is idle once its call has returned, not before.
        done.add_done_callback(lambda _: loop.call_soon_threadsafe(self._release, worker))
        result = await asyncio.shield(asyncio.wrap_future(done))
        if isinstance(result, Failure):
            raise RequestRefused.of(result.code, result.message)
        return result

    def _release(self, worker: "_Worker") -> None:
        """Makes a worker idle, after it is replaced if it was lost."""
        if worker.loss is None:
            self._idle.put_nowait(worker)
            return
        self.losses[worker.loss] += 1
        loop = asyncio.get_running_loop()

        def made_idle(_: Future[None]) -> None:
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(self._idle.put_nowait, worker)

        with suppress(RuntimeError):  # the threads are shut down
            self._threads.submit(worker.start).add_done_callback(made_idle)

    def stop(self) -> None:
        """Ends the workers; those at work are killed."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.close()
        for worker in self._workers:
            worker.end()


class _Worker:
    """One worker process, used by one thread at a time."""

    def __init__(self, setup: bytes, timeout_s: float) -> None:
        self._setup = setup
        self._timeout_s = timeout_s
        self._process: Any = None
        self._connection: Connection | None = None
        self.loss: str | None = None

    def start(self) -> None:
        """Starts the process, and waits until it is warm."""
        self._connection, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_serve_calls, args=(theirs, self._setup), daemon=True)
        with _signals_blocked():
            self._process.start()
        theirs.close()
        try:
            ready = self._connection.recv() if self._connection.poll(START_S) else None
        except (EOFError, OSError):
            ready = None
        if ready is not True:
            self.loss = "death"
            self.kill()
            reason = f": {ready.message}" if isinstance(ready, Failure) else " (too little memory?)"
            raise WorkerError(f"a worker process could not start{reason}; ask for fewer --jobs")
        self.loss = None

    def call(self, method: str, *arguments: Any) -> Any:
        """The result of a method, or the `Failure` in its place."""
        if self.loss is not None:  # it could not be started again; perhaps it can now
            try:
                self.start()
            except WorkerError as error:
                return Failure(ExitCode.INTERNAL, str(error))
        assert self._connection is not None
        try:
            self._connection.send((method, arguments))
            if self._connection.poll(self._timeout_s):
                return self._connection.recv()
            self.loss, limit = "timeout", f"took longer than {self._timeout_s:g} s"
            failure = Failure(ExitCode.UNREADABLE, f"the picture {limit} and was given up; scale it down")
        except (EOFError, OSError):
            self.loss = "death"
            reason = "the picture ended its worker process (too little memory?); scale it down"
            failure = Failure(ExitCode.UNREADABLE, reason)
        self.kill()
        return failure

    def kill(self) -> None:
        """Ends the process at once."""
        self.close()
        if self._process is not None:
            self._process.kill()
            self._process.join(STOP_S)

    def close(self) -> None:
        """Closes the pipe, whereupon an idle process ends."""
        if self._connection is not None:
            self._connection.close()

    def end(self) -> None:
        """Waits for the end of the process, and kills it if it is late."""
        if self._process is not None:
            self._process.join(STOP_S)
            self.kill()


@contextmanager
def _signals_blocked() -> Iterator[None]:
    """Blocks SIGINT and SIGTERM, for a process that starts and inherits the block.

    Both reach the whole group of processes, and the server answers what its workers still read.
    """
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# In a worker process.


def _serve_calls(connection: Connection, setup: bytes) -> None:
    """Answers calls until the pipe is closed."""
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    try:
        service = pickle.loads(setup)()
    except Exception as error:
        connection.send(Failure.of(error))
        return
    connection.send(True)
    with suppress(EOFError, OSError):  # the server closed the pipe, or is gone
        while True:
            method, arguments = connection.recv()
            connection.send(_result(service, method, arguments))


def _result(service: object, method: str, arguments: tuple[Any, ...]) -> Any:
    try:
        return getattr(service, method)(*arguments)
    except Exception as error:
        if os.environ.get("SDNN_TRACEBACK"):
            raise
        return Failure.of(error)


def _exit_with_parent() -> None:
    """Ends this process when the server is gone, even in the middle of a picture."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(0)
