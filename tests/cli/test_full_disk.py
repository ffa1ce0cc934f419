"""A full disk, wherever a command writes: the file is whole or the old one, one line, and exit code 7."""

from pathlib import Path

import pytest
from helpers.cli_runner import SAMPLE, SAMPLES, assert_one_line, sdnn
from helpers.full_disk import full_disk

from sdnn.errors import ExitCode

ROOMS = [0, 100]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("room_bytes", ROOMS)
@pytest.mark.parametrize("name", ["out.csv", "out.tsv", "out.jsonl", "out.txt", "out.xml"])
def test_read_leaves_the_old_file_and_what_is_written_to_be_resumed(
    tmp_path: Path, name: str, room_bytes: int
) -> None:
    out = tmp_path / name
    out.write_bytes(b"old")
    pictures = [SAMPLE] if name.endswith("xml") else [SAMPLE, *[SAMPLES / "00001.png"] * 40]
    with full_disk(room_bytes):
        result = sdnn("read", *pictures, "-o", out, "--jobs", "1", "--batch-size", "2")
    assert result.returncode == ExitCode.OUTPUT
    assert_one_line(result.stderr, f"{out}: cannot be written (File too large)")
    assert out.read_bytes() == b"old"
    assert set(contents(tmp_path)) <= {name, f"{name}.part"}


@pytest.mark.parametrize("room_bytes", [0, 300, 2000])
def test_resume_keeps_every_row_that_there_was(tmp_path: Path, room_bytes: int) -> None:
    out = tmp_path / "out.csv"
    sdnn("read", *[SAMPLE] * 2, SAMPLES / "00001.png", "-o", out)
    before = out.read_bytes()
    for _ in range(2):  # the second time with a part
        with full_disk(room_bytes):
            result = sdnn("read", *sorted(SAMPLES.glob("*.png")) * 2, "-o", out, "--resume", "--jobs", "1")
        assert result.returncode == ExitCode.OUTPUT
        assert_one_line(result.stderr, "File too large")
        assert out.read_bytes() == before
    sdnn("read", SAMPLE, "-o", out, "--resume")
    assert out.read_bytes().startswith(before)


@pytest.mark.parametrize("room_bytes", ROOMS)
@pytest.mark.parametrize("before", [None, b"old"])
def test_pictures_are_whole_or_the_old_ones(tmp_path: Path, room_bytes: int, before: bytes | None) -> None:
    picture = tmp_path / "drawn.png"
    if before:
        picture.write_bytes(before)
    unchanged = contents(tmp_path)
    calls: list[list[object]] = [
        ["read", SAMPLE, "--explain"],
        ["eval", wrong(tmp_path), "--failures"],
    ]
    for arguments in calls:
        with full_disk(room_bytes):
            result = sdnn(*arguments, picture)
        assert result.returncode == ExitCode.OUTPUT
        assert_one_line(result.stderr, f"{picture}: cannot be written (File too large)")
        assert contents(tmp_path) == unchanged


def wrong(folder: Path) -> Path:
    """A labelled folder whose only label is wrong."""
    labelled = folder.parent / f"{folder.name}-labelled"
    labelled.mkdir(exist_ok=True)
    (labelled / "a.png").write_bytes(SAMPLE.read_bytes())
    (labelled / "labels.csv").write_text("file,label\na.png,1\n")
    return labelled


@pytest.mark.parametrize("room_bytes", ROOMS)
def test_a_plot_is_whole_or_the_old_one(tmp_path: Path, room_bytes: int) -> None:
    pytest.importorskip("matplotlib")
    plot = tmp_path / "plot.png"
    plot.write_bytes(b"old")
    labelled = wrong(tmp_path)
    with full_disk(room_bytes):
        result = sdnn("eval", labelled, "--rejection", plot)
    assert result.returncode == ExitCode.OUTPUT
    shortage, _, message = result.stderr.partition(b"\n")
    assert b"--rejection takes" in shortage
    assert_one_line(message, f"{plot}: cannot be written (File too large)")
    assert contents(tmp_path) == {"plot.png": b"old"}


@pytest.mark.parametrize("room_bytes", ROOMS)
@pytest.mark.parametrize("arguments", [(), ("--out", "strips", "--count", "9")], ids=["strip", "folder"])
def test_synth_leaves_nothing(tmp_path: Path, arguments: tuple[str, ...], room_bytes: int) -> None:
    with full_disk(room_bytes):
        result = sdnn("synth", "--source", "pen", "--seed", "1", *arguments, cwd=tmp_path)
    assert result.returncode == ExitCode.OUTPUT
    assert_one_line(result.stderr, "cannot be written (File too large)")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("room_bytes", "before"), [(0, None), (20, "[profile.own]\nlength = '5'\n")])
def test_calibrate_leaves_the_old_profiles(tmp_path: Path, room_bytes: int, before: str | None) -> None:
    if before:
        (tmp_path / "sdnn.toml").write_text(before)
    with full_disk(room_bytes):
        result = sdnn("calibrate", SAMPLES, "--target-error", "0.5", "--save", "new", cwd=tmp_path)
    assert result.returncode == ExitCode.OUTPUT, result.stderr
    assert_one_line(result.stderr, "sdnn.toml: cannot be written (File too large)")
    assert contents(tmp_path) == ({"sdnn.toml": before.encode()} if before else {})
