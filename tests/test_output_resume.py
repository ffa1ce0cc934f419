"""Outputs that were broken off, gone on with."""

import os
import signal
import stat
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pytest
from helpers.deadlines import run_python
from helpers.full_disk import full_disk
from helpers.output_files import NAMES, RESUMABLE, TWICE, made, part, refusal, write
from helpers.sample_readings import EMPTY, ERROR, MODEL, REJECTED, of
from hypothesis import given
from hypothesis import strategies as st

from sdnn.enums import Format, Status
from sdnn.errors import OutputError, UsageError
from sdnn.formats import formatter
from sdnn.output import Output


@pytest.mark.parametrize(
    ("form", "names", "finished"),
    [
        *((form, NAMES, False) for form in (Format.TEXT, Format.TSV, Format.CSV)),
        pytest.param(Format.JSON, NAMES[:4], False, marks=pytest.mark.slow),
        (Format.TEXT, TWICE, False),
        (Format.TEXT, ["a.png", "c.png", "d.png", "a.png"], True),
    ],
)
def test_wherever_it_was_cut_off_every_source_is_there_once_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: Format, names: list[str], finished: bool
) -> None:
    monkeypatch.setattr(os, "fsync", lambda file: None)  # a power cut is not what is tested
    path = tmp_path / "out"
    write(path, form, names)
    whole = path.read_bytes()
    for offset in range(len(whole) + 1):
        path.unlink(missing_ok=True)
        (path if finished else part(path)).write_bytes(whole[:offset])
        write(path, form, names, resume=True)
        assert path.read_bytes() == whole, offset
        assert not part(path).exists()


@given(
    names=st.lists(st.sampled_from(["a.png", "b.tiff", "c.png"]), max_size=8),
    stops=st.lists(st.integers(0, 5), max_size=4),
    form=st.sampled_from(RESUMABLE),
)
def test_an_output_interrupted_again_and_again_comes_to_the_same(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], stops: list[int], form: Format
) -> None:
    folder = tmp_path_factory.mktemp("resume")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda file: None)  # a power cut is not what is tested
        write(folder / "at-once", form, names)
        for stop in stops:
            try:
                write(folder / "out", form, names, resume=True, kill_after=stop)
            except KeyboardInterrupt:
                assert not (folder / "out").exists() or part(folder / "out").exists()
        write(folder / "out", form, names, resume=True)
    assert (folder / "out").read_bytes() == (folder / "at-once").read_bytes()


def test_done_counts_the_sources_on_a_part_but_the_last(tmp_path: Path) -> None:
    path = tmp_path / "out"
    write(path, Format.JSON, ["a.png", "b.tiff", "a.png", "c.png", "c.png", "b.tiff", "d.png"])
    whole = path.read_bytes()
    path.rename(part(path))
    with Output(path, made(), resume=True) as output:
        assert output.done == Counter({"a.png": 2, "b.tiff": 2, "c.png": 1})
        assert part(path).read_bytes() == b"".join(whole.splitlines(True)[:-1])


def test_a_finished_file_loses_nothing_when_its_pictures_are_no_longer_named(tmp_path: Path) -> None:
    path = tmp_path / "out"
    write(path, Format.CSV, ["a.png", "b.tiff"])
    before = path.read_bytes()
    write(path, Format.CSV, ["c.png"], resume=True)
    assert path.read_bytes().startswith(before)
    assert len(path.read_bytes()) > len(before)


def test_a_finished_file_can_be_gone_on_with_for_more_pictures(tmp_path: Path) -> None:
    path = tmp_path / "out"
    write(path, Format.CSV, NAMES[:3])
    write(path, Format.CSV, NAMES, resume=True)
    resumed = path.read_bytes()
    write(path, Format.CSV, NAMES)
    assert path.read_bytes() == resumed


def test_the_part_goes_before_the_file(tmp_path: Path) -> None:
    path = tmp_path / "out"
    write(path, Format.JSON, ["a.png", "b.tiff", "c.png"])
    part(path).write_bytes(b"")
    with Output(path, made(), resume=True) as output:
        assert not output.done


MANY = [f"{number}.png" for number in range(1500)]


