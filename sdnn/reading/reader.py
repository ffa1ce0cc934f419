"""The pipeline: pages, lines, views, class maps, readings.

Where the first view is not confident, the same writing is brought to the size of a strip in other ways, too:
smaller and taller, wider, leaning a little. The reading is the string with the highest probability over all
of these views, among those that a constraint allows.
"""

import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

from sdnn.detection import Detector
from sdnn.enums import Decoder, PageMode
from sdnn.errors import UsageError
from sdnn.models.engine import BUNDLED, Engine
from sdnn.preprocessing import load_page
from sdnn.preprocessing.loading import ImageSource
from sdnn.process_map import ordered_map
from sdnn.reading.batching import is_picklable, page_batches
from sdnn.reading.line_decoder import LineDecoder
from sdnn.reading.page_report import report
from sdnn.reading.preprocessor import PreProcessor, name_of
from sdnn.reading.records import Line, Page, ViewOutput
from sdnn.reading.settings import DEFAULT, ReadingSettings
from sdnn.results import Reading

TTA_MAX_DIGITS: Final = 60
"""Digits beyond which one view is read: so long a line is rarely confident, and reading it again is slow."""
BATCH_SIZE: Final = 64
"""Lines that are read together."""


class Reader:
    """Reads pictures with one model.

    Attributes:
        settings: Settings of reading.
        engine: The model.
        preprocessor: Makes pages ready for it.
        decoder: Reads its class maps.
    """

    def __init__(self, model: str | Path | None = None, settings: ReadingSettings = DEFAULT) -> None:
        """Loads the model.

        Args:
            model: File (.onnx); the bundled one by default.
            settings: Settings of reading.

        Raises:
            ModelError: When the model file is missing, damaged or of another kind.
        """
        self.settings = settings
        self.engine = Engine(Path(model) if model else BUNDLED, settings.temperature)
        self.preprocessor = PreProcessor(Detector(), self.engine.metadata.geometry, settings)
        self.decoder = LineDecoder(settings)

    def read(self, source: ImageSource) -> list[Reading]:
        """Reads all digit strings on a picture; of several pages, those on the first.

        Args:
            source: Path, encoded bytes, binary file, Pillow image or array.

        Returns:
            The strings in reading order; one that is empty where there is none.

        Raises:
            UnreadableInput: When the picture cannot be read, or a line is too long.
        """
        return self._read_first(source, PageMode.PAGE)

    def read_line(self, source: ImageSource) -> Reading:
        """Reads the digit string on a picture of one line; of several pages, the first.

        Where there are other strings on it, the confidence is that there are none, too.

        Args:
            source: As for `read`.

        Raises:
            UnreadableInput: When the picture cannot be read, or a line is too long.
        """
        (reading,) = self._read_first(source, PageMode.LINE)
        return reading

    def read_many(
        self,
        sources: Iterable[ImageSource],
        *,
        page_mode: PageMode | str = PageMode.AUTO,
        jobs: int = 1,
        batch_size: int = BATCH_SIZE,
    ) -> Generator[Reading, None, None]:
        """Reads one picture after the other, all pages of a file, and all strings of a page.

        What cannot be read has the status `error`, and the rest is read none the less; where the sources
        themselves end with an error, it is raised after the readings of those before. Readings come without
        their evidence, which would fill the memory.

        Args:
            sources: Of each see `read`; no more are looked at ahead than the processes have batches.
            page_mode: What the pictures show.
            jobs: Processes that read at the same time, once there turns out to be enough to do; with more
                than 1, a script has to begin under `if __name__ == "__main__":`, as multiprocessing demands.
            batch_size: Lines that are read together, at least 1.

        Yields:
            In the order of the sources; at least one for each. Closing the generator ends its processes.

        Raises:
            UsageError: When jobs or batch_size are below 1.
            SdnnError: When a process that reads is killed.
        """
        for readings in self.read_pages(sources, page_mode=page_mode, jobs=jobs, batch_size=batch_size):
            yield from readings

    def read_pages(
        self,
        sources: Iterable[ImageSource],
        *,
        page_mode: PageMode | str = PageMode.AUTO,
        jobs: int = 1,
        batch_size: int = BATCH_SIZE,
        evidence: bool = False,
    ) -> Generator[list[Reading], None, None]:
        """As `read_many`, with the readings of each page together, and their evidence where asked for.

        With evidence, which is too much to be sent about, all is read by this process.
        """
        if batch_size < 1 or jobs < 1:
            raise UsageError("give a batch_size and jobs from 1 up")
        read = _Batches(self, PageMode(page_mode), batch_size, evidence)
        if jobs == 1 or evidence:
            yield from read(sources)
        else:
            yield from ordered_map(read, sources, jobs, batch_size, is_picklable)

    def read_batch(self, pages: Sequence[Page], page_mode: PageMode = PageMode.AUTO) -> list[list[Reading]]:
        """The readings of each page, one at least; with their evidence where the page is kept.

        Args:
            pages: As `PreProcessor.pages` gives them; used up by the call.
            page_mode: Whether one row is wanted for each.
        """
        started = time.perf_counter()
        lines = [way for page in pages for line in page.lines for way in line.ways]
        self._decode_views(lines, [output for line in lines for output in line.outputs])
        uncertain = [line for line in lines if self._is_uncertain(line)]
        views, geometry = self.settings.views[1:], self.engine.metadata.geometry
        self._decode_views(
            uncertain, [output for line in uncertain for output in line.add_views(views, geometry)]
        )
        for page in pages:
            page.lines = [line.better_way for line in page.lines]
        self.decoder.read(pages)
        share_ms = 1000 * (time.perf_counter() - started) / max(1, len(pages))
        return [report(page, page_mode, self.settings, page.elapsed_ms + share_ms) for page in pages]

    def _decode_views(self, lines: Sequence[Line], outputs: Sequence[ViewOutput]) -> None:
        """Sweeps and decodes new views of the lines, then all views of each line together."""
        class_maps = self.engine.class_maps([output.strip for output in outputs])
        for output, class_map in zip(outputs, class_maps, strict=True):
            output.class_map = class_map
        self.decoder.propose(outputs)
        self.decoder.agree(lines)

    def _is_uncertain(self, line: Line) -> bool:
        """Whether the first view is not confident enough, and there are others."""
        if self.settings.decoder is Decoder.NMS or len(line.unconstrained.string) > TTA_MAX_DIGITS:
            return False  # peaks are not scored
        if len(self.settings.views) == 1:
            return False
        return line.constrained is None or line.constrained.confidence < self.settings.tta_threshold

    def _read_first(self, source: ImageSource, page_mode: PageMode) -> list[Reading]:
        started = time.perf_counter()
        page = self.preprocessor.page(load_page(source, self.settings.max_pixels), name_of(source))
        page.elapsed_ms = 1000 * (time.perf_counter() - started)
        return self.read_batch([page], page_mode)[0]


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
        page_mode: What they show.
        lines: Of a batch.
        evidence: Whether readings keep theirs.
    """

    reader: Reader
    page_mode: PageMode
    lines: int
    evidence: bool

    def __call__(self, sources: Iterable[ImageSource]) -> Iterator[list[Reading]]:
        """The readings of each page."""
        preprocessor = replace(self.reader.preprocessor, keeps_pages=self.evidence)
        pages = (page for source in sources for page in preprocessor.pages(source))
        for batch in page_batches(pages, self.lines):
            yield from self.reader.read_batch(batch, self.page_mode)
