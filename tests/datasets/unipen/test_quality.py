from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from helpers.unipen_distribution import ANGLE, BAR, RING, Points, add_writer, small_unipen, write

from sdnn.datasets.unipen import Sample
from sdnn.datasets.unipen.build import build_category
from sdnn.datasets.unipen.format import Segment
from sdnn.datasets.unipen.lookalikes import lookalikes
from sdnn.datasets.unipen.pack import RawSample
from sdnn.datasets.unipen.quality import Candidate, restore_sizes, sample_defects, segment_defect

OTHER_WRITERS = [f"aga/train{number}" for number in (0, 1, 2, 3)]


def segment(strokes: Sequence[Points], label: str | None = "5", damage: str | None = None) -> Segment:
    points = tuple(np.array(stroke, np.int32).reshape(-1, 2) for stroke in strokes)
    return Segment("CHARACTER", "0", label, None, points, damage=damage)


def sample(label: str, points: Points, writer: str = "aga/ann", size: float = 1.0) -> Sample:
    return Sample(label, writer, (np.array(points, np.float32) * np.float32(size),))


@pytest.mark.parametrize(
    ("strokes", "label", "reason"),
    [
        ([[(1, 2), (3, 4)]], "5", None),
        ([], "5", "no strokes"),
        ([[]], "5", "no strokes"),
        ([[(0, 0)], [(0, 0), (0, 0)]], "5", "no strokes"),
        ([[(0, 0)], [(1, 1), (5, 9)]], "5", None),
        ([[(4, 4)]], "5", "one point only"),
        ([[(4, 4), (4, 4)], [(4, 4)]], "1", "one point only"),
        ([[(4, 4)]], ".", None),
        ([[(4, 4)]], "...", None),
        ([[(4, 4), (8, 8)]], None, "no label"),
        ([[(4, 4), (8, 8)]], "", "no label"),
        ([[(0, 1), (32_767, 1)]], "5", None),
        ([[(0, 1), (32_768, 1)]], "5", "coordinates out of range"),
        ([[(-(2**31) + 1, 1), (2**31 - 1, 1)]], "5", "coordinates out of range"),
    ],
)
def test_a_segment_is_excluded_for_its_defect(
    strokes: Sequence[Points], label: str | None, reason: str | None
) -> None:
    assert segment_defect(segment(strokes, label)) == reason


def test_damage_is_the_reason_where_there_is_some() -> None:
    assert segment_defect(segment([], damage="strokes are missing")) == "strokes are missing"


def test_characters_unlike_the_writers_others_in_size_are_defects() -> None:
    samples = [sample("0", RING), sample("1", BAR), sample("1", BAR, size=4.1), sample("0", RING, size=0.24)]
    samples += [sample("0", RING, "aga/big", size=10), sample("1", BAR, "aga/big", size=20)]
    assert sample_defects(samples, "1b") == [
        None,
        None,
        "far larger than the writer's others",
        "far smaller than the writer's others",
        None,
        None,
    ]


def test_characters_much_broader_than_usual_are_defects() -> None:
    broad = [(2.9 * x, y) for x, y in RING]
    two_rings = [*RING, *((x + 130, y) for x, y in RING)]
    samples = [sample("0", RING)] * 5 + [sample("0", two_rings), sample("0", broad)]
    assert sample_defects(samples, "1a") == [None] * 5 + ["too broad for its height", None]
    assert sample_defects(samples, "1c") == [None] * 7


@pytest.mark.parametrize("line", [BAR, [(0, 0), (30, 28), (60, 60)], [(5, 5), (5, 5), (5, 90)]])
def test_a_straight_line_is_a_1_or_an_i_and_nothing_else(line: Points) -> None:
    assert sample_defects([sample(label, line) for label in "14Iil"], "1a")[1] == "a straight line only"
    assert sample_defects([sample(label, line) for label in "1Iil"], "1b") == [None] * 4


def test_a_slender_character_may_lean() -> None:
    leaning = [(0.0, 100.0), (100.0, 0.0)]
    assert sample_defects([*[sample("1", BAR)] * 5, sample("1", leaning)], "1a") == [None] * 6


