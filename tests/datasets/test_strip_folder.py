import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sdnn.datasets import strip_folder as folder_module
from sdnn.datasets.pen import SyntheticDigits
from sdnn.datasets.strip_folder import LabelledPicture, numbered_picture, write_folder
from sdnn.datasets.strips import Layout
from sdnn.errors import OutputError, UsageError
from sdnn.evaluation.labels import read_labels
from sdnn.part_file import lock_folder

LAYOUT = Layout(digits=(1, 4), gap_px=(1, 5))
SEED, COUNT = 1992, 6


def written(folder: Path, seed: int = SEED, count: int = COUNT) -> Path:
    write_folder(folder, SyntheticDigits(), LAYOUT, seed, count, {"source": "pen"})
    return folder


def truths(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "truth.jsonl").read_text().splitlines()]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def darkness(path: Path) -> Any:
    with Image.open(path) as image:
        assert image.mode == "L"
        return 255 - np.asarray(image)


def test_a_folder_holds_the_pictures_and_their_truth(tmp_path: Path) -> None:
    names = {path.name for path in written(tmp_path / "out").iterdir()}
    assert names == {f"{number:05d}.png" for number in range(COUNT)} | {"labels.csv", "truth.jsonl"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_labels_and_truth_agree_on_every_picture(tmp_path: Path) -> None:
    folder = written(tmp_path / "out")
    labelled, records = read_labels(folder), truths(folder)
    assert [file.path for file in labelled] == [folder / f"{number:05d}.png" for number in range(COUNT)]
    assert [file.path.name for file in labelled] == [record["file"] for record in records]
    assert [file.label for file in labelled] == [record["text"] for record in records]
    assert [record["seed"] for record in records] == [[SEED, number] for number in range(COUNT)]


def test_the_boxes_hold_the_ink_of_the_picture(tmp_path: Path) -> None:
    folder = written(tmp_path / "out")
    for record in truths(folder):
        ink = darkness(folder / record["file"])
        assert len(record["boxes"]) == len(record["indices"]) == len(record["text"])
        for left, top, right, bottom in record["boxes"]:
            inside = ink[top:bottom, left:right]
            assert inside.any(axis=1)[[0, -1]].all()
            assert inside.any(axis=0)[[0, -1]].all()
            ink[top:bottom, left:right] = 0
        assert not ink.any()


def test_each_strip_is_made_again_from_the_seed_in_its_truth(tmp_path: Path) -> None:
    folder = written(tmp_path / "out")
    for record in truths(folder):
        seed, number = record["seed"]
        sample = numbered_picture(SyntheticDigits(), LAYOUT, seed, number, degraded=False)
        np.testing.assert_array_equal(darkness(folder / record["file"]), 255 - np.asarray(sample.picture))
        assert record["boxes"] == [list(box) for box in sample.truth["boxes"]]


def test_lines_on_paper_have_as_many_digits_and_are_made_again_from_their_seed(tmp_path: Path) -> None:
    write_folder(tmp_path / "out", SyntheticDigits(), LAYOUT, SEED, COUNT, {"source": "pen"}, degraded=True)
    records = truths(tmp_path / "out")
    assert {len(record["text"]) for record in records} <= {1, 2, 3, 4}
    assert all(record["paper"] for record in records)
    for record in records:
        seed, number = record["seed"]
        sample = numbered_picture(SyntheticDigits(), LAYOUT, seed, number, degraded=True)
        assert sample.text == record["text"]
        np.testing.assert_array_equal(
            darkness(tmp_path / "out" / record["file"]), 255 - np.asarray(sample.picture)
        )
    assert len({len(darkness(tmp_path / "out" / record["file"])) for record in records}) > 1


def test_the_picture_shows_dark_digits_on_white() -> None:
    picture = np.asarray(numbered_picture(SyntheticDigits(), LAYOUT, SEED, 0, degraded=False).picture)
    assert picture[0, 0] == 255
    assert picture.min() < 50


def test_the_same_seed_writes_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    first, again, other = (
        contents(written(tmp_path / name, seed)) for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert first == again
    assert first["labels.csv"] != other["labels.csv"]
    assert len(set(first.values())) == len(first)


def test_a_longer_folder_begins_like_a_shorter_one(tmp_path: Path) -> None:
    short, long = written(tmp_path / "short", count=2), written(tmp_path / "long", count=4)
    assert contents(short)["00001.png"] == contents(long)["00001.png"]
    assert truths(long)[:2] == truths(short)


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert len(read_labels(written(tmp_path / "out"))) == COUNT


def test_missing_parents_are_made(tmp_path: Path) -> None:
    assert len(read_labels(written(tmp_path / "a" / "b" / "out"))) == COUNT


def test_a_folder_that_holds_something_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    with pytest.raises(UsageError) as caught:
        written(tmp_path / "out")
    assert str(caught.value).startswith(f"{tmp_path / 'out'}: ")
    assert contents(tmp_path / "out") == {"notes.txt": b"mine"}


def test_a_file_is_no_place_for_a_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(UsageError):
        written(tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"


def test_below_a_file_there_is_no_place_for_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises((OutputError, UsageError)) as caught:
        written(tmp_path / "file" / "out")
    assert str(tmp_path / "file" / "out") in str(caught.value)


def test_the_folder_one_is_in_can_be_filled_or_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        written(Path("."))
    except (OutputError, UsageError):
        assert not list(tmp_path.iterdir())
    else:
        assert len(read_labels(tmp_path)) == COUNT


@pytest.mark.parametrize(
    ("failure", "reported"),
    [(OSError(28, "No space left on device"), OutputError), (KeyboardInterrupt(), KeyboardInterrupt)],
    ids=["full disk", "interrupted"],
)
def test_nothing_is_left_of_a_folder_that_was_not_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: BaseException, reported: type[BaseException]
) -> None:
    class Picture:
        def save(self, path: Path) -> None:
            assert not (tmp_path / "out").exists()
            if path.name == "00003.png":
                raise failure
            path.touch()

    monkeypatch.setattr(folder_module, "numbered_picture", lambda *_: LabelledPicture(Picture(), "1", {}))  # type: ignore[arg-type]
    with pytest.raises(reported):
        written(tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_the_rest_of_a_killed_call_is_replaced(tmp_path: Path) -> None:
    rest = tmp_path / "out.part"
    rest.mkdir()
    for name in ("labels.csv", "truth.jsonl", "00000.png", "00077.png"):
        (rest / name).write_text("half")
    assert len(read_labels(written(tmp_path / "out"))) == COUNT
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert not (tmp_path / "out" / "00077.png").exists()


@pytest.mark.parametrize("kind", ["file", "link", "folder of others", "folder of folders"])
def test_something_else_with_the_name_of_the_rest_is_left_alone(tmp_path: Path, kind: str) -> None:
    rest, others = tmp_path / "out.part", tmp_path / "others"
    (others / "00000.png").mkdir(parents=True)
    (others / "notes.txt").write_text("mine")
    if kind == "file":
        rest.write_text("mine")
    elif kind == "link":
        rest.symlink_to(others)
    else:
        rest.mkdir()
        (others / ("00000.png" if kind.endswith("folders") else "notes.txt")).rename(rest / "labels.csv.old")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(OutputError) as caught:
        written(tmp_path / "out")
    assert str(caught.value).startswith(f"{rest}: is in the way")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_that_another_process_writes_is_left_to_it(tmp_path: Path) -> None:
    rest = tmp_path / "out.part"
    rest.mkdir()
    with lock_folder(rest), pytest.raises(OutputError) as caught:
        written(tmp_path / "out")
    assert "another process is writing it" in str(caught.value)
    assert rest.exists()
