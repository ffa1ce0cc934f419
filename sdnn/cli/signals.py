"""Signals that ask the process to end: Ctrl-C, `kill`, and a terminal that is closed.

They end a command alike, with one line, and leave what is finished of its output. The exit code is 128 plus
the number of the signal, as of a process that the signal killed. This module loads next to nothing.
"""

import os
import signal

TYPE_CHECKING = False  # as in the module typing, which takes longer to load than all the rest
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

_TEXTS = {"SIGINT": "interrupted", "SIGTERM": "terminated", "SIGHUP": "the terminal was closed"}
ENDINGS = {int(getattr(signal, name)): text for name, text in _TEXTS.items() if hasattr(signal, name)}
"""Message on each signal; Windows lacks one."""


class handled_by:  # noqa: N801  # a context manager, called like a function
    """The signals go to a handler, but for those that the caller ignores, as under `nohup`."""

    def __init__(self, handler: "Callable[..., Any]") -> None:
        self._handler = handler
        self._before: dict[int, Any] = {}

    def __enter__(self) -> None:
        for number in ENDINGS:
            before = signal.getsignal(number)
            if before in {signal.SIG_IGN, None}:
                continue
            try:
                signal.signal(number, self._handler)
            except ValueError:  # not in the main thread, where signals arrive
                return
            self._before[number] = before

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)


def end_at_once(number: int = signal.SIGINT, *_: object) -> "NoReturn":
    """Ends the process with one line; while modules load, an exception could get lost in them."""
    try:  # noqa: SIM105  # contextlib loads too much
        os.write(2, f"sdnn: {ENDINGS[number]}\n".encode())
    except OSError:  # nobody has to listen
        pass
    os._exit(128 + number)


received: list[int] = []
"""Numbers of the signals so far. An extension that is loaded can turn the exception into one of its own."""


def interrupt(number: int, *_: object) -> "NoReturn":
    """Raises KeyboardInterrupt with the number of the signal."""
    received.append(number)
    raise KeyboardInterrupt(number)
