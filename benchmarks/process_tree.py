"""Processes below another one, by /proc."""

from collections.abc import Iterator
from pathlib import Path


def descendants(pid: int) -> Iterator[tuple[int, str]]:
    """Number and command line of each process below one."""
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(child) for child in task.read_text().split()]
        except OSError:  # the thread has ended
            continue
        for child in children:
            try:
                command = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            yield child, command
            yield from descendants(child)


def ray_actors(driver: int) -> list[int]:
    """Numbers of the worker processes that read, below a driver with a Ray cluster of its own."""
    return [pid for pid, command in descendants(driver) if command.startswith("ray::MapWorker")]
