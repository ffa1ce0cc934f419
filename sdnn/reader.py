"""The pipeline: picture, lines, strips, class maps, readings.

Where the first look leaves doubt, the same writing is brought to the size of a strip in other ways, too:
smaller and taller, wider, leaning a little. The reading is the string with the highest probability over all
of these views, among those that a constraint allows.
"""

import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sdnn.accounting import described, reported
from sdnn.choices import (
    DEFAULT_MIN_CONFIDENCE,
    DEFAULT_MIN_FIT,
    Contents,
    Decoder,
    Polarity,
    Topology,
)
from sdnn.detection import Detector
from sdnn.detection.detector import heatmap
from sdnn.errors import UsageError
from sdnn.interpretation import Agreement, Interpreter, Look
from sdnn.models.engine import BUNDLED, Engine
from sdnn.page_batches import is_picklable, page_batches
from sdnn.preparation import Line, Page, Preparation, name_of
from sdnn.preprocessing import load_page
from sdnn.preprocessing.loading import MAX_PIXELS, ImageSource
from sdnn.process_map import ordered_map
from sdnn.results import Evidence, Reading, Strip
from sdnn.views import VIEWS, View

if TYPE_CHECKING:
    from sdnn.decoding.constraints import Constraint

MOST_FOR_DOUBT: Final = 60
"""Digits beyond which a line is looked at once: on so many there is always doubt, and looking takes long."""
SURE: Final = 0.8
"""Confidence from which on the first view is enough."""
BATCH_SIZE: Final = 64
"""Lines that are read together."""


