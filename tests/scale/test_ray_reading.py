"""Reading in actors: here called by hand, in `test_read_on_ray` by Ray."""

import pickle
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest
from helpers.batch_folder import BROKEN, write_batch
from helpers.cli_runner import SAMPLES, records, sdnn
from helpers.sample_readings import MODEL, of

pytest.importorskip("pyarrow", reason="needs the extra ray")

import pyarrow.parquet as pq

from sdnn.enums import PageMode, Status
from sdnn.reading.reader import Reader
from sdnn.results import Reading
from sdnn.scale import ray_reading
from sdnn.scale.part_folder import PartFolder
from sdnn.scale.ray_reading import PictureReader, ReadingJob, part_batches
from sdnn.scale.sources import BrokenSource, LocalFiles, NamedBytes, list_sources
from sdnn.scale.table import records_of


class Lost(BaseException):
    """The end of a worker."""


@dataclass
class FakeReader:
    """Reader of names, which is lost with some of them.

    Attributes:
        deadly: Names that end the worker.
        asked: Names in the order of the reading.
    """

    deadly: frozenset[str] = frozenset()
    asked: list[str] = field(default_factory=list)

    def read_pages(self, sources: Iterable[Any], **_: Any) -> Iterator[list[Reading]]:
        for source in sources:
            if isinstance(source, BrokenSource):
                yield [replace(of(source.name), status=Status.ERROR, reason=source.reason)]
                continue
            self.asked.append(source)
            if source in self.deadly:
                raise Lost
            yield [of(source)]


def job_in(path: Path, reader: FakeReader | Reader) -> ReadingJob:
    folder = PartFolder.at(str(path), MODEL, is_json=False)
    folder.begin(resume=True)
    return ReadingJob(cast(Reader, reader), PageMode.AUTO, 64, folder)


def rows_in(path: Path) -> list[dict[str, Any]]:
    return [row for part in path.glob("part-*.parquet") for row in records_of(pq.read_table(part))]


def read_unit(job: ReadingJob, unit: Any, done: frozenset[str] = frozenset()) -> list[dict[str, list[Any]]]:
    return [*PictureReader(job, done)({"unit": [pickle.dumps(unit)]})]


@pytest.mark.slow
def test_actors_write_the_records_of_plain_reading(tmp_path: Path) -> None:
    folder = write_batch(tmp_path / "strips")
    job = job_in(tmp_path / "out", Reader())
    counts: Counter[str] = Counter()
    for unit in list_sources([str(folder)]).units(10):
        for row in read_unit(job, unit):
            counts += pickle.loads(row["counts"][0])
    found = rows_in(tmp_path / "out")
    plain = records(sdnn("read", folder, "--json", "-q", "--jobs", "1").stdout)
    for record in (*found, *plain):
        record.update(elapsed_ms=0, model=None)
    assert sorted(found, key=repr) == sorted(plain, key=repr)
    assert counts["error"] == BROKEN
    assert sum(counts.values()) == len(plain)


def test_a_unit_that_is_tried_again_keeps_the_parts_that_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_reading, "PART_PICTURES", 2)
    names = tuple("abcde")
    first = FakeReader()
    lost = PictureReader(job_in(tmp_path, first), frozenset())({"unit": [pickle.dumps(LocalFiles(names))]})
    next(lost)
    next(lost)
    again = FakeReader()
    rows = read_unit(
        ReadingJob(cast(Reader, again), PageMode.AUTO, 64, job_in(tmp_path, again).folder), LocalFiles(names)
    )
    assert first.asked == [*"abcd"]
    assert again.asked == ["e"]
    assert sum((pickle.loads(row["counts"][0]) for row in rows), Counter[str]()) == {"accepted": 5}
    assert sorted(row["source"] for row in rows_in(tmp_path)) == [*names]


def test_what_has_a_row_is_not_read_again(tmp_path: Path) -> None:
    reader = FakeReader()
    read_unit(job_in(tmp_path, reader), LocalFiles(("a", "\udcff", "b")), frozenset({"b", r"\udcff"}))
    assert reader.asked == ["a"]


@pytest.mark.parametrize("deadly", [frozenset("c"), frozenset("ae")], ids=["one", "two"])
def test_a_picture_that_ends_its_worker_again_and_again_is_an_error_and_the_others_are_read(
    tmp_path: Path, deadly: frozenset[str]
) -> None:
    workers = 0
    while True:
        workers += 1
        assert workers < 10
        folder = PartFolder.at(str(tmp_path), MODEL, is_json=False)
        if workers == 1:
            folder.begin(resume=False)
        job = ReadingJob(cast(Reader, FakeReader(deadly)), PageMode.AUTO, 64, folder)
        try:
            read_unit(job, LocalFiles(tuple("abcde")))
        except Lost:
            continue
        break
    statuses = {row["source"]: row["status"] for row in rows_in(tmp_path)}
    assert statuses == {name: "error" if name in deadly else "accepted" for name in "abcde"}
    assert workers == 2 + 2 * len(deadly)
    assert not [*tmp_path.glob(".*")]


def test_an_error_is_a_row_so_that_ray_neither_prints_nor_repeats_it(tmp_path: Path) -> None:
    job = job_in(tmp_path / "out", FakeReader())
    gone = replace(job, folder=replace(job.folder, path=str(SAMPLES / "labels.csv")))
    (row,) = read_unit(gone, LocalFiles(("a",)))
    assert row["exit_code"] == [7]
    assert "cannot be written" in row["error"][0]


def test_large_pictures_make_small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_reading, "MAX_PART_BYTES", 100)
    pictures = [(name, NamedBytes(bytes(40), name)) for name in "abcdefg"]
    assert ["".join(name for name, _ in batch) for batch in part_batches(pictures)] == ["abc", "def", "g"]
