"""Photos in HEIC, the format of phones, decoded by an optional package."""

from typing import BinaryIO, Final

from PIL import ImageFile

from sdnn.errors import UnreadableInput

_BRANDS: Final = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs"}
"""Brands of HEIC in the first box of a file."""


def is_heic(head: bytes) -> bool:
    """Whether a file is a HEIC, by its beginning: the first box lists compatible brands."""
    length = min(int.from_bytes(head[:4], "big"), len(head))
    return head[4:8] == b"ftyp" and any(head[at : at + 4] in _BRANDS for at in range(8, length, 4))


def heic_picture(file: BinaryIO, name: str) -> ImageFile.ImageFile:
    """The main picture of a file, upright, not decoded yet.

    The format is not registered with Pillow, because that would affect other code in the process.

    Args:
        file: HEIC that can seek and stays open.
        name: Name of the file in messages.

    Raises:
        UnreadableInput: When the package pillow-heif is missing.
        SyntaxError: When the file is damaged.
    """
    try:
        import pillow_heif
    except ImportError as error:
        raise UnreadableInput(
            f"{name}: a HEIC picture needs the package pillow-heif: "
            "pip install '.[heic]' in a checkout of sdnn, or save it as JPEG"
        ) from error
    picture: ImageFile.ImageFile = pillow_heif.HeifImageFile(file)
    return picture
