"""Where the time of a batch goes: the steps of `sdnn read FOLDER -o out.jsonl`, one after the other.

    python benchmarks/stages.py IMAGE...

Prints JSON. On one thread: what the threads of preparation and of the network do at the same time is done
here one after the other, by the functions that `Reader` calls. `speed.py` runs it as a process of its own,
since libraries must be told to keep to one thread before they load.
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
import onnxruntime

from sdnn.choices import Contents, Format
from sdnn.formats import formatter
from sdnn.models.engine import BUNDLED
from sdnn.output import Output
from sdnn.pages import may_be_digits
from sdnn.preprocessing import load_page
from sdnn.reader import BATCH_SIZE, Reader
from sdnn.results import Strip

ROUNDS: Final = 3
FILES, PREPARATION, NETWORK, DECODING, RECORDS = STAGES = (
    "decoding the picture file",
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

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Counts the time of the block."""
        started = time.perf_counter()
        yield
        self.seconds[stage] += time.perf_counter() - started


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


def one_thread() -> Reader:
    """A reader whose libraries do everything in the thread that calls them."""
    cv2.setNumThreads(1)
    reader = Reader()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    reader.engine._session = onnxruntime.InferenceSession(
        BUNDLED.read_bytes(), options, providers=["CPUExecutionProvider"]
    )
    return reader


def read_batch(reader: Reader, names: Sequence[str], rows: Output, clock: Clock) -> list[str]:
    """The texts of a batch, read as `Reader` reads it, each step timed."""
    interpreter = reader.interpreter
    preparation = replace(reader.preparation, contents=Contents.AUTO, keeps_pages=False)
    with clock(FILES):
        pictures = [load_page(name, preparation.max_pixels) for name in names]
    with clock(PREPARATION):
        pages = [preparation.page(each, name) for each, name in zip(pictures, names, strict=True)]
        of_lines = [(page, line) for page in pages for line in page.lines if line.strip]
        lines = [line for _, line in of_lines]
        strips = [line.strip for line in lines if line.strip]
    with clock(NETWORK):
        looks = [[look] for look in reader._swept(strips)]
    clock.sweeps.append(strips)
    with clock(DECODING):
        agreements = interpreter.agreements(looks)
        doubtful = [
            place
            for place, line in enumerate(lines)
            if reader._doubts(agreements[place])
            and not (line.may_be_words and not may_be_digits(looks[place][0].class_map))
        ]
    others = reader.views[1:]
    with clock(PREPARATION):
        further = [strip for place in doubtful for strip in lines[place].strips(others, preparation.geometry)]
    with clock(NETWORK):
        seen_further = reader._swept(further)
    clock.sweeps.append(further)
    with clock(DECODING):
        for number, place in enumerate(doubtful):
            looks[place] += seen_further[number * len(others) : (number + 1) * len(others)]
        agreed = interpreter.agreements([looks[place] for place in doubtful])
        for place, agreement in zip(doubtful, agreed, strict=True):
            agreements[place] = agreement
        readings = interpreter.readings([page.brightness for page, _ in of_lines], looks, agreements)
    with clock(RECORDS):
        for (page, _), reading in zip(of_lines, readings, strict=True):
            rows.write([replace(reading, source=page.source, evidence=None)])
    return [reading.text for reading in readings]


def stages(names: Sequence[str]) -> Stages:
    """Reads pictures of one line each in batches, some rounds of it.

    Raises:
        RuntimeError: When the texts are not those that the reader reads, so that this module is out of date.
    """
    reader = one_thread()
    expected = [reading.text for reading in reader.read_many(names, contents=Contents.AUTO)]  # warms up, too
    clocks = []
    for _ in range(ROUNDS):
        clock = Clock()
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
    swept = sum(map(len, clocks[0].sweeps))
    others = len(reader.views) - 1
    doubtful = (swept - len(names)) / (others * len(names)) if others else 0.0
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
