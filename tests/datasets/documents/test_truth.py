from dataclasses import replace

import numpy as np
import pytest

from sdnn.datasets.documents.truth import (
    CLOSER,
    DIGIT,
    LINE,
    SIGN,
    STRUCK,
    TOLERANCE,
    Document,
    Mask,
    StringTruth,
    truth_maps,
)
from sdnn.detection.maps import HEIGHTS_PX, STRIDE_PX, UNIT_PX
from sdnn.results import FloatArray

SHAPE = (64, 128)
"""Pixels of a picture of 16 x 32 cells, whose middles lie at 2, 6, 10, ... pixels."""


def string(
    height: float = 16.0, middle_y: float = 34.0, turn: float = 0.0, struck: tuple[int, ...] = ()
) -> StringTruth:
    """Two digits, half as wide as high, with their middles at x = 34 and 70, on a line from 22 to 82."""
    wide, tall = height / 4, height / 2
    corners = np.array([(-wide, -tall), (wide, -tall), (wide, tall), (-wide, tall)])
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])

    def turned(points: FloatArray) -> FloatArray:
        return np.asarray((points - (52, middle_y)) @ rotation + (52, middle_y))

    quads = np.array([turned(corners + (x, middle_y)) for x in (34, 70)])
    centre = turned(np.array([(22.0, middle_y), (82.0, middle_y)]))
    return StringTruth("17", quads, height, centre, slant=0.2, struck=struck)


def document(*strings: StringTruth, signs: tuple[tuple[float, float, float], ...] = ()) -> Document:
    """White paper with all the pixels of the strings' quads inked, where they are level."""
    ink: Mask = np.zeros(SHAPE, np.uint8)
    for each in strings:
        for quad in each.quads:
            (left, top), (right, bottom) = quad.min(axis=0).astype(int), quad.max(axis=0).astype(int)
            ink[max(0, top) : bottom, max(0, left) : right] = 255
    return Document(np.ones(SHAPE, np.float32), ink, strings, np.array(signs).reshape(-1, 3))


