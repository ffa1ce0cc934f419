"""Pictures of filled sheets: a part of the sheet on paper, in some light, with its visible truth."""

from dataclasses import replace
from typing import Final

import numpy as np

from sdnn.datasets.documents.ink_canvas import mapped, rectangle
from sdnn.datasets.documents.light import hard_shadow, inverse_area, on_desk
from sdnn.datasets.documents.sheet import Sheet
from sdnn.datasets.documents.truth import Document, StringTruth
from sdnn.datasets.paper import degrade
from sdnn.results import Box, FloatArray, IntArray

MIN_SIZE_PX: Final = (16, 12)
"""Lower bound of a picture's width and height."""
MIN_BACKGROUND_PX: Final = 24
"""Lower bound of the sides of a picture with a printed background."""
OUTWARD: Final = np.array([-1.0, -1.0, 1.0, 1.0])
"""Signs of outward displacements of left, top, right and bottom."""


def picture_of(sheet: Sheet, area: FloatArray | None = None) -> Document:
    """The finished document.

    Args:
        sheet: A filled sheet.
        area: (4,) left, top, right and bottom of a crop on the sheet; None for the whole picture.
    """
    rng, canvas, height = sheet.rng, sheet.canvas, sheet.height_px
    rows, columns = canvas.mask.shape
    low: IntArray = np.array([0, 0])
    high: IntArray = np.array([columns, rows])
    desk: FloatArray = np.zeros(4)
    if area is not None:
        desk = _random_desk(height, rng)
        low, high = _bounds(_on_picture(sheet, area + desk), columns, rows)
    (left, top), (right, bottom) = low.tolist(), high.tolist()
    part = np.s_[top:bottom, left:right]
    ink = np.maximum(canvas.digits[part], canvas.others[part]).astype(np.float32) / 255
    offset = low.astype(np.float64)
    picture = _on_paper(sheet, ink, offset)
    if rng.random() < 0.2:
        picture = hard_shadow(picture, height, rng)
    if sheet.written and rng.random() < 0.06:
        out = height * rng.uniform(0.3, 1.0, 4) * OUTWARD
        box = sheet.written[int(rng.integers(len(sheet.written)))].box + out
        picture = inverse_area(picture, _on_picture(sheet, box) - offset)
    if area is not None and desk.any():
        picture = on_desk(picture, _on_picture(sheet, area) - offset, rng)
    elif rng.random() < 0.07:
        quads = [written.truth.quads.reshape(-1, 2) - offset for written in sheet.written]
        picture = _with_lid(picture, height, np.concatenate([np.zeros((0, 2)), *quads]), rng)
    visible = [visible_part(written.truth, offset, (right - left, bottom - top)) for written in sheet.written]
    signs = np.concatenate([np.zeros((0, 3)), *(written.signs for written in sheet.written)])
    return Document(
        picture,
        canvas.mask[part].copy(),
        tuple(string for string in visible if string),
        signs - [left, top, 0],
    )


def visible_part(string: StringTruth, offset: FloatArray, size_px: tuple[int, int]) -> StringTruth | None:
    """The digits of a string from the first to the last one inside a part of the picture.

    Args:
        string: String in pixels of the whole picture.
        offset: (2,) x and y of the part's upper left corner.
        size_px: Width and height of the part.

    Returns:
        The string in pixels of the part; None where no digit has its middle inside.
    """
    quads = string.quads - offset
    middles = quads.mean(axis=1)
    inside = np.flatnonzero(((middles > 1) & (middles < np.array(size_px) - 1)).all(axis=1))
    if not len(inside):
        return None
    first, last = int(inside[0]), int(inside[-1])
    quads = quads[first : last + 1]
    start, end = string.centre - offset
    # The line ends with its digits; the corners of slanted ones are further out.
    reach = (quads.reshape(-1, 2) - start) @ string.along
    low, high = max(0.0, float(reach.min())), min(float(np.hypot(*(end - start))), float(reach.max()))
    centre = start + np.outer([low, max(high, low + 1)], string.along)
    struck = tuple(number - first for number in string.struck if first <= number <= last)
    return replace(string, text=string.text[first : last + 1], quads=quads, centre=centre, struck=struck)


def _on_picture(sheet: Sheet, area: FloatArray) -> FloatArray:
    """(4, 2) corners on the whole picture of an area of the sheet (left, top, right, bottom)."""
    return mapped(rectangle(*area), sheet.canvas.picture_from_sheet)


def _random_desk(height: float, rng: np.random.Generator) -> FloatArray:
    """(4,) outward displacements of the edges of a crop that show the desk; mostly none."""
    if rng.random() >= 0.16:
        return np.zeros(4)
    desk = height * rng.uniform(0.3, 2.0) * OUTWARD
    if rng.random() < 0.45:  # on one side only, as of a scanner's lid
        desk *= np.arange(4) == rng.integers(4)
    return np.asarray(desk)


def _bounds(corners: FloatArray, columns: int, rows: int) -> tuple[IntArray, IntArray]:
    """(2,) upper left and (2,) lower right corner of the smallest picture with all the corners."""
    smallest = np.array(MIN_SIZE_PX)
    low = np.floor(corners.min(axis=0)).clip(0, np.array([columns, rows]) - smallest).astype(int)
    high = np.ceil(corners.max(axis=0)).astype(int).clip(low + smallest, [columns, rows])
    return low, high


def _on_paper(sheet: Sheet, ink: FloatArray, offset: FloatArray) -> FloatArray:
    """(H, W) brightness of the ink on paper; effects are scaled to the first string."""
    height = sheet.height_px
    x, y = (np.array(ink.shape[::-1]) / 2).tolist()
    if sheet.written:
        x, y = (sheet.written[0].truth.quads.mean(axis=(0, 1)) - offset).tolist()
    text = Box(x - 2 * height, y - height / 2, x + 2 * height, y + height / 2)
    paper = sheet.recipe.paper
    return degrade(
        ink, text, paper if min(ink.shape) >= MIN_BACKGROUND_PX else paper.without("background"), sheet.rng
    )


def _with_lid(picture: FloatArray, height: float, digits: FloatArray, rng: np.random.Generator) -> FloatArray:
    """The picture with a bar along one side, unless it hides one of the (N, 2) corners of the digits."""
    rows, columns = picture.shape
    side, depth = int(rng.integers(4)), height * rng.uniform(0.2, 2.0)
    x, y = digits.T
    hidden = (x < depth, y < depth, x > columns - depth, y > rows - depth)[side]
    if hidden.any():
        return picture
    shift = ((depth, 0.0), (0.0, depth), (-depth, 0.0), (0.0, -depth))[side]
    return on_desk(picture, rectangle(0.0, 0.0, columns, rows) + shift, rng)
