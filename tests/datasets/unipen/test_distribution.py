"""Facts of the published distribution; skipped where it is not there."""

import os
from pathlib import Path

import pytest

from sdnn.datasets.unipen import Sample, excluded_segments, find_unipen, load_unipen
from sdnn.datasets.unipen.sample import Category, ExcludedSegment
from sdnn.enums import Split
from sdnn.errors import UnreadableInput

pytestmark = pytest.mark.slow

SHARED = Path(__file__).parents[4] / "shared" / "data"
SEGMENTS: dict[Category, int] = {"1a": 15_302, "1b": 24_366, "1c": 44_809, "1d": 13_766, "7": 7_544}


@pytest.fixture(scope="module")
def data() -> Path | None:
    folder = None if os.environ.get("SDNN_DATA") or not SHARED.is_dir() else SHARED
    try:
        find_unipen(folder)
    except UnreadableInput as error:
        pytest.skip(str(error))
    return folder


@pytest.fixture(scope="module")
def excluded(data: Path | None) -> tuple[ExcludedSegment, ...]:
    return excluded_segments(data)


@pytest.mark.parametrize("category", SEGMENTS)
def test_every_segment_is_a_sample_or_excluded(
    category: Category, data: Path | None, excluded: tuple[ExcludedSegment, ...]
) -> None:
    out = sum(each.category == category for each in excluded)
    kept = sum(len(load_unipen(category, split, data)) for split in Split)
    assert kept + out == SEGMENTS[category]
    assert out < 0.02 * SEGMENTS[category]


def test_two_hundred_writers_are_split_by_writer(data: Path | None) -> None:
    parts: list[set[str]] = []
    samples: list[Sample] = []
    for split in Split:
        found = load_unipen("1a", split, data)
        samples += found
        parts.append({sample.writer for sample in found})
    assert sum(map(len, parts)) == len(set.union(*parts)) == 202
    assert {sample.label for sample in samples} == set("0123456789")


def test_labels_of_signs_are_unescaped(data: Path | None) -> None:
    labels = {sample.label for sample in load_unipen("1d", Split.TRAIN, data)}
    assert {'"', "\\", ".", "-", "/", "=", "$", "#"} <= labels
    assert {len(label) for label in labels} == {1}
