import os
import stat
from pathlib import Path

import pytest
from PIL import Image

from sdnn.errors import OutputError, UsageError
from sdnn.files import atomic_write, check_not_overwriting, check_picture_path, save_picture

PICTURE = Image.new("RGB", (4, 3), "red")


def write(path: Path, text: str) -> None:
    with atomic_write(path) as temporary:
        temporary.write_text(text)


def write_half(path: Path, interruption: type[BaseException]) -> None:
    with atomic_write(path) as temporary:
        temporary.write_text("half")
        raise interruption


def refusal(caught: pytest.ExceptionInfo[BaseException]) -> str:
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_file_written_whole_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "figures.txt"
    path.write_text("old and longer")
    write(path, "new")
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_whoever_reads_the_old_file_reads_it_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "figures.txt"
    path.write_text("old and longer")
    with open(path) as reader:
        write(path, "new")
        assert reader.read() == "old and longer"


def test_a_file_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "figures.txt"
    there: list[bool] = []
    monkeypatch.setattr("os.fsync", lambda file: there.append(path.exists()))
    write(path, "new")
    assert there == [False, True]  # the file, then its folder


def test_a_file_in_a_missing_folder_is_an_output_error(tmp_path: Path) -> None:
    path = tmp_path / "a" / "figures.txt"
    with pytest.raises(OutputError) as caught:
        write(path, "new")
    assert refusal(caught).startswith(f"{path}: ")


def test_a_name_as_long_as_the_file_system_allows_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 251 + ".txt")
    write(path, "new")
    assert path.read_text() == "new"


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "figures.txt"
    path.write_text("old")
    with atomic_write(path) as temporary:
        temporary.write_text("half")
        assert path.read_text() == "old"
        assert temporary.parent == path.parent


@pytest.mark.parametrize("interruption", [ValueError, KeyboardInterrupt])
def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, interruption: type[BaseException]
) -> None:
    path = tmp_path / "figures.txt"
    path.write_text("old")
    with pytest.raises(interruption):
        write_half(path, interruption)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_an_output_error_that_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "figures.txt"
    with pytest.raises(OutputError) as caught, atomic_write(path):
        raise OSError(28, "No space left on device")
    assert refusal(caught).startswith(f"{path}: cannot be written (No space left on device)")


def test_a_file_below_a_file_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError) as caught:
        write(tmp_path / "file" / "figures.txt", "new")
    assert refusal(caught).startswith(f"{tmp_path / 'file' / 'figures.txt'}: ")


def test_a_folder_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "figures").mkdir()
    with pytest.raises(OutputError):
        write(tmp_path / "figures", "new")
    assert list(tmp_path.iterdir()) == [tmp_path / "figures"]


@pytest.mark.parametrize("suffix", [".png", ".PNG", ".jpg", ".webp"])
def test_a_picture_has_the_format_that_its_name_asks_for(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"picture{suffix}"
    save_picture(PICTURE, path)
    with Image.open(path) as image:
        assert image.format == {".jpg": "JPEG", ".webp": "WEBP"}.get(suffix, "PNG")
        assert image.size == PICTURE.size


@pytest.mark.parametrize("name", ["picture", "picture.xyz", "picture.txt"])
def test_a_name_of_no_picture_is_a_usage_error_that_leaves_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError) as caught:
        save_picture(PICTURE, tmp_path / name)
    assert refusal(caught).startswith(f"{tmp_path / name}: ")
    assert ".png" in refusal(caught)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("path", [Path("."), Path("/")])
def test_a_path_without_a_name_is_an_error_of_the_caller(path: Path) -> None:
    with pytest.raises((UsageError, OutputError)):
        save_picture(PICTURE, path)


def test_a_link_stays_one_and_its_file_keeps_its_permissions(tmp_path: Path) -> None:
    path, link = tmp_path / "figures.txt", tmp_path / "link"
    path.write_text("old")
    path.chmod(0o600)
    link.symlink_to(path)
    write(link, "new")
    assert link.is_symlink()
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_device_is_not_replaced(tmp_path: Path) -> None:
    link = tmp_path / "figures.txt"
    link.symlink_to("/dev/null")
    with pytest.raises(OutputError):
        write(link, "new")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_nothing_that_waits_under_the_temporary_name_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    treasure = tmp_path / "treasure"
    treasure.write_text("mine")
    monkeypatch.setattr(os, "urandom", bytes)
    (tmp_path / f".sdnn-{'00' * 8}.txt").symlink_to(treasure)
    with pytest.raises(OutputError):
        write(tmp_path / "figures.txt", "new")
    assert treasure.read_text() == "mine"


@pytest.mark.parametrize("name", ["é" * 100 + ".txt", "a." + "b" * 253, "x" * 255])
def test_long_names_of_any_kind_can_be_written(tmp_path: Path, name: str) -> None:
    write(tmp_path / name, "new")
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["x" * 300 + ".png", "é" * 200 + ".png"])
def test_a_name_that_is_too_long_is_found_before_the_work(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError) as caught:
        check_picture_path("--explain", tmp_path / name)
    assert "give a shorter name" in refusal(caught)
    check_not_overwriting("--explain", tmp_path / name, ["a.png", "-", "y" * 300])
