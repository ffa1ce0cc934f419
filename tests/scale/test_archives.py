"""Archives and tables in units: every picture once, a broken one as an error."""

import tarfile
from pathlib import Path

import pytest
from helpers.archives import write_table, write_tar

from sdnn.errors import UnreadableInput

pytest.importorskip("pyarrow", reason="needs the extra ray")

from pyarrow.fs import LocalFileSystem

from sdnn.scale.archives import open_archive
from sdnn.scale.sources import BrokenSource, Location, NamedBytes

PICTURES = [(f"{number // 3}/{number}.png", bytes([number]) * (number + 1)) for number in range(7)]


def contents(
    path: Path, size: int = 3, done: frozenset[str] = frozenset(), column: str | None = None
) -> list[tuple[str, bytes | str]]:
    """Name below the archive, and content or error, of each picture."""
    found: list[tuple[str, bytes | str]] = []
    for unit in open_archive(Location(LocalFileSystem(), str(path), path.name), size, column):
        for name, source in unit.pictures(done):
            assert name == path.name or name.startswith(f"{path.name}/")
            assert isinstance(source, NamedBytes | BrokenSource)
            assert source.name == name
            content = source.read() if isinstance(source, NamedBytes) else source.reason
            found.append((name.removeprefix(f"{path.name}/"), content))
    return found


@pytest.mark.parametrize(
    ("suffix", "mode"), [("tar", "w"), ("tar.gz", "w:gz"), ("tgz", "w:gz"), ("tar.xz", "w:xz")]
)
def test_an_archive_has_its_pictures_in_order(tmp_path: Path, suffix: str, mode: str) -> None:
    others = [("labels.csv", b"file,label\n"), ("0/.hidden.png", b"x"), ("./0/._7.png", b"x")]
    path = write_tar(tmp_path / f"strips.{suffix}", [*PICTURES[:4], *others, *PICTURES[4:]], mode)
    assert contents(path) == PICTURES
    assert contents(path, done=frozenset({f"{path.name}/0/1.png"})) == [PICTURES[0], *PICTURES[2:]]


def test_units_of_an_archive_are_of_the_size_asked_for(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "strips.tar", PICTURES)
    units = open_archive(Location(LocalFileSystem(), str(path), "strips.tar"), 3)
    assert [len([*unit.pictures(frozenset())]) for unit in units] == [3, 3, 1]


@pytest.mark.parametrize(("suffix", "mode"), [("tar", "w"), ("tar.gz", "w:gz")])
def test_members_of_one_name_are_all_there_with_names_of_their_own(
    tmp_path: Path, suffix: str, mode: str
) -> None:
    path = write_tar(
        tmp_path / f"strips.{suffix}", [("a.png", b"1"), ("./a.png", b"22"), ("a.png", b"333")], mode
    )
    assert contents(path) == [("a.png", b"1"), ("a.png#2", b"22"), ("a.png#3", b"333")]


@pytest.mark.parametrize(("suffix", "mode"), [("tar", "w"), ("tar.gz", "w:gz")])
def test_links_in_an_archive_are_errors_and_not_left_out(tmp_path: Path, suffix: str, mode: str) -> None:
    path = tmp_path / f"strips.{suffix}"
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE):
            entry = tarfile.TarInfo(f"{kind.decode()}.png")
            entry.type, entry.linkname = kind, "a.png"
            archive.addfile(entry)
    found = contents(path)
    assert len(found) == 3
    assert all("--hard-dereference" in str(reason) for _, reason in found)


def test_long_names_and_other_headers_do_not_shift_the_contents(tmp_path: Path) -> None:
    long = "/".join(["folder" * 10] * 5) + "/é.png"
    for name, form in (("gnu", tarfile.GNU_FORMAT), ("pax", tarfile.PAX_FORMAT)):
        path = tmp_path / f"{name}.tar"
        with tarfile.open(path, "w", format=form, pax_headers={"comment": "x"}) as archive:
            for member, content in ((long, b"123"), ("b.png", b"4")):
                source = tmp_path / "content"
                source.write_bytes(content)
                archive.add(source, member)
        assert contents(path) == [(long, b"123"), ("b.png", b"4")]


