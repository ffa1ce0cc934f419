"""The pages of a PDF as pictures, drawn by a process with limits and an optional package."""

import os
import signal
import sys
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, Final

import numpy as np
import numpy.typing as npt

from sdnn.errors import UnreadableInput
from sdnn.preprocessing.pdf_renderer import CHANNELS, HEADER

if TYPE_CHECKING:
    import subprocess

MARK: Final = b"%PDF-"
"""Signature of a PDF, within its first `MARK_BYTES`."""
MARK_BYTES: Final = 1024
PAGE_CPU_S: Final = 4
"""Seconds of processor time for one page, and for opening the document; a scan takes a tenth of one."""
CPU_S_PER_MB: Final = 0.5
"""Further seconds for each million bytes of the file."""
PAGE_BYTES: Final = 640_000_000
"""Address space for one page without its pixels; a scan of 10 million pixels takes a third of it."""
BYTES_PER_BYTE: Final = 40
"""Further address space for each byte of the file: scans are compressed to a tenth and less."""
MAX_FILE_BYTES: Final = 100_000_000
"""Bytes of a file above which it gets no more time and memory."""
WALL_FACTOR: Final = 3
"""Time on the clock over processor time, on a busy machine."""

_RENDERER: Final = Path(__file__).with_name("pdf_renderer.py")
_ENDS: Final = {
    "SIGXCPU": "time",
    # PDFium aborts without memory, with a signal that depends on the machine; the system kills.
    **dict.fromkeys(("SIGABRT", "SIGTRAP", "SIGILL", "SIGKILL"), "memory"),
}
"""Causes of signals that end the renderer."""
_REMEDY: Final = "print it to a new PDF, or to a picture"


def pdf_pages(file: BinaryIO, name: str, max_pixels: int) -> Generator[npt.NDArray[np.uint8], None, None]:
    """Renders every page in colour, one at a time, at 200 dpi or at what the limit allows.

    Args:
        file: PDF that can seek and stays open.
        name: Name of the PDF in messages.
        max_pixels: Largest number of pixels of a page.

    Yields:
        (H, W, 3) red, green and blue, 0 to 255.

    Raises:
        UnreadableInput: When the package pypdfium2 is missing, the PDF asks for a password, the PDF or one of
            its pages is damaged, or a page takes too much time or memory.
    """
    if find_spec("pypdfium2") is None:
        raise UnreadableInput(
            f"{name}: a PDF needs the package pypdfium2: pip install '.[pdf]' in a checkout of sdnn"
        )
    with _on_disk(file) as stored:
        size = min(os.fstat(stored.fileno()).st_size, MAX_FILE_BYTES)
        cpu_s = int(PAGE_CPU_S + CPU_S_PER_MB * size / 1e6)
        memory = PAGE_BYTES + BYTES_PER_BYTE * size
        with _renderer(stored, max_pixels, cpu_s, memory) as process:
            for number in count(start=1):
                page = _page(process, name, number, cpu_s, memory)
                if page is None:
                    return
                yield page


@contextmanager
def _on_disk(file: BinaryIO) -> Iterator[BinaryIO]:
    """A file that another process can read: a copy of one in memory."""
    try:
        file.fileno()
    except OSError:
        import shutil  # late: most pictures are no PDF
        import tempfile

        with tempfile.TemporaryFile() as copy:
            file.seek(0)
            shutil.copyfileobj(file, copy)
            copy.flush()
            yield copy
    else:
        yield file


@contextmanager
def _renderer(
    file: BinaryIO, max_pixels: int, cpu_s: int, memory: int
) -> "Iterator[subprocess.Popen[bytes]]":
    """The process that draws; it ends with the block."""
    import subprocess

    os.lseek(file.fileno(), 0, os.SEEK_SET)
    numbers = max_pixels, cpu_s, memory, os.getpid()
    command = [
        sys.executable,
        "-P",
        str(_RENDERER),
        *map(str, numbers),
    ]  # -P: its folder has no modules for it
    process = subprocess.Popen(command, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _page(
    process: "subprocess.Popen[bytes]", name: str, number: int, cpu_s: int, memory: int
) -> npt.NDArray[np.uint8] | None:
    """The next page; None after the last.

    Raises:
        UnreadableInput: When there is none, and why.
    """
    assert process.stdout is not None
    overdue = threading.Event()

    def stop() -> None:
        overdue.set()
        process.kill()

    clock = threading.Timer(WALL_FACTOR * cpu_s, stop)
    clock.start()
    try:
        letter, first, second, stride = HEADER.unpack(_exactly(process.stdout, HEADER.size))
        if letter == b"P":
            pixels = np.empty((second, stride), np.uint8)
            _fill(process.stdout, pixels)
            return pixels[:, : CHANNELS * first].reshape(second, first, CHANNELS)
        message = _exactly(process.stdout, first).decode()
    except EOFError:
        where = f"{name}, page {number}"
        reason = "time" if overdue.is_set() else _cause_of_end(process)
        limit = {
            "time": f"takes more than {cpu_s} s to draw",
            "memory": f"takes more than {memory / 1e6:.0f} MB to draw",
        }
        raise UnreadableInput(f"{where}: {limit.get(reason, reason)}; {_REMEDY}") from None
    finally:
        clock.cancel()
    if letter == b".":
        return None
    if letter == b"W":
        raise UnreadableInput(f"{name}: asks for a password; save it without one")
    where = name if letter == b"D" else f"{name}, page {number}"
    raise UnreadableInput(f"{where}: damaged PDF ({message}); make the file again")


def _cause_of_end(process: "subprocess.Popen[bytes]") -> str:
    """What ended the renderer: time, memory, or the end of a sentence."""
    code = process.wait()
    ends = {-getattr(signal, end, 0): cause for end, cause in _ENDS.items()}
    if code in ends:
        return ends[code]
    if code < 0:
        return f"crashes PDFium by signal {-code}"
    return f"ends PDFium with exit code {code}"


def _exactly(stream: IO[bytes], size: int) -> bytes:
    """As many bytes of a stream.

    Raises:
        EOFError: When there are fewer.
    """
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data


def _fill(stream: IO[bytes], array: npt.NDArray[np.uint8]) -> None:
    """Fills an array from a stream; see `_exactly`."""
    rest = array.reshape(-1).data
    while rest:
        filled = stream.readinto(rest)  # type: ignore[attr-defined]
        if not filled:
            raise EOFError
        rest = rest[filled:]
