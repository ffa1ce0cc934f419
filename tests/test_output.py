import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.deadlines import run_process, started
from helpers.output_files import made, pages, part, refusal, write, write_half
from helpers.sample_readings import of

from sdnn.enums import Format
from sdnn.errors import ExitCode, OutputError, UsageError
from sdnn.output import Output, write_stdout


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
    part(path).write_text("something else")
    write(path, Format.JSON, ["a.png"])
    assert path.read_text().count("\n") == 1
    assert not part(path).exists()


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
    part(path).symlink_to("/dev/full")
    with pytest.raises(OutputError) as caught:
        write(path, Format.JSON, ["a.png"])
    assert refusal(caught).startswith(f"{path}: cannot be written (No space left on device)")
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


def test_a_closed_stdout_is_an_output_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(OutputError) as caught:
        write_stdout("07\n")
    assert "closed" in refusal(caught)


ENDLESS_LINES = "from sdnn.output import write_stdout\nwhile True: write_stdout('07\\n' * 1000)"
ENDLESS = sys.executable, "-c", ENDLESS_LINES


def test_a_reader_that_is_gone_ends_it_quietly() -> None:
    with started(*ENDLESS, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == ExitCode.OK


def test_a_stdout_that_is_full_is_one_line() -> None:
    with open("/dev/full", "wb") as full:
        stderr = run_process(*ENDLESS, stdout=full).stderr
    assert stderr.splitlines()[-1].startswith(b"sdnn.errors.OutputError: stdout: ")