@pytest.mark.parametrize("room_bytes", [0, 300, 70_000])
def test_a_copy_that_fills_the_disk_leaves_the_file_and_no_part(tmp_path: Path, room_bytes: int) -> None:
    path = tmp_path / "out"
    write(path, Format.CSV, MANY)
    whole = path.read_bytes()
    assert len(whole) > room_bytes
    with full_disk(room_bytes), pytest.raises(OutputError) as caught:
        write(path, Format.CSV, [*MANY, "new.png"], resume=True)
    assert "File too large" in refusal(caught)
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == whole
    write(path, Format.CSV, ["new.png"], resume=True)
    assert path.read_bytes().startswith(whole)
    assert path.read_bytes().count(b"\n") == 1 + len(MANY) + 1


def test_a_process_killed_in_the_midst_of_the_copy_loses_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "out"
    write(path, Format.CSV, MANY)
    whole = path.read_bytes()
    code = """
import os, pathlib, signal, sys
from sdnn import part_file
from sdnn.enums import Format
from sdnn.formats import formatter
from sdnn.output import Output

def copy_ranges(source, target, ranges):
    target.write(source.read(300))
    os.kill(os.getpid(), signal.SIGKILL)

part_file.copy_ranges = copy_ranges
with Output(pathlib.Path(sys.argv[1]), formatter(Format.CSV, model={}), resume=True):
    pass
"""
    assert run_python("-c", code, path).returncode == -signal.SIGKILL
    assert path.read_bytes() == whole
    assert not part(path).exists()
    write(path, Format.CSV, ["new.png"], resume=True)
    assert path.read_bytes().startswith(whole)


def test_the_copy_is_on_the_disk_before_it_is_called_the_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out"
    write(path, Format.CSV, ["a.png"])
    events: list[str] = []
    fsync, replace = os.fsync, os.replace

    def noted_fsync(file: int) -> None:
        events.append("folder" if stat.S_ISDIR(os.fstat(file).st_mode) else "file")
        fsync(file)

    def noted_replace(old: Path, new: Path) -> None:
        events.append(Path(new).name)
        replace(old, new)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "replace", noted_replace)
    write(path, Format.CSV, ["a.png"], resume=True)
    assert events == ["file", "out.part", "folder", "file", "out", "folder"]


@pytest.mark.parametrize("form", RESUMABLE)
@pytest.mark.parametrize("kept", [0, 1, 40, 200, 10_000])
def test_a_short_part_beside_the_file_costs_no_rows(tmp_path: Path, form: Format, kept: int) -> None:
    path = tmp_path / "out"
    write(path, form, TWICE)
    whole = path.read_bytes()
    part(path).write_bytes(whole[:kept])
    write(path, form, ["new.png"], resume=True)
    assert not part(path).exists()
    one = made(form)
    new = (one.rows([of("new.png")]) + one.end()).encode()
    assert sorted(path.read_bytes().splitlines()) == sorted((whole + new).splitlines())


def begin_anew(path: Path, names: Sequence[str]) -> None:
    """Starts to replace a file with other texts, and is interrupted."""
    with Output(path, made(Format.TSV)) as output:
        for name in names:
            output.write([of(name, text="999")])
        raise KeyboardInterrupt


def test_a_run_begun_anew_over_an_old_file_is_gone_on_with_and_keeps_rows_of_other_pictures(
    tmp_path: Path,
) -> None:
    path = tmp_path / "out"
    write(path, Format.TSV, ["gone.png", "a.png", "b.png"])
    with pytest.raises(KeyboardInterrupt):
        begin_anew(path, ["a.png", "b.png"])
    write(path, Format.TSV, ["a.png", "b.png"], resume=True)
    rows = [line.split("\t") for line in path.read_text().splitlines()[1:]]
    assert [row[0] for row in rows] == ["a.png", "b.png", "gone.png"]
    assert "999" in rows[0]
    assert "999" not in rows[1]  # the last one was not surely whole, and is read again


def test_rows_of_another_format_are_replaced_as_they_would_have_been(tmp_path: Path) -> None:
    path = tmp_path / "out"
    write(path, Format.JSON, ["a.png", "b.png"])
    part(path).write_bytes(made(Format.CSV).start().encode())
    write(path, Format.CSV, ["c.png"], resume=True)
    assert path.read_text().count("\n") == 2


def test_there_may_be_nothing_to_go_on_with(tmp_path: Path) -> None:
    write(tmp_path / "out", Format.CSV, NAMES, resume=True)
    write(tmp_path / "at-once", Format.CSV, NAMES)
    assert (tmp_path / "out").read_bytes() == (tmp_path / "at-once").read_bytes()


