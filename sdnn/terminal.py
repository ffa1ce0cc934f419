"""Talking to whoever called the command: results on stdout, all else on stderr."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, NoReturn

from sdnn.errors import ExitCode, MissingPackage, OutputError, UnreadableInput


def print_line(line: str) -> None:
    """One line of results on stdout, untouched: rich would wrap it, or take brackets in it for markup.

    Ends the command quietly where nobody reads any more, as in `| head -1`.

    Raises:
        OutputError: When stdout is closed, or cannot take any more.
    """
    if sys.stdout is None:
        raise OutputError("stdout: is closed; redirect it to a file")
    try:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # Else the interpreter would complain once more when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(ExitCode.OK)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise OutputError(f"stdout: cannot be written ({error.strerror}); choose another place") from error


def standard_input() -> BinaryIO:
    """The bytes that come through stdin.

    Raises:
        UnreadableInput: When stdin is closed.
    """
    if sys.stdin is None:
        raise UnreadableInput("stdin: is closed; give a picture, as in: sdnn read - < strip.png")
    return sys.stdin.buffer


def note(message: str) -> None:
    """One line on stderr."""
    sys.stderr.write(f"sdnn: {message}\n")


def fail(message: str, code: ExitCode) -> NoReturn:
    """One line on stderr, and the end."""
    note(message)
    sys.exit(code)


@contextlib.contextmanager
def needs(package: str, purpose: str) -> Iterator[None]:
    """Turns the failed import of a package that a reading-only installation leaves out into one line.

    Raises:
        MissingPackage: When the package is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != package:
            raise
        raise MissingPackage(package, purpose) from error


@contextlib.contextmanager
def progress(what: str, *figures: str) -> Iterator[Callable[..., None]]:
    """A progress bar on stderr, where that is a terminal.

    Args:
        what: Stands in front of the bar.
        figures: Names of what else to show.

    Yields:
        A function (done, total, **texts) to call with what has been done, and the text for each figure.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    shown = [TextColumn(f"{name} {{task.fields[{name}]}}") for name in figures]
    columns = [TextColumn(what), BarColumn(), MofNCompleteColumn(), *shown, TimeRemainingColumn()]
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        unknown: dict[str, Any] = dict.fromkeys(figures, "–")
        task = bar.add_task(what, total=None, **unknown)
        yield lambda done, total, **texts: bar.update(task, completed=done, total=total, **texts)