def cells(mask: Mask) -> tuple[slice, slice]:
    """Rows and columns of the rectangle that a mask fills."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    found = slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
    assert mask[found].all()
    return found


def test_the_geometry_worked_by_hand_is_that_of_the_detector() -> None:
    assert (STRIDE_PX, HEIGHTS_PX, UNIT_PX) == (4, (12.0, 24.0), 17.0)


def test_a_string_of_the_octave_worked_by_hand() -> None:
    maps = truth_maps(document(string()))
    # A band half as thick as the digits are high, from 30 to 38: cells 7, 8 and 9 with middles 30, 34, 38;
    # and from 22 to 82: cells 5 to 20.
    assert cells(maps.masks[LINE]) == (slice(7, 10), slice(5, 21))
    np.testing.assert_array_equal(maps.fields_valid, maps.masks[LINE])
    # The middles of the digits, (34, 34) and (70, 34), are those of cells 8, 8 and 8, 17; their spots reach
    # 2.7 pixels round them, and a cell that is more than half in is in.
    spots = np.zeros((16, 32), bool)
    for column in (8, 17):
        spots[8, column - 1 : column + 2] = spots[7:10, column] = True
    np.testing.assert_array_equal(maps.masks[DIGIT] > 0, spots)
    for nothing in (SIGN, STRUCK, CLOSER):
        assert not maps.masks[nothing].any()
    assert maps.masks_valid[[DIGIT, SIGN, STRUCK, CLOSER]].all()


def test_the_fields_of_a_string_worked_by_hand() -> None:
    fields = truth_maps(document(string())).fields
    on_line = np.s_[7:10, 5:21]
    np.testing.assert_allclose(fields[0][on_line], np.log2(16 / 17), atol=1e-6)
    np.testing.assert_allclose(fields[1][on_line], 1)
    np.testing.assert_allclose(fields[2][on_line], 0, atol=1e-6)
    # The line is at 34, and 4 pixels below the upper row of cells, 4 above the lower one.
    np.testing.assert_allclose(
        fields[3][on_line], np.repeat([[4 / 17], [0], [-4 / 17]], 16, axis=1), atol=1e-6
    )
    np.testing.assert_allclose(fields[4][on_line], 0.2, atol=1e-6)
    assert not fields[5].any()
    assert not fields[:, :7].any()


def test_print_is_in_the_fields() -> None:
    fields = truth_maps(document(replace(string(), printed=True))).fields
    assert (fields[5][7:10, 5:21] == 1).all()


def test_round_the_band_either_answer_will_do() -> None:
    maps = truth_maps(document(string()))
    assert maps.masks_valid[LINE][7:10, 5:21].all()
    left_out = cells(1 - maps.masks_valid[LINE] | maps.masks[LINE])
    assert left_out == (slice(6, 11), slice(4, 22))
    assert not maps.masks_valid[LINE][6, 5:21].any()
    assert not maps.masks_valid[LINE][7:10, 4].any()
    assert maps.masks_valid[LINE].sum() == 16 * 32 - (5 * 18 - 3 * 16)


def test_ink_is_thresholded_and_valid_on_lines_of_the_octave() -> None:
    drawn = document(string())
    drawn.ink[50:55, 100:105] = 80
    maps = truth_maps(drawn)
    assert maps.ink.sum() == 2 * 8 * 16
    assert maps.ink[26:42, 30:38].all()
    assert maps.ink_valid.all()


def test_struck_digits_are_marked_where_they_stand() -> None:
    maps = truth_maps(document(string(struck=(1,))))
    rows, columns = cells(maps.masks[STRUCK])
    assert rows == slice(6, 11)  # from 26 to 42
    assert columns == slice(16, 19)  # from 66 to 74
    assert maps.masks[DIGIT, 8, 17]  # it is a digit all the same


@pytest.mark.parametrize(
    ("height", "line", "closer"),
    [(16.0, True, False), (12.0, True, False), (23.9, True, False), (40.0, False, False), (8.0, False, True)],
)
def test_a_scale_answers_for_an_octave(height: float, line: bool, closer: bool) -> None:
    maps = truth_maps(document(string(height)))
    assert maps.masks[LINE].any() == line
    assert maps.masks[DIGIT].any() == line
    assert maps.fields_valid.any() == line
    assert maps.masks[CLOSER].any() == closer


def test_higher_digits_are_nothing_and_their_ink_does_not_count() -> None:
    maps = truth_maps(document(string(40.0)))
    assert not maps.masks.any()
    assert maps.masks_valid.all()
    assert maps.ink.any()
    assert not maps.ink_valid[maps.ink > 0].any()
    assert not maps.ink_valid[34, 20]  # nor just beside it: 6 pixels, 0.15 heights, are left out
    assert maps.ink_valid[34, 4]


def test_smaller_digits_ask_for_a_closer_look_round_about_them() -> None:
    maps = truth_maps(document(string(8.0)))
    # 1.3 heights thick and 0.3 longer at both ends: from 28.8 to 39.2, from 19.6 to 84.4.
    assert cells(maps.masks[CLOSER]) == (slice(7, 10), slice(4, 22))
    assert maps.masks_valid.all()
    assert not maps.ink_valid[maps.ink > 0].any()


def test_the_smallest_digits_ask_for_nothing() -> None:
    maps = truth_maps(document(string(4.0)))
    assert not maps.masks.any()
    assert not maps.masks_valid[CLOSER, 8, 8:18].any()
    assert maps.masks_valid[LINE].all()


@pytest.mark.parametrize("height", [12 / TOLERANCE + 0.1, 11.9, 24.0, 24 * TOLERANCE - 0.1])
def test_near_the_octave_either_answer_will_do(height: float) -> None:
    maps = truth_maps(document(string(height)))
    assert not maps.masks[LINE].any()
    assert not maps.masks_valid[LINE, 8, 6:20].any()
    assert not maps.masks_valid[DIGIT, 8, 6:20].any()
    assert maps.fields_valid[8, 6:20].all()  # what a line there would be like is known
    np.testing.assert_allclose(maps.fields[0][8, 6:20], np.log2(height / 17), atol=1e-6)
    assert maps.ink_valid.all()


def test_just_above_the_lower_limit_a_closer_look_is_no_mistake() -> None:
    maps = truth_maps(document(string(13.0)))
    assert maps.masks[LINE].any()
    assert not maps.masks[CLOSER].any()
    assert not maps.masks_valid[CLOSER, 8, 6:20].any()


def test_the_fields_follow_a_turned_line() -> None:
    turned = string(turn=0.3)
    maps = truth_maps(document(turned))
    place = maps.fields_valid > 0
    np.testing.assert_allclose(maps.fields[1][place], np.cos(0.3), atol=1e-6)
    np.testing.assert_allclose(maps.fields[2][place], np.sin(0.3), atol=1e-6)
    np.testing.assert_allclose(turned.along @ turned.down, 0, atol=1e-12)
    # From any cell of the band the way down leads to the line.
    rows, columns = np.nonzero(place)
    middles = np.stack([columns, rows], axis=1) * 4.0 + 2
    on_line = middles + 17 * maps.fields[3][place][:, None] * turned.down
    np.testing.assert_allclose((on_line - turned.centre[0]) @ turned.down, 0, atol=1e-5)
    slope = (rows[columns > 15].mean() - rows[columns < 10].mean()) > 1
    assert slope  # y goes down


@pytest.mark.parametrize(("size", "is_target"), [(2.0, False), (3.0, True), (20.0, True), (48.0, False)])
def test_signs_of_readable_sizes_are_targets(size: float, is_target: bool) -> None:
    maps = truth_maps(document(signs=((50.0, 30.0, size),)))
    assert maps.masks[SIGN].any() == is_target
    assert not maps.masks[[LINE, DIGIT, STRUCK, CLOSER]].any()
    if is_target:
        rows, columns = np.nonzero(maps.masks[SIGN])
        assert (rows.mean(), columns.mean()) == pytest.approx((7, 12), abs=0.5)


def test_strings_beyond_the_edge_and_blank_paper_have_empty_maps() -> None:
    maps = truth_maps(document(string(middle_y=-100.0), signs=((900.0, 30.0, 10.0),)))
    assert not maps.masks.any()
    assert not maps.fields.any()
    assert maps.masks_valid.all()
    assert maps.ink_valid.all()


def test_a_string_no_longer_than_a_point_has_a_band() -> None:
    point = replace(string(), centre=np.array([(34.0, 34.0), (34.0 + 1e-3, 34.0)]))
    assert truth_maps(document(point)).masks[LINE, 8, 8]


def test_sides_that_are_no_multiple_of_the_stride_lose_their_rest() -> None:
    picture = np.ones((30, 42), np.float32)
    maps = truth_maps(Document(picture, np.zeros((30, 42), np.uint8), (), np.zeros((0, 3))))
    assert maps.masks.shape == (5, 7, 10)
    assert maps.ink.shape == (30, 42)
