"""Outputs that were broken off, gone on with."""

import os
import shutil
import signal
import stat
from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import pytest
from helpers.deadlines import run_python
from helpers.output_files import NAMES, RESUMABLE, TWICE, made, part, refusal, write
from helpers.sample_readings import MODEL, of
from hypothesis import given
from hypothesis import strategies as st

from sdnn.enums import Format
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


def half_a_copy(source: Path, target: Path) -> None:
    """Stands for `shutil.copyfile` on a disk that is full before the end."""
    data = Path(source).read_bytes()
    Path(target).write_bytes(data[: len(data) // 500])
    raise OSError(28, "No space left on device")


def test_a_copy_that_fills_the_disk_leaves_the_file_and_no_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out"
    write(path, Format.CSV, MANY)
    whole = path.read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "copyfile", half_a_copy)
        with pytest.raises(OutputError) as caught:
            write(path, Format.CSV, [*MANY, "new.png"], resume=True)
    assert "No space left on device" in refusal(caught)
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
import os, pathlib, shutil, signal, sys
from sdnn.enums import Format
from sdnn.formats import formatter
from sdnn.output import Output

def copyfile(source, target):
    pathlib.Path(target).write_bytes(pathlib.Path(source).read_bytes()[:300])
    os.kill(os.getpid(), signal.SIGKILL)

shutil.copyfile = copyfile
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
