"""Standard streams: results on stdout, and what happens where one is closed, full or of another encoding."""

import errno
import io
import os
import sys
from typing import TextIO

from sdnn.errors import ExitCode, OutputError
from sdnn.escaping import EXACT_OR_ESCAPED, escaped_lines

_STDIN, _STDOUT, _STDERR = range(3)


def prepare_streams() -> None:
    """Makes the streams of this process safe to use: to be called once, before any file is opened.

    The number of a closed stream would go to the next file that is opened, and what a library prints would
    end up in it. So closed streams lead to the null device; stdout to one that cannot be written, since
    results must not be lost in silence.
    """
    for number, flags in ((_STDIN, os.O_RDONLY), (_STDOUT, os.O_RDONLY), (_STDERR, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)  # gets the lowest free number, which is this one
    if sys.stdout is None:
        sys.stdout = os.fdopen(_STDOUT, "w", encoding="utf-8", closefd=False)
    if sys.stderr is None:
        sys.stderr = os.fdopen(_STDERR, "w", encoding="utf-8", closefd=False)
    for stream, errors in ((sys.stdout, EXACT_OR_ESCAPED), (sys.stderr, "backslashreplace")):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=errors)


def silence_libraries() -> None:
    """Sends what codecs print on stderr to the null device: their words on a damaged picture are no messages.

    What this package prints there goes on, by another number. For a process that only reads; with
    SDNN_TRACEBACK set nothing is silenced.
    """
    if os.environ.get("SDNN_TRACEBACK"):
        return
    try:
        if sys.stderr.fileno() != _STDERR:
            return
        number = os.dup(_STDERR)
    except (OSError, AttributeError):  # in place of the stream is something else, or it is closed
        return
    sys.stderr.flush()
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, _STDERR)
    os.close(silent)
    sys.stderr = os.fdopen(number, "w", encoding=sys.stderr.encoding, errors=sys.stderr.errors, buffering=1)


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a stream, which may be closed, is a terminal."""
    return stream is not None and stream.isatty()


def write_stdout(text: str, is_styled: bool = False) -> None:
    """Writes whole lines of results to stdout; ends the command quietly at a closed pipe, as in `| head -1`.

    Args:
        text: Lines. On a terminal, control characters are escaped.
        is_styled: Whether control characters are meant, as in a coloured table.

    Raises:
        OutputError: When stdout is closed or full.
    """
    if sys.stdout is None:
        raise OutputError("stdout: is closed; redirect it to a file")
    try:
        sys.stdout.write(text if is_styled or not is_terminal(sys.stdout) else escaped_lines(text))
        sys.stdout.flush()
    except OSError as error:
        # Else the interpreter would complain once more when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            sys.exit(ExitCode.OK)
        reason = "closed" if error.errno == errno.EBADF else error.strerror
        raise OutputError(f"stdout: cannot be written ({reason}); choose another place") from error
