import json
from pathlib import Path

import pytest
from helpers.cli_runner import SAMPLES, assert_one_line, sdnn
from PIL import Image

from sdnn.errors import ExitCode


@pytest.fixture(autouse=True)
def own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "SDNN_DATA"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.chdir(tmp_path)


def test_the_data_sets_are_listed_with_what_is_missing() -> None:
    result = sdnn("data")
    assert (result.returncode, result.stderr) == (ExitCode.OK, b"")
    text = result.stdout.decode()
    for part in ("MNIST\n", "UNIPEN", "licence", "get it   sdnn data get mnist"):
        assert part in text
    assert sdnn("data", "list").stdout == result.stdout
    names = [json.loads(line)["name"] for line in sdnn("data", "--json").stdout.splitlines()]
    assert names == ["MNIST", "UNIPEN train_r01_v07"]


def test_unipen_is_explained_in_one_line() -> None:
    result = sdnn("data", "get", "unipen")
    assert (result.returncode, result.stdout) == (ExitCode.USAGE, b"")
    assert_one_line(result.stderr, "zenodo", "unpack")


def test_a_contact_sheet_shows_a_labelled_folder(tmp_path: Path) -> None:
    result = sdnn("data", "show", SAMPLES, "--most", "2")
    assert result.returncode == ExitCode.OK, result.stderr
    assert result.stdout == b"contact-sheet.png\n"
    assert_one_line(result.stderr, "2 of 12")
    with Image.open(tmp_path / "contact-sheet.png") as sheet:
        assert sheet.width > 100


def test_a_sheet_never_replaces_a_strip_that_it_shows(tmp_path: Path) -> None:
    picture = (SAMPLES / "00000.png").read_bytes()
    (tmp_path / "a.png").write_bytes(picture)
    (tmp_path / "labels.csv").write_text("file,label\na.png,1\n")
    result = sdnn("data", "show", tmp_path, "-o", tmp_path / "a.png")
    assert result.returncode == ExitCode.USAGE
    assert_one_line(result.stderr, "--out")
    assert (tmp_path / "a.png").read_bytes() == picture


def test_a_first_strip_beyond_the_last_is_refused() -> None:
    result = sdnn("data", "show", SAMPLES, "--first", "13")
    assert result.returncode == ExitCode.USAGE
    assert_one_line(result.stderr, "12 strips")


def test_a_folder_without_labels_is_one_line(tmp_path: Path) -> None:
    result = sdnn("data", "show", tmp_path)
    assert result.returncode == ExitCode.UNREADABLE
    assert_one_line(result.stderr, "labels.csv")
