"""Pictures upright, as their EXIF tag says."""

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
"""What brings a picture upright, by its EXIF orientation: mirrored first, then quarter turns to the left."""


def upright(page: FloatArray, image: Image.Image) -> FloatArray:
    """A page turned as the tag of its picture says; as it is where there is no tag, or a damaged one.

    Args:
        page: (H, W) brightness.
        image: The picture that it was made of.
    """
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # the picture is good, only its tags are not
        return page
    mirrored, quarters = _TURNS.get(orientation, (False, 0))
    return np.ascontiguousarray(np.rot90(page[:, ::-1] if mirrored else page, quarters))