@pytest.mark.parametrize("category", ["1d", "7"])
def test_signs_and_words_may_be_of_any_size_and_shape(category: str) -> None:
    samples = [sample("(", BAR), sample("-", [(0, 0), (90, 1)]), sample(".", [(0, 0), (1, 1)])]
    assert sample_defects(samples, category) == [None] * 3


def writing(label: str, points: Points, writer: str = "aga/ann", size: int = 1, dpi: int = 100) -> Candidate:
    strokes = ((np.array(points) * size).astype(np.int16),)
    raw = RawSample(label, writer, strokes, (1.0, 1.0))
    return Candidate(raw, dpi, ("1a", "file", "0", label, writer))


def heights(candidates: Sequence[Candidate]) -> list[float]:
    return [each.raw.sample().size[1] for each in candidates]


def test_enlarged_characters_become_as_large_as_the_writers_others_of_the_label() -> None:
    found = restore_sizes(
        [writing("0", RING), writing("1", BAR), writing("0", RING, size=50), writing("7", ANGLE, size=9)],
        "1a",
    )
    assert heights(found) == pytest.approx([100, 100, 100, 100])
    assert [each.raw.sample().size[0] for each in found] == pytest.approx([60, 2, 60, 60])


@pytest.mark.parametrize("category", ["1d", "7"])
def test_large_words_are_no_enlarged_characters(category: str) -> None:
    candidates = [writing("/", RING), writing("/", RING, size=5)]
    assert heights(restore_sizes(candidates, category)) == ([100, 500] if category == "7" else [100, 100])


def test_sizes_stay_where_the_resolution_or_the_usual_size_is_unknown() -> None:
    alone = writing("0", RING, size=50)
    unknown = Candidate(alone.raw, None, alone.origin)
    assert heights(restore_sizes([alone], "1a")) == [5000]
    assert heights(restore_sizes([unknown, writing("0", RING)], "1a")) == [5000, 100]


def digits_of_others() -> list[Sample]:
    shapes = {"0": RING, "1": BAR, "7": ANGLE}
    return [
        sample(label, [(x * stretch, y) for x, y in shape], writer)
        for writer in OTHER_WRITERS
        for stretch in (0.9, 1.0, 1.1, 1.2)
        for label, shape in shapes.items()
    ]


def test_a_digit_that_all_others_call_something_else_is_named() -> None:
    others = digits_of_others()
    doubtful = [sample("0", ANGLE, "aga/new"), sample("0", RING, "aga/new"), sample("5", ANGLE, "aga/new")]
    assert lookalikes([*others, *doubtful]) == [None] * len(others) + ["7", None, None]


def test_writers_to_validate_and_to_test_are_compared_and_not_compared_with() -> None:
    held_out = [sample("0", ANGLE, "imp/pugsley") for _ in range(20)]
    assert lookalikes([*digits_of_others(), *held_out])[-20:] == ["7"] * 20
    assert lookalikes([*held_out, sample("0", ANGLE, "aga/train1")]) == [None] * 21


def test_nothing_is_like_nothing() -> None:
    assert lookalikes([]) == []


def test_an_excluded_segment_has_its_origin(tmp_path: Path) -> None:
    small_unipen(tmp_path)
    digits: list[tuple[str, list[Points]]] = [("0", [RING]), ("1", [BAR]), ("7", [ANGLE])] * 4
    for name in OTHER_WRITERS:
        add_writer(tmp_path, "1a", name, [*digits, ("7", [RING])] if name == OTHER_WRITERS[0] else digits)
    found = build_category(tmp_path / "unipen", "1a").excluded
    assert [(each.file, each.components, each.label, each.reason) for each in found] == [
        ("art/bob.dat", "1-1", "0", "no strokes"),
        ("aga/train0.dat", "12-12", "7", "looks like 0"),
    ]


def test_segments_with_missing_strokes_are_excluded(tmp_path: Path) -> None:
    small_unipen(tmp_path)
    write(tmp_path / "unipen" / "data" / "7" / "apd" / "file.dat", '.SEGMENT WORD 0-3 ? "hand"\n')
    category = build_category(tmp_path / "unipen", "7")
    assert [each.reason for each in category.excluded] == ["strokes are missing"]
    assert not category.samples