def test_an_archive_that_is_cut_off_gives_what_is_there_and_an_error(tmp_path: Path) -> None:
    whole = [(f"{number}.png", bytes(2000)) for number in range(4)]
    path = write_tar(tmp_path / "strips.tar", whole)
    with tarfile.open(path) as archive:
        third = archive.getmembers()[2].offset_data
    path.write_bytes(path.read_bytes()[: third + 1000])
    found = contents(path, size=10)
    assert found[:2] == whole[:2]
    assert any(name == "strips.tar" and "archive" in str(reason) for name, reason in found)
    assert ("2.png", "cut off; make the archive again") in found
    zipped = write_tar(
        tmp_path / "strips.tar.gz", [(f"{n}.png", bytes(range(256)) * 99) for n in range(50)], "w:gz"
    )
    zipped.write_bytes(zipped.read_bytes()[: zipped.stat().st_size // 2])
    *_, (name, reason) = contents(zipped)
    assert (name, "cannot be read as an archive" in str(reason)) == ("strips.tar.gz", True)


@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz", "a.parquet"])
@pytest.mark.parametrize(
    "content", [b"", b"nothing of the kind" * 99, None], ids=["empty", "other", "missing"]
)
def test_what_is_no_archive_is_one_error(tmp_path: Path, name: str, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    if (name, content) == ("a.tar", b""):
        pytest.skip("tarfile takes an empty file for an empty archive")
    ((where, reason),) = contents(tmp_path / name)
    assert where == name
    assert "\n" not in str(reason)
    assert "cannot be read as an archive" in str(reason)


def test_an_archive_that_is_gone_when_it_is_read_gives_an_error_for_each_picture(tmp_path: Path) -> None:
    path = write_tar(tmp_path / "strips.tar", PICTURES)
    units = open_archive(Location(LocalFileSystem(), str(path), "strips.tar"), 3)
    path.unlink()
    sources = [source for unit in units for _, source in unit.pictures(frozenset())]
    assert len(sources) == 7
    for source in sources:
        assert isinstance(source, BrokenSource)
        with pytest.raises(UnreadableInput, match=r"^strips\.tar/\d/\d\.png: "):
            source.read()


def test_rows_of_a_table_are_named_by_their_number_across_row_groups(tmp_path: Path) -> None:
    images = [content for _, content in PICTURES]
    path = write_table(tmp_path / "a.parquet", {"id": [*range(7)], "scan": images}, rows_per_group=3)
    assert contents(path) == [(str(number), image) for number, image in enumerate(images)]
    assert [name for name, _ in contents(path, done=frozenset({"a.parquet/4"}))] == [*"012356"]


def test_a_struct_with_bytes_is_a_picture_and_a_row_without_one_an_error(tmp_path: Path) -> None:
    column = [{"bytes": b"1", "path": "x.png"}, {"bytes": None, "path": "y.png"}, None]
    found = contents(write_table(tmp_path / "a.parquet", {"image": column, "other": [b"2"] * 3}))
    assert found[0] == ("0", b"1")
    assert all("no picture in this row" in str(reason) for _, reason in found[1:])


@pytest.mark.parametrize(
    ("columns", "wanted", "message"),
    [
        ({"a": [b"1"], "b": [b"2"]}, None, "a, b"),
        ({"a": ["text"]}, None, "none"),
        ({"a": [b"1"], "t": ["text"]}, "t", "a; choose"),
        ({"a": [b"1"]}, "missing", "a; choose"),
    ],
)
def test_a_table_without_a_clear_column_of_pictures_is_an_error_that_names_them(
    tmp_path: Path, columns: dict[str, list[object]], wanted: str | None, message: str
) -> None:
    ((_, reason),) = contents(write_table(tmp_path / "a.parquet", columns), column=wanted)
    assert message in str(reason)
    assert "--image-column" in str(reason)


def test_a_column_of_pictures_can_be_chosen(tmp_path: Path) -> None:
    path = write_table(tmp_path / "a.parquet", {"a": [b"1"], "image": [b"2"]})
    assert contents(path) == [("0", b"2")]
    assert contents(path, column="a") == [("0", b"1")]