def test_sources_that_are_no_longer_asked_for_stay_on_file(tmp_path: Path) -> None:
    path = tmp_path / "out"
    write(path, Format.TEXT, ["gone.png", "a.png"])
    write(path, Format.TEXT, ["a.png", "b.png"], resume=True)
    assert [row.split("\t")[0] for row in path.read_text().splitlines()] == ["gone.png", "a.png", "b.png"]


@pytest.mark.parametrize("begun", list(Format))
@pytest.mark.parametrize("asked", RESUMABLE)
def test_a_file_of_another_format_is_refused_and_left_as_it_is(
    tmp_path: Path, begun: Format, asked: Format
) -> None:
    if begun is asked:
        return
    path = tmp_path / "out"
    write(path, begun, ["a.png", "b.tiff"])
    before = path.read_bytes()
    with pytest.raises(UsageError) as caught:
        write(path, asked, ["a.png"], resume=True)
    assert refusal(caught).startswith(f"{path}: line 1 ")
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("foreign", [b"shopping list", b"\xff\xd8\xff", b"07\n"])
def test_a_file_that_holds_no_rows_is_refused(tmp_path: Path, foreign: bytes) -> None:
    path = tmp_path / "out"
    path.write_bytes(foreign)
    with pytest.raises(UsageError):
        write(path, Format.CSV, ["a.png"], resume=True)
    assert path.read_bytes() == foreign


def test_a_line_that_is_no_row_is_named(tmp_path: Path) -> None:
    path = tmp_path / "out"
    write(path, Format.JSON, ["a.png", "b.tiff"])
    with open(path, "a") as file:
        file.write("shopping list\n")
    with pytest.raises(UsageError) as caught:
        write(path, Format.JSON, ["a.png"], resume=True)
    assert "line 6 " in refusal(caught)


@pytest.mark.parametrize("form", [Format.ALTO, Format.TEXT])
def test_rows_that_name_no_source_cannot_be_gone_on_with(tmp_path: Path, form: Format) -> None:
    with pytest.raises(UsageError) as caught:
        Output(tmp_path / "out", formatter(form, model=MODEL), resume=True)
    assert "--resume" in refusal(caught)
    assert not list(tmp_path.iterdir())


def test_stdout_cannot_be_gone_on_with() -> None:
    with pytest.raises(UsageError) as caught:
        Output(None, made(), resume=True)
    assert "--output" in refusal(caught)


@given(names=st.lists(st.sampled_from("abc"), max_size=10), count=st.integers(0, 10))
def test_what_remains_and_what_is_done_make_the_whole(names: list[str], count: int) -> None:
    output = Output(None, made())
    groups = [list(group) for _, group in groupby(names)]
    output.done = Counter(group[0] for group in groups[:count])
    assert list(output.remaining(names)) == [name for group in groups[count:] for name in group]


@pytest.mark.parametrize("form", RESUMABLE)
def test_kept_rows_are_counted_by_their_status(tmp_path: Path, form: Format) -> None:
    path = tmp_path / "out"
    with Output(path, made(form)) as output:
        for reading in READINGS:
            output.write([reading])
    with Output(path, made(form), resume=True) as output:
        assert not list(output.remaining([reading.source for reading in READINGS]))
    # Text has no status: what is not accepted has no text, and may be rejected.
    of_text = {Status.ACCEPTED: 2, Status.REJECTED: 4}
    assert output.kept == (of_text if form is Format.TEXT else STATUSES)


READINGS = [
    of("a.png"),
    replace(ERROR, source="bad.png"),
    replace(REJECTED, source="b.png"),
    replace(ERROR, source="worse.png", reason="a\tb\nc"),
    replace(EMPTY, source="c.png"),
    of("d.png"),
]
STATUSES = {Status.ACCEPTED: 2, Status.ERROR: 2, Status.REJECTED: 1, Status.EMPTY: 1}


def test_rows_of_the_file_that_the_part_lacks_are_counted_too(tmp_path: Path) -> None:
    path = tmp_path / "out"
    with Output(path, made(Format.CSV)) as output:
        output.write([replace(ERROR, source="gone.png")])
    part(path).write_text(made(Format.CSV).start())
    with Output(path, made(Format.CSV), resume=True) as output:
        output.write([of("a.png")])
    assert output.kept == {Status.ERROR: 1}


