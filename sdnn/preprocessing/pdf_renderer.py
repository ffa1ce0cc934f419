"""Draws the pages of a PDF within limits: a program of its own, which `pdf` starts.

    python pdf_renderer.py MAX_PIXELS PAGE_CPU_S PAGE_BYTES PARENT < file.pdf

PDFium cannot be interrupted, and ends its process where memory is short; here that ends one document. The
program loads nothing but PDFium, writes one frame for each page to stdout, and waits until it is taken.

A frame is a letter, three numbers of 32 bits, and bytes: P with width, height and stride of the pixels that
follow; D, W or E (damaged document, password, damaged page) with the length of a message; . at the end.
"""

import math
import os
import struct
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any, BinaryIO, Final, NoReturn

HEADER: Final = struct.Struct("<cIII")
DPI: Final = 200
"""Resolution of the pictures, at which digits of 3 mm are 24 px high."""
POINTS_PER_INCH: Final = 72
CHANNELS: Final = 3
"""Red, green and blue."""

Frame = tuple[bytes, Any]
"""Header, and the bytes that follow."""


def frames(file: BinaryIO, max_pixels: int, page_cpu_s: int = 0, page_bytes: int = 0) -> Iterator[Frame]:
    """The frames of a document, one at a time.

    Args:
        file: PDF that can seek.
        max_pixels: Largest number of pixels of a page.
        page_cpu_s: Seconds of processor time for one page; 0 for no limit.
        page_bytes: Address space for one page without its pixels; 0 for no limit.
    """
    import pypdfium2

    limit_resources(page_cpu_s, page_bytes)
    try:
        document = pypdfium2.PdfDocument(file)
        pages = len(document)
    except pypdfium2.PdfiumError as error:
        is_locked = error.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD
        yield _message(b"W" if is_locked else b"D", error)
        return
    with closing(document):
        if not pages:
            yield _message(b"D", "no pages")
            return
        for index in range(pages):
            try:
                with closing(document[index]) as page:
                    width, height = page.get_size()
                    scale = scale_within(width, height, max_pixels)
                    pixels = math.ceil(width * scale) * math.ceil(height * scale)
                    limit_resources(page_cpu_s, page_bytes and page_bytes + CHANNELS * pixels)
                    with closing(page.render(scale=scale, rev_byteorder=True)) as bitmap:
                        yield HEADER.pack(b"P", bitmap.width, bitmap.height, bitmap.stride), bitmap.buffer
            except (RuntimeError, ValueError, MemoryError) as error:
                yield _message(b"E", error or type(error).__name__)
                return
    yield HEADER.pack(b".", 0, 0, 0), b""


def _message(letter: bytes, error: object) -> Frame:
    text = " ".join(str(error).split()).encode()
    return HEADER.pack(letter, len(text), 0, 0), text


def scale_within(width: float, height: float, max_pixels: int) -> float:
    """Pixels per point of a page that has no more pixels than allowed, though each side is rounded up."""
    # The root of (width * scale + 1) * (height * scale + 1) = max_pixels.
    half, room = (width + height) / 2, max_pixels - 1
    largest = room / (half + math.sqrt(half * half + width * height * room))
    # A little less, so that a scan at the same resolution gets no extra row or column.
    return min(DPI / POINTS_PER_INCH * (1 - 1e-6), largest)


def limit_resources(cpu_s: int, address_bytes: int) -> None:
    """Limits the processor time from now on, and the address space, where the system can; 0 for no limit."""
    try:
        import resource
    except ImportError:  # Windows, where the parent has the time limit alone
        return
    used_s = int(time.process_time())
    for kind, limit in ((resource.RLIMIT_CPU, cpu_s and used_s + cpu_s), (resource.RLIMIT_AS, address_bytes)):
        _, hard = resource.getrlimit(kind)
        if limit and (hard == resource.RLIM_INFINITY or limit < hard):
            with suppress(ValueError, OSError):  # some systems know the limit, but do not set it
                resource.setrlimit(kind, (limit, hard))


def _exit_without(parent: int) -> NoReturn:
    """Ends this process once its parent is gone, even in the middle of a page."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def main(max_pixels: int, page_cpu_s: int, page_bytes: int, parent: int) -> None:
    """Writes the frames of the document on stdin to stdout."""
    if sys.platform != "win32":  # where a process keeps the number of a parent that is gone
        threading.Thread(target=_exit_without, args=(parent,), daemon=True).start()
    with suppress(BrokenPipeError):
        for header, content in frames(sys.stdin.buffer, max_pixels, page_cpu_s, page_bytes):
            sys.stdout.buffer.write(header)
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
    os._exit(0)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
