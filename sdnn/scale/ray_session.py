"""A Ray cluster for one command: started on this machine, or joined; quiet, and reporting to nobody."""

import contextlib
import logging
import os
import secrets
import signal
import socket
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any, Final

from sdnn.errors import UsageError, WorkerError
from sdnn.scale.sources import reason_of

QUIET: Final = {
    "RAY_USAGE_STATS_ENABLED": "0",  # Ray reports to its makers unless it is told not to
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # else a warning
}
LOOPBACK: Final = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
"""Setting by which Ray listens on 127.0.0.1 alone, on every system: its own default on two of them."""

CONNECT_S: Final = 10.0
"""Seconds to wait for an answer of a cluster."""


@contextlib.contextmanager
def ray_session(address: str | None, processes: int, progress: bool = False) -> Iterator[Any]:
    """Ray, connected, for the block; it yields the module.

    Args:
        address: Address of a cluster, or `auto`; None for one of its own on this machine, which listens on
            the loopback address alone and ends with the block.
        processes: Number of processors of its own cluster.
        progress: Whether Ray shows its progress bars.

    Raises:
        UsageError: When there is no cluster at the address.
        WorkerError: When the cluster fails in the block.
    """
    os.environ.update(QUIET)
    _check_answers(address)
    if address is None:
        # Other users of this machine have no token.
        os.environ.update({**LOOPBACK, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)})
    with _messages_hidden():
        yield from _connected(address, processes, progress)


def _check_answers(address: str | None) -> None:
    """Checks that something listens at HOST:PORT: Ray would try for minutes, and then end the process.

    Raises:
        UsageError: When nothing does.
    """
    host, colon, port = (address or "").rpartition(":")
    if not colon or not port.isdecimal() or "/" in host:
        return
    try:
        with socket.create_connection((host.strip("[]"), int(port)), CONNECT_S):
            pass
    except (OSError, OverflowError) as error:
        raise _no_cluster(f"--address {address}", error) from error


def _no_cluster(where: str, error: Exception) -> UsageError:
    return UsageError(f"{where}: no Ray cluster ({reason_of(error)}); start one with: ray start --head")


def _connected(address: str | None, processes: int, progress: bool) -> Iterator[Any]:
    import ray
    from ray.data import DataContext
    from ray.exceptions import RayError

    own = {"num_cpus": processes, "include_dashboard": False}
    try:
        with _signals_kept():
            ray.init(
                address=address or "local",
                log_to_driver=False,
                logging_level=logging.ERROR,
                configure_logging=True,
                **({} if address else own),
            )
    except (ConnectionError, ValueError, RuntimeError, OSError) as error:
        where = f"--address {address}" if address else "--engine ray"
        raise _no_cluster(where, error) from error
    context = DataContext.get_current()
    context.enable_progress_bars = progress
    context.print_on_execution_start = False
    logging.getLogger("ray").setLevel(logging.CRITICAL)
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield ray
    except RayError as error:
        raise WorkerError(f"Ray failed: {_last_line(error)}") from error
    finally:
        with contextlib.suppress(Exception):
            ray.shutdown()


@contextlib.contextmanager
def _signals_kept() -> Iterator[None]:
    """Keeps the handler of SIGTERM: that of Ray ends the process without a word."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def _messages_hidden() -> Iterator[None]:
    """Hides messages of Ray, which are in its log files: from C++ on stderr, from Python on stdout.

    Python's stderr stays, for progress and the messages of sdnn.
    """
    python, shown = sys.stderr, os.dup(2)
    hidden = os.open(os.devnull, os.O_WRONLY)
    try:
        is_native = python is not None and python.fileno() == 2
    except (OSError, ValueError):  # a stream of a test
        is_native = False
    if is_native:
        sys.stderr = os.fdopen(
            os.dup(shown), "w", buffering=1, encoding=python.encoding, errors=python.errors
        )
    os.dup2(hidden, 2)
    try:
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
            yield
    finally:
        os.dup2(shown, 2)
        if is_native:
            sys.stderr.close()
            sys.stderr = python
        os.close(hidden)
        os.close(shown)


def _last_line(error: BaseException) -> str:
    """The last line of Ray's message, which is the error itself, below the traceback."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
