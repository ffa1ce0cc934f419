"""Orientation of pictures by their EXIF tag."""

from typing import Final

import numpy as np
from PIL import ExifTags, Image

from sdnn.results import FloatArray

_TURNS: Final = {
    2: (True, 0),
    3: (False, 2),
    4: (True, 2),
    5: (True, 1),
    6: (False, 3),
    7: (True, 3),
    8: (False, 1),
}
"""By EXIF orientation: whether a picture is mirrored first, and the quarter turns to the left after that."""


def upright(page: FloatArray, image: Image.Image) -> FloatArray:
    """An (H, W) page turned upright; unchanged where its picture has no tag, or a damaged one."""
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # damaged tags of a good picture
        return page
    mirrored, quarters = _TURNS.get(orientation, (False, 0))
    return np.ascontiguousarray(np.rot90(page[:, ::-1] if mirrored else page, quarters))