class Reader:
    """Reads pictures with one model.

    Attributes:
        engine: The model.
        interpreter: How its class maps are understood.
        preparation: How pictures become strips.
        views: How writing is brought to the size of a strip; all but the first only where that leaves doubt.
        sure: Confidence from which on the first view leaves none.
        handwritten: Whether printed strings are left out.
    """

    def __init__(
        self,
        model: str | Path | None = None,
        decoder: Decoder | str = Decoder.VITERBI,
        topology: Topology | str = Topology.CTC,
        *,
        constraint: "Constraint | None" = None,
        min_confidence: float | None = None,
        min_fit: float | None = None,
        most_texts: int = 1,
        temperature: float | None = None,
        polarity: Polarity | str = Polarity.AUTO,
        region: tuple[float, float, float, float] | None = None,
        max_pixels: int = MAX_PIXELS,
        views: Sequence[View] = VIEWS,
        sure: float = SURE,
        handwritten: bool = False,
    ) -> None:
        """Loads the model.

        Args:
            model: File (.onnx); the bundled one by default.
            decoder: How digits are found on the class map.
            topology: Which paths the trellis allows.
            constraint: Which texts are allowed; see `sdnn.constraint`.
            min_confidence: Readings that are less probable are rejected; 0 accepts all, None stands for
                `choices.DEFAULT_MIN_CONFIDENCE`.
            min_fit: Readings are rejected where the constraint keeps less probability; 0 accepts all, None
                stands for `choices.DEFAULT_MIN_FIT`.
            most_texts: How many of the likeliest texts a reading lists.
            temperature: Takes the place of the model's own.
            polarity: Whether ink is darker or lighter than paper.
            region: Left, top, width and height in pixels of what is read of each page.
            max_pixels: Larger pages are refused.
            views: How writing is brought to the size of a strip.
            sure: Confidence from which on the first view is enough.
            handwritten: Whether printed strings are left out.

        Raises:
            ModelError: When the model file is missing, damaged or of another kind.
            UsageError: When peak picking, which knows no strings, is to obey a constraint, or a number lies
                outside its range.
        """
        self.interpreter = Interpreter(
            Decoder(decoder),
            Topology(topology),
            constraint,
            DEFAULT_MIN_CONFIDENCE if min_confidence is None else min_confidence,
            DEFAULT_MIN_FIT if min_fit is None else min_fit,
            most_texts,
        )
        if temperature is not None and not temperature > 0:
            raise UsageError(f"temperature {temperature}: give a number above 0")
        self.engine = Engine(Path(model) if model else BUNDLED, temperature)
        self.preparation = Preparation(
            Detector(),
            self.engine.description.geometry,
            views[0],
            polarity=Polarity(polarity),
            region=region,
            max_pixels=max_pixels,
        )
        self.views = views
        self.sure = sure
        self.handwritten = handwritten

    def read(self, source: ImageSource) -> list[Reading]:
        """Reads all digit strings on a picture; of several pages, those on the first.

        Args:
            source: Path, encoded bytes, binary file, Pillow image or array.

        Returns:
            The strings in reading order; one that is empty where there is none.

        Raises:
            UnreadableInput: When the picture cannot be read, or a line is too long.
        """
        return self._read_first(source, Contents.PAGE)

    def read_line(self, source: ImageSource) -> Reading:
        """Reads the digit string on a picture of one line; of several pages, the first.

        Where there are other strings on it, the confidence is that there are none, too.

        Args:
            source: As for `read`.

        Raises:
            UnreadableInput: When the picture cannot be read, or a line is too long.
        """
        (reading,) = self._read_first(source, Contents.LINE)
        return reading

    def read_many(
        self,
        sources: Iterable[ImageSource],
        *,
        contents: Contents | str = Contents.AUTO,
        jobs: int = 1,
        batch_size: int = BATCH_SIZE,
    ) -> Generator[Reading, None, None]:
        """Reads one picture after the other, all pages of a file, and all strings of a page.

        What cannot be read has the status `error`, and the rest is read none the less; where the sources
        themselves end with an error, it is raised after the readings of those before. Readings come without
        their evidence, which would fill the memory.

        Args:
            sources: Of each see `read`; no more are looked at ahead than the processes have batches.
            contents: What the pictures show.
            jobs: Processes that read at the same time, once there turns out to be enough to do; with more
                than 1, a script has to begin under `if __name__ == "__main__":`, as multiprocessing demands.
            batch_size: Lines that are read together, at least 1.

        Yields:
            In the order of the sources; at least one for each. Closing the generator ends its processes.

        Raises:
            UsageError: When jobs or batch_size are below 1.
            SdnnError: When a process that reads is killed.
        """
        for readings in self.read_pages(sources, contents=contents, jobs=jobs, batch_size=batch_size):
            yield from readings

    def read_pages(
        self,
        sources: Iterable[ImageSource],
        *,
        contents: Contents | str = Contents.AUTO,
        jobs: int = 1,
        batch_size: int = BATCH_SIZE,
        evidence: bool = False,
    ) -> Generator[list[Reading], None, None]:
        """As `read_many`, with the readings of each page together, and their evidence where asked for.

        With evidence, which is too much to be sent about, all is read by this process.
        """
        if batch_size < 1 or jobs < 1:
            raise UsageError("give a batch_size and jobs from 1 up")
        read = _Batches(self, Contents(contents), batch_size, evidence)
        if jobs == 1 or evidence:
            yield from read(sources)
        else:
            yield from ordered_map(read, sources, jobs, batch_size, is_picklable)

    def _read_first(self, source: ImageSource, contents: Contents) -> list[Reading]:
        started = time.perf_counter()
        page = self.preparation.page(load_page(source, self.preparation.max_pixels), name_of(source))
        page = replace(page, elapsed_ms=1000 * (time.perf_counter() - started))
        return self.read_batch([page], contents)[0]

    def read_batch(self, pages: Sequence[Page], contents: Contents = Contents.AUTO) -> list[list[Reading]]:
        """The readings of each page, one at least.

        Args:
            pages: As `Preparation.pages` gives them.
            contents: Whether one row is wanted for each.
        """
        started = time.perf_counter()
        pages, shares = self._with_ways_up(pages)
        written = [(page.brightness, line) for page in pages for line in page.lines]
        looks, agreements = self._look([line for _, line in written])
        read = iter(self.interpreter.readings([page for page, _ in written], looks, agreements))
        least = self.interpreter.min_confidence
        found = [
            reported(
                page,
                [described(next(read), line, least, shares.get(id(line), 1.0)) for line in page.lines],
                contents,
                self.handwritten,
                least,
            )
            for page in pages
        ]
        share_ms = 1000 * (time.perf_counter() - started) / max(1, len(pages))
        return [
            _placed(readings, page, page.elapsed_ms + share_ms)
            for page, readings in zip(pages, found, strict=True)
        ]

    def _with_ways_up(self, pages: Sequence[Page]) -> tuple[Sequence[Page], dict[int, float]]:
        """The pages with each line that may run either way turned so that it reads better.

        Returns:
            The pages, and by the identity of such a line its share of the confidence in both ways.
        """
        pairs = [(line, line.turned) for page in pages for line in page.lines if line.turned]
        if not pairs:
            return pages, {}
        _, agreements = self._look([line for pair in pairs for line in pair])
        confidences = [agreement.free.confidence for agreement in agreements]
        chosen: dict[int, Line] = {}
        shares: dict[int, float] = {}
        for number, (line, turned) in enumerate(pairs):
            upright, upset = confidences[2 * number : 2 * number + 2]
            better = turned if upset > upright else line
            chosen[id(line)] = better
            shares[id(better)] = max(upright, upset) / max(upright + upset, 1e-9)
        turned_pages = [
            replace(page, lines=tuple(chosen.get(id(line), line) for line in page.lines)) for page in pages
        ]
        return turned_pages, shares

    def _look(self, lines: Sequence[Line]) -> tuple[list[list[Look]], list[Agreement]]:
        """Views of each line, as many as it takes, and what they agree on."""
        looks = [[look] for look in self._swept([line.strip for line in lines])]
        agreements = self.interpreter.agreements(looks)
        others = self.views[1:]
        doubtful = [place for place in range(len(lines)) if others and self._doubts(agreements[place])]
        geometry = self.preparation.geometry
        further = self._swept(
            [strip for place in doubtful for strip in lines[place].strips(others, geometry)]
        )
        for number, place in enumerate(doubtful):
            looks[place] += further[number * len(others) : (number + 1) * len(others)]
        agreed = self.interpreter.agreements([looks[place] for place in doubtful])
        for place, agreement in zip(doubtful, agreed, strict=True):
            agreements[place] = agreement
        return looks, agreements

    def _swept(self, strips: Sequence[Strip]) -> list[Look]:
        return [
            Look(strip, class_map)
            for strip, class_map in zip(strips, self.engine.class_maps(strips), strict=True)
        ]

    def _doubts(self, agreement: Agreement) -> bool:
        """Whether the first view is not enough."""
        if self.interpreter.decoder is Decoder.NMS or len(agreement.free.string) > MOST_FOR_DOUBT:
            return False  # peaks are not scored
        return agreement.allowed is None or agreement.allowed.confidence < self.sure


