"""What can be done with a picture before the net sees it: its pages, their lines, and the first view of each.

All of it runs in a thread of its own while the net is at work on other pictures.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np

from sdnn.choices import Contents, Polarity
from sdnn.errors import UnreadableInput
from sdnn.preprocessing import Writing, load_pages, writing_on
from sdnn.preprocessing.cutouts import region_of, straightened, whole
from sdnn.preprocessing.loading import MAX_PIXELS, ImageSource
from sdnn.preprocessing.strings import find_strings, is_page
from sdnn.results import Cutout, FloatArray, Geometry, Strip
from sdnn.views import VIEWS, View, strips_of

MOST_COLUMNS: Final = 8192
"""Columns of a class map beyond which a line is not read: about 800 digits, or no digits at all."""


@dataclass(frozen=True, eq=False)
class Line:
    """One line of writing on a page, ready for the net.

    Attributes:
        cutout: The part of the page that it was found on.
        writing: What is written there; None where there is no ink.
        strip: The first view of it.
        may_be_words: Whether it was found on a page, where words stand, too.
    """

    cutout: Cutout
    writing: Writing | None = None
    strip: Strip | None = None
    may_be_words: bool = False

    def strips(self, views: Sequence[View], geometry: Geometry) -> list[Strip]:
        """Views of the writing, whose way back leads to the page."""
        assert self.writing is not None
        return [strip.on_page(self.cutout) for strip in strips_of(self.writing, views, geometry)]


@dataclass(frozen=True, eq=False)
class Page:
    """A page of a picture.

    Attributes:
        source: Name of the picture.
        number: Of the page, from 0.
        contents: Whether it was taken for one line or for a page with several.
        brightness: (H, W), 0 black to 1 white; without pixels where it could not be read.
        lines: Ready for the net, in reading order.
        error: Why it could not be read; None where it could.
        elapsed_ms: Time that it took so far.
    """

    source: str
    number: int
    contents: Contents = Contents.LINE
    brightness: FloatArray = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    lines: tuple[Line, ...] = ()
    error: str | None = None
    elapsed_ms: float = 0.0


@dataclass(frozen=True)
class Preparation:
    """How pictures are prepared.

    Attributes:
        geometry: Sizes that the net expects.
        view: The first one.
        contents: What the pictures show.
        polarity: Whether ink is darker or lighter than paper.
        region: Left, top, width and height of the part of each page that counts, in pixels; None for all.
        deskew: Whether a line is turned level before it is read.
        max_pixels: Larger pages are refused.
    """

    geometry: Geometry = field(default_factory=Geometry)
    view: View = VIEWS[0]
    contents: Contents = Contents.LINE
    polarity: Polarity = Polarity.AUTO
    region: tuple[float, float, float, float] | None = None
    deskew: bool = False
    max_pixels: int = MAX_PIXELS

    def pages(self, source: ImageSource, name: str = "") -> Iterator[Page]:
        """The pages of a picture, each prepared when it is asked for.

        What cannot be read becomes a page with an error, and is the last one.

        Args:
            source: See `preprocessing.loading.load_pages`.
            name: Of the picture, where the source does not tell.
        """
        name = name or name_of(source)
        number = 0
        started = time.perf_counter()
        try:
            for brightness in load_pages(source, self.max_pixels):
                page = self.page(brightness, name, number)
                yield replace(page, elapsed_ms=1000 * (time.perf_counter() - started))
                number += 1
                started = time.perf_counter()
        except UnreadableInput as error:
            elapsed_ms = 1000 * (time.perf_counter() - started)
            yield Page(name, number, error=str(error), elapsed_ms=elapsed_ms)

    def page(self, brightness: FloatArray, name: str, number: int = 0) -> Page:
        """One page prepared.

        Raises:
            UnreadableInput: When the line is too long, or the region lies beyond the page.
        """
        part = whole(brightness) if self.region is None else region_of(brightness, *self.region, name=name)
        contents = self.contents
        if contents is Contents.AUTO:
            contents = Contents.PAGE if is_page(part.brightness, self.polarity) else Contents.LINE
        if contents is Contents.PAGE:
            found = [
                self._line(cutout.within(part)) for cutout in find_strings(part.brightness, self.polarity)
            ]
            lines = [replace(line, may_be_words=True) for line in found if line.strip is not None]
        else:
            lines = [self._line(straightened(part, self.polarity) if self.deskew else part)]
            writing = lines[0].writing
            if writing is not None and self._too_long(writing):
                raise UnreadableInput(f"{name}: the line is too long for its height; cut it into pieces")
        return Page(name, number, contents, brightness, tuple(lines))

    def _line(self, cutout: Cutout) -> Line:
        writing = writing_on(cutout.brightness, self.polarity)
        if writing is None or self._too_long(writing):
            return Line(cutout, writing)
        line = Line(cutout, writing)
        return replace(line, strip=line.strips([self.view], self.geometry)[0])

    def _too_long(self, writing: Writing) -> bool:
        columns = (
            writing.text.width / writing.text.height * self.geometry.text_height_px / self.geometry.stride_px
        )
        return columns > MOST_COLUMNS


def name_of(source: ImageSource) -> str:
    """What a picture is called in records and messages."""
    if isinstance(source, str | Path):
        return str(source)
    return str(getattr(source, "name", "") or getattr(source, "filename", "") or "picture")
