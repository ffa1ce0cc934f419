"""Terminal output: results on stdout, messages and progress bars on stderr."""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO, NoReturn

from sdnn.cli.signals import ENDINGS
from sdnn.errors import ExitCode, MissingPackage, UnreadableInput
from sdnn.escaping import escaped_message
from sdnn.streams import is_terminal, write_stdout

if TYPE_CHECKING:
    from sdnn.results import Reading


def print_line(line: str) -> None:
    """Prints one line of results as it is, where rich would wrap it, or take brackets in it for markup."""
    write_stdout(line + "\n")


def standard_input() -> BinaryIO:
    """The bytes of stdin; raises UnreadableInput when it is closed."""
    if sys.stdin is None:
        raise UnreadableInput("stdin: is closed; give a picture, as in: sdnn read - < strip.png")
    return sys.stdin.buffer


def note(message: str) -> None:
    """Prints one line on stderr, safe on a terminal; a closed or full stderr must not stop the results."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            sys.stderr.write(f"sdnn: {escaped_message(message)}\n")
            sys.stderr.flush()


def fail(message: str, code: ExitCode) -> NoReturn:
    """Prints one line on stderr and ends the command."""
    note(message)
    sys.exit(code)


def fail_interrupted(error: KeyboardInterrupt, remedy: str = "") -> NoReturn:
    """Prints which signal ended the command and how to go on, and ends it."""
    number = next(iter(error.args), int(signal.SIGINT))
    fail(f"{ENDINGS[number]}{remedy}", ExitCode(128 + number))


def quick_exit(code: int) -> NoReturn:
    """Ends the process without Python's cleanup, which takes a sixth of the time of one picture."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.flush()
    os._exit(code)


@contextlib.contextmanager
def needs(package: str, purpose: str, extra: str = "train") -> Iterator[None]:
    """Turns the failed import of an optional package into `MissingPackage`."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != package:
            raise
        raise MissingPackage(package, purpose, extra) from error


@contextlib.contextmanager
def progress(label: str, unit: str = "") -> Iterator[Callable[..., None]]:
    """A progress bar on stderr, if that is a terminal.

    Args:
        label: Text before the bar.
        unit: Name of the things counted; without one the bar shows a percentage.

    Yields:
        Function of the number done and the total, which updates the bar; `text` goes after the number, and
        `label` replaces the text before the bar.
    """
    if not is_terminal(sys.stderr):
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.table import Column

    number = (MofNCompleteColumn(), unit) if unit else ("{task.percentage:.0f} %",)
    left = TimeRemainingColumn(table_column=Column(no_wrap=True))  # the bar gives way instead
    texts = (TextColumn(f"{{task.{field}}}", markup=False) for field in ("description", "fields[text]"))
    columns = (next(texts), BarColumn(None), *number, next(texts), left, "left")
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=False) as bar:
        task = bar.add_task(label, total=None, text="")

        def update(done: int, total: int, text: str = "", label: str = label) -> None:
            text, label = escaped_message(text), escaped_message(label)
            bar.update(task, completed=done, total=total, text=text, description=label)

        yield update


def track(pages: Iterable[list["Reading"]], names: Callable[[], Iterable[str]]) -> Iterator[list["Reading"]]:
    """The readings of pages, with a progress bar that counts pictures, if stderr is a terminal.

    Args:
        pages: Readings of each page.
        names: Function that lists the pictures; called only for a bar.
    """
    if not is_terminal(sys.stderr):
        yield from pages
        return
    total, done, started = sum(1 for _ in names()), 0, time.perf_counter()
    with progress("reading", "pictures") as update:
        for readings in pages:
            yield readings
            done += readings[0].page == 1
            update(done, total, f"{done / (time.perf_counter() - started):,.0f} a second")