@lru_cache(maxsize=4)
def load(model: str | Path | None = None) -> Reader:
    """A reader for the given model file, kept for the next call; the bundled model by default."""
    return Reader(model)


def read(source: ImageSource) -> list[Reading]:
    """Reads all digit strings on a picture with the bundled model; see `Reader.read`."""
    return load().read(source)


def read_line(source: ImageSource) -> Reading:
    """Reads the one digit string on a picture with the bundled model; see `Reader.read_line`."""
    return load().read_line(source)


@dataclass(frozen=True)
class _Batches:
    """Reads pictures in batches; goes to other processes.

    Attributes:
        reader: Reads them.
        contents: What they show.
        lines: Of a batch.
        evidence: Whether readings keep theirs.
    """

    reader: Reader
    contents: Contents
    lines: int
    evidence: bool

    def __call__(self, sources: Iterable[ImageSource]) -> Iterator[list[Reading]]:
        """The readings of each page."""
        preparation = replace(self.reader.preparation, keeps_pages=self.evidence)
        pages = (page for source in sources for page in preparation.pages(source))
        for batch in page_batches(pages, self.lines):
            for readings in self.reader.read_batch(batch, self.contents):
                yield readings if self.evidence else [replace(each, evidence=None) for each in readings]


def _placed(readings: Sequence[Reading], page: Page, elapsed_ms: float) -> list[Reading]:
    """The readings of a page with its name and size, their shares of its time, and what the detector saw."""
    height, width = page.brightness.shape
    heat = heatmap(page.sighting, page.brightness.shape) if page.sighting else None
    nothing = Evidence.without_line(page.brightness) if page.sighting else None
    kept = [reading.evidence or nothing for reading in readings]
    return [
        replace(
            reading,
            source=page.source,
            page=page.number,
            page_size_px=(width, height),
            elapsed_ms=elapsed_ms / len(readings),
            evidence=evidence and replace(evidence, heat=heat),
        )
        for reading, evidence in zip(readings, kept, strict=True)
    ]
