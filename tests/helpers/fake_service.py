"""A service whose calls fail in the ways that pictures make them fail."""

import os
import signal
import time

from sdnn.errors import UnreadableInput, UsageError


class FakeService:
    def echo(self, value: str) -> str:
        return value

    def process(self) -> int:
        return os.getpid()

    def sleep(self, seconds: float) -> int:
        time.sleep(seconds)
        return os.getpid()

    def die(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def unreadable(self) -> None:
        raise UnreadableInput("a.png: empty; give a picture")

    def contradict(self) -> None:
        raise UsageError("length 5: give another")

    def exhaust(self) -> None:
        raise MemoryError

    def crash(self) -> None:
        raise ZeroDivisionError("by zero")


class NeverStarts:
    def __init__(self, *_: object) -> None:
        raise UnreadableInput("nothing to start with")
