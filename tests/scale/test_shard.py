"""Shards: each picture in one of them, the same wherever the folder is mounted."""

import shutil
from collections import Counter
from pathlib import Path

import pytest
from helpers.batch_folder import write_batch
from helpers.cli_runner import SAMPLE, assert_one_line, records, sdnn

from sdnn.errors import ExitCode, UsageError
from sdnn.inputs import pictures
from sdnn.scale.shard import Shard


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_batch(tmp_path / "strips")


def shards(count: int) -> list[Shard]:
    return [Shard(number, count) for number in range(1, count + 1)]


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_every_picture_is_in_exactly_one_shard(folder: Path, count: int) -> None:
    held = Counter(name for shard in shards(count) for name in shard.pictures([str(folder)]))
    assert held == Counter(pictures([str(folder)]))


def test_the_shards_are_the_same_wherever_the_folder_lies(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "mounted"
    shutil.copytree(folder, other)
    for shard in shards(3):
        here, there = (
            [Path(name).relative_to(root) for name in shard.pictures([f"{root}/"])]
            for root in (folder, other)
        )
        assert here == there


def test_shards_are_of_similar_size() -> None:
    paths = [f"{number:05}.png" for number in range(2000)]
    sizes = [sum(map(shard.holds, paths)) for shard in shards(4)]
    assert sum(sizes) == 2000
    assert min(sizes) > 430


def test_a_path_stays_in_its_shard_for_ever() -> None:
    # SHA-256 of the path, its first eight bytes modulo 8, plus 1: a job array that is resumed with another
    # version of sdnn must find the same shards.
    assert [next(s.number for s in shards(8) if s.holds(f"{n}.png")) for n in range(6)] == [3, 3, 1, 3, 8, 8]
    assert next(shard.number for shard in shards(8) if shard.holds("\udcff.png")) in range(1, 9)


@pytest.mark.parametrize(
    "text", ["", "3", "0/4", "5/4", "1/0", "-1/4", "1/4/2", "a/b", "1.5/4", "²/4", "1/٣"]
)
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="as in 3/8"):
        Shard.parse(text)


def test_shards_of_the_command_hold_the_rows_of_the_whole(folder: Path) -> None:
    whole = sources(sdnn("read", folder, "--json", "-q", "--jobs", "1").stdout)
    parts = [
        sources(sdnn("read", folder, "--json", "-q", "--jobs", "1", "--shard", f"{number}/3").stdout)
        for number in (1, 2, 3)
    ]
    assert all(parts)
    assert sorted(source for part in parts for source in part) == sorted(whole)


def sources(output: bytes) -> list[str]:
    return [str(record["source"]) for record in records(output)]


def test_a_shard_without_pictures_writes_a_file_without_rows(tmp_path: Path) -> None:
    empty = next(shard for shard in shards(2) if not shard.holds(str(SAMPLE)))
    out = tmp_path / "out.csv"
    result = sdnn("read", SAMPLE, "-o", out, "--shard", f"{empty.number}/2")
    assert result.returncode == ExitCode.OK
    assert out.read_text().count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("-", "--shard", "1/2"), "--shard"),
        ((SAMPLE, "--shard", "3/2"), "--shard 3/2"),
        ((SAMPLE, "--shard", "1/2", "--explain", "out.png"), "--explain"),
    ],
)
def test_shards_without_sense_are_refused_in_one_line(arguments: tuple[object, ...], message: str) -> None:
    result = sdnn("read", *arguments)
    assert result.returncode == ExitCode.USAGE
    assert_one_line(result.stderr, message)
