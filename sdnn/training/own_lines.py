"""The user's labelled strips as the reader finds them: the line on each, and how it is found again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from rapidfuzz.distance import Levenshtein

from sdnn.detection import LineCrop
from sdnn.enums import PageMode
from sdnn.errors import UsageError
from sdnn.evaluation.labels import read_labels
from sdnn.reading.page import Line, Page
from sdnn.reading.reader import BATCH_SIZE, Reader
from sdnn.reading.views import VIEWS
from sdnn.results import Geometry, Reading

MIN_STRIPS: Final = 10
"""Strips with digits on them below which there is nothing to learn and nothing to compare with."""
MAX_WIDTH_PX: Final = 1440
"""Width of a strip that is learned: twice that of the widest synthetic one, to which batches are padded."""
MIN_HELD_OUT: Final = 4
"""Smallest number of distinct labels that are held out."""


@dataclass(frozen=True, eq=False)
class OwnPage:
    """A labelled picture.

    Attributes:
        page: Its first page, with the lines that the detector finds; never read itself, see `unread`.
        label: Its digits; empty for a blank strip.
        crop: The line that has the digits of the label; None where the detector finds none.
    """

    page: Page
    label: str
    crop: LineCrop | None


@dataclass(frozen=True)
class OwnPages:
    """The pictures of labelled folders.

    Attributes:
        pages: All that can be read.
        unreadable: Reason for each picture that cannot be read.
    """

    pages: tuple[OwnPage, ...]
    unreadable: tuple[str, ...] = ()

    @property
    def without_line(self) -> int:
        """Number of pictures with digits on which the detector finds none."""
        return sum(1 for each in self.pages if each.label and each.crop is None)

    def too_short(self, geometry: Geometry) -> int:
        """Number of pictures whose line has too few columns for the label: part of it was not found."""
        return sum(1 for each in self.pages if each.crop is not None and not fits(each, geometry))

    def too_long(self, geometry: Geometry) -> int:
        """Number of pictures whose line is too long to be learned."""
        return sum(1 for each in self.pages if each.crop is not None and is_too_long(each, geometry))


def load_own_pages(
    folders: Sequence[Path], reader: Reader, advance: Callable[[int, int], None] = lambda done, total: None
) -> OwnPages:
    """The labelled pictures of folders, each with the line that is most like its label.

    Args:
        folders: Folders with `labels.csv`.
        reader: Reader that tells which of several lines is meant.
        advance: Called with pictures done and in all.

    Raises:
        UnreadableInput: When a folder or its labels cannot be read.
        UsageError: When too few pictures have digits on them that the detector finds.
    """
    labelled = [each for folder in folders for each in read_labels(folder)]
    preprocessor = replace(reader.preprocessor, keeps_pages=False)
    pages, unreadable = [], []
    for done, each in enumerate(labelled, 1):
        page = next(iter(preprocessor.pages(each.path)))
        if page.error is not None:
            unreadable.append(page.error)
        else:
            pages.append(OwnPage(page, each.label, _labelled_crop(page, each.label, reader)))
        advance(done, len(labelled))
    found = OwnPages(tuple(pages), tuple(unreadable))
    if (usable := sum(1 for each in pages if each.label and each.crop is not None)) < MIN_STRIPS:
        raise UsageError(
            f"{', '.join(map(str, folders))}: only {usable} strips with digits that are found; "
            f"label at least {MIN_STRIPS}"
        )
    return found


def _labelled_crop(page: Page, label: str, reader: Reader) -> LineCrop | None:
    """The line that is read most like the label, the way up that it is read; the longer one of two."""
    if not page.lines or (len(page.lines) == 1 and page.lines[0].reversed is None):
        return page.lines[0].crop if page.lines else None
    copy = unread(page, reader.engine.metadata.geometry)
    reader.read_batch([copy], PageMode.LINE)
    return min(
        copy.lines,
        key=lambda line: (Levenshtein.distance(label, line.reading.string), -line.crop.text.width),
    ).crop


def unread(page: Page, geometry: Geometry) -> Page:
    """A copy of a page whose lines have their first view alone, to be read once."""
    lines = [_unread(line, geometry) for line in page.lines]
    return replace(page, lines=lines)


def _unread(line: Line, geometry: Geometry) -> Line:
    copy = Line(line.text_line, line.page_from_line, line.crop)
    copy.add_views(VIEWS[:1], geometry)
    if line.reversed is not None:
        copy.reversed = _unread(line.reversed, geometry)
    return copy


def read_pages(reader: Reader, pages: Sequence[OwnPage]) -> list[Reading]:
    """The one string of each page, in all views where the first is not confident."""
    geometry = reader.engine.metadata.geometry
    readings: list[Reading] = []
    for first in range(0, len(pages), BATCH_SIZE):
        copies = [unread(each.page, geometry) for each in pages[first : first + BATCH_SIZE]]
        readings += [reading for (reading,) in reader.read_batch(copies, PageMode.LINE)]
    return readings


def fits(own: OwnPage, geometry: Geometry) -> bool:
    """Whether the first view of a line has columns enough for its label."""
    needed = len(own.label) + sum(one == other for one, other in pairwise(own.label))
    return geometry.columns(_strip_width_px(own, geometry)) >= needed


def is_too_long(own: OwnPage, geometry: Geometry) -> bool:
    """Whether the strip of a line is wider than `MAX_WIDTH_PX`."""
    return _strip_width_px(own, geometry) > MAX_WIDTH_PX


def _strip_width_px(own: OwnPage, geometry: Geometry) -> int:
    """Width of the first view of a page's line."""
    assert own.crop is not None  # callers leave pages without a line out
    return int(VIEWS[0].strip_of(own.crop, geometry).ink.shape[1])


def hold_out(pages: Sequence[OwnPage], share: float, seed: int) -> tuple[list[OwnPage], list[OwnPage]]:
    """Pages to learn from, and held-out ones; no label is in both.

    Raises:
        UsageError: When there are too few distinct labels.
    """
    labels = sorted({each.label for each in pages})
    count = max(MIN_HELD_OUT, round(share * len(labels)))
    if count >= len(labels):
        raise UsageError(f"only {len(labels)} different labels; give strips with at least {MIN_HELD_OUT + 1}")
    chosen = {labels[place] for place in np.random.default_rng(seed).permutation(len(labels))[:count]}
    held_out = [each for each in pages if each.label in chosen]
    return [each for each in pages if each.label not in chosen], held_out
