import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sdnn.inputs import SUFFIXES, is_batch, pictures


def fill(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")


def found(folder: Path) -> list[str]:
    return [os.path.relpath(name, folder) for name in pictures([str(folder)])]


@pytest.mark.parametrize("names", [["-"], ["a.png"], ["missing/x"], ["notes.txt", "a.png", "-"], []])
def test_names_of_files_stay_as_they_are(names: list[str]) -> None:
    assert list(pictures(names)) == names


def test_a_folder_stands_for_the_pictures_in_it_and_in_its_folders_sorted(tmp_path: Path) -> None:
    fill(tmp_path, "c.png", "a.JPG", "b/2.tiff", "b/10.pdf", "b/x/y/z.WebP")
    assert found(tmp_path) == ["a.JPG", "b/10.pdf", "b/2.tiff", "b/x/y/z.WebP", "c.png"]


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
def test_every_kind_of_picture_is_found(tmp_path: Path, suffix: str) -> None:
    fill(tmp_path, f"a{suffix}", f"b{suffix.upper()}")
    assert found(tmp_path) == [f"a{suffix}", f"b{suffix.upper()}"]


def test_what_is_no_picture_or_hidden_is_left_out(tmp_path: Path) -> None:
    fill(tmp_path, "a.png", "labels.csv", "png", ".png", ".b.png", ".git/c.png", "d.png.part")
    assert found(tmp_path) == ["a.png"]


def test_a_file_given_by_name_is_read_whatever_it_ends_in(tmp_path: Path) -> None:
    fill(tmp_path, "labels.csv", ".hidden.png", ".folder/a.png")
    names = [str(tmp_path / name) for name in ("labels.csv", ".hidden.png", ".folder")]
    assert list(pictures(names)) == [*names[:2], str(tmp_path / ".folder" / "a.png")]


def test_folders_and_files_come_in_the_order_given(tmp_path: Path) -> None:
    fill(tmp_path, "b/1.png", "a/1.png", "c.png")
    names = [str(tmp_path / name) for name in ("b", "c.png", "a", "b")]
    read = [os.path.relpath(name, tmp_path) for name in pictures(names)]
    assert read == ["b/1.png", "c.png", "a/1.png", "b/1.png"]


@pytest.mark.parametrize("within", [(), ("notes.txt",), ("a/b/c.txt", "d/.e.png")])
def test_a_folder_without_pictures_stands_for_itself(tmp_path: Path, within: tuple[str, ...]) -> None:
    fill(tmp_path, *within)
    assert list(pictures([str(tmp_path)])) == [str(tmp_path)]


def test_a_folder_below_that_has_no_pictures_is_passed_over(tmp_path: Path) -> None:
    fill(tmp_path, "a/notes.txt", "b/1.png")
    assert found(tmp_path) == ["b/1.png"]


def test_links_that_lead_in_circles_end(tmp_path: Path) -> None:
    fill(tmp_path, "a/1.png", "b/2.png")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "b" / "self").symlink_to(tmp_path / "b")
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    assert found(tmp_path) == ["a/1.png", "b/2.png", "loop.png"]


def test_a_linked_folder_is_read_once(tmp_path: Path) -> None:
    fill(tmp_path, "elsewhere/1.png", "given/2.png")
    for name in ("first", "second"):
        (tmp_path / "given" / name).symlink_to(tmp_path / "elsewhere")
    assert found(tmp_path / "given") == ["2.png", "first/1.png"]


def test_a_link_that_leads_nowhere_is_kept_so_that_it_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a.png").symlink_to(tmp_path / "missing.png")
    assert found(tmp_path) == ["a.png"]


def test_a_folder_that_cannot_be_listed_is_kept_so_that_it_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, "a/1.png", "b/2.png")
    listdir = os.listdir

    def refusing(folder: str) -> list[str]:
        if folder.endswith("a"):
            raise PermissionError(13, "Permission denied")
        return listdir(folder)

    monkeypatch.setattr(os, "listdir", refusing)
    assert found(tmp_path) == ["a", "b/2.png"]


def test_names_that_are_not_text_are_found(tmp_path: Path) -> None:
    fill(tmp_path, "\udcff.png", "a\nb.png")
    assert found(tmp_path) == ["a\nb.png", "\udcff.png"]


def test_a_folder_is_listed_when_its_turn_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, "a/1.png", "b/2.png")
    listed: list[str] = []
    listdir = os.listdir

    def noting(folder: str) -> list[str]:
        listed.append(os.path.relpath(folder, tmp_path))
        return listdir(folder)

    monkeypatch.setattr(os, "listdir", noting)
    names: Iterator[str] = pictures([str(tmp_path)])
    assert not listed
    next(names)
    assert listed == [".", "a"]


def test_a_batch_is_more_than_one_name_or_a_folder(tmp_path: Path) -> None:
    fill(tmp_path, "a.png")
    assert is_batch(["a.png", "b.png"])
    assert is_batch(["-", "-"])
    assert is_batch([str(tmp_path)])
    assert not is_batch([str(tmp_path / "a.png")])
    assert not is_batch(["-"])
    assert not is_batch(["missing"])
