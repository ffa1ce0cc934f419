from pathlib import Path

import numpy as np
import pytest
from helpers.data_places import Places
from helpers.unipen_distribution import add_writer, small_unipen, stroke, write

from sdnn.datasets.unipen import (
    CATEGORIES,
    Sample,
    by_writer,
    excluded_segments,
    find_unipen,
    load_unipen,
    pack_unipen,
    store,
    unipen_checksums,
)
from sdnn.datasets.unipen.sample import Category, by_label, split_of
from sdnn.enums import Split
from sdnn.errors import UnreadableInput


def packs(places: Places) -> list[Path]:
    return sorted(places.cache.glob("*.npz"))


def everything(data: Path, category: Category = "1a") -> list[Sample]:
    return [sample for split in Split for sample in load_unipen(category, split, data)]


def plain(samples: list[Sample]) -> list[tuple[str, str, list[list[list[float]]]]]:
    return [(each.label, each.writer, [stroke.tolist() for stroke in each.strokes]) for each in samples]


@pytest.mark.parametrize(
    ("writer", "split"),
    [
        ("aga/amywldrp", Split.TRAIN),
        ("apb/Chris_Hess", Split.TRAIN),
        ("imp/pugsley", Split.VALIDATION),
        ("apa/PaulArnao", Split.VALIDATION),
        ("imp/baker", Split.TEST),
    ],
)
def test_a_writer_stays_in_one_split_for_ever(writer: str, split: Split) -> None:
    assert split_of(writer) is split


def test_about_a_tenth_of_the_writers_validate_and_a_tenth_test() -> None:
    parts = [split_of(f"aga/writer{number}") for number in range(1000)]
    assert [parts.count(split) for split in Split] == pytest.approx([800, 100, 100], abs=30)


