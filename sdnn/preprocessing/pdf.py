"""The pages of a PDF as pictures. The package that draws them is loaded with the first PDF."""

import math
import threading
from collections.abc import Generator
from contextlib import closing
from typing import Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt

from sdnn.errors import UnreadableInput

MARK: Final = b"%PDF-"
"""What a PDF begins with, after at most `MARK_BYTES` of something else."""
MARK_BYTES: Final = 1024
DPI: Final = 200
"""Resolution of the pictures: digits of 3 mm are then 24 px high, a little more than the net looks at."""
POINTS_PER_INCH: Final = 72

_PDFIUM: Final = threading.RLock()
"""Held during every call, since PDFium knows no threads.

A thread may take it twice: where Python throws a forgotten iterator away during a call, the document of that
iterator is closed in the midst of it.
"""


def pdf_pages(file: BinaryIO, name: str, max_pixels: int) -> Generator[npt.NDArray[np.uint8], None, None]:
    """Draws every page in colour, one at a time, at `DPI` or as fine as the limit allows.

    Args:
        file: The PDF, which can seek and stays open meanwhile.
        name: Of the PDF in messages.
        max_pixels: Limit to the pixels of a page.

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
            yield _drawn(document, index, f"{name}, page {index + 1}", max_pixels)
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


def _drawn(document: Any, index: int, name: str, max_pixels: int) -> npt.NDArray[np.uint8]:
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
    """Pixels per point, so that the page has no more pixels than allowed though each side is rounded up."""
    # The root of (width * scale + 1) * (height * scale + 1) = max_pixels.
    half, room = (width + height) / 2, max_pixels - 1
    largest = room / (half + math.sqrt(half * half + width * height * room))
    # A hair less, so that a scan of as many dots per inch is not drawn with one row or column more.
    return min(DPI / POINTS_PER_INCH * (1 - 1e-6), largest)
