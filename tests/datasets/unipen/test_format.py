from pathlib import Path

import numpy as np
import pytest
from helpers.unipen_distribution import write

from sdnn.datasets.unipen.format import Segment, read_segments

STROKES = """
.PEN_DOWN
0 0
1 10
2 20
3 30
.PEN_UP
7 7
.PEN_DOWN
10 0
11 10
.PEN_UP
.PEN_DOWN
20 0
21 10
22 20
.PEN_UP
"""


def parse(tmp_path: Path, text: str) -> list[Segment]:
    return read_segments(write(tmp_path / "data" / "file.dat", text), tmp_path / "include")[0]


def one(tmp_path: Path, segment: str, strokes: str = STROKES) -> Segment:
    (found,) = parse(tmp_path, f"{strokes}.SEGMENT {segment}\n")
    return found


def xs(segment: Segment) -> list[list[int]]:
    return [stroke[:, 0].tolist() for stroke in segment.strokes]


@pytest.mark.parametrize(
    ("components", "expected"),
    [
        ("1", [[10, 11]]),
        ("0-1", [[0, 1, 2, 3], [10, 11]]),
        ("1-1", [[10, 11]]),
        ("0,2", [[0, 1, 2, 3], [20, 21, 22]]),
        ("0-0:1", [[0, 1]]),
        ("0:2-1", [[2, 3], [10, 11]]),
        ("0:1-0:2", [[1, 2]]),
        ("0:3-2:0", [[3], [10, 11], [20]]),
        ("2,0-0:0,0:3-1", [[20, 21, 22], [0], [3], [10, 11]]),
        ("2:1", [[21]]),
    ],
)
def test_components_are_counted_over_pen_down_strokes_and_may_be_cut(
    tmp_path: Path, components: str, expected: list[list[int]]
) -> None:
    assert xs(one(tmp_path, f'CHARACTER {components} ? "5"')) == expected


def test_x_and_y_come_as_on_the_tablet(tmp_path: Path) -> None:
    np.testing.assert_array_equal(one(tmp_path, 'CHARACTER 1 OK "5"').strokes[0], [[10, 0], [11, 10]])


@pytest.mark.parametrize(
    ("written", "label"),
    [('"5"', "5"), (r'"\""', '"'), (r'"\\"', "\\"), ('"two words"', "two words"), ('" "', " "), ('"é"', "é")],
)
def test_labels_are_unescaped(tmp_path: Path, written: str, label: str) -> None:
    assert one(tmp_path, f"CHARACTER 0 ? {written}").label == label


def test_a_segment_without_a_label_has_none(tmp_path: Path) -> None:
    assert one(tmp_path, "WORD 0-2").label is None


def test_level_and_components_are_kept_as_written(tmp_path: Path) -> None:
    segment = one(tmp_path, 'WORD 0-1:0,2 BAD "42"')
    assert (segment.level, segment.components, segment.damage) == ("WORD", "0-1:0,2", None)


@pytest.mark.parametrize("components", ["3", "0-3", "2-1", "0,7"])
def test_components_beyond_the_strokes_are_damage(tmp_path: Path, components: str) -> None:
    segment = one(tmp_path, f'CHARACTER {components} ? "5"')
    assert (segment.damage, segment.strokes) == ("strokes are missing", ())


@pytest.mark.parametrize("components", ["a", "1-", "1;2", "0:x", "-1"])
def test_components_that_cannot_be_parsed_are_damage(tmp_path: Path, components: str) -> None:
    assert one(tmp_path, f'CHARACTER {components} ? "5"').damage == "components cannot be parsed"


def test_an_empty_segment_statement_is_passed_over(tmp_path: Path) -> None:
    assert parse(tmp_path, f"{STROKES}.SEGMENT\n.SEGMENT CHARACTER\n") == []


def test_lines_that_are_no_points_are_passed_over(tmp_path: Path) -> None:
    strokes = ".PEN_DOWN\n1 1\nx y\n2\n\n3 3 3\n1e99 0\nnan 1\n 4\t4 \n5.4 5.6\n.PEN_UP\n"
    (points,) = one(tmp_path, 'CHARACTER 0 ? "1"', strokes).strokes
    np.testing.assert_array_equal(points, [[1, 1], [4, 4], [5, 6]])


def test_columns_may_come_in_any_order(tmp_path: Path) -> None:
    strokes = ".COORD T Y X P\n.PEN_DOWN\n0 1 2 9\n10 3 4 9\n5 6\n.PEN_UP\n"
    (points,) = one(tmp_path, 'CHARACTER 0 ? "1"', strokes).strokes
    np.testing.assert_array_equal(points, [[2, 1], [4, 3]])