def test_unipen_is_found_in_the_named_folder(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    for root in places.cache, places.checkout, places.variable, places.argument:
        small_unipen(root)
    assert find_unipen(places.argument) == places.argument / "unipen"
    assert find_unipen() == places.checkout / "unipen"
    monkeypatch.setenv("SDNN_DATA", str(places.variable))
    assert find_unipen() == places.variable / "unipen"


def test_unipen_is_found_in_the_cache_at_last(places: Places) -> None:
    assert find_unipen(small_unipen(places.cache)) == places.cache / "unipen"
    assert find_unipen() == places.cache / "unipen"


def test_without_unipen_one_line_names_the_searched_folders_and_the_source(places: Places) -> None:
    with pytest.raises(UnreadableInput) as raised:
        find_unipen()
    message = str(raised.value)
    assert "\n" not in message
    for part in (
        str(places.checkout / "unipen"),
        str(places.cache / "unipen"),
        "train_r01_v07",
        "CC BY 4.0",
        "10.5281/zenodo.1195803",
        "DIR/unipen/data/1a",
        "--data",
    ):
        assert part in message


def test_a_named_folder_is_the_only_one_searched(places: Places) -> None:
    small_unipen(places.cache)
    with pytest.raises(UnreadableInput, match="argument"):
        find_unipen(places.argument)


def test_strokes_come_y_down_from_their_corner(places: Places) -> None:
    small_unipen(places.argument)
    seven = by_label(everything(places.argument))["7"][0]
    assert seven.writer == "art/bob"
    np.testing.assert_array_equal(seven.strokes[0], [[0, 0], [60, 0], [20, 100]])
    assert seven.strokes[0].dtype == np.float32
    assert seven.size == (60, 100)


def test_x_and_y_come_in_the_same_unit(places: Places) -> None:
    small_unipen(places.argument)
    header = ".X_POINTS_PER_INCH 100\n.Y_POINTS_PER_INCH 150\n"
    file = places.argument / "unipen" / "data" / "1b" / "gmd" / "file.dat"
    write(file, header + stroke([(0, 0), (10, 30)]) + '.SEGMENT CHARACTER 0 ? "I"\n')
    (sample,) = by_label(everything(places.argument, "1b"))["I"]
    np.testing.assert_array_equal(sample.strokes[0], [[0, 0], [15, 30]])


def test_a_file_without_a_writer_is_named_for_itself(places: Places) -> None:
    small_unipen(places.argument)
    file = places.argument / "unipen" / "data" / "1b" / "gmd" / "deep" / "someone.dat"
    write(file, stroke([(0, 0), (10, 30)]) + '.SEGMENT CHARACTER 0 ? "I"\n')
    assert by_label(everything(places.argument, "1b"))["I"][0].writer == "gmd/someone"


def test_several_strokes_keep_their_order(places: Places) -> None:
    small_unipen(places.argument)
    (letter,) = everything(places.argument, "1b")
    assert [stroke.tolist() for stroke in letter.strokes] == [
        [[0, 0], [2, 50], [0, 100]],
        [[0, 100], [50, 100]],
    ]


def test_a_category_may_be_empty(places: Places) -> None:
    assert everything(small_unipen(places.argument), "7") == []


def test_the_splits_share_no_writer_and_lose_no_sample(places: Places) -> None:
    small_unipen(places.argument)
    for number in range(60):
        add_writer(places.argument, "1d", f"ibm/w{number}", [("/", [[(9, 0), (0, 20)]])])
    for split in Split:
        found = load_unipen("1d", split, places.argument)
        assert found
        assert {split_of(sample.writer) for sample in found} == {split}
    assert len(everything(places.argument, "1d")) == 60


def test_samples_are_grouped_by_writer_and_label(places: Places) -> None:
    small_unipen(places.argument)
    groups = by_writer(everything(places.argument))
    assert {writer: sorted(labels) for writer, labels in groups.items()} == {
        "aga/ann": ["0", "1"],
        "art/bob": ["7"],
    }


def test_excluded_segments_are_listed_with_the_reason(places: Places) -> None:
    small_unipen(places.argument)
    (found,) = excluded_segments(places.argument)
    assert (found.category, found.file, found.components, found.label, found.writer, found.reason) == (
        "1a",
        "art/bob.dat",
        "1-1",
        "0",
        "art/bob",
        "no strokes",
    )


def test_a_second_load_comes_from_the_cache_and_is_the_same(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_unipen(places.argument)
    first = plain(everything(places.argument))
    assert len(packs(places)) == 1
    monkeypatch.setattr(store, "build_category", None)
    assert plain(everything(places.argument)) == first


def test_nothing_is_written_where_the_data_lies(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDNN_DATA", str(small_unipen(places.variable)))
    before = sorted(places.variable.rglob("*"))
    load_unipen("1a", Split.TRAIN)
    unipen_checksums()
    assert sorted(places.variable.rglob("*")) == before


@pytest.mark.parametrize("damage", ["empty", "cut", "noise", "flipped"])
def test_a_damaged_cache_is_made_anew(places: Places, damage: str) -> None:
    small_unipen(places.argument)
    first = plain(everything(places.argument))
    (pack,) = packs(places)
    content = pack.read_bytes()
    at = content.index(b"1a.points.npy") + 200
    pack.write_bytes(
        {
            "empty": b"",
            "cut": content[: len(content) // 2],
            "noise": b"\x80" * 5000,
            "flipped": content[:at] + bytes([content[at] ^ 255]) + content[at + 1 :],
        }[damage]
    )
    assert plain(everything(places.argument)) == first
    assert pack.read_bytes() == content


def test_a_change_of_the_sources_is_seen(places: Places) -> None:
    small_unipen(places.argument)
    before, checksums = everything(places.argument), unipen_checksums(places.argument)
    add_writer(places.argument, "1a", "aga/eve", [("1", [[(0, 0), (0, 90)]])])
    assert len(everything(places.argument)) == len(before) + 1
    after = unipen_checksums(places.argument)
    assert [name for name in after if after[name] != checksums[name]] == ["unipen/1a"]


def test_every_category_has_a_checksum_that_the_place_does_not_change(places: Places) -> None:
    small_unipen(places.argument)
    small_unipen(places.variable)
    found = unipen_checksums(places.argument)
    assert list(found) == [f"unipen/{category}" for category in CATEGORIES]
    assert all(len(checksum) == 64 for checksum in found.values())
    assert unipen_checksums(places.variable) == found


def test_a_pack_takes_the_place_of_the_folder(places: Places) -> None:
    small_unipen(places.argument)
    places.variable.mkdir()
    pack_unipen(places.variable / "unipen.npz", places.argument)
    assert find_unipen(places.variable) == places.variable / "unipen.npz"
    assert plain(everything(places.variable)) == plain(everything(places.argument))
    assert unipen_checksums(places.variable) == unipen_checksums(places.argument)
    assert excluded_segments(places.variable) == excluded_segments(places.argument)


def test_a_damaged_pack_in_place_of_the_folder_is_refused(places: Places) -> None:
    write(places.variable / "unipen.npz", "nothing")
    with pytest.raises(UnreadableInput, match="write it anew"):
        load_unipen("1a", Split.TRAIN, places.variable)
    with pytest.raises(UnreadableInput, match="packed already"):
        pack_unipen(places.argument / "unipen.npz", places.variable)


def test_a_cache_that_cannot_be_written_is_one_line(places: Places) -> None:
    small_unipen(places.argument)
    write(places.cache, "a file where the folder should be")
    with pytest.raises(UnreadableInput, match="XDG_CACHE_HOME"):
        load_unipen("1a", Split.TRAIN, places.argument)


def test_endless_includes_are_one_line(places: Places) -> None:
    small_unipen(places.argument)
    write(places.argument / "unipen" / "include" / "loop.dat", ".INCLUDE loop.dat\n")
    write(places.argument / "unipen" / "data" / "1a" / "aga" / "loop.dat", ".INCLUDE loop.dat\n")
    with pytest.raises(UnreadableInput, match="unpack UNIPEN anew"):
        load_unipen("1a", Split.TRAIN, places.argument)
