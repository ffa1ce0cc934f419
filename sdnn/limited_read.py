"""Files of strangers read up to a limit: every door begins here."""

import os
import stat
from pathlib import Path

from sdnn.errors import SdnnError, UnreadableInput


def read_limited(
    path: Path, max_bytes: int, what: str, error: type[SdnnError] = UnreadableInput, remedy: str = ""
) -> bytes:
    """The content of a file or pipe, if it is no longer than a limit.

    Devices, folders and sockets are refused, and a named pipe without a writer is empty: nothing here is
    read, or waited for, without end. A pipe is read as long as it is open on the other side.

    Args:
        path: File, pipe, or a link to one.
        max_bytes: Greatest length.
        what: Meaning of the file in messages, such as `a lexicon`.
        error: Error to raise.
        remedy: End of the message; by default a check of the path.

    Raises:
        SdnnError: Of the type `error`, when the file is missing, cannot be read, is no file or pipe, or is
            longer than the limit.
    """
    check = remedy or "check the path"
    try:
        # Opening a named pipe would wait for its writer; reading one without a writer does not.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        try:
            mode = os.fstat(descriptor).st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
                raise error(f"{path}: {_kind(mode)}, not {what}; {check}")
            if hasattr(os, "set_blocking"):
                os.set_blocking(descriptor, True)
            with open(descriptor, "rb", closefd=False) as file:
                content = file.read(max_bytes + 1)
        finally:
            os.close(descriptor)
    except (OSError, ValueError) as reason:  # ValueError: NUL in the path
        text = getattr(reason, "strerror", None) or str(reason)
        raise error(f"{path}: cannot be read as {what} ({text}); {check}") from reason
    if len(content) > max_bytes:
        raise error(f"{path}: longer than {max_bytes:,} bytes, too long for {what}; {check}")
    return content


def _kind(mode: int) -> str:
    """What is neither a file nor a pipe."""
    return "a folder" if stat.S_ISDIR(mode) else "a device or socket"
