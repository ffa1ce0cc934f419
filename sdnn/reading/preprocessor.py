"""The pages of a picture, their lines, and the first view of each line."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Final

import numpy as np

from sdnn.detection import Detections, Detector, LineCrop, TextLine, crop_line
from sdnn.errors import UnreadableInput
from sdnn.models import registry
from sdnn.preprocessing import load_pages, region_of
from sdnn.preprocessing.loading import ImageSource
from sdnn.reading.records import Line, Page
from sdnn.reading.settings import DEFAULT, ReadingSettings
from sdnn.results import Box, FloatArray, Geometry

MAX_COLUMNS: Final = 8192
"""Columns of a class map beyond which a line is not read: about 800 digits, or no digits at all."""


@dataclass(frozen=True)
class PreProcessor:
    """Makes pages ready for the net.

    Attributes:
        detector: Finds the lines.
        geometry: Sizes that the net expects.
        settings: Region, polarity, first view and largest size.
        keeps_pages: Whether a page keeps its brightness and what the detector saw, as evidence of readings.
    """

    detector: Detector
    geometry: Geometry = registry.DEFAULT.geometry
    settings: ReadingSettings = DEFAULT
    keeps_pages: bool = True

    def pages(self, source: ImageSource) -> Iterator[Page]:
        """The pages of a picture, each prepared when it is asked for.

        What cannot be read becomes a page with an error. Where that is the file's own fault no page comes
        after it.

        Args:
            source: See `preprocessing.loading.load_pages`.
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
                page.elapsed_ms = _ms_since(started)
                yield page

    def page(self, brightness: FloatArray, name: str, number: int = 1) -> Page:
        """One page prepared.

        Raises:
            UnreadableInput: When a line is too long, or the region lies beyond the page.
        """
        where = f"{name}, page {number}" if number > 1 else name
        height, width = brightness.shape
        region = self.settings.region
        part = Box(0, 0, width, height) if region is None else region_of(brightness, *region, name=where)
        left, top, right, bottom = part.rounded()
        inside = brightness[top:bottom, left:right]
        seen = self.detector(inside)
        detections = _moved(seen, left, top)
        page = Page(name, number, (width, height))
        page.doubt = max((float(maps.line.max()) for maps in detections.levels), default=0.0)
        for in_region, found in zip(seen.lines, detections.lines, strict=True):
            line = self._line(inside, in_region, found, (left, top))
            if line is None:
                continue
            if found.ambiguous:
                line.turned = self._line(inside, in_region.turned, found.turned, (left, top))
            if self._too_long(line.crop):
                raise UnreadableInput(f"{where}: a line is too long for its height; cut it into pieces")
            page.lines.append(line)
        if self.keeps_pages:
            page.brightness, page.detections = brightness, detections
        return page

    def _line(
        self, picture: FloatArray, line: TextLine, found: TextLine, corner: tuple[int, int]
    ) -> Line | None:
        """A line with its first view; None where there is no ink on it.

        Args:
            picture: (H, W) brightness of the region.
            line: Where the detector found it, in pixels of the region.
            found: The same, in pixels of the page.
            corner: Left and top edge of the region on the page.
        """
        page_from_line, crop = crop_line(picture, line, self.settings.polarity)
        if crop is None:
            return None
        page_from_line[:, 2] += corner
        ready = Line(found, page_from_line, crop)
        ready.add_views(self.settings.views[:1], self.geometry)
        return ready

    def _too_long(self, crop: LineCrop) -> bool:
        width_px = crop.text.width / crop.text.height * self.geometry.text_height_px
        return width_px / self.geometry.stride_px > MAX_COLUMNS


def _moved(detections: Detections, right: int, down: int) -> Detections:
    """What was seen in a region of a page, in pixels of the page."""
    if not (right or down):
        return detections
    shift = np.array([right, down])
    away = np.column_stack([np.zeros((2, 2)), shift])
    levels = {
        maps: replace(maps, picture_from_map=maps.picture_from_map + away) for maps in detections.levels
    }
    lines = [
        replace(
            line,
            start=line.start + shift,
            end=line.end + shift,
            maps=levels[line.maps],
            signs=tuple(
                Box(sign.left + right, sign.top + down, sign.right + right, sign.bottom + down)
                for sign in line.signs
            ),
        )
        for line in detections.lines
    ]
    return Detections(tuple(lines), tuple(levels.values()))


def _ms_since(started: float) -> float:
    return 1000 * (time.perf_counter() - started)


def name_of(source: ImageSource) -> str:
    """What a picture is called in records and messages."""
    if isinstance(source, str | Path):
        return str(source)
    return str(getattr(source, "name", "") or getattr(source, "filename", "") or "picture")
