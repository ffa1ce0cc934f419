"""Lines of writing on a whole page: candidates for digit strings, which the reader tells from words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from sdnn.choices import Polarity
from sdnn.preprocessing.cutouts import LEVEL_DEG, Rectangle, levelled_cutout
from sdnn.preprocessing.sheet import Sheet, sheet_of
from sdnn.preprocessing.tilt import tilt_of
from sdnn.results import Box, Cutout, FloatArray

Ints = npt.NDArray[np.int32]

LEAST_PX: Final = 8
"""Pieces of ink lower than this are not digits: there is nothing to read on so few rows."""
TALLEST: Final = 0.5
"""Pieces higher than this share of the page's longer side are no writing on it."""
ALIKE: Final = 0.6
"""Height of the lower of two neighbours over that of the higher one; a lower one must be nearer."""
SHARED: Final = 0.5
"""Share of the lower neighbour's rows that the other one has, too."""
GAPS: Final = (0.42, 0.48, 0.56, 0.65, 0.75)
"""Gaps between neighbours, over the height of the higher one: up to the first they belong together, beyond
the last, which is about a digit's width, they do not; between, both may be true."""
MOST_APART: Final = 12
"""Pieces with wider gaps than the first between them, at most: more are words of a sentence."""
FRAMED: Final = 0.35
"""Height of a piece inside another one, over the other one's, that makes that one a frame."""
HOLLOW: Final = 0.3
"""Share of a frame's rectangle that is ink, at most."""
ROOM: Final = 0.5
"""Paper round the writing of a cutout, in heights."""
NEAR: Final = 0.25
"""Small pieces so near to a string, in heights, belong to it: flags, dots, broken ends."""
LEAST_PAGE_PX: Final = 150
"""Height of a page at least: so many lines that can be read, with room between them, take more."""
GLANCE_PX: Final = 1600
"""Longer side of a page on which lines are counted: larger ones are reduced."""
LINES_OF_A_PAGE: Final = 4
"""Lines one below the other from which on a picture is a page."""


@dataclass(frozen=True, eq=False)
class _Pieces:
    """Connected pieces of ink: (H, W) their numbers, 0 on paper, and of each number its edges and ink."""

    labels: Ints
    left: Ints
    top: Ints
    right: Ints
    bottom: Ints
    area: Ints

    @property
    def height(self) -> Ints:
        """Of each piece, in pixels."""
        return self.bottom - self.top


def find_strings(page: FloatArray, polarity: Polarity = Polarity.AUTO) -> list[Cutout]:
    """Everything on a page that may be a digit string: also words, which only reading tells from digits.

    Where a gap may be one within a number or one between two, there are cutouts for the parts and for the
    whole: see `pages.digit_strings`.

    Args:
        page: (H, W) brightness, 0 black to 1 white.
        polarity: Whether ink is darker or lighter than paper.

    Returns:
        In reading order; each turned level, with paper round it and without other ink.
    """
    sheet = sheet_of(page, polarity)
    pieces = _pieces(sheet)
    chains = _in_reading_order(pieces, _candidates(pieces))
    own = np.zeros(len(pieces.left), bool)
    return [_cutout(page, sheet, pieces, chain, own) for chain in chains]


