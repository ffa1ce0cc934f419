"""Lines found again on maps that make no mistake, of documents whose lines are known."""

from dataclasses import replace

import numpy as np
import pytest
from helpers.perfect_maps import assert_same_line, document_of, perfect_maps, string_at

from sdnn.detection.cell_grouping import MIN_CELL_OVER_PEAK, MIN_CELL_PROBABILITY, group_cells
from sdnn.detection.maps import STRIDE_PX

SIZE = (192, 256)


@pytest.mark.parametrize("turn_deg", [0, 3, -12, 30, 90, 180, 270])
@pytest.mark.parametrize("height_px", [12.5, 17.0, 23.0])
def test_a_line_is_found_where_it_runs_and_in_its_direction(turn_deg: float, height_px: float) -> None:
    along = np.array([np.cos(np.deg2rad(turn_deg)), np.sin(np.deg2rad(turn_deg))])
    start = np.array([128.0, 96.0]) - 2 * height_px * along
    string = string_at("40217", tuple(start.tolist()), height_px, turn_deg)
    (line,) = group_cells(perfect_maps(document_of(SIZE, string)))
    assert_same_line(line, string)


def test_cells_none_of_which_is_likely_are_no_line() -> None:
    document = document_of(SIZE, string_at("40217", (60.0, 96.0), 17.0))
    maps = perfect_maps(document)
    for probability, count in ((1.0, 1), (MIN_CELL_PROBABILITY + 0.01, 1), (MIN_CELL_PROBABILITY - 0.01, 0)):
        assert len(group_cells(replace(maps, line=np.minimum(maps.line, probability)))) == count


def test_cells_much_less_likely_than_the_surest_of_their_line_are_no_part_of_it() -> None:
    string = string_at("40217", (60.0, 96.0), 17.0)
    maps = perfect_maps(document_of(SIZE, string))
    row, column = np.unravel_index(int(maps.line.argmax()), maps.line.shape)
    length_px = float(np.hypot(*(string.centre[1] - string.centre[0])))
    for probability, longer in ((MIN_CELL_OVER_PEAK - 0.02, False), (MIN_CELL_OVER_PEAK + 0.02, True)):
        line = maps.line.copy()
        line[row, column:] = np.maximum(line[row, column:], probability)  # as words to the right might have
        (found,) = group_cells(replace(maps, line=line))
        assert (found.length_px > 1.5 * length_px) == longer
        if not longer:
            assert_same_line(found, string)


@pytest.mark.parametrize("scale", [0.25, 1.0, 2.0])
def test_a_line_is_given_in_pixels_of_the_picture_at_any_scale(scale: float) -> None:
    string = string_at("40217", (60.0, 96.0), 17.0)
    (line,) = group_cells(perfect_maps(document_of(SIZE, string), scale))
    assert_same_line(line, string, scale)


def test_a_lone_digit_is_a_line() -> None:
    string = string_at("7", (60.0, 96.0), 20.0)
    (line,) = group_cells(perfect_maps(document_of(SIZE, string)))
    assert_same_line(line, string)


def test_a_line_has_the_slant_of_its_digits_and_is_print_or_not() -> None:
    strings = (
        string_at("402", (30.0, 50.0), 17.0, slant=0.4),
        string_at("17", (30.0, 120.0), 17.0, printed=True),
    )
    written, printed = group_cells(perfect_maps(document_of(SIZE, *strings)))
    assert written.slant == pytest.approx(0.4, abs=1e-3)
    assert written.printed < 0.01
    assert printed.printed > 0.99
    assert min(written.probability, printed.probability) > 0.99


def test_a_line_on_its_head_runs_to_the_left_unless_that_is_in_doubt() -> None:
    string = string_at("40217", (190.0, 96.0), 17.0, turn_deg=180)
    maps = perfect_maps(document_of(SIZE, string))
    (line,) = group_cells(maps)
    assert_same_line(line, string)
    doubtful = np.where(np.arange(maps.line.shape[1]) % 2, maps.direction, -maps.direction)
    (upright,) = group_cells(replace(maps, direction=doubtful))
    assert float(upright.direction @ [1, 0]) > 0.99
    np.testing.assert_allclose(upright.start, line.end, atol=STRIDE_PX)