@pytest.mark.parametrize("finished", [True, False])
@pytest.mark.parametrize("form", [Format.CSV, Format.TSV, Format.JSON])
def test_errors_that_are_retried_are_read_once_and_the_other_rows_stay(
    tmp_path: Path, form: Format, finished: bool
) -> None:
    path = tmp_path / "out"
    with Output(path, made(form)) as output:
        for reading in [*READINGS, of("last.png")]:
            output.write([reading])
    if not finished:
        path.rename(part(path))
    names = [reading.source for reading in READINGS] + ["last.png"]
    with Output(path, made(form), True, retry=[*names[:2], *names[4:]]) as output:
        remaining = list(output.remaining(names))
        assert remaining == (["bad.png"] if finished else ["bad.png", "last.png"])
        for name in remaining:
            output.write([of(name, text="999")])
    assert output.kept == STATUSES | {Status.ERROR: 1} | ({Status.ACCEPTED: 3} if finished else {})
    with Output(path, made(form), True) as output:  # worse.png was not among the names, and has its error
        assert output.done == Counter(names)


def test_a_retry_that_is_killed_goes_on_without_the_errors_of_the_part_and_loses_none_of_the_file(
    tmp_path: Path,
) -> None:
    path = tmp_path / "out"
    with Output(path, made(Format.CSV)) as output:
        for reading in READINGS:
            output.write([reading])
    names = [reading.source for reading in READINGS]
    with pytest.raises(KeyboardInterrupt), Output(path, made(Format.CSV), True, retry=names):
        raise KeyboardInterrupt
    assert b"bad.png" not in part(path).read_bytes()
    with Output(path, made(Format.CSV), True) as output:
        assert "bad.png" in output.remaining(names)
    assert b"bad.png" in path.read_bytes()


def test_a_line_without_end_is_no_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sdnn.kept_rows.MAX_LINE_BYTES", 1000)
    path = tmp_path / "out"
    path.write_bytes(b'{"schema": 2, "source": "' + b"a" * 5000 + b'"}\n')
    with pytest.raises(UsageError) as caught:
        write(path, Format.JSON, ["a.png"], resume=True)
    assert "line 1 " in refusal(caught)


@pytest.mark.parametrize(
    "record",
    ["[" * 100_000, '{"source": "a", "schema": 2}', '{"source": "a", "schema": 2, "status": []}'],
    ids=["deep", "no status", "another status"],
)
def test_a_record_that_is_none_is_refused(tmp_path: Path, record: str) -> None:
    path = tmp_path / "out"
    path.write_text(f"{record}\n")
    with pytest.raises(UsageError) as caught:
        write(path, Format.JSON, ["a.png"], resume=True)
    assert "line 1 " in refusal(caught)


OLDER = Path(__file__).parent / "fixtures" / "version-0.1"


@pytest.mark.parametrize("form", [Format.JSON, Format.CSV, Format.TSV])
@pytest.mark.parametrize("finished", [True, False])
def test_records_and_tables_of_version_0_1_are_refused_with_a_sentence(
    tmp_path: Path, form: Format, finished: bool
) -> None:
    path = tmp_path / "out"
    held = path if finished else part(path)
    held.write_bytes((OLDER / f"rows.{form}").read_bytes())
    with pytest.raises(UsageError) as caught:
        write(path, form, ["a.png"], resume=True)
    assert "leave out --resume" in refusal(caught)
    assert held.read_bytes() == (OLDER / f"rows.{form}").read_bytes()
    assert list(tmp_path.iterdir()) == [held]


def test_text_of_version_0_1_is_resumed(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes((OLDER / "rows.txt").read_bytes())
    with Output(path, made(Format.TEXT), True) as output:
        assert list(output.remaining(["a.png", "b.tiff", "new.png"])) == ["new.png"]


@pytest.mark.parametrize("name", ["rows.json", "rows.csv", "rows.tsv", "rows.txt"])
def test_a_part_of_version_0_1_is_begun_anew(tmp_path: Path, name: str) -> None:
    path = tmp_path / "out"
    part(path).write_bytes((OLDER / name).read_bytes())
    write(path, Format.JSON, ["a.png"])
    assert path.read_bytes().count(b"\n") == 1
