"""Pictures that fail after loading, crash, hang, or take all memory: error rows, and the batch goes on."""

import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.cli_runner import SAMPLE, SAMPLES, assert_one_line, labels, records, sdnn, sdnn_process
from PIL import Image

from sdnn.enums import Status
from sdnn.errors import ExitCode, UsageError
from sdnn.preprocessing.loading import ImageSource
from sdnn.reading.page import Page
from sdnn.reading.reader import Reader
from sdnn.results import Reading

FAULTS = Path(__file__).parents[1] / "helpers" / "codec_faults"
CRASHES = {"crash": "SIGSEGV", "kill": "SIGKILL", "leave": "exit code 3"}


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


@pytest.fixture
def faulty_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Worker processes that start from now on have the faults of `helpers.codec_faults`."""
    path = os.pathsep.join(filter(None, [str(FAULTS), os.environ.get("PYTHONPATH")]))
    monkeypatch.setenv("PYTHONPATH", path)


def faulty(folder: Path, kind: str) -> Path:
    path = folder / f"{kind}.png"
    path.write_bytes(SAMPLE.read_bytes() + b"FAULT:" + kind.encode())
    return path


def good(count: int) -> list[ImageSource]:
    return [SAMPLES / name for name in sorted(labels())[:count]]


def texts(readings: Sequence[Reading]) -> list[str]:
    return [reading.text for reading in readings]


@pytest.mark.slow
@pytest.mark.usefixtures("faulty_workers")
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_picture_that_ends_its_worker_is_an_error_and_the_others_are_read(
    reader: Reader, tmp_path: Path, jobs: int
) -> None:
    expected = texts(list(reader.read_many(good(12))))
    sources = good(12)
    for place, kind in zip((0, 5, 9), CRASHES, strict=True):
        sources.insert(place, faulty(tmp_path, kind))
    readings = list(reader.read_many(sources, jobs=jobs, isolated=True))
    assert [reading.source for reading in readings] == [str(source) for source in sources]
    failed = [reading for reading in readings if reading.status is Status.ERROR]
    assert texts([reading for reading in readings if reading not in failed]) == expected
    for reading, (kind, reason) in zip(failed, CRASHES.items(), strict=True):
        assert reading.reason
        assert reading.source.endswith(f"{kind}.png")
        assert reading.reason.startswith(f"{reading.source}: ended its worker process")
        assert reason in reading.reason


@pytest.mark.slow
@pytest.mark.usefixtures("faulty_workers")
def test_a_picture_past_the_time_limit_is_an_error(reader: Reader, tmp_path: Path) -> None:
    sources = [*good(3), faulty(tmp_path, "hang"), *good(2)]
    readings = list(reader.read_many(sources, timeout=3.0))
    assert [reading.status is Status.ERROR for reading in readings] == [False] * 3 + [True] + [False] * 2
    assert readings[3].reason == f"{readings[3].source}: took more than 3 s; allow more time"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs a limit of the address space")
@pytest.mark.usefixtures("faulty_workers")
def test_a_picture_that_takes_all_memory_is_an_error(reader: Reader, tmp_path: Path) -> None:
    first, second = reader.read_many([faulty(tmp_path, "fill"), SAMPLE], isolated=True)
    assert (first.status, first.text) == (Status.ERROR, "")
    assert "too little memory" in str(first.reason)
    assert second.text == labels()[SAMPLE.name]


@pytest.mark.slow
@pytest.mark.usefixtures("faulty_workers")
def test_the_command_isolates_pictures_with_a_number_of_jobs_or_a_timeout(tmp_path: Path) -> None:
    path = faulty(tmp_path, "crash")
    for options in (("--jobs", 1), ("--timeout", 60)):
        result = sdnn("read", path, SAMPLE, "--json", *options)
        assert result.returncode == ExitCode.UNREADABLE
        assert_one_line(result.stderr, "SIGSEGV")
        assert [row["status"] for row in records(result.stdout)] == ["error", "accepted"]


@pytest.mark.slow
@pytest.mark.usefixtures("faulty_workers")
def test_a_large_folder_survives_a_crash_without_options(tmp_path: Path) -> None:
    for number in range(33):
        os.link(SAMPLE, tmp_path / f"{number:02}.png")
    faulty(tmp_path, "crash")
    result = sdnn_process("read", tmp_path, "--json")
    assert result.returncode == ExitCode.UNREADABLE
    assert_one_line(result.stderr, "SIGSEGV")
    assert [row["status"] for row in records(result.stdout)] == ["accepted"] * 33 + ["error"]


def test_evidence_has_no_time_limit(reader: Reader) -> None:
    with pytest.raises(UsageError, match="timeout"):
        list(reader.read_pages([SAMPLE], timeout=1.0, evidence=True))
    result = sdnn("read", SAMPLE, "--timeout", 5, "--explain", "out.png")
    assert result.returncode == ExitCode.USAGE
    assert_one_line(result.stderr, "--timeout", "--explain")


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf")])
def test_a_timeout_is_a_time(reader: Reader, timeout: float) -> None:
    with pytest.raises(UsageError, match="seconds above 0"):
        list(reader.read_pages([SAMPLE], timeout=timeout))


@pytest.mark.slow
def test_pictures_of_every_kind_are_read_with_a_time_limit(reader: Reader) -> None:
    with Image.open(SAMPLE) as image:
        array, picture = np.asarray(image), image.copy()
    stream = io.BytesIO(SAMPLE.read_bytes())
    stream.name = "from a stream"
    sources: list[ImageSource] = [SAMPLE, str(SAMPLE), SAMPLE.read_bytes(), stream, array, picture]
    readings = list(reader.read_many(sources, timeout=100.0))
    assert set(texts(readings)) == {labels()[SAMPLE.name]}
    assert readings[3].source == "from a stream"


class _Torn:
    name = "torn"

    def read(self, size: int = -1) -> bytes:
        raise OSError("gone")


@pytest.mark.slow
def test_a_stream_that_breaks_off_is_an_error_with_a_time_limit_too(reader: Reader) -> None:
    first, second = reader.read_many([_Torn(), SAMPLE], timeout=100.0)
    assert first.reason == "torn: cannot be read (gone); try again"
    assert second.text == labels()[SAMPLE.name]


@pytest.mark.parametrize("error", [ValueError("of all\nthings"), MemoryError(), RuntimeError("net")])
@pytest.mark.parametrize("step", ["engine.class_maps", "decoder.decode_views", "decoder.make_readings"])
def test_one_picture_that_fails_in_a_batch_takes_no_other_with_it(
    reader: Reader, monkeypatch: pytest.MonkeyPatch, step: str, error: Exception
) -> None:
    expected = list(reader.read_many(good(8)))
    culprit = str(good(8)[3])
    current: list[Page] = []
    read_batch = Reader.read_batch

    def remembered(self: Reader, pages: Sequence[Page], *rest: Any) -> Any:
        current[:] = pages
        return read_batch(self, pages, *rest)

    stage, method = step.split(".")
    whole = getattr(type(getattr(reader, stage)), method)

    def failing(self: Any, items: Any) -> Any:
        result = whole(self, items)
        if any(page.source == culprit for page in current):
            raise error
        return result

    monkeypatch.setattr(Reader, "read_batch", remembered)
    monkeypatch.setattr(type(getattr(reader, stage)), method, failing)
    readings = list(reader.read_many(good(8)))
    assert [reading.status is Status.ERROR for reading in readings] == [place == 3 for place in range(8)]
    reason = str(readings[3].reason)
    assert reason.startswith(f"{culprit}: ")
    assert "\n" not in reason
    assert ("too little memory" in reason) == isinstance(error, MemoryError)
    for place in {*range(8)} - {3}:
        assert (readings[place].text, readings[place].views) == (expected[place].text, expected[place].views)
        assert readings[place].confidence == pytest.approx(expected[place].confidence, abs=1e-4)


def test_an_interruption_is_no_error_of_the_picture(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(type(reader.engine), "class_maps", interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(reader.read_many([SAMPLE]))
