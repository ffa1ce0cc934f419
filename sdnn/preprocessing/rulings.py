"""What is printed on the paper and crosses it from edge to edge: rulings, and the bars of a margin."""

from dataclasses import dataclass
from typing import Final, TypeVar, cast

import cv2
import numpy as np
import numpy.typing as npt

from sdnn.results import FloatArray

Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Picture = TypeVar("Picture", Bytes, FloatArray)

BLOCKS: Final = 16
"""Stretches that a page is cut into along a line: a tilted, broken or partial one fills some of them."""
REACH_PX: Final = 10
"""How far a line may rise from one end of the page to the other."""
SHIFTS_PX: Final = np.rint(
    np.multiply.outer(np.arange(-REACH_PX, REACH_PX + 1, 2), np.linspace(-0.5, 0.5, BLOCKS))
).astype(np.intp)
"""How far each block of a tilted line lies from the line's middle, one row for each tilt."""
FAINT: Final = 0.25
"""Ink of the faintest line that is taken away; below, it hardly shows."""
COVERED: Final = 0.85
"""Share of a block's length that has ink where a line runs through it; the rest is worn, or gaps."""
THIN: Final = 0.3
"""Share of a block's length where a ruling is seen to be thin; the rest may be strokes that cross it."""
LEAST_RUN: Final = 0.5
"""Share of the page's width that a ruling runs without a break: hardly any dash or flourish does."""
THICKEST: Final = 0.09
"""Thickness of the thickest ruling as a share of the page's height; thicker is a stroke of writing."""
MARGIN: Final = 0.3
"""Share of the page's width, on either side, in which a margin bar may stand."""


@dataclass(frozen=True, eq=False)
class Rulings:
    """The level lines printed on a page.

    Attributes:
        mask: (H, W), 1 on the rulings and a pixel above and below them.
        thickness_px: Rows that the mask has on the thickest ruling.
        length_px: How long the longest ruling is.
    """

    mask: Bytes
    thickness_px: int
    length_px: float


def find_rulings(ink: FloatArray) -> Rulings | None:
    """Finds what is thin, straight, almost level, and runs without a break across much of the page.

    Each block of the page says in which of its rows a line may be; under the best tilt those rows make runs.

    Args:
        ink: (H, W), 0 paper to 1 ink.
    """
    height, width = ink.shape
    thickest = max(3, round(THICKEST * height))
    if width < 2 * BLOCKS or height <= 2 * thickest:
        return None
    inked: Bytes = np.asarray(cv2.dilate(_binary(ink, FAINT), np.ones((3, 1), np.uint8)), dtype=np.uint8)
    thin = inked - _stems(inked, thickest + 3)
    blocks = (BLOCKS, height)
    is_thin = (cv2.resize(thin, blocks, interpolation=cv2.INTER_AREA) >= THIN * 255).astype(np.uint8)
    # A stroke that crosses the ruling may fill a block; one of the blocks beside it shows the ruling.
    near_thin = cv2.dilate(is_thin, np.ones((1, 3), np.uint8)) > 0
    covered = (cv2.resize(inked, blocks, interpolation=cv2.INTER_AREA) >= COVERED * 255) & near_thin
    if np.count_nonzero(covered.any(axis=0)) < LEAST_RUN * BLOCKS:
        return None
    levelled = _under_each_tilt(covered.astype(np.uint8))
    lengths = _line_lengths(levelled)
    # Squared: a few whole lines outweigh many that leave the line half-way.
    tilt = int(np.argmax(np.square(lengths).sum(axis=1)))
    rows = lengths[tilt] > 0
    if not rows.any():
        return None
    length = float(lengths[tilt].max()) * width / BLOCKS
    # Where writing hides it the line goes on; a pixel more above and below takes its grey edges.
    whole = np.repeat(rows.astype(np.uint8)[:, None], BLOCKS, axis=1)
    mask = cv2.dilate(_moved(whole, -SHIFTS_PX[tilt]), np.ones((3, 1), np.uint8))
    mask = cv2.resize(mask, (width, height), interpolation=cv2.INTER_NEAREST)
    return Rulings(np.asarray(mask, dtype=np.uint8), _longest_run(rows), length)