def is_page(page: FloatArray, polarity: Polarity = Polarity.AUTO) -> bool:
    """Whether a picture clearly shows several lines of writing, one below the other.

    Args:
        page: (H, W) brightness, 0 black to 1 white.
        polarity: Whether ink is darker or lighter than paper.
    """
    if len(page) < LEAST_PAGE_PX:
        return False
    reduction = -(-max(page.shape) // GLANCE_PX)
    if reduction > 1:
        size = (max(1, page.shape[1] // reduction), page.shape[0] // reduction)
        page = np.asarray(cv2.resize(page, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
    pieces = _pieces(sheet_of(page, polarity))
    chains = [chain for chain in _candidates(pieces) if len(chain) > 1]
    lowest, lines = 0, 0
    for box in sorted((_box(pieces, chain) for chain in chains), key=lambda box: box.bottom):
        if box.top >= lowest:
            lowest, lines = int(box.bottom), lines + 1
    return lines >= LINES_OF_A_PAGE


def _pieces(sheet: Sheet) -> _Pieces:
    # A pixel more all round: thin strokes are broken.
    writing = cv2.dilate(sheet.writing, np.ones((3, 3), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(writing, connectivity=8, ltype=cv2.CV_32S)
    left, top, width, height, area = np.asarray(stats, dtype=np.int32).T
    return _Pieces(np.asarray(labels, dtype=np.int32), left, top, left + width, top + height, area)


def _candidates(pieces: _Pieces) -> list[Ints]:
    """The numbers of the pieces of each candidate, from left to right."""
    digits = _like_digits(pieces)
    pairs, gaps = _neighbours(pieces, digits)
    found = {tuple(chain): chain for chain in _chains(digits, pairs[gaps <= GAPS[0]])}
    for gap in GAPS[1:]:
        wider = [chain for chain in _chains(digits, pairs[gaps <= gap]) if len(chain) <= MOST_APART]
        found |= {tuple(chain): chain for chain in wider}
    return list(found.values())


def _like_digits(pieces: _Pieces) -> Ints:
    """Numbers of the pieces that may be digits, from left to right."""
    tall = (pieces.height >= LEAST_PX) & (pieces.height <= TALLEST * max(pieces.labels.shape))
    tall[0] = False  # the paper
    numbers = np.flatnonzero(tall)
    numbers = numbers[np.argsort(pieces.left[numbers], kind="stable")]
    frames = [number for number in numbers if _holds_another(pieces, number, numbers)]
    return (
        np.setdiff1d(numbers, frames, assume_unique=True).astype(np.int32)
        if frames
        else numbers.astype(np.int32)
    )


def _holds_another(pieces: _Pieces, number: np.integer[Any], others: npt.NDArray[np.intp]) -> bool:
    width, height = pieces.right[number] - pieces.left[number], pieces.height[number]
    if pieces.area[number] > HOLLOW * width * height:
        return False
    first, last = np.searchsorted(pieces.left[others], [pieces.left[number] + 1, pieces.right[number]])
    inside = others[first:last]
    return bool(
        np.any(
            (pieces.top[inside] > pieces.top[number])
            & (pieces.bottom[inside] < pieces.bottom[number])
            & (pieces.right[inside] < pieces.right[number])
            & (pieces.height[inside] >= FRAMED * height)
        )
    )


def _neighbours(pieces: _Pieces, digits: Ints) -> tuple[npt.NDArray[np.intp], FloatArray]:
    """Pairs of pieces that may follow each other on a line, (N, 2) by their places, and (N,) their gaps."""
    left, right, top, bottom = (
        edge[digits] for edge in (pieces.left, pieces.right, pieces.top, pieces.bottom)
    )
    height = bottom - top
    reach = np.searchsorted(left, right + GAPS[-1] * height / ALIKE, side="right")
    pairs: list[npt.NDArray[np.intp]] = [np.zeros((0, 2), np.intp)]
    gaps: list[FloatArray] = [np.zeros(0)]
    for place in range(len(digits)):
        after = slice(place + 1, reach[place])
        higher = np.maximum(height[place], height[after])
        lower = np.minimum(height[place], height[after])
        shared = np.minimum(bottom[place], bottom[after]) - np.maximum(top[place], top[after])
        gap = (left[after] - right[place]) / np.minimum(higher, lower / ALIKE)
        linked = np.flatnonzero((gap <= GAPS[-1]) & (shared >= SHARED * lower))
        pairs.append(np.stack([np.full(len(linked), place), linked + place + 1], axis=1))
        gaps.append(gap[linked])
    return np.concatenate(pairs), np.concatenate(gaps)


def _chains(digits: Ints, pairs: npt.NDArray[np.intp]) -> list[Ints]:
    """The groups of pieces that pairs join."""
    root = list(range(len(digits)))
    for pair in pairs.tolist():
        first, second = sorted(_root(root, place) for place in pair)
        root[second] = first
    groups: dict[int, list[int]] = {}
    for place in range(len(digits)):
        groups.setdefault(_root(root, place), []).append(place)
    return [digits[group] for group in groups.values()]


def _root(root: list[int], place: int) -> int:
    """The first piece of the group that a piece is in."""
    while root[place] != place:
        root[place] = root[root[place]]
        place = root[place]
    return place


def _in_reading_order(pieces: _Pieces, chains: Sequence[Ints]) -> list[Ints]:
    """Line by line from top to bottom, each from left to right; where two begin together, the wider first."""
    boxes = [_box(pieces, chain) for chain in chains]
    left = sorted(range(len(chains)), key=lambda place: boxes[place].top + boxes[place].bottom)
    ordered: list[Ints] = []
    while left:
        first = boxes[left[0]]
        line = [place for place in left if boxes[place].top + boxes[place].bottom < 2 * first.bottom]
        line.sort(key=lambda place: (boxes[place].left, -boxes[place].right))
        ordered += [chains[place] for place in line]
        left = [place for place in left if place not in line]
    return ordered


def _box(pieces: _Pieces, chain: Ints) -> Box:
    return Box(
        int(pieces.left[chain].min()),
        int(pieces.top[chain].min()),
        int(pieces.right[chain].max()),
        int(pieces.bottom[chain].max()),
    )


def _cutout(
    page: FloatArray, sheet: Sheet, pieces: _Pieces, chain: Ints, own: npt.NDArray[np.bool_]
) -> Cutout:
    """The pieces of a chain, and small ones near by, on clean paper.

    Args:
        page: (H, W) brightness.
        sheet: The same taken apart.
        pieces: Of its ink.
        chain: Those that are wanted.
        own: A mark for each piece, none of them set.
    """
    box, height = _box(pieces, chain), float(np.median(pieces.height[chain]))
    belongings = np.append(chain, _small_pieces(pieces, box, height))
    reach = round((ROOM + 0.5) * height) + 4
    left, top = max(0, int(box.left) - reach), max(0, int(box.top) - reach)
    part = np.s_[top : int(box.bottom) + reach, left : int(box.right) + reach]
    own[belongings] = True
    inside = own[pieces.labels[part]]
    own[belongings] = False
    rows, columns = np.nonzero(inside)
    points = np.stack([columns + 0.5, rows + 0.5], axis=1)
    brightness = _on_clean_paper(
        page[part], sheet.paper[part], sheet.ink[part], inside, round(height / 10) + 1
    )
    tilt = tilt_of(points)
    rectangle = _rectangle_round(points, tilt if abs(tilt) >= LEVEL_DEG else 0.0, ROOM * height)
    cutout = levelled_cutout(brightness, rectangle, float(np.median(sheet.paper[part])) / 255)
    return cutout.within(Cutout(brightness, np.array([[1.0, 0.0, left], [0.0, 1.0, top]])))


def _small_pieces(pieces: _Pieces, box: Box, height: float) -> npt.NDArray[np.intp]:
    """Numbers of the pieces too small for digits, but near enough to the string to be part of one."""
    x, y = (pieces.left + pieces.right) / 2, (pieces.top + pieces.bottom) / 2
    near = NEAR * height
    inside = (x > box.left - near) & (x < box.right + near) & (y > box.top - near) & (y < box.bottom + near)
    return np.flatnonzero(inside & (pieces.height < ALIKE * height))


def _on_clean_paper(
    brightness: FloatArray,
    paper: npt.NDArray[np.uint8],
    ink: npt.NDArray[np.uint8],
    own: npt.NDArray[np.bool_],
    edge_px: int,
) -> FloatArray:
    """A part of a page with paper where other ink was, and its soft edges."""
    foreign = (ink > 0) & ~own
    if not foreign.any():
        return brightness
    kernel = np.ones((2 * edge_px + 1, 2 * edge_px + 1), np.uint8)
    covered = (cv2.dilate(foreign.astype(np.uint8), kernel) > 0) & ~own
    return np.where(covered, paper * np.float32(1 / 255), brightness)


def _rectangle_round(points: FloatArray, tilt_deg: float, room_px: float) -> Rectangle:
    """The rectangle so turned round the middles of pixels, with room on all sides."""
    cos, sin = np.cos(np.deg2rad(tilt_deg)), np.sin(np.deg2rad(tilt_deg))
    along, across = points @ [cos, sin], points @ [-sin, cos]
    u, v = (along.min() + along.max()) / 2, (across.min() + across.max()) / 2
    return Rectangle(
        float(cos * u - sin * v),
        float(sin * u + cos * v),
        float(np.ptp(along)) + 1 + 2 * room_px,
        float(np.ptp(across)) + 1 + 2 * room_px,
        tilt_deg,
    )
