"""The pipeline: pages, lines, views, class maps, readings.

If the first view of a line is not confident, others are read, too: taller, wider, with another slant. The
reading is the string with the highest probability over all views, among those that a constraint allows.
"""

import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Final

from sdnn.detection import Detector
from sdnn.enums import Decoder, PageMode
from sdnn.errors import UsageError
from sdnn.models.engine import Engine
from sdnn.models.library import find_model
from sdnn.preprocessing import load_page
from sdnn.preprocessing.loading import ImageSource
from sdnn.process_map import ordered_map
from sdnn.reading.batching import is_picklable, page_batches, portable, prepare_worker
from sdnn.reading.line_decoder import LineDecoder
from sdnn.reading.page import Line, Page, ViewOutput
from sdnn.reading.page_report import report
from sdnn.reading.preprocessor import PreProcessor, failed_page, name_of
from sdnn.reading.settings import DEFAULT, ReadingSettings
from sdnn.results import Reading
from sdnn.worker_process import Failure

TTA_MAX_DIGITS: Final = 60
"""Digits of a line that more than one view is read of: longer ones are rarely confident, and slow to read."""
BATCH_SIZE: Final = 64
"""Default number of lines that are read together."""
MAX_TIMEOUT_S: Final = 86_400
"""Longest time limit of a picture: a day."""


