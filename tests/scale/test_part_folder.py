"""Folder of parts: whole parts or none, and a resume that fits."""

import json
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from helpers.sample_readings import ERROR, MODEL, READING

pytest.importorskip("pyarrow", reason="needs the extra ray")

import pyarrow.parquet as pq

from sdnn.errors import OutputError, UsageError
from sdnn.formats.record import reading_record
from sdnn.scale.part_folder import PartFolder
from sdnn.scale.part_names import JOB, SUCCESS

RECORDS = [reading_record(each, MODEL) for each in (READING, replace(ERROR, source="b.png"))]
ROWS = Counter({("a.png", "accepted"): 1, ("b.png", "error"): 1})


def folder_at(path: Path, is_json: bool = False, **changes: Any) -> PartFolder:
    return replace(PartFolder.at(str(path), MODEL, is_json), **changes)


@pytest.mark.parametrize("is_json", [False, True], ids=["parquet", "json"])
@pytest.mark.parametrize("by_uri", [False, True], ids=["path", "uri"])
def test_parts_are_known_after_a_resume(tmp_path: Path, is_json: bool, by_uri: bool) -> None:
    path = tmp_path / "new" / "out"
    folder = PartFolder.at(path.as_uri() if by_uri else str(path), MODEL, is_json)
    assert folder.begin(resume=False) == Counter()
    part = folder.part_name(["a.png", "b.png"])
    assert folder.statuses(part) is None
    folder.write(part, RECORDS)
    assert folder.statuses(part) == {"accepted": 1, "error": 1}
    folder.finish()
    assert {each.name for each in path.iterdir()} == {JOB, SUCCESS, part}
    assert folder.begin(resume=True) == ROWS
    assert {each.name for each in path.iterdir()} == {JOB, part}


def test_the_parts_are_one_table_to_those_who_read_parquet(tmp_path: Path) -> None:
    folder = folder_at(tmp_path / "out")
    folder.begin(resume=False)
    folder.write(folder.part_name(["a.png"]), RECORDS[:1])
    folder.write(folder.part_name(["b.png"]), RECORDS[1:])
    folder.leave_note(folder.part_name(["b.png"]), "{}")
    folder.finish()
    assert sorted(pq.read_table(tmp_path / "out").column("source").to_pylist()) == ["a.png", "b.png"]


def test_a_part_has_the_name_that_its_pictures_give_it(tmp_path: Path) -> None:
    folder = folder_at(tmp_path)
    assert folder.part_name(["a", "b"]) == folder.part_name(["a", "b"])
    names = [["a", "b"], ["b", "a"], ["ab"], ["a"], ["\udcff"]]
    assert len({folder.part_name(each) for each in names}) == len(names)


def test_what_a_killed_worker_left_is_no_part_and_goes(tmp_path: Path) -> None:
    folder = folder_at(tmp_path / "out")
    folder.begin(resume=False)
    for left in (".part-0.parquet.7.tmp", ".part-1.parquet.attempts.tmp"):
        (tmp_path / "out" / left).write_bytes(b"half")
    assert folder.begin(resume=True) == Counter()
    assert [each.name for each in (tmp_path / "out").iterdir()] == [JOB]


def test_a_folder_in_use_is_refused_without_resume_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("kept")
    for resume, message in ((False, "holds files already"), (True, "holds other files")):
        with pytest.raises(UsageError, match=message):
            folder_at(tmp_path).begin(resume)
    assert [each.name for each in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"is_json": True}, "format parquet, not json"),
        ({"model": {**MODEL, "sha256": "11" * 32}}, "begun with model"),
    ],
)
def test_parts_of_another_kind_are_not_gone_on_with(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    folder_at(tmp_path).begin(resume=False)
    with pytest.raises(UsageError, match=message):
        folder_at(tmp_path, **changes).begin(resume=True)


@pytest.mark.parametrize("is_json", [False, True], ids=["parquet", "json"])
@pytest.mark.parametrize("content", [b"", b"{}\n", b"PAR1"], ids=["empty", "other", "cut"])
def test_a_damaged_part_is_named_in_one_line(tmp_path: Path, is_json: bool, content: bytes) -> None:
    if is_json and not content:
        pytest.skip("a file without lines is one without rows")
    folder = folder_at(tmp_path, is_json)
    folder.begin(resume=False)
    part = tmp_path / folder.part_name(["a.png"])
    part.write_bytes(content)
    with pytest.raises(UsageError, match="remove it") as refused:
        folder.begin(resume=True)
    assert str(part) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("kept")
    with pytest.raises(UsageError, match="is a file"):
        folder_at(tmp_path / "out").begin(resume=False)
    with pytest.raises((OutputError, UsageError), match="out"):
        folder_at(tmp_path / "out" / "below").begin(resume=False)


def test_a_part_that_cannot_be_written_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_at(tmp_path, True)
    folder.begin(resume=False)
    part = folder.part_name(["a.png"])
    folder.write(part, RECORDS[:1])
    before = (tmp_path / part).read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        folder.write(part, RECORDS)
    assert (tmp_path / part).read_bytes() == before
    assert json.loads(before)["source"] == "a.png"


def test_two_commands_do_not_write_one_folder(tmp_path: Path) -> None:
    folder, other = folder_at(tmp_path / "out"), folder_at(tmp_path / "out")
    with folder.locked():
        with pytest.raises(OutputError, match="another process is writing it"), other.locked():
            pass
        assert folder.begin(resume=False) == Counter()
    with other.locked():
        assert other.begin(resume=True) == Counter()


def test_a_folder_behind_a_link_is_locked_itself(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "out")
    with (
        folder_at(tmp_path / "link").locked(),
        pytest.raises(OutputError, match="another process"),
        folder_at(tmp_path / "out").locked(),
    ):
        pass


def test_what_is_no_folder_is_not_locked(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    with pytest.raises(UsageError, match="is a file"), folder_at(tmp_path / "file").locked():
        pass
    with pytest.raises(OutputError, match="cannot be written"), folder_at(tmp_path / "file" / "x").locked():
        pass
    assert (tmp_path / "file").read_text() == "kept"
