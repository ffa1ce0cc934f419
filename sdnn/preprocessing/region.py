"""The region of a page that is read."""

from sdnn.errors import UnreadableInput
from sdnn.results import Box, FloatArray


def region_of(
    page: FloatArray, x: float, y: float, width: float, height: float, name: str = "picture"
) -> Box:
    """The part of a region that lies on the page, in whole pixels.

    Args:
        page: (H, W) brightness.
        x: Left edge, in pixels.
        y: Upper edge, in pixels.
        width: Width in pixels.
        height: Height in pixels.
        name: Name of the picture, for the message.

    Raises:
        UnreadableInput: When no pixel of the page lies in the region.
    """
    rows, columns = page.shape
    left, top, right, bottom = Box(x, y, x + width, y + height).clipped(columns, rows).rounded()
    if right <= left or bottom <= top:
        raise UnreadableInput(
            f"{name}: nothing of its {columns} x {rows} pixels lies in the region {x:g},{y:g},{width:g},"
            f"{height:g}; give one that begins on the picture"
        )
    return Box(left, top, right, bottom)
