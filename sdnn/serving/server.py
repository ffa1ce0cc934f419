"""Runs the server until a signal, and ends it gracefully."""

import asyncio
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

import uvicorn

from sdnn.errors import UsageError, WorkerError
from sdnn.serving.guard import Guard

BACKLOG: Final = 2048
"""Connections that the system keeps until the server takes them."""
TICK_S: Final = 0.05
QUIET_TICKS: Final = 4
MAX_TICKS: Final = 40
"""After a signal the server still takes requests for 2 s at most, until none has come for 0.2 s: those sent
before the signal may still be on their way. Each answer closes its connection by then.
"""
KEEP_ALIVE_S: Final = 30
"""Time that an idle connection is kept."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens, on a free port for 0.

    Raises:
        UsageError: When the address is no address of this machine, or the port is taken.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        opened = socket.socket(family, kind, protocol)
        try:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            opened.bind(address)
            opened.listen(BACKLOG)
        except BaseException:
            opened.close()
            raise
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"--host {host} --port {port}: cannot be used ({reason}); give others") from error
    return opened


def url_of(opened: socket.socket) -> str:
    """The address of the page, for a browser on this machine."""
    host, port = opened.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def run(guard: Guard, opened: socket.socket, give_up_s: float, on_ready: Callable[[], None]) -> int:
    """Serves until SIGTERM or SIGINT; requests under way are answered, new ones refused.

    Args:
        guard: The server.
        opened: Socket that it listens on.
        give_up_s: Time after a signal when requests under way are given up.
        on_ready: Function called once it serves.

    Returns:
        The signal that ended it.

    Raises:
        WorkerError: When the workers cannot start.
    """
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)  # errors are answers, or lines of the guard
    config = uvicorn.Config(
        guard,
        access_log=False,
        log_config=None,
        lifespan="on",
        ws="none",
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=round(give_up_s) + 1,
    )
    server = _Server(config, guard, on_ready)
    with suppress(SystemExit):  # of uvicorn, where the application does not start
        asyncio.run(server.serve(sockets=[opened]))
    if not server.started:
        raise guard.failure or WorkerError("the server could not start; run again with SDNN_TRACEBACK=1")
    return server.ended_by


class _Server(uvicorn.Server):
    """A server whose process goes on after a signal has ended it."""

    def __init__(self, config: uvicorn.Config, guard: Guard, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._guard = guard
        self._on_ready = on_ready
        self.ended_by = 0

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts to serve."""
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Takes what has been sent, stops listening, and waits for the answers."""
        self._guard.is_ending = True
        quiet = ticks = 0
        while quiet < QUIET_TICKS and ticks < MAX_TICKS and not self.force_exit:
            before = self._traffic
            await asyncio.sleep(TICK_S)
            ticks += 1
            quiet = quiet + 1 if self._traffic == before else 0
        await super().shutdown(sockets)

    @property
    def _traffic(self) -> tuple[int, int]:
        """Numbers that change when requests come and go."""
        return len(self.server_state.connections), self._guard.arrived

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ends the server at a signal, at once at the second; uvicorn would end the process, too."""
        signals = (signal.SIGINT, signal.SIGTERM)
        before = {each: signal.signal(each, self._end) for each in signals}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _end(self, number: int, _: object) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True
        self.ended_by = number
