"""Layout of an explained reading: the page, bands of the strip, and the class map under each.

The page has its own scale. Strip and map share one horizontal scale, so that a column of the map stands under
the pixels of its window. Long strips are cut into bands, between digits where possible.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from sdnn.results import NO_DIGIT, Box, ClassMap, Evidence

EDGE_PX: Final = 24
"""Distance of letters from the edge of the picture."""
GUTTER_PX: Final = 104
"""Width left of a band for the captions and the names of the rows."""
CONTENT_PX: Final = 1200
"""Greatest width of a band; a page shows it at about two thirds, where small letters are legible."""
MAGNIFICATIONS: Final = (4, 8)
"""Smallest magnification, at which bands are cut, and greatest, above which strips look coarse."""
LABELS_PX: Final = 72
"""Height above the strip for the digits and their confidences."""
FUNNEL_PX: Final = 44
"""Distance between the strip and the map."""
MAX_BANDS: Final = 24
"""Bands of a picture: of a longer strip the beginning is drawn."""
MAX_PAGE_PX: Final = 200
"""Greatest height of the page."""
MIN_PAGE_ROW_PX: Final = 44
"""Smallest height of the page's row, which its caption needs."""
PAGE_GAP_PX: Final = 12
"""Distance above and below the page."""
MAX_PAGE_MAGNIFICATION: Final = 4
"""Greatest magnification of the page."""
MIN_PART_GAIN: Final = 2
"""Gain in magnification at which only the part of the page round the text is drawn."""


@dataclass(frozen=True)
class PageRow:
    """The row of the page, or of the part of it round the text.

    Attributes:
        shown: Part of the page that is drawn, in whole pixels.
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
        """A box of the page in the row."""
        left, right = (GUTTER_PX + (x - self.shown.left) * self.magnification for x in (box.left, box.right))
        spare = max(0.0, MIN_PAGE_ROW_PX - self.shown.height * self.magnification)
        first = PAGE_GAP_PX + spare / 2
        top, bottom = (first + (y - self.shown.top) * self.magnification for y in (box.top, box.bottom))
        return Box(left, top, right, bottom)


def place_page(shape: tuple[int, ...], text: Box | None, room_px: float) -> PageRow:
    """The row of a page; of a page much larger than its text, that of the part round the text.

    Args:
        shape: Height and width of the page.
        text: Box of the text on the page; None for the whole page.
        room_px: Greatest width of the page in the picture.
    """
    height, width = shape
    whole = _fitted(Box(0, 0, width, height), room_px)
    if text is None:
        return whole
    around = text.expanded(max(1.0, text.height))
    part = _fitted(Box(*around.clipped(width, height).rounded()), room_px)
    return part if part.magnification >= MIN_PART_GAIN * whole.magnification else whole


def _fitted(shown: Box, room_px: float) -> PageRow:
    magnification = min(MAX_PAGE_MAGNIFICATION, room_px / shown.width, MAX_PAGE_PX / shown.height)
    return PageRow(shown, magnification)


@dataclass(frozen=True)
class Band:
    """A row of the picture for a part of the strip.

    Attributes:
        start_px: Left edge of the part in the strip.
        stop_px: Right edge of the part in the strip.
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
        """A pixel edge of the strip in the row: the horizontal scale of strip, boxes and map."""
        return GUTTER_PX + (strip_px - self.start_px) * self.magnification

    def strip_box(self, box: Box) -> Box:
        """A box of the strip in the row."""
        top, bottom = (LABELS_PX + edge * self.magnification for edge in (box.top, box.bottom))
        return Box(self.x(box.left), top, self.x(box.right), bottom)

    def row_box(self, label: int, left_px: float, right_px: float) -> Box:
        """The cells of a class in the row, from one pixel edge of the strip to another."""
        pitch = 8 + 2 * self.magnification
        map_top = LABELS_PX + self.height_px * self.magnification + FUNNEL_PX
        # The no-digit row is set apart: it is not an eleventh digit.
        top = map_top + label * pitch + (6 if label == NO_DIGIT else 0)
        return Box(self.x(left_px), top, self.x(right_px), top + pitch - 2)

    def columns(self, class_map: ClassMap) -> range:
        """The columns of the map whose centres lie in the band."""
        inside = [k for k in range(len(class_map)) if self.start_px <= class_map.centre_px(k) < self.stop_px]
        return range(inside[0], inside[-1] + 1) if inside else range(0)


def span_edges(class_map: ClassMap, first: int, last: int) -> tuple[float, float]:
    """Left edge of the first column's cell and right edge of the last one's, in strip pixels."""
    half = class_map.stride_px / 2
    return class_map.centre_px(first) - half, class_map.centre_px(last) + half


def cut_into_bands(evidence: Evidence) -> list[Band]:
    """Bands of about equal width that cover a strip, or the beginning of a long one, cut between digits."""
    smallest, greatest = MAGNIFICATIONS
    height, width = evidence.strip.ink.shape
    limit = CONTENT_PX // smallest
    spans = [span_edges(evidence.class_map, span.first, span.last) for span in evidence.spans]
    occupied = [(box.left, box.right) for box in evidence.boxes] + spans

    cuts = [0]
    while width - cuts[-1] > limit and len(cuts) < MAX_BANDS:
        rest = width - cuts[-1]
        ideal = cuts[-1] + rest / math.ceil(rest / limit)
        candidates = range(cuts[-1] + limit // 2, cuts[-1] + limit + 1)
        cuts.append(min(candidates, key=lambda x: (sum(a < x < b for a, b in occupied), abs(x - ideal))))
    cuts.append(min(width, cuts[-1] + limit))

    widest = max(stop - start for start, stop in pairwise(cuts))
    magnification = min(greatest, CONTENT_PX // widest)
    return [Band(start, stop, height, magnification) for start, stop in pairwise(cuts)]
