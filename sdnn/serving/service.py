"""What a worker process does for the server: reads pictures, explains readings, cuts out strings."""

import io
import json
from base64 import b64encode
from collections.abc import Generator, Mapping
from contextlib import closing
from copy import copy
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from PIL import Image

from sdnn.decoding.constraints import Constraint, constraint
from sdnn.enums import Decoder, PageMode, Status
from sdnn.errors import UnreadableInput, UsageError
from sdnn.formats.record import reading_record
from sdnn.parameters import CONSTRAINTS
from sdnn.preprocessing import load_pages
from sdnn.profiles import Profile
from sdnn.reading.reader import Reader
from sdnn.results import Box, FloatArray, Reading
from sdnn.serving.explanation import explanation, png

MAX_STRINGS_EXPLAINED: Final = 24
"""Strings of a page that are explained; a page cannot show more."""
MAX_SHOWN_PX: Final = 1600
"""Longer side of the picture that is shown."""


@dataclass(frozen=True)
class Answer:
    """Answer to a request, with what the metrics count.

    Attributes:
        payload: JSON text.
        statuses: Status of each reading.
    """

    payload: str
    statuses: tuple[str, ...]


class _Body(io.BytesIO):
    """Bytes of a picture with the name that records give it."""

    def __init__(self, content: bytes, name: str) -> None:
        super().__init__(content)
        self.name = name


class Service:
    """A reader with the settings of the server, and those of each request on top."""

    def __init__(self, reader: Reader, profile: Profile) -> None:
        """Takes the reader, and the profile with its constraints by name."""
        cv2.setNumThreads(1)  # the other processors have work of their own
        self._reader = reader
        self._profile = profile
        self._model = {"name": reader.engine.metadata.name, "sha256": reader.engine.sha256}

    def read(self, content: bytes, name: str, options: Mapping[str, Any]) -> Answer:
        """Reads all pages of a picture.

        Args:
            content: Encoded picture.
            name: Name of the picture in records and messages.
            options: Options of the request; see `sdnn.serving.query`.

        Raises:
            UsageError: When options contradict each other.
            UnreadableInput: When nothing of the picture can be read.
        """
        pages = self._pages(content, name, options, evidence=False)
        readings = [reading for page in pages for reading in page]
        _check_read(readings)
        records = [reading_record(reading, self._model) for reading in readings]
        return Answer(json.dumps({"records": records}), _statuses(readings))

    def explain(self, content: bytes, name: str, options: Mapping[str, Any], with_picture: bool) -> Answer:
        """Reads the first page of a picture, with the evidence of each string; see `read`.

        Args:
            content: Encoded picture.
            name: Name of the picture.
            options: Options of the request.
            with_picture: Whether the answer has the picture, too, upright and grey.
        """
        with closing(self._pages(content, name, options, evidence=True)) as pages:
            readings = next(pages)
        _check_read(readings)
        width, height = readings[0].page_size_px
        evidence = readings[0].evidence
        answer = {
            "records": [reading_record(reading, self._model) for reading in readings],
            "explanations": [explanation(reading) for reading in readings[:MAX_STRINGS_EXPLAINED]],
            "size": [width, height],
            "picture": _shown(evidence.page) if with_picture and evidence else None,
        }
        return Answer(json.dumps(answer), _statuses(readings))

    def cut_out(self, path: Path, page: int, box: tuple[int, int, int, int] | None) -> bytes:
        """A string cut out of its page with a margin, upright, as PNG.

        Args:
            path: File of the picture.
            page: Number of the page, from 1.
            box: Left, top, right and bottom of the string, in pixels of the page; None for all of it.

        Raises:
            UnreadableInput: When the picture cannot be read, or has no such page.
        """
        with closing(load_pages(path, self._reader.settings.max_pixels)) as pages:
            brightness = next(islice(pages, page - 1, None), None)
        if brightness is None:
            raise UnreadableInput(f"{path}: has no page {page}; give the picture that was read")
        if box is not None:
            height, width = brightness.shape
            margin = max(6.0, 0.5 * (box[3] - box[1]))
            cut = Box(*map(float, box)).expanded(margin).clipped(width, height)
            left, top, right, bottom = cut.rounded()
            if right <= left or bottom <= top:
                raise UnreadableInput(
                    f"{path}: the string lies beyond the page; give the picture that was read"
                )
            brightness = brightness[top:bottom, left:right]
        return png(brightness)

    def _pages(
        self, content: bytes, name: str, options: Mapping[str, Any], evidence: bool
    ) -> Generator[list[Reading], None, None]:
        """The readings of each page."""
        options = dict(options)
        page = options.pop("page", None)
        mode = PageMode.AUTO if page is None else PageMode.PAGE if page else PageMode.LINE
        reader = self._reader_with(options)
        body = _Body(content, name)
        # One line at a time: one request is one picture, and it is read as `sdnn read` reads a single one.
        return reader.read_pages([body], page_mode=mode, evidence=evidence)

    def _reader_with(self, options: Mapping[str, Any]) -> Reader:
        """The reader with the options of a request; its nets are the same."""
        if options.get("nbest", 1) > 1 and options.get("decoder") == Decoder.NMS:
            raise UsageError("nbest lists whole texts by probability; leave out nbest or decoder=nms")
        limits = {name: value for name, value in options.items() if name in CONSTRAINTS}
        settings = self._reader.settings
        if limits:
            both = self._profile.with_options(limits).constraints
            settings = replace(settings, constraint=_constraint(tuple(both.items())))
        settings = replace(settings, **{name: options[name] for name in options.keys() - limits.keys()})
        adapted = copy(self._reader)
        adapted.settings = settings
        adapted.preprocessor = replace(adapted.preprocessor, settings=settings)
        adapted.decoder = replace(adapted.decoder, settings=settings)
        return adapted


@lru_cache(maxsize=32)
def _constraint(values: tuple[tuple[str, Any], ...]) -> Constraint | None:
    """The constraint of named values; requests with the same ones share it."""
    return constraint(**dict(values))


def _check_read(readings: list[Reading]) -> None:
    """Raises the error of a picture of which nothing could be read."""
    if all(reading.status is Status.ERROR for reading in readings):
        raise UnreadableInput(str(readings[0].reason))


def _statuses(readings: list[Reading]) -> tuple[str, ...]:
    return tuple(reading.status.value for reading in readings)


def _shown(page: FloatArray) -> str:
    """A page as the address of a JPEG picture, scaled down where it is large."""
    image = Image.fromarray(np.rint(255 * page).astype(np.uint8))
    image.thumbnail((MAX_SHOWN_PX, MAX_SHOWN_PX))
    encoded = io.BytesIO()
    image.save(encoded, "JPEG", quality=88)
    return "data:image/jpeg;base64," + b64encode(encoded.getvalue()).decode()