def without_rulings(darkness: FloatArray, rulings: Rulings) -> FloatArray:
    """The page without its rulings; a stroke that goes on above or below one of them stays whole.

    Args:
        darkness: (H, W), 0 paper.
        rulings: As found on this page.
    """
    return np.where(rulings.mask, _stems(darkness, rulings.thickness_px + 1), darkness)


def find_margins(ink: FloatArray) -> tuple[int, int] | None:
    """Finds the bars of a margin: upright, straight, and from the upper edge of the page to the lower one.

    Args:
        ink: (H, W), 0 paper to 1 ink.

    Returns:
        The columns between which the page lies; None where there is no bar.
    """
    height, width = ink.shape
    if height < BLOCKS or width < 4:
        return None
    inked = cv2.dilate(_binary(ink, FAINT), np.ones((1, 3), np.uint8))
    covered = cv2.resize(inked, (width, BLOCKS), interpolation=cv2.INTER_AREA) >= COVERED * 255
    reach = round(MARGIN * width)
    covered[:, reach : width - reach] = False
    if not covered.any(axis=1).all():
        return None
    bars = np.all(_under_each_tilt(covered.T.astype(np.uint8)), axis=2)
    tilt = int(np.argmax(bars.sum(axis=1)))
    columns = np.flatnonzero(bars[tilt])
    if not len(columns):
        return None
    lean = int(np.abs(SHIFTS_PX[tilt]).max())
    left, right = columns[columns < reach], columns[columns >= width - reach]
    return (
        int(left[-1]) + 1 + lean if len(left) else 0,
        int(right[0]) - lean if len(right) else width,
    )


def _stems(values: Picture, least_px: int) -> Picture:
    """What goes on upwards or downwards for at least so many pixels."""
    # An odd number has a middle; OpenCV would move the picture by a pixel under an even one. Beyond the page
    # it would see ink, and a ruling at the edge go on there.
    stem = np.ones((least_px | 1, 1), np.uint8)
    stems = cv2.morphologyEx(values, cv2.MORPH_OPEN, stem, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return cast(Picture, stems)


def _binary(ink: FloatArray, threshold: float) -> Bytes:
    return (ink > threshold).astype(np.uint8) * np.uint8(255)


def _under_each_tilt(covered: Bytes) -> Bytes:
    """(tilts, H, B): the blocks side by side so that a line of that tilt is level."""
    return _moved(covered, SHIFTS_PX[:, None, :])


def _moved(blocks: Bytes, shifts: npt.NDArray[np.intp]) -> Bytes:
    """Each block moved up by so many pixels; nothing comes in from beyond the page."""
    padded = np.pad(blocks, ((REACH_PX, REACH_PX), (0, 0)))
    places = (shifts + REACH_PX) * BLOCKS + np.arange(BLOCKS)
    return padded.take(np.arange(len(blocks))[:, None] * BLOCKS + places)


def _line_lengths(levelled: Bytes) -> npt.NDArray[np.int32]:
    """(tilts, H): how many blocks are covered; 0 where too few of them are side by side."""
    rows = levelled.reshape(-1, BLOCKS)
    run = np.ones((1, round(LEAST_RUN * BLOCKS)), np.uint8)
    in_run = cv2.erode(rows, run, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    lengths = cv2.reduce(rows, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S) * cv2.reduce(in_run, 1, cv2.REDUCE_MAX)
    return np.asarray(lengths, dtype=np.int32).reshape(levelled.shape[:2])


def _longest_run(rows: Mask) -> int:
    """The length of the longest run of true values (at least one)."""
    starts_and_ends = np.flatnonzero(np.diff(rows, prepend=False, append=False))
    return int((starts_and_ends[1::2] - starts_and_ends[::2]).max())
