import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.deadlines import run_process, started
from helpers.full_disk import full_disk
from helpers.output_files import made, pages, part, refusal, write, write_half
from helpers.sample_readings import of

from sdnn.enums import Format
from sdnn.errors import OutputError, UsageError
from sdnn.output import Output


@pytest.mark.parametrize("form", list(Format))
def test_a_file_holds_head_rows_and_end(tmp_path: Path, form: Format) -> None:
    path = tmp_path / "out"
    write(path, form, ["a.png", "b.tiff"])
    one = made(form)
    text = one.start() + "".join(one.rows(page) for name in ("a.png", "b.tiff") for page in pages(name))
    assert path.read_bytes() == (text + one.end()).encode()
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_without_rows_has_the_head_alone(tmp_path: Path) -> None:
    write(tmp_path / "out", Format.CSV, [])
    assert (tmp_path / "out").read_bytes() == made(Format.CSV).start().encode()


def test_the_file_is_there_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("old")
    with Output(path, made()) as output:
        output.write([of("a.png")])
        assert path.read_text() == "old"
        assert part(path).read_bytes().endswith(b"}\n")  # each page at once, for who follows it
    assert '"a.png"' in path.read_text()


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, ValueError, SystemExit])
def test_an_interrupted_output_leaves_its_part_and_the_old_file(
    tmp_path: Path, interruption: type[BaseException]
) -> None:
    path = tmp_path / "out"
    path.write_text("old")
    with pytest.raises(interruption):
        write_half(path, interruption)
    assert path.read_text() == "old"
    assert part(path).read_text().count("\n") == 2


def test_without_resume_an_old_part_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "out"
    part(path).write_text(made(Format.CSV).start())
    write(path, Format.JSON, ["a.png"])
    assert path.read_text().count("\n") == 1
    assert not part(path).exists()


@pytest.mark.parametrize("resume", [False, True])
@pytest.mark.parametrize("form", [Format.CSV, Format.JSON, Format.TSV])
@pytest.mark.parametrize(
    "content",
    [
        b"something else",
        b"milk\tfresh\n",
        b"name\tage\nAnn\t7\n",
        b"\xff\xd8\xff\xe0",
        b'{"a": 1}\n',
        b"07\n",
    ],
)
def test_a_foreign_file_with_the_name_of_the_part_is_left_as_it_is(
    tmp_path: Path, content: bytes, form: Format, resume: bool
) -> None:
    path = tmp_path / "out"
    path.write_text("old")
    part(path).write_bytes(content)
    with pytest.raises((OutputError, UsageError)) as caught:
        write(path, form, ["a.png"], resume)
    assert refusal(caught).startswith(f"{part(path)}: ")
    assert part(path).read_bytes() == content
    assert path.read_text() == "old"


@pytest.mark.parametrize("form", list(Format))
@pytest.mark.parametrize("end", [1, 5, 60, 100_000])
def test_an_interrupted_part_of_any_format_is_begun_anew(tmp_path: Path, form: Format, end: int) -> None:
    whole = tmp_path / "whole"
    write(whole, form, ["a.png", "b.tiff", "c.png"])
    path = tmp_path / "out"
    rows = whole.read_bytes()[:end]
    part(path).write_bytes(rows if form is not Format.TEXT else rows[: rows.rfind(b"\n") + 1])
    write(path, Format.CSV, ["a.png"])
    assert path.read_bytes().count(b"\n") == 2


def links_and_others(folder: Path, kind: str) -> Path:
    """Something else with the name of a part; returns what must not change."""
    treasure, part = folder / "treasure", folder / "out.part"
    treasure.write_text(made(Format.CSV).start())
    if kind == "link":
        part.symlink_to(treasure)
    elif kind == "link to nothing":
        part.symlink_to(folder / "new")
    elif kind == "hard link":
        os.link(treasure, part)
    elif kind == "folder":
        part.mkdir()
    elif kind == "pipe":
        os.mkfifo(part)
    else:
        with socket.socket(socket.AF_UNIX) as made_socket:
            made_socket.bind(str(part.relative_to(Path.cwd())))
    return treasure


@pytest.mark.parametrize("resume", [False, True])
@pytest.mark.parametrize("kind", ["link", "link to nothing", "hard link", "folder", "pipe", "socket"])
def test_what_is_no_file_is_neither_followed_nor_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, resume: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    treasure = links_and_others(tmp_path, kind)
    before = treasure.read_bytes()
    names = sorted(os.listdir(tmp_path))
    with pytest.raises(OutputError) as caught:
        write(tmp_path / "out", Format.CSV, ["a.png"], resume)
    assert refusal(caught).startswith(f"{tmp_path / 'out.part'}: is in the way, and is ")
    assert treasure.read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == names


