"""Talking to whoever called the command: results on stdout, all else on stderr."""

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, BinaryIO, NoReturn, TextIO, TypeVar

from sdnn.errors import ExitCode, MissingPackage, UnreadableInput
from sdnn.output import to_stdout

Item = TypeVar("Item")


def print_line(line: str) -> None:
    """One line of results on stdout, untouched: rich would wrap it, or take brackets in it for markup.

    Ends the command quietly where nobody reads any more, as in `| head -1`.

    Raises:
        OutputError: When stdout is closed, or cannot take any more.
    """
    to_stdout(line + "\n")


def standard_input() -> BinaryIO:
    """The bytes that come through stdin.

    Raises:
        UnreadableInput: When stdin is closed.
    """
    if sys.stdin is None:
        raise UnreadableInput("stdin: is closed; give a picture, as in: sdnn read - < strip.png")
    return sys.stdin.buffer


def note(message: str) -> None:
    """One line on stderr; where that is closed or full, nobody listens, and the results matter more."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            sys.stderr.write(f"sdnn: {message}\n")
            sys.stderr.flush()


def is_terminal(stream: TextIO | None) -> bool:
    """Whether someone looks at a stream, which may be closed."""
    return stream is not None and stream.isatty()


def fail(message: str, code: ExitCode) -> NoReturn:
    """One line on stderr, and the end."""
    note(message)
    sys.exit(code)


def leave(code: int) -> NoReturn:
    """Ends the process without Python's tidying up, which takes a sixth of the time that one picture takes.

    What is to last is written by then: files are closed where they are written.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.flush()
    os._exit(code)


@contextlib.contextmanager
def needs(package: str, purpose: str, extra: str = "train") -> Iterator[None]:
    """Turns the failed import of a package that a reading-only installation leaves out into one line.

    Raises:
        MissingPackage: When the package is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != package:
            raise
        raise MissingPackage(package, purpose, extra) from error


@contextlib.contextmanager
def progress(what: str, *figures: str) -> Iterator[Callable[..., None]]:
    """A progress bar on stderr, where that is a terminal.

    Args:
        what: Stands in front of the bar.
        figures: Names of what else to show.

    Yields:
        A function (done, total, **texts) to call with what has been done, and the text for each figure.
    """
    if not is_terminal(sys.stderr):
        yield lambda done, total, **texts: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    shown = [TextColumn(f"{name} {{task.fields[{name}]}}") for name in figures]
    columns = [TextColumn(what), BarColumn(), MofNCompleteColumn(), *shown, TimeRemainingColumn()]
    with Progress(*columns, console=console, transient=True, redirect_stdout=False) as bar:
        unknown: dict[str, Any] = dict.fromkeys(figures, "–")
        task = bar.add_task(what, total=None, **unknown)
        yield lambda done, total, **texts: bar.update(task, completed=done, total=total, **texts)


def counted(
    items: Iterable[Item], count: Callable[[], int], is_first: Callable[[Item], bool]
) -> Iterator[Item]:
    """The items, with a progress bar where stderr is a terminal.

    Args:
        items: What there is.
        count: Number of files they come from; called where there is a bar only.
        is_first: Whether an item is the first one of its file.
    """
    if not is_terminal(sys.stderr):
        yield from items
        return
    total, done = count(), 0
    started = time.perf_counter()
    with progress("reading", "a second") as update:
        for item in items:
            yield item
            done += is_first(item)
            update(done, total, **{"a second": f"{done / (time.perf_counter() - started):,.0f}"})
