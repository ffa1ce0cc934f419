"""Where the parts of an explained reading stand: the page, bands of the strip, and the class map under each.

The page has a scale of its own. The strip and the map share one horizontal scale, so a column of the map
stands under the pixels it judges. Long strips are cut into bands, between digits where that can be done.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from sdnn.results import NO_DIGIT, Box, ClassMap, Evidence

EDGE_PX: Final = 24
"""Between the edge of the picture and its letters."""
GUTTER_PX: Final = 104
"""Left of a band; holds the captions and the names of the rows."""
CONTENT_PX: Final = 1200
"""Widest band; a page shows it at about two thirds, where the small letters are still read."""
MAGNIFICATIONS: Final = (4, 8)
"""Least, where a band is cut; and most, where a short strip would look coarse."""
LABELS_PX: Final = 72
"""Above the strip; holds the digits as read and their confidences."""
FUNNEL_PX: Final = 44
"""Between the strip and the map."""
PAGE_PX: Final = 200
"""Greatest height of the page."""
PAGE_ROOM_PX: Final = 44
"""Least height kept for it, which its caption needs."""
PAGE_GAP_PX: Final = 12
"""Above and below it."""
PAGE_MAGNIFICATION: Final = 4
"""Most that the page is enlarged by."""
PART_GAIN: Final = 2
"""Where leaving out what is far from the text makes the rest so many times larger, that is done."""


@dataclass(frozen=True)
class PageRow:
    """The page, or the part of it round the text, drawn as one row, and where things stand in that row.

    Attributes:
        shown: What is drawn, between whole pixels of the page.
        magnification: Pixels of the picture per pixel of the page; below 1 where the page is reduced.
    """

    shown: Box
    magnification: float

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the row, in pixels of the picture."""
        frame = self.page_box(self.shown)
        return math.ceil(frame.right) + EDGE_PX, math.ceil(frame.top + frame.bottom)

    def page_box(self, box: Box) -> Box:
        """Where in the row a box of the page stands."""
        left, right = (GUTTER_PX + (x - self.shown.left) * self.magnification for x in (box.left, box.right))
        spare = max(0.0, PAGE_ROOM_PX - self.shown.height * self.magnification)
        first = PAGE_GAP_PX + spare / 2
        top, bottom = (first + (y - self.shown.top) * self.magnification for y in (box.top, box.bottom))
        return Box(left, top, right, bottom)


def place_page(shape: tuple[int, ...], text: Box | None, room_px: float) -> PageRow:
    """Scale a page so that it fits; of one much larger than its text, take the part round the text.

    Args:
        shape: Height and width of the page.
        text: Where on the page the text stands; None where there is none, which shows the whole page.
        room_px: Greatest width of the page in the picture.
    """
    height, width = shape
    whole = _fitted(Box(0, 0, width, height), room_px)
    if text is None:
        return whole
    margin = max(1.0, text.height)
    around = Box(text.left - margin, text.top - margin, text.right + margin, text.bottom + margin)
    part = _fitted(Box(*around.clipped(width, height).rounded()), room_px)
    return part if part.magnification >= PART_GAIN * whole.magnification else whole


def _fitted(shown: Box, room_px: float) -> PageRow:
    return PageRow(shown, min(PAGE_MAGNIFICATION, room_px / shown.width, PAGE_PX / shown.height))


@dataclass(frozen=True)
class Band:
    """A stretch of the strip drawn as one row of the picture, and where things stand in that row.

    Attributes:
        start_px: Where in the strip it begins.
        stop_px: Where in the strip it ends.
        height_px: Height of the strip.
        magnification: Pixels of the picture per pixel of the strip.
    """

    start_px: int
    stop_px: int
    height_px: int
    magnification: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the row, in pixels of the picture."""
        map_bottom = self.row_box(NO_DIGIT, self.start_px, self.stop_px).bottom
        return math.ceil(self.x(self.stop_px)) + EDGE_PX, math.ceil(map_bottom) + 40

    def x(self, strip_px: float) -> float:
        """Across the row, where a pixel edge of the strip stands; strip, boxes and map all use this."""
        return GUTTER_PX + (strip_px - self.start_px) * self.magnification

    def strip_box(self, box: Box) -> Box:
        """Where in the row a box of the strip stands."""
        top, bottom = (LABELS_PX + edge * self.magnification for edge in (box.top, box.bottom))
        return Box(self.x(box.left), top, self.x(box.right), bottom)

    def row_box(self, label: int, left_px: float, right_px: float) -> Box:
        """Where in the row the cells of a class stand, from one pixel edge of the strip to another."""
        pitch = 8 + 2 * self.magnification
        map_top = LABELS_PX + self.height_px * self.magnification + FUNNEL_PX
        # The no-digit row is set apart a little: it is not an eleventh digit.
        top = map_top + label * pitch + (6 if label == NO_DIGIT else 0)
        return Box(self.x(left_px), top, self.x(right_px), top + pitch - 2)

    def columns(self, class_map: ClassMap) -> range:
        """The columns of the map whose centres lie in this band."""
        inside = [k for k in range(len(class_map)) if self.start_px <= class_map.centre_px(k) < self.stop_px]
        return range(inside[0], inside[-1] + 1) if inside else range(0)


def span_edges(class_map: ClassMap, first: int, last: int) -> tuple[float, float]:
    """Left edge of the first column's cell and right edge of the last one's, in strip pixels."""
    half = class_map.stride_px / 2
    return class_map.centre_px(first) - half, class_map.centre_px(last) + half


def cut_into_bands(evidence: Evidence) -> list[Band]:
    """Cut a strip into bands of about equal width that fit on a page.

    Args:
        evidence: The strip, its map, and its digits: a cut goes between them if it can.

    Returns:
        The bands from left to right; together they cover the strip once.
    """
    least, most = MAGNIFICATIONS
    height, width = evidence.strip.ink.shape
    limit = CONTENT_PX // least
    spans = [span_edges(evidence.class_map, span.first, span.last) for span in evidence.spans]
    occupied = [(box.left, box.right) for box in evidence.boxes] + spans

    cuts = [0]
    while width - cuts[-1] > limit:
        rest = width - cuts[-1]
        ideal = cuts[-1] + rest / math.ceil(rest / limit)
        candidates = range(cuts[-1] + limit // 2, cuts[-1] + limit + 1)
        cuts.append(min(candidates, key=lambda x: (sum(a < x < b for a, b in occupied), abs(x - ideal))))
    cuts.append(width)

    widest = max(stop - start for start, stop in pairwise(cuts))
    magnification = min(most, CONTENT_PX // widest)
    return [Band(start, stop, height, magnification) for start, stop in pairwise(cuts)]
