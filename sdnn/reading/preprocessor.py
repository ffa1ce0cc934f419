"""From a picture to its pages, their lines, and the first view of each line."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

from sdnn.detection import Detector, TextLine, crop_line
from sdnn.errors import UnreadableInput
from sdnn.models import registry
from sdnn.preprocessing import load_pages, region_of
from sdnn.preprocessing.loading import ImageSource
from sdnn.preprocessing.memory import is_memory_error
from sdnn.reading.page import Line, Page
from sdnn.reading.settings import DEFAULT, ReadingSettings
from sdnn.results import Box, FloatArray, Geometry

MAX_COLUMNS: Final = 8192
"""Columns of the class map of a line, enough for about 800 digits; a longer line is hardly one of digits."""
MAX_PAGE_COLUMNS: Final = 100_000
"""Columns of the class maps of all lines of a page, enough for about 10,000 digits: ten dense tables."""


@dataclass(frozen=True)
class PreProcessor:
    """Finds the lines of pages, and makes their strips.

    Attributes:
        detector: Detector of the lines.
        geometry: Sizes of the net.
        settings: Region, polarity, first view and largest page.
        keeps_pages: Whether pages keep their brightness and detections, for the evidence of readings.
    """

    detector: Detector
    geometry: Geometry = registry.DEFAULT.geometry
    settings: ReadingSettings = DEFAULT
    keeps_pages: bool = True

    def pages(self, source: ImageSource) -> Iterator[Page]:
        """The pages of a picture, one at a time.

        A page that cannot be read has an error; it is the last one where the file is damaged.

        Args:
            source: Picture; see `preprocessing.loading.load_pages`.
        """
        name = name_of(source)
        with closing(load_pages(source, self.settings.max_pixels)) as loaded:
            for number in count(start=1):
                started = time.perf_counter()
                try:
                    brightness = next(loaded, None)
                except (UnreadableInput, TypeError) as error:
                    yield Page(name, number, error=str(error), elapsed_ms=_ms_since(started))
                    return
                except Exception as error:  # one picture must not end the batch
                    yield failed_page(name, number, error, _ms_since(started))
                    return
                if brightness is None:
                    return
                try:
                    page = self.page(brightness, name, number)
                except UnreadableInput as error:
                    page = Page(name, number, error=str(error))
                except Exception as error:
                    page = failed_page(name, number, error)
                page.elapsed_ms = _ms_since(started)
                yield page

    def page(self, brightness: FloatArray, name: str, number: int = 1) -> Page:
        """One page with its lines.

        Args:
            brightness: (H, W) brightness, 0 black to 1 white.
            name: Name of the picture.
            number: Number of the page.

        Raises:
            UnreadableInput: When a line is too long, there are too many, or the region lies beyond the page.
        """
        where = f"{name}, page {number}" if number > 1 else name
        height, width = brightness.shape
        region = self.settings.region
        part = Box(0, 0, width, height) if region is None else region_of(brightness, *region, name=where)
        left, top, right, bottom = part.rounded()
        picture = brightness[top:bottom, left:right]
        try:
            in_region = self.detector(picture)
        except UnreadableInput as error:
            raise UnreadableInput(f"{where}: {error}") from error
        detections = in_region.shifted(left, top)
        page = Page(name, number, (width, height))
        columns = 0.0
        page.missed = max((float(maps.line.max()) for maps in detections.levels), default=0.0)
        for line_in_region, text_line in zip(in_region.lines, detections.lines, strict=True):
            line = self._line(picture, line_in_region, text_line, (left, top))
            if line is None:
                continue
            if text_line.ambiguous:
                backwards = line_in_region.reversed, text_line.reversed
                line.reversed = self._line(picture, *backwards, (left, top))
            text_width_px = line.crop.text.width / line.crop.text.height * self.geometry.text_height_px
            line_columns = text_width_px / self.geometry.stride_px
            if line_columns > MAX_COLUMNS:
                raise UnreadableInput(f"{where}: a line is too long for its height; cut it into pieces")
            columns += line_columns
            if columns > MAX_PAGE_COLUMNS:
                raise UnreadableInput(f"{where}: too many digits; cut it into pieces, or give --region")
            page.lines.append(line)
        if self.keeps_pages:
            page.brightness, page.detections = brightness, detections
        return page

    def _line(
        self, picture: FloatArray, in_region: TextLine, text_line: TextLine, corner: tuple[int, int]
    ) -> Line | None:
        """A line with its first view, from its place in the region and on the page; None without ink."""
        page_from_line, crop = crop_line(picture, in_region, self.settings.polarity)
        if crop is None:
            return None
        page_from_line[:, 2] += corner
        line = Line(text_line, page_from_line, crop)
        line.add_views(self.settings.views[:1], self.geometry)
        return line


def failed_page(name: str, number: int, error: Exception, elapsed_ms: float = 0.0) -> Page:
    """A page that cannot be read for a reason that is not the picture's, or only by its size."""
    where = f"{name}, page {number}" if number > 1 else name
    if is_memory_error(error):
        reason = f"{where}: too little memory to read it; scale it down"
    else:
        reason = f"{where}: cannot be read ({error!r}); please report it"
    return Page(name, number, error=reason, elapsed_ms=elapsed_ms)


def _ms_since(started: float) -> float:
    return 1000 * (time.perf_counter() - started)


def name_of(source: ImageSource) -> str:
    """The name of a picture in records and messages."""
    if isinstance(source, str | Path):
        return str(source)
    return str(getattr(source, "name", "") or getattr(source, "filename", "") or "picture")
