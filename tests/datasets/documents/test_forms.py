from collections.abc import Iterator

import numpy as np
import pytest

from sdnn.datasets.documents.document_recipe import DocumentRecipe
from sdnn.datasets.documents.forms import divide_digits, draw_frame, fill_comb, fill_table
from sdnn.datasets.documents.handwritten_words import ScriptFonts
from sdnn.datasets.documents.sheet import Sheet, random_sheet
from sdnn.datasets.pen import SyntheticDigits


def level_sheets(count: int) -> Iterator[Sheet]:
    """Sheets whose origin is the middle of a picture of 200 x 400 pixels, neither turned nor scaled."""
    recipe = DocumentRecipe(size_px=(200, 400), printed=0.0, struck=0.0)
    for seed in range(count):
        sheet = random_sheet(SyntheticDigits(), ScriptFonts(), recipe, np.random.default_rng(seed))
        sheet.canvas.picture_from_sheet = np.array([[1.0, 0, 200], [0, 1, 100]])
        sheet.canvas.scale = 1.0
        yield sheet


def test_a_frame_is_round_the_line_of_writing() -> None:
    for sheet in level_sheets(5):
        draw_frame(sheet, -50.0, 10.0, 120.0, 20.0)
        rows, columns = np.nonzero(sheet.canvas.others)
        assert columns.min() == pytest.approx(150, abs=3)
        assert columns.max() == pytest.approx(270, abs=3)
        assert 100 + 10 - 20 * 1.6 - 3 <= rows.min() <= 100 + 10 - 20 * 1.1 + 1
        assert 100 + 10 + 2 - 2 <= rows.max() <= 100 + 10 + 10 + 3


def test_column_lines_stand_between_digits() -> None:
    counts = set()
    for sheet in level_sheets(20):
        written = sheet.write("1234", -100.0, 20.0, 20.0, pitch_px=40.0)
        divide_digits(sheet, written, 40.0, 60.0, 20.0)  # below the writing, to be found again
        columns = np.flatnonzero(sheet.canvas.others[150] > 20)
        # Half-way from digit to digit on the baseline, which begins at 100 on the picture.
        middles = 100 + (written.edges[:-1, 1] + written.edges[1:, 0]) / 2
        lines = np.split(columns, np.flatnonzero(np.diff(columns) > 3) + 1)
        counts.add(len(lines))
        for line in lines:
            assert np.abs(middles - line.mean() - 0.5).min() < 1
    assert counts == {1, 3}


def test_combs_are_filled_in_part_or_not_at_all() -> None:
    filled, bare, letters = [], 0, 0
    for sheet in level_sheets(120):
        left, top, right, bottom = fill_comb(sheet, -150.0, 10.0, 20.0, 300.0, empty=0.25)
        assert (left, right > left, top < -10, bottom > 10) == (-150.0, True, True, True)
        if not sheet.written:
            bare += 1
            letters += bool((sheet.canvas.others[95:105] > 60).mean() > 0.08)
            continue
        (written,) = sheet.written
        middles = written.truth.quads.mean(axis=1)
        assert (middles[:, 0] > 200 + left - 2).all()
        assert (middles[:, 0] < 200 + right + 2).all()
        assert (np.abs(middles[:, 1] - 100) < 20).all()
        filled.append(len(written.truth.text) / 10)
        assert not len(written.signs)
    assert 15 < bare < 60
    assert min(filled) <= 0.2
    assert max(filled) >= 0.8


def test_an_empty_comb_has_no_digits() -> None:
    for sheet in level_sheets(10):
        fill_comb(sheet, -150.0, 10.0, 20.0, 300.0, empty=1.0)
        assert not sheet.written
        assert not sheet.canvas.mask.any()
        assert sheet.canvas.others.any()


def test_tables_have_strings_in_rows_and_blank_cells() -> None:
    cells = []
    for sheet in level_sheets(30):
        tall = fill_table(sheet, -180.0, -80.0, 15.0)
        assert 15 * 1.35 < tall < 15 * (4 * 2.2 + 1.6)
        for written in sheet.written:
            assert written.box[0] >= -180
            assert -100 < written.box[1] < -80 + tall
        cells.append(len(sheet.written))
    assert min(cells) <= 2
    assert max(cells) >= 6
