"""A server in a process of its own."""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from helpers.deadlines import DEADLINE_S


@dataclass(frozen=True)
class LiveServer:
    process: "subprocess.Popen[bytes]"
    url: str

    @property
    def address(self) -> tuple[str, int]:
        found = re.match(r"http://([0-9.]+):([0-9]+)/", self.url)
        assert found
        return found[1], int(found[2])

    @property
    def origin(self) -> str:
        return "http://{}:{}".format(*self.address)


@contextmanager
def live_server(*command: object) -> Iterator[LiveServer]:
    """The server that a command starts; it is ended with the block, and killed if it does not end."""
    arguments = [sys.executable, "-m", "sdnn", *map(str, command), "--port", "0"]
    with subprocess.Popen(arguments, stderr=subprocess.PIPE) as process:
        try:
            yield LiveServer(process, _announced_url(process))
            process.terminate()
            process.wait(DEADLINE_S)
        finally:
            process.kill()


def _announced_url(process: "subprocess.Popen[bytes]") -> str:
    assert process.stderr is not None
    lines = []
    watchdog = threading.Timer(DEADLINE_S, process.kill)
    watchdog.start()
    for line in process.stderr:
        lines.append(line.decode())
        if found := re.search("serving on (http[^ ;]+)", lines[-1]):
            watchdog.cancel()
            return found[1]
    raise AssertionError(lines)