def test_columns_without_x_and_y_are_taken_for_x_and_y(tmp_path: Path) -> None:
    (points,) = one(tmp_path, 'CHARACTER 0 ? "1"', ".COORD A B\n.PEN_DOWN\n1 2\n").strokes
    np.testing.assert_array_equal(points, [[1, 2]])


@pytest.mark.parametrize(
    ("header", "aspect", "per_inch"),
    [
        ("", 1.0, None),
        (".X_POINTS_PER_INCH 100\n.Y_POINTS_PER_INCH 200\n", 2.0, 200.0),
        (".X_POINTS_PER_MM 10\n.Y_POINTS_PER_MM 10 \n", 1.0, 254.0),
        (".X_POINTS_PER_MM 10\n.Y_POINTS_PER_INCH 127\n", 0.5, 127.0),
        (".X_POINTS_PER_INCH 100\n", 1.0, None),
        (".X_POINTS_PER_INCH 0\n.Y_POINTS_PER_INCH 200\n", 1.0, 200.0),
        (".X_POINTS_PER_INCH ?\n.Y_POINTS_PER_INCH\n", 1.0, None),
    ],
)
def test_resolutions_give_the_aspect_of_a_step(
    tmp_path: Path, header: str, aspect: float, per_inch: float | None
) -> None:
    segment = one(tmp_path, 'CHARACTER 0 ? "1"', header + STROKES)
    assert segment.aspect == aspect
    assert segment.per_inch == pytest.approx(per_inch)


def test_strokes_and_settings_come_from_nested_includes(tmp_path: Path) -> None:
    outer = write(
        tmp_path / "include" / "aga" / "data.dat", f".INCLUDE aga/doc.txt\n.WRITER_ID ann\n{STROKES}"
    )
    inner = write(tmp_path / "include" / "aga" / "doc.txt", ".X_POINTS_PER_MM 20\n.Y_POINTS_PER_MM 10\n")
    file = write(
        tmp_path / "data" / "file.dat",
        '.PEN_DOWN\n5 5\n.PEN_UP\n.INCLUDE aga/data.dat\n.SEGMENT CHARACTER 1 ? "4"\n',
    )
    (segment,), read = read_segments(file, tmp_path / "include")
    assert (segment.writer, segment.aspect, xs(segment)) == ("ann", 0.5, [[0, 1, 2, 3]])
    assert read == [file, outer, inner]


def test_a_missing_include_is_passed_over(tmp_path: Path) -> None:
    assert xs(one(tmp_path, 'CHARACTER 1 ? "5"', f".INCLUDE imp/imp0.doc\n{STROKES}")) == [[10, 11]]


def test_a_file_that_includes_itself_is_an_error(tmp_path: Path) -> None:
    write(tmp_path / "include" / "loop.dat", ".INCLUDE loop.dat\n")
    with pytest.raises(ValueError, match="included by itself"):
        parse(tmp_path, ".INCLUDE loop.dat\n")


def test_the_writer_is_the_one_named_last_before_the_stroke(tmp_path: Path) -> None:
    text = (
        ".PEN_DOWN\n1 1\n.PEN_UP\n.WRITER_ID\tann\n.PEN_DOWN\n2 2\n.PEN_UP\n.WRITER_ID bob \n"
        '.PEN_DOWN\n3 3\n.PEN_UP\n.SEGMENT CHARACTER 0 ? "1"\n.SEGMENT CHARACTER 1 ? "1"\n'
        '.SEGMENT CHARACTER 2 ? "1"\n'
    )
    assert [segment.writer for segment in parse(tmp_path, text)] == [None, "ann", "bob"]


def test_a_keyword_counts_only_at_the_beginning_of_a_line(tmp_path: Path) -> None:
    header = ".COMMENT once: .WRITER_ID old\n   .WRITER_ID older\n.WRITER_ID ann\n"
    assert one(tmp_path, 'CHARACTER 0 ? "1"', header + STROKES).writer == "ann"


def test_lines_may_end_as_on_other_systems(tmp_path: Path) -> None:
    text = '.PEN_DOWN\r\n1 2\r\n3 4\r\n.PEN_UP\r\n.SEGMENT CHARACTER 0 ? "1"\r\n'
    (segment,) = parse(tmp_path, text)
    np.testing.assert_array_equal(segment.strokes[0], [[1, 2], [3, 4]])
