"""The pages of a PDF as pictures, rendered by an optional package."""

import math
import threading
from collections.abc import Generator
from contextlib import closing
from typing import Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt

from sdnn.errors import UnreadableInput

MARK: Final = b"%PDF-"
"""Signature of a PDF, within its first `MARK_BYTES`."""
MARK_BYTES: Final = 1024
DPI: Final = 200
"""Resolution of the pictures, at which digits of 3 mm are 24 px high."""
POINTS_PER_INCH: Final = 72

_PDFIUM: Final = threading.RLock()
"""Lock of every call, because PDFium is not thread-safe.

It is reentrant: when an abandoned iterator is deleted during a call, its document is closed within that call.
"""


def pdf_pages(file: BinaryIO, name: str, max_pixels: int) -> Generator[npt.NDArray[np.uint8], None, None]:
    """Renders every page in colour, one at a time, at `DPI` or at what the limit allows.

    Args:
        file: PDF that can seek and stays open.
        name: Name of the PDF in messages.
        max_pixels: Largest number of pixels of a page.

    Yields:
        (H, W, 3) red, green and blue, 0 to 255.

    Raises:
        UnreadableInput: When the package pypdfium2 is missing, the PDF asks for a password, or the PDF or one
            of its pages is damaged.
    """
    with _PDFIUM:
        document = _opened(file, name)
        pages = len(document)
    try:
        for index in range(pages):
            yield _rendered(document, index, f"{name}, page {index + 1}", max_pixels)
    finally:
        with _PDFIUM:
            document.close()


def _opened(file: BinaryIO, name: str) -> Any:
    try:
        import pypdfium2
    except ImportError as error:
        raise UnreadableInput(
            f"{name}: a PDF needs the package pypdfium2: pip install '.[pdf]' in a checkout of sdnn"
        ) from error
    try:
        return pypdfium2.PdfDocument(file)
    except pypdfium2.PdfiumError as error:
        if error.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD:
            raise UnreadableInput(f"{name}: asks for a password; save it without one") from error
        raise UnreadableInput(f"{name}: damaged PDF ({error}); make the file again") from error


def _rendered(document: Any, index: int, name: str, max_pixels: int) -> npt.NDArray[np.uint8]:
    with _PDFIUM:
        try:
            with closing(document[index]) as page:
                width, height = page.get_size()
                scale = _scale(width, height, max_pixels)
                with closing(page.render(scale=scale, rev_byteorder=True)) as bitmap:
                    return np.array(bitmap.to_numpy())
        except (RuntimeError, ValueError) as error:
            raise UnreadableInput(f"{name}: damaged PDF ({error}); make the file again") from error


def _scale(width: float, height: float, max_pixels: int) -> float:
    """Pixels per point of a page that has no more pixels than allowed, though each side is rounded up."""
    # The root of (width * scale + 1) * (height * scale + 1) = max_pixels.
    half, room = (width + height) / 2, max_pixels - 1
    largest = room / (half + math.sqrt(half * half + width * height * room))
    # A little less, so that a scan at the same resolution gets no extra row or column.
    return min(DPI / POINTS_PER_INCH * (1 - 1e-6), largest)
