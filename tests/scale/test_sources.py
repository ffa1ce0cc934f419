"""Sources given: pictures, archives and object stores, each once."""

import pickle
from pathlib import Path

import pytest
from helpers.archives import write_table, write_tar
from helpers.batch_folder import write_batch

pytest.importorskip("pyarrow", reason="needs the extra ray")

from sdnn.errors import UnreadableInput, UsageError
from sdnn.inputs import pictures
from sdnn.scale import sources
from sdnn.scale.part_names import JOB
from sdnn.scale.sources import BrokenSource, NamedBytes, list_sources


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_batch(tmp_path / "strips")


def test_a_folder_has_the_pictures_of_plain_reading_and_the_archives_besides(folder: Path) -> None:
    archives = [write_tar(folder / "1" / "b.tar", []), write_table(folder / "a.PARQUET", {"image": [b""]})]
    write_tar(folder / ".hidden.tar", [])
    listing = list_sources([str(folder)])
    assert [*listing.files] == [*pictures([str(folder)])]
    assert {location.name for location in listing.archives} == {str(path) for path in archives}
    assert listing.stored == ()


def test_linked_folders_have_their_archives_and_circles_end(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    write_tar(tmp_path / "elsewhere" / "b.tar", [])
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    (folder / "circle").symlink_to(folder)
    listing = list_sources([str(folder)])
    assert [location.name for location in listing.archives] == [str(folder / "linked" / "b.tar")]


@pytest.mark.parametrize("by_uri", [False, True], ids=["path", "uri"])
def test_results_of_reading_are_no_sources(folder: Path, by_uri: bool) -> None:
    for number, name in enumerate(("out", "tables")):
        (folder / name).mkdir()
        write_table(folder / name / f"part-{number}.parquet", {"image": [b""]})
    write_table(folder / "out" / "other.parquet", {"image": [b""]})
    (folder / "out" / JOB).write_text("{}")
    listing = list_sources([folder.as_uri() if by_uri else str(folder)])
    found = {"/".join(location.name.split("/")[-2:]) for location in listing.archives}
    assert found == {"out/other.parquet", "tables/part-1.parquet"}


def test_every_picture_is_there_once_however_often_it_is_named(folder: Path) -> None:
    one = str(next(folder.rglob("*.png")))
    tar = str(write_tar(folder / "a.tar", []))
    listing = list_sources([one, str(folder), str(folder), one, tar])
    assert sorted(listing.files) == sorted(pictures([str(folder)]))
    assert len(listing.archives) == 1


def test_a_folder_of_archives_alone_is_no_broken_picture_but_an_empty_one_is(tmp_path: Path) -> None:
    assert list_sources([str(tmp_path)]).files == (str(tmp_path),)
    write_tar(tmp_path / "a.tar", [])
    assert list_sources([str(tmp_path)]).files == ()


def test_units_have_at_most_the_pictures_asked_for_and_can_be_sent(folder: Path) -> None:
    listing = list_sources([str(folder)])
    units = pickle.loads(pickle.dumps(listing.units(5)))
    found = [[name for name, _ in unit.pictures(frozenset())] for unit in units]
    assert max(map(len, found)) == 5
    assert sorted(name for names in found for name in names) == sorted(listing.files)


def test_pictures_of_a_store_are_named_by_their_address(folder: Path) -> None:
    uri = folder.as_uri()
    (folder / ".hidden.png").write_bytes(b"x")
    listing = list_sources([uri])
    assert [location.name for location in listing.stored] == [
        f"{uri}/{Path(path).relative_to(folder)}" for path in sorted(pictures([str(folder)]))
    ]
    names = []
    for unit in listing.units(4):
        for name, source in unit.pictures(frozenset()):
            assert isinstance(source, NamedBytes)
            assert source.read() == (folder / name.removeprefix(f"{uri}/")).read_bytes()
            names.append(name)
    assert len(names) == len(listing.stored)


def test_what_is_gone_in_a_store_is_an_error_at_its_turn(tmp_path: Path) -> None:
    uri = (tmp_path / "missing.png").as_uri()
    (unit,) = list_sources([uri]).units(4)
    ((name, source),) = unit.pictures(frozenset())
    assert name == uri
    assert isinstance(source, BrokenSource)
    with pytest.raises(UnreadableInput, match="cannot be opened"):
        source.read()


def test_a_picture_of_too_many_bytes_is_an_error_at_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.png").write_bytes(b"12345")
    monkeypatch.setattr(sources, "MAX_BYTES", 4)
    (unit,) = list_sources([tmp_path.as_uri()]).units(4)
    ((_, source),) = unit.pictures(frozenset())
    with pytest.raises(UnreadableInput, match=r"more than .* bytes"):
        source.read()  # type: ignore[union-attr]
    assert isinstance(sources.encoded_picture("a.png", b"1234"), NamedBytes)


@pytest.mark.parametrize("uri", ["nonsense://bucket/strips", "ftp://host/strips", "s3://", "file://host/x"])
def test_an_address_that_cannot_be_opened_is_one_line(uri: str) -> None:
    with pytest.raises((UsageError, UnreadableInput)) as refused:
        list_sources([uri])
    assert str(refused.value).startswith(uri)
    assert "\n" not in str(refused.value)


def test_stdin_is_refused() -> None:
    with pytest.raises(UsageError, match="give paths in place of -"):
        list_sources(["-"])
