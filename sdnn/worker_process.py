"""One worker process: its start, the items that it is given, and its death."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, NoReturn, TypeVar

from sdnn.errors import WorkerError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

Item = TypeVar("Item")

CHILDREN: Final = threading.RLock()
"""Lock of the lists of processes; that of multiprocessing is not made for threads."""


@dataclass(frozen=True)
class Failure(Generic[Item]):
    """An item that has no result, because its worker died.

    Attributes:
        item: The item.
        reason: What happened to the worker, as the end of a sentence about the item.
        exit_code: Exit code of the worker; negative: the signal that killed it; None where it took too long.
    """

    item: Item
    reason: str
    exit_code: int | None = None


class Worker:
    """A worker process, seen from this one.

    Attributes:
        process: The process.
        is_usable: Whether it can be given an item.
    """

    def __init__(self, function: Callable[[Any], Any], initializer: Callable[[], object]) -> None:
        """Starts the process, which ignores SIGINT if the calling thread blocks it.

        Args:
            function: Picklable function of an item.
            initializer: Function called first.

        Raises:
            WorkerError: When there can be no more processes.
        """
        from multiprocessing import get_context  # late: one picture is read without it

        context = get_context("spawn")  # a copy of this process would lack its threads
        self._connection, other_end = context.Pipe()
        self.process = context.Process(target=_serve, args=(other_end, function, initializer), daemon=True)
        self.is_usable = False
        self._is_ready = False
        try:
            self.process.start()
        except OSError as error:
            reason = error.strerror or error
            raise WorkerError(
                f"a worker process cannot start ({reason}); ask for fewer --jobs or --makers"
            ) from error
        other_end.close()

    def outcome(self, item: Any, timeout_s: float | None) -> Any:
        """The result of an item; a failure where the process dies, or takes too long.

        Raises:
            WorkerError: When the process does not start.
        """
        self.is_usable = False  # until the result is here
        try:
            if not self._is_ready:
                self._connection.recv()
                self._is_ready = True
        except (EOFError, OSError):
            raise worker_error(self._failure(item)) from None
        try:
            self._connection.send(item)
            if not self._connection.poll(timeout_s):
                return Failure(item, f"took more than {timeout_s:g} s")
            result, error, traceback = self._connection.recv()
        except (EOFError, OSError):
            return self._failure(item)
        self.is_usable = True
        if error is not None:
            raise error from WorkerError(traceback)
        return result

    def end(self) -> None:
        """Ends the process."""
        self.process.kill()
        self.process.join()
        self._connection.close()

    def _failure(self, item: Any) -> Failure[Any]:
        """The failure of a process that has closed its end of the pipe."""
        with CHILDREN:
            self.process.join(1.0)
            code = self.process.exitcode or 0
        if code >= 0:
            return Failure(item, f"ended its worker process, with exit code {code}", code)
        memory = " (too little memory?)" if -code == getattr(signal, "SIGKILL", None) else ""
        return Failure(item, f"ended its worker process, by {signal_name(-code)}{memory}", code)


def signal_name(number: int) -> str:
    """The name of a signal, such as SIGSEGV."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def worker_error(failure: Failure[Any]) -> WorkerError:
    """The error of a worker that died."""
    if (failure.exit_code or 0) > 0:
        return WorkerError(
            "a worker process exited, with its error printed above; a script that asks for more than one "
            'has to begin under: if __name__ == "__main__":'
        )
    return WorkerError("a worker process was killed (too little memory?); ask for fewer --jobs or --makers")


def block_sigint() -> None:
    """Blocks SIGINT in a thread, and in the processes that it starts: Ctrl-C reaches the whole group."""
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


# In a worker process.


def _serve(
    connection: "Connection", function: Callable[[Any], Any], initializer: Callable[[], object]
) -> None:
    """Applies a function to items, until there are no more."""
    import cv2

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles it
    cv2.setNumThreads(1)  # the other processors have work of their own
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    initializer()
    with suppress(EOFError, OSError):  # of a parent that is gone
        connection.send(None)  # from now on, time counts
        while True:
            item = connection.recv()
            try:
                connection.send((function(item), None, ""))
            except Exception as error:
                connection.send((None, *_portable(error)))
            del item


def _portable(error: Exception) -> tuple[Exception, str]:
    """An error that survives its way to another process, and its traceback."""
    import pickle
    from traceback import format_exc

    text = format_exc()
    try:
        return pickle.loads(pickle.dumps(error)), text  # some can be sent, but not received
    except Exception:
        return WorkerError(f"{type(error).__name__}: {error}"), text


def _exit_with_parent() -> NoReturn:
    """Ends this process once the parent is gone, even in the middle of an item."""
    from multiprocessing import parent_process

    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(0)