def test_a_second_writer_is_turned_away_and_the_first_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "out"
    for resume in (False, True):
        with Output(path, made(Format.CSV), resume) as output:
            output.write([of("a.png")])
            for second in (False, True):
                with pytest.raises(OutputError) as caught:
                    write(path, Format.CSV, ["b.png"], second)
                assert "another process is writing it" in refusal(caught)
            output.write([of("c.png")])
        assert [row.split(",")[0] for row in path.read_text().splitlines()[1:]][-2:] == ['"a.png"', '"c.png"']


def test_a_writer_that_is_killed_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "out"
    code = """
import os, pathlib, signal, sys
from helpers.output_files import made, of
from sdnn.enums import Format
from sdnn.output import Output

with Output(pathlib.Path(sys.argv[1]), made(Format.CSV)) as output:
    output.write([of("a.png")])
    output.write([of("b.png")])
    os.kill(os.getpid(), signal.SIGKILL)
"""
    tests = Path(__file__).parent
    lines = f"import sys; sys.path[:0] = [{str(tests)!r}]\n{code}"
    assert run_process(sys.executable, "-c", lines, path).returncode == -signal.SIGKILL
    assert part(path).exists()
    write(path, Format.CSV, ["a.png", "b.png", "c.png"], resume=True)
    assert path.read_bytes().count(b"\n") == 4


def test_a_part_that_was_replaced_does_not_become_the_file(tmp_path: Path) -> None:
    path = tmp_path / "out"

    def write_and_lose_the_part() -> None:
        with Output(path, made(Format.CSV)) as output:
            output.write([of("a.png")])
            part(path).unlink()
            part(path).write_text("planted")

    with pytest.raises(OutputError) as caught:
        write_and_lose_the_part()
    assert "moved or replaced" in refusal(caught)
    assert not path.exists()
    assert part(path).read_text() == "planted"


@pytest.mark.parametrize("name", ["x" * 251, "x" * 255, "é" * 126])
def test_a_name_without_room_for_the_part_is_one_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError) as caught:
        write(tmp_path / name, Format.CSV, ["a.png"])
    assert "give a shorter name" in refusal(caught)


def test_a_link_stays_one_and_its_file_is_written(tmp_path: Path) -> None:
    path, link = tmp_path / "out", tmp_path / "link"
    path.write_text("old")
    path.chmod(0o600)
    link.symlink_to(path)
    write(link, Format.TSV, ["a.png"])
    assert link.is_symlink()
    assert path.read_text().startswith("source")
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_a_process_has_open_is_written_as_it_is(tmp_path: Path) -> None:
    with open(tmp_path / "out", "w") as file:
        write(Path(f"/proc/self/fd/{file.fileno()}"), Format.TSV, ["a.png"])
    assert (tmp_path / "out").read_text().startswith("source")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_folder_is_an_error_of_the_caller(tmp_path: Path) -> None:
    for path in (tmp_path, Path("/"), Path(".")):
        with pytest.raises(UsageError) as caught:
            Output(path, made())
        assert refusal(caught) == f"{path}: is a folder; give the name of a file"


@pytest.mark.parametrize("below", ["missing/out", "file/out", "x" * 300])
def test_a_file_that_cannot_be_made_is_an_output_error(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("")
    for resume in (False, True):
        with pytest.raises(OutputError) as caught, Output(tmp_path / below, made(), resume):
            pass
        assert refusal(caught).startswith(f"{tmp_path / below}: cannot be written (")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_full_disk_is_an_output_error(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("old")
    with full_disk(100), pytest.raises(OutputError) as caught:
        write(path, Format.JSON, ["a.png"])
    assert refusal(caught).startswith(f"{path}: cannot be written (File too large)")
    assert path.read_text() == "old"


def test_a_device_is_written_to_and_stays_a_device() -> None:
    write(Path("/dev/null"), Format.CSV, ["a.png"])
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    assert not os.path.exists("/dev/null.part")


def test_a_pipe_takes_the_rows_as_they_come(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with started("cat", path, stdout=subprocess.PIPE) as reader:
        write(path, Format.TEXT, ["a.png"])
        assert reader.communicate()[0] == b"a.png\t07\n"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(UsageError):
        Output(path, made(), resume=True)


def test_rows_go_write_stdout_where_no_file_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    with Output(None, made(Format.CSV)) as output:
        output.write([of("a.png")])
        assert capsys.readouterr().out.count("\n") == 2  # at once, for who waits for it
        assert list(output.remaining(["a.png", "a.png"])) == ["a.png", "a.png"]
    assert capsys.readouterr().out == ""