class Reader:
    """Reads pictures with one model.

    Attributes:
        settings: Settings of reading.
        engine: Net, from strips to class maps.
        preprocessor: Steps before the net, from pictures to strips.
        decoder: Steps after the net, from class maps to readings.
    """

    def __init__(self, model: str | Path | None = None, settings: ReadingSettings = DEFAULT) -> None:
        """Loads the model.

        Args:
            model: File (.onnx), or the name of a model of the user's; by default the bundled one.
            settings: Settings of reading.

        Raises:
            ModelError: When the model file is missing, damaged or of another kind.
        """
        self.settings = settings
        self.engine = Engine(find_model(model), settings.temperature)
        self.preprocessor = PreProcessor(Detector(), self.engine.metadata.geometry, settings)
        self.decoder = LineDecoder(settings)

    def read(self, source: ImageSource) -> list[Reading]:
        """Reads all digit strings on a picture; of several pages, those on the first.

        Args:
            source: Path, encoded bytes, binary file, Pillow image or array.

        Returns:
            The strings in reading order; one empty reading where there are none.

        Raises:
            UnreadableInput: When the picture cannot be read, or a line is too long.
        """
        (readings,) = self.read_batch([self._first_page(source)], PageMode.PAGE)
        return readings

    def read_line(self, source: ImageSource) -> Reading:
        """Reads the digit string on a picture of one line; of several pages, that on the first.

        Of several strings it reads the longest, and multiplies its confidence by the probability that the
        others are none.

        Args:
            source: Picture; see `read`.

        Raises:
            UnreadableInput: When the picture cannot be read, or a line is too long.
        """
        ((reading,),) = self.read_batch([self._first_page(source)], PageMode.LINE)
        return reading

    def read_many(
        self,
        sources: Iterable[ImageSource],
        *,
        page_mode: PageMode | str = PageMode.AUTO,
        jobs: int = 1,
        batch_size: int = BATCH_SIZE,
        isolated: bool = False,
        timeout: float | None = None,
    ) -> Generator[Reading, None, None]:
        """Reads one picture after the other, all pages of a file, and all strings of a page.

        A picture that cannot be read has a reading with the status `error`; so has one that ends its worker
        process, by a crash, by too much memory, or by the time limit. An error of the iterable itself
        is raised after the readings of the pictures before it. Readings have no evidence, which would fill
        the memory.

        Args:
            sources: Pictures, see `read`; they are consumed only as far ahead as the processes have batches.
            page_mode: Whether one string is read of each picture, or all.
            jobs: Number of processes, which start only for larger batches. With more than 1, a script has to
                begin under `if __name__ == "__main__":`, as multiprocessing demands.
            batch_size: Number of lines that are read together, at least 1.
            isolated: Whether worker processes read all pictures that can be sent to them, from the first on,
                so that none can end this process. Pillow images are read here.
            timeout: Seconds for one picture, with all pages of its file, after which it has the status
                `error`; implies `isolated`. None for no limit.

        Yields:
            Readings in the order of the pictures, at least one for each. Closing the generator ends its
            processes.

        Raises:
            UsageError: When jobs or batch_size is below 1, or the timeout is no time.
            WorkerError: When a worker process does not start.
        """
        for readings in self.read_pages(
            sources,
            page_mode=page_mode,
            jobs=jobs,
            batch_size=batch_size,
            isolated=isolated,
            timeout=timeout,
        ):
            yield from readings

    def read_pages(
        self,
        sources: Iterable[ImageSource],
        *,
        page_mode: PageMode | str = PageMode.AUTO,
        jobs: int = 1,
        batch_size: int = BATCH_SIZE,
        isolated: bool = False,
        timeout: float | None = None,
        evidence: bool = False,
    ) -> Generator[list[Reading], None, None]:
        """As `read_many`, with the readings of each page together, and with their evidence on request.

        Evidence is too large to be sent between processes, so that this process then reads everything,
        without a time limit.
        """
        if batch_size < 1 or jobs < 1:
            raise UsageError("give a batch_size and jobs from 1 up")
        if timeout is not None and not 0 < timeout <= MAX_TIMEOUT_S:
            raise UsageError(f"timeout {timeout:g}: give seconds above 0, up to {MAX_TIMEOUT_S:,}")
        if timeout is not None and evidence:
            raise UsageError("evidence is read without worker processes; leave out the timeout")
        isolated = isolated or timeout is not None
        read = partial(self._read_sources, PageMode(page_mode), batch_size, evidence)
        if evidence or (jobs == 1 and not isolated):
            yield from read(sources)
            return
        yield from ordered_map(
            read,
            map(portable, sources) if isolated else sources,
            jobs,
            batch_size,
            is_picklable,
            begins_here=not isolated,
            timeout_s=timeout,
            on_failure=self._failed,
            initializer=partial(prepare_worker, self.settings.max_pixels),
        )

    def _failed(self, failure: Failure[ImageSource]) -> list[list[Reading]]:
        """The readings of a picture whose worker process died."""
        name = name_of(failure.item)
        remedy = "allow more time" if failure.exit_code is None else "read it alone, or make the file again"
        page = Page(name, error=f"{name}: {failure.reason}; {remedy}")
        return [report(page, PageMode.AUTO, self.settings, 0.0)]

    def _read_sources(
        self, page_mode: PageMode, batch_size: int, evidence: bool, sources: Iterable[ImageSource]
    ) -> Iterator[list[Reading]]:
        """The readings of each page; runs in other processes, too."""
        preprocessor = replace(self.preprocessor, keeps_pages=evidence)
        pages = (page for source in sources for page in preprocessor.pages(source))
        for batch in page_batches(pages, batch_size):
            yield from self._read_safely(batch, page_mode)

    def _read_safely(self, pages: Sequence[Page], page_mode: PageMode) -> list[list[Reading]]:
        """As `read_batch`, with an error in place of the readings of a page that cannot be read."""
        try:
            return self.read_batch(pages, page_mode)
        except Exception as error:  # one page must not take the others with it
            if len(pages) == 1:
                page = failed_page(pages[0].source, pages[0].number, error, pages[0].elapsed_ms)
                return [report(page, page_mode, self.settings, page.elapsed_ms)]
        for page in pages:
            page.forget_output()
        return [readings for page in pages for readings in self._read_safely([page], page_mode)]

    def read_batch(self, pages: Sequence[Page], page_mode: PageMode = PageMode.AUTO) -> list[list[Reading]]:
        """The readings of each page, at least one; with evidence where the page has kept its brightness.

        Net and decoder read the first view of each line, then the other views of uncertain lines.

        Args:
            pages: Pages of `PreProcessor.pages`; they can be read only once.
            page_mode: Whether one string is read of each page, or all.
        """
        started = time.perf_counter()
        lines = [line for page in pages for found in page.lines for line in found.directions]
        self._read_views(lines, [output for line in lines for output in line.outputs])
        uncertain = [line for line in lines if self._is_uncertain(line)]
        views, geometry = self.settings.views[1:], self.engine.metadata.geometry
        augmented = [output for line in uncertain for output in line.add_views(views, geometry)]
        self._read_views(uncertain, augmented)
        for page in pages:
            page.lines = [line.best_direction for line in page.lines]
        self.decoder.make_readings(pages)
        share_ms = 1000 * (time.perf_counter() - started) / max(1, len(pages))
        return [report(page, page_mode, self.settings, page.elapsed_ms + share_ms) for page in pages]

    def _read_views(self, lines: Sequence[Line], outputs: Sequence[ViewOutput]) -> None:
        """Sweeps and decodes new views of the lines, and combines all views of each line."""
        class_maps = self.engine.class_maps([output.strip for output in outputs])
        for output, class_map in zip(outputs, class_maps, strict=True):
            output.class_map = class_map
        self.decoder.decode_views(outputs)
        self.decoder.combine_views(lines)

    def _is_uncertain(self, line: Line) -> bool:
        """Whether the first view is not confident enough, and the line has others."""
        if self.settings.decoder is Decoder.NMS or len(self.settings.views) == 1:
            return False  # peaks have no score
        if len(line.unconstrained.string) > TTA_MAX_DIGITS:
            return False
        return line.constrained is None or line.constrained.confidence < self.settings.tta_threshold

    def _first_page(self, source: ImageSource) -> Page:
        """The first page of a picture, with its lines and the first view of each."""
        started = time.perf_counter()
        page = self.preprocessor.page(load_page(source, self.settings.max_pixels), name_of(source))
        page.elapsed_ms = 1000 * (time.perf_counter() - started)
        return page


@lru_cache(maxsize=4)
def load(model: str | Path | None = None) -> Reader:
    """A reader of the given model file, by default the bundled one; cached."""
    return Reader(model)


def read(source: ImageSource) -> list[Reading]:
    """Reads all digit strings on a picture with the bundled model; see `Reader.read`."""
    return load().read(source)


def read_line(source: ImageSource) -> Reading:
    """Reads the one digit string on a picture with the bundled model; see `Reader.read_line`."""
    return load().read_line(source)
