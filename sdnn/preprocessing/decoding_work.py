"""Work of decoding a picture that does not follow from its pixels: the scans of a progressive JPEG."""

from typing import Final

from PIL import Image

from sdnn.errors import UnreadableInput

MAX_SCANS: Final = 20
"""Scans of a progressive JPEG of any size; encoders write about ten."""
MAX_SCANNED_PIXELS: Final = 240_000_000
"""Pixels times scans of a JPEG with more: some two seconds."""

_START_OF_SCAN: Final = b"\xff\xda"
_CHUNK_BYTES: Final = 1 << 20


def check_work(image: Image.Image, name: str) -> None:
    """Checks the work of decoding a picture that is open, and leaves its file where it was.

    Args:
        image: The picture, not decoded yet.
        name: Name of the picture in messages.

    Raises:
        UnreadableInput: When a JPEG has too many scans.
    """
    file = getattr(image, "fp", None)
    if image.format not in {"JPEG", "MPO"} or "progression" not in image.info or file is None:
        return
    most = max(MAX_SCANS, MAX_SCANNED_PIXELS // (image.width * image.height))
    place = file.tell()
    file.seek(0)
    scans, last = 0, b""
    while scans <= most and (chunk := file.read(_CHUNK_BYTES)):
        scans += (last + chunk).count(_START_OF_SCAN)  # within the data of a scan, 0xff is followed by 0
        last = chunk[-1:]
    file.seek(place)
    if scans > most:
        raise UnreadableInput(f"{name}: a JPEG of more than {most:,} scans; save it again")
