"""What is done with a picture before the net sees it: its pages, their lines, and the first view of each."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Final

import numpy as np

from sdnn.choices import Contents, Polarity
from sdnn.errors import UnreadableInput
from sdnn.preprocessing import Writing, load_pages, writing_on
from sdnn.preprocessing.cutouts import region_of, straightened
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
        page_from_line: (2, 3) affine matrix that takes pixels of the writing to pixels of the page.
        writing: What is written there; None where there is no ink.
        strip: The first view of it.
        may_be_words: Whether it was found on a page, where words stand, too.
    """

    page_from_line: FloatArray
    writing: Writing | None = None
    strip: Strip | None = None
    may_be_words: bool = False

    def strips(self, views: Sequence[View], geometry: Geometry) -> list[Strip]:
        """Views of the writing, whose way back leads to the page."""
        assert self.writing is not None
        return [strip.on_page(self.page_from_line) for strip in strips_of(self.writing, views, geometry)]


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

    @property
    def held_bytes(self) -> int:
        """Memory that it takes."""
        inks = sum(line.writing.ink.nbytes for line in self.lines if line.writing)
        kept = any(self.brightness.strides)  # a blank one repeats a single number
        return inks + kept * self.brightness.nbytes


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
        keeps_pages: Whether a page keeps its brightness; else it is blank, and takes no memory.
    """

    geometry: Geometry = field(default_factory=Geometry)
    view: View = VIEWS[0]
    contents: Contents = Contents.LINE
    polarity: Polarity = Polarity.AUTO
    region: tuple[float, float, float, float] | None = None
    deskew: bool = False
    max_pixels: int = MAX_PIXELS
    keeps_pages: bool = True

    def pages(self, source: ImageSource) -> Iterator[Page]:
        """The pages of a picture, each prepared when it is asked for.

        What cannot be read becomes a page with an error. Where that is the file's own fault no page comes
        after it.

        Args:
            source: See `preprocessing.loading.load_pages`.
        """
        name = name_of(source)
        with closing(load_pages(source, self.max_pixels)) as loaded:
            for number in count():
                started = time.perf_counter()
                try:
                    brightness = next(loaded, None)
                except (UnreadableInput, TypeError) as error:
                    yield Page(name, number, error=str(error), elapsed_ms=_ms_since(started))
                    return
                if brightness is None:
                    return
                try:
                    page = self.page(brightness, name, number)
                except UnreadableInput as error:
                    page = Page(name, number, error=str(error))
                yield replace(page, elapsed_ms=_ms_since(started))

    def page(self, brightness: FloatArray, name: str, number: int = 0) -> Page:
        """One page prepared.

        Raises:
            UnreadableInput: When the line is too long, or the region lies beyond the page.
        """
        where = f"{name}, page {number + 1}" if number else name
        part = Cutout(brightness) if self.region is None else region_of(brightness, *self.region, name=where)
        contents = self.contents
        if contents is Contents.AUTO:
            contents = Contents.PAGE if is_page(part.brightness, self.polarity) else Contents.LINE
        if contents is Contents.PAGE:
            found = find_strings(part.brightness, self.polarity)
            lines = [replace(self._line(cutout.within(part)), may_be_words=True) for cutout in found]
            lines = [line for line in lines if line.strip]
        else:
            lines = [self._line(straightened(part, self.polarity) if self.deskew else part)]
            if lines[0].writing and not lines[0].strip:
                raise UnreadableInput(f"{where}: the line is too long for its height; cut it into pieces")
        if not self.keeps_pages:
            brightness = np.broadcast_to(np.float32(1), brightness.shape)
        return Page(name, number, contents, brightness, tuple(lines))

    def _line(self, cutout: Cutout) -> Line:
        """What is written on a cutout, with a strip unless it is too long."""
        line = Line(cutout.page_from_cutout, writing_on(cutout.brightness, self.polarity))
        if line.writing is None or self._too_long(line.writing):
            return line
        return replace(line, strip=line.strips([self.view], self.geometry)[0])

    def _too_long(self, writing: Writing) -> bool:
        width_px = writing.text.width / writing.text.height * self.geometry.text_height_px
        return width_px / self.geometry.stride_px > MOST_COLUMNS


def _ms_since(started: float) -> float:
    return 1000 * (time.perf_counter() - started)


def name_of(source: ImageSource) -> str:
    """What a picture is called in records and messages."""
    if isinstance(source, str | Path):
        return str(source)
    return str(getattr(source, "name", "") or getattr(source, "filename", "") or "picture")
