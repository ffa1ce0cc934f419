"""Where the time of a batch goes: the steps of `sdnn read FOLDER -o out.jsonl`, one after the other.

    python benchmarks/bench_stages.py IMAGE...

Prints JSON. On one thread: what the threads of preparation and of the network do at the same time is done
here one after the other, by the functions that `Reader` calls. `bench_speed.py` runs it as a process of its
own, since libraries must be told to keep to one thread before they load.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import cv2

from sdnn.detection import Detections, Detector
from sdnn.enums import Format, PageMode
from sdnn.formats import formatter
from sdnn.models.engine import Engine
from sdnn.output import Output
from sdnn.preprocessing import load_page
from sdnn.reading.page import ViewOutput
from sdnn.reading.page_report import report
from sdnn.reading.reader import BATCH_SIZE, Reader
from sdnn.results import FloatArray, Strip

ROUNDS: Final = 3
FILES, DETECTOR, PREPARATION, NETWORK, DECODING, RECORDS = STAGES = (
    "decoding the picture file",
    "detector",
    "preprocessing",
    "network",
    "decoding the class maps",
    "records: format and write",
)


class Clock:
    """Seconds by stage, and the strips of each sweep.

    Attributes:
        seconds: So far.
        sweeps: Strips that were swept together.
    """

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(STAGES, 0.0)
        self.sweeps: list[list[Strip]] = []
        self._inside = 0.0

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Counts the time of the block, without that of blocks inside it."""
        before, self._inside = self._inside, 0.0
        started = time.perf_counter()
        yield
        whole = time.perf_counter() - started
        self.seconds[stage] += whole - self._inside
        self._inside = before + whole


class TimedDetector(Detector):
    """The bundled detector on one thread, its time a stage of its own.

    Attributes:
        clock: Counts it.
    """

    def __init__(self) -> None:
        super().__init__(threads=1)
        self.clock = Clock()

    def __call__(self, picture: FloatArray) -> Detections:
        """As `Detector` has it."""
        with self.clock(DETECTOR):
            return super().__call__(picture)


@dataclass(frozen=True)
class Stages:
    """Figures of one batch after the other.

    Attributes:
        ms: A strip, by stage, medians.
        doubtful: Share of the strips that were looked at in all views.
        network_alone: Strips a second if all but the sweeps took no time, on all cores.
    """

    ms: dict[str, float]
    doubtful: float
    network_alone: float

    def to_json(self) -> dict[str, Any]:
        """In plain JSON types."""
        return {
            "ms": {stage: round(each, 4) for stage, each in self.ms.items()},
            "doubtful": round(self.doubtful, 4),
            "network_alone_per_s": round(self.network_alone, 1),
        }


def one_thread(detector: Detector) -> Reader:
    """A reader whose libraries do everything in the thread that calls them."""
    cv2.setNumThreads(1)
    reader = Reader()
    reader.engine = Engine(threads=1)
    reader.preprocessor = replace(reader.preprocessor, detector=detector, keeps_pages=False)
    return reader


def read_batch(reader: Reader, names: Sequence[str], rows: Output, clock: Clock) -> list[str]:
    """The texts of a batch, read as `Reader` reads it, each step timed."""
    settings, decoder = reader.settings, reader.decoder

    def sweep(outputs: Sequence[ViewOutput]) -> None:
        strips = [output.strip for output in outputs]
        with clock(NETWORK):
            class_maps = reader.engine.class_maps(strips)
        clock.sweeps.append(strips)
        with clock(DECODING):
            for output, class_map in zip(outputs, class_maps, strict=True):
                output.class_map = class_map
            decoder.decode_views(outputs)

    with clock(FILES):
        pictures = [load_page(name, settings.max_pixels) for name in names]
    with clock(PREPARATION):
        pages = [reader.preprocessor.page(each, name) for each, name in zip(pictures, names, strict=True)]
        lines = [line for page in pages for line in page.lines]
    sweep([line.outputs[0] for line in lines])
    with clock(DECODING):
        decoder.combine_views(lines)
        uncertain = [line for line in lines if reader._is_uncertain(line)]
    views, geometry = settings.views[1:], reader.engine.metadata.geometry
    with clock(PREPARATION):
        further = [output for line in uncertain for output in line.add_views(views, geometry)]
    sweep(further)
    with clock(DECODING):
        decoder.combine_views(uncertain)
        decoder.make_readings(pages)
        found = [report(page, PageMode.AUTO, settings, page.elapsed_ms) for page in pages]
    with clock(RECORDS):
        for readings in found:
            rows.write(readings)
    return [reading.text for readings in found for reading in readings]


def stages(names: Sequence[str]) -> Stages:
    """Reads pictures in batches, some rounds of it.

    Raises:
        RuntimeError: When the texts are not those that the reader reads, so that this module is out of date.
    """
    detector = TimedDetector()
    reader = one_thread(detector)
    expected = [reading.text for reading in reader.read_many(names, page_mode=PageMode.AUTO)]  # warms up, too
    clocks = []
    for _ in range(ROUNDS):
        clock = detector.clock = Clock()
        layout = formatter(Format.JSON, model={"name": "", "sha256": reader.engine.sha256})
        with tempfile.TemporaryDirectory() as at, Output(Path(at) / "out.jsonl", layout) as rows:
            texts = [text for batch in _in_batches(names) for text in read_batch(reader, batch, rows, clock)]
        if texts != expected:
            raise RuntimeError("the steps here read otherwise than Reader does: bring them up to date")
        clocks.append(clock)
    ms = {
        stage: 1000 * statistics.median(clock.seconds[stage] for clock in clocks) / len(names)
        for stage in STAGES
    }
    lines, further = (sum(map(len, clocks[0].sweeps[first::2])) for first in (0, 1))
    others = len(reader.settings.views) - 1
    doubtful = further / (others * lines) if others and lines else 0.0
    return Stages(ms, doubtful, len(names) / seconds_on_all_cores(clocks[0].sweeps))


def seconds_on_all_cores(sweeps: Sequence[Sequence[Strip]]) -> float:
    """How long the same sweeps take with the network's own threads, and nothing else."""
    engine = Reader().engine
    times = []
    for _ in range(1 + ROUNDS):
        started = time.perf_counter()
        for strips in sweeps:
            engine.class_maps(strips)
        times.append(time.perf_counter() - started)
    return statistics.median(times[1:])  # the first one warms up


def _in_batches(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(names), BATCH_SIZE):
        yield names[first : first + BATCH_SIZE]


if __name__ == "__main__":
    print(json.dumps(stages(sys.argv[1:]).to_json()))
