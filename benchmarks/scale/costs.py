"""What each step of reading a strip costs one core, and how many bytes it moves."""

import pickle
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import cv2
from pyarrow.fs import LocalFileSystem

from scale.material import BROKEN, Material
from sdnn.formats.record import reading_record
from sdnn.preprocessing import load_page
from sdnn.reading.reader import Reader
from sdnn.scale.archives import open_archive
from sdnn.scale.part_folder import PartFolder
from sdnn.scale.sources import Location

SAMPLE: Final = 1000
"""Strips that are timed."""


@dataclass(frozen=True)
class Costs:
    """Costs of a strip.

    Attributes:
        steps: Seconds of each step.
        read_s: Seconds of everything, by the form of the strips and the number of cores that read.
        bytes_each: Bytes of a picture.
        row_bytes: Bytes of its rows in Parquet.
    """

    steps: dict[str, float]
    read_s: dict[str, dict[int, float]]
    bytes_each: float
    row_bytes: float


def measure_costs(material: Material, workers: Sequence[int]) -> Costs:
    """Times the steps on one core, one after the other, and reading on several cores at a time.

    Cores share caches and memory, so that each is slower when its neighbours read, too.
    """
    cv2.setNumThreads(1)
    names = [str(material.files / name) for name in material.names[BROKEN : BROKEN + SAMPLE]]
    locations = {
        form: Location(LocalFileSystem(), str(path), str(path))
        for form, path in (("tar", material.tar), ("table", material.table))
    }
    count = len(names)
    steps = {
        "list a folder": _seconds(lambda: [*material.files.rglob("*.png")]) / len(material.names),
        "open and read a file": _seconds(lambda: [Path(name).read_bytes() for name in names]) / count,
    }
    for form, location in locations.items():
        steps[f"find and read in a {form}"] = _seconds(partial(_all_of, location)) / len(material.names)
    steps["decode the picture"] = _seconds(lambda: [load_page(name) for name in names]) / count
    reader = _warm_reader(names)
    readings: list[Any] = []
    seconds = _seconds(lambda: readings.extend(reader.read_many(names))) / count
    reading_s = {each: seconds if each == 1 else _reading_s(names, each) for each in workers}
    for each, seconds in reading_s.items():
        steps[f"all of reading, {each} busy"] = seconds
    model = {"name": reader.engine.metadata.name, "sha256": reader.engine.sha256}
    folder = PartFolder.at(str(material.files.parent / "costs"), model, is_json=False)
    folder.begin(resume=False)
    records = [reading_record(reading, model) for reading in readings]
    steps["write the rows as Parquet"] = _seconds(lambda: folder.write("part-0.parquet", records)) / count
    row_bytes = (material.files.parent / "costs" / "part-0.parquet").stat().st_size / count
    besides = {"files": steps["list a folder"]}
    for form in locations:
        besides[form] = steps[f"find and read in a {form}"] - steps["open and read a file"]
    read_s = {
        form: {
            each: seconds + steps["write the rows as Parquet"] + other for each, seconds in reading_s.items()
        }
        for form, other in besides.items()
    }
    return Costs(steps, read_s, material.bytes_each, row_bytes)


def _reading_s(names: Sequence[str], workers: int) -> float:
    """Seconds of a core for a strip while so many cores read the same strips."""
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        return sum(pool.map(_timed_reading, [names] * workers)) / workers


def _timed_reading(names: Sequence[str]) -> float:
    """Seconds for a strip, in a process of its own."""
    cv2.setNumThreads(1)
    reader = _warm_reader(names)
    return _seconds(lambda: [*reader.read_many(names)]) / len(names)


def _warm_reader(names: Sequence[str]) -> Reader:
    """The reader as an actor has it, with one thread; the first runs of a session are slower."""
    reader: Reader = pickle.loads(pickle.dumps(Reader()))
    _seconds(lambda: [*reader.read_many(names[:64])])
    return reader


def _all_of(location: Location) -> list[Any]:
    return [picture for unit in open_archive(location, SAMPLE) for picture in unit.pictures(frozenset())]


def _seconds(function: Callable[[], Iterable[Any] | None]) -> float:
    began = time.perf_counter()
    function()
    return time.perf_counter() - began
