"""What is done with a picture before the net sees it: its pages, their lines, and the first view of each."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, fields, replace
from itertools import count
from pathlib import Path
from typing import Final

import numpy as np

from sdnn.choices import Polarity
from sdnn.detection import Detector, Sighting, TextLine, Writing, writing_along
from sdnn.detection.maps import DetectionMaps
from sdnn.errors import UnreadableInput
from sdnn.models.registry import DEFAULT
from sdnn.preprocessing import load_pages, region_of
from sdnn.preprocessing.loading import MAX_PIXELS, ImageSource
from sdnn.results import Box, Cutout, FloatArray, Geometry, Strip
from sdnn.views import VIEWS, View, strips_of

MAX_COLUMNS: Final = 8192
"""Columns of a class map beyond which a line is not read: about 800 digits, or no digits at all."""


@dataclass(frozen=True, eq=False)
class Line:
    """One line of digits on a page, ready for the net.

    Attributes:
        found: Where the detector found it, in pixels of the page.
        page_from_line: (2, 3) affine matrix that takes pixels of the writing to pixels of the page.
        writing: What is written there.
        strip: The first view of it.
        turned: The same line read the other way, where the detector does not know which way is up.
    """

    found: TextLine
    page_from_line: FloatArray
    writing: Writing
    strip: Strip
    turned: "Line | None" = None

    def strips(self, views: Sequence[View], geometry: Geometry) -> list[Strip]:
        """Views of the writing, whose way back leads to the page."""
        return [strip.on_page(self.page_from_line) for strip in strips_of(self.writing, views, geometry)]


@dataclass(frozen=True, eq=False)
class Page:
    """A page of a picture.

    Attributes:
        source: Name of the picture.
        number: Of the page, from 1.
        brightness: (H, W), 0 black to 1 white; without pixels where it could not be read.
        lines: Ready for the net, in reading order.
        doubt: Probability that there is a digit although no line was found.
        sighting: What the detector saw; None unless it is kept to be shown.
        error: Why it could not be read; None where it could.
        elapsed_ms: Time that it took so far.
    """

    source: str
    number: int
    brightness: FloatArray = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    lines: tuple[Line, ...] = ()
    doubt: float = 0.0
    sighting: Sighting | None = None
    error: str | None = None
    elapsed_ms: float = 0.0

    @property
    def held_bytes(self) -> int:
        """Memory that it takes."""
        inks = sum(line.writing.layers.nbytes for line in self.lines)
        kept = any(self.brightness.strides)  # a blank one repeats a single number
        levels = self.sighting.levels if self.sighting else ()
        # Lines share the maps of the scale that they were found at.
        held = {id(maps): _bytes_of(maps) for maps in [*levels, *(line.found.maps for line in self.lines)]}
        return inks + kept * self.brightness.nbytes + sum(held.values())


@dataclass(frozen=True)
class Preparation:
    """How pictures are prepared.

    Attributes:
        detector: Finds the lines.
        geometry: Sizes that the net expects.
        view: The first one.
        polarity: Whether ink is darker or lighter than paper.
        region: Left, top, width and height of the part of each page that counts, in pixels; None for all.
        max_pixels: Larger pages are refused.
        keeps_pages: Whether a page keeps its brightness and what the detector saw; else it is blank, and
            takes no memory.
    """

    detector: Detector
    geometry: Geometry = DEFAULT.geometry
    view: View = VIEWS[0]
    polarity: Polarity = Polarity.AUTO
    region: tuple[float, float, float, float] | None = None
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
            for number in count(start=1):
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
                except Exception as error:  # one picture must not end the batch
                    page = Page(
                        name, number, error=f"{name}: cannot be prepared ({error!r}); please report it"
                    )
                yield replace(page, elapsed_ms=_ms_since(started))

    def page(self, brightness: FloatArray, name: str, number: int = 1) -> Page:
        """One page prepared.

        Raises:
            UnreadableInput: When a line is too long, or the region lies beyond the page.
        """
        where = f"{name}, page {number}" if number > 1 else name
        part = Cutout(brightness) if self.region is None else region_of(brightness, *self.region, name=where)
        seen = self.detector(part.brightness)
        sighting = seen if self.region is None else _on_page(seen, part)
        lines = []
        for on_part, found in zip(seen.lines, sighting.lines, strict=True):
            line = self._line(on_part, found, part)
            if line is None:
                continue
            if found.ambiguous:
                line = replace(line, turned=self._line(on_part.turned, found.turned, part))
            if self._too_long(line.writing):
                raise UnreadableInput(f"{where}: a line is too long for its height; cut it into pieces")
            lines.append(line)
        doubt = max((float(maps.line.max()) for maps in sighting.levels), default=0.0)
        if not self.keeps_pages:
            blank = np.broadcast_to(np.float32(1), brightness.shape)
            return Page(name, number, blank, tuple(lines), doubt)
        return Page(name, number, brightness, tuple(lines), doubt, sighting)

    def _line(self, on_part: TextLine, found: TextLine, part: Cutout) -> Line | None:
        """The writing along a line, with its first view; None where there is no ink on it.

        Args:
            on_part: The line, in pixels of the part of the page that counts.
            found: The same, in pixels of the page.
            part: Of the page.
        """
        part_from_line, writing = writing_along(part.brightness, on_part, self.polarity)
        if writing is None:
            return None
        page_from_line = Cutout(writing.layers, part_from_line).within(part).page_from_cutout
        (strip,) = strips_of(writing, [self.view], self.geometry)
        return Line(found, page_from_line, writing, strip.on_page(page_from_line))

    def _too_long(self, writing: Writing) -> bool:
        width_px = writing.text.width / writing.text.height * self.geometry.text_height_px
        return width_px / self.geometry.stride_px > MAX_COLUMNS


def _on_page(sighting: Sighting, part: Cutout) -> Sighting:
    """What was seen on a part of a page that starts further right and down, in pixels of the page."""
    right, down = shift = part.page_from_cutout[:, 2]
    levels = {
        id(maps): replace(
            maps, picture_from_map=Cutout(maps.ink, maps.picture_from_map).within(part).page_from_cutout
        )
        for maps in sighting.levels
    }
    lines = [
        replace(
            line,
            start=line.start + shift,
            end=line.end + shift,
            maps=levels[id(line.maps)],
            signs=tuple(
                Box(sign.left + right, sign.top + down, sign.right + right, sign.bottom + down)
                for sign in line.signs
            ),
        )
        for line in sighting.lines
    ]
    return Sighting(tuple(lines), tuple(levels.values()))


def _bytes_of(maps: DetectionMaps) -> int:
    return sum(getattr(maps, each.name).nbytes for each in fields(maps))


def _ms_since(started: float) -> float:
    return 1000 * (time.perf_counter() - started)


def name_of(source: ImageSource) -> str:
    """What a picture is called in records and messages."""
    if isinstance(source, str | Path):
        return str(source)
    return str(getattr(source, "name", "") or getattr(source, "filename", "") or "picture")
