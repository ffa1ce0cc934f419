"""Photos in HEIC, as phones make them. The package that decodes them is loaded with the first one."""

from typing import BinaryIO, Final

from PIL import ImageFile

from sdnn.errors import UnreadableInput

_BRANDS: Final = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs"}
"""Names that a file gives the kinds of HEIC it can be read as."""


def is_heic(head: bytes) -> bool:
    """Whether a file is of this kind.

    Args:
        head: Its beginning: the first box names the kinds, of which HEIC need not be the first.
    """
    length = min(int.from_bytes(head[:4], "big"), len(head))
    return head[4:8] == b"ftyp" and any(head[at : at + 4] in _BRANDS for at in range(8, length, 4))


def heic_picture(file: BinaryIO, name: str) -> ImageFile.ImageFile:
    """The picture in a file, not decoded yet and upright already; of several, the main one.

    Pillow is not taught the format: other code in the process might not want that.

    Args:
        file: The HEIC, which can seek and stays open meanwhile.
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
