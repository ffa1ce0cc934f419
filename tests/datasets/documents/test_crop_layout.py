import numpy as np
import pytest

from sdnn.datasets.documents.crop_layout import fill_crop
from sdnn.datasets.documents.document_recipe import DocumentRecipe
from sdnn.datasets.documents.handwritten_words import ScriptFonts
from sdnn.datasets.documents.sheet import Sheet, random_sheet
from sdnn.datasets.pen import SyntheticDigits
from sdnn.results import FloatArray

Crop = tuple[Sheet, FloatArray]


@pytest.fixture(scope="module")
def crops() -> list[Crop]:
    """Sheets and what is cut out of them."""
    drawn = []
    for seed in range(120):
        recipe = DocumentRecipe(size_px=(96, 320), heights_px=((11.0, 26.0, 1.0),))
        sheet = random_sheet(SyntheticDigits(), ScriptFonts(), recipe, np.random.default_rng(seed))
        drawn.append((sheet, fill_crop(sheet)))
    return drawn


def test_crops_contain_the_writing(crops: list[Crop]) -> None:
    for sheet, (left, top, right, bottom) in crops:
        assert left < right
        assert top < bottom
        for written in sheet.written:
            x0, y0, x1, y1 = written.box
            assert left < (x0 + x1) / 2 < right
            assert top < (y0 + y1) / 2 < bottom


def test_one_line_is_usual_and_none_or_three_occur(crops: list[Crop]) -> None:
    counts = np.bincount([len(sheet.written) for sheet, _ in crops], minlength=4)
    assert counts[1] > 70
    assert 6 < counts[0] < 35
    assert counts[2] + counts[3] > 5
    assert counts[4:].sum() == 0


def test_margins_are_small_and_at_times_there_is_none(crops: list[Crop]) -> None:
    margins = []
    for sheet, (left, top, right, bottom) in crops:
        if len(sheet.written) == 1:
            x0, y0, x1, y1 = sheet.written[0].box
            margins.append(np.array([x0 - left, y0 - top, right - x1, bottom - y1]) / sheet.height_px)
    low, usual = np.percentile(margins, [2, 50])
    assert low < 0.1
    assert 0.2 < usual < 2


def test_at_times_digits_fill_the_picture_from_side_to_side(crops: list[Crop]) -> None:
    filled = 0
    for sheet, (left, _, right, _) in crops:
        if len(sheet.written) == 1:
            x0, _, x1, _ = sheet.written[0].box
            margins = np.array([x0 - left, right - x1]) / sheet.height_px
            filled += bool(((margins > -0.05) & (margins < 0.09)).all())
    assert 0.05 < filled / len(crops) < 0.2


def test_at_times_there_is_nothing_but_digits(crops: list[Crop]) -> None:
    bare = [len(sheet.written) == 1 and not sheet.canvas.others.any() for sheet, _ in crops]
    assert 0.08 < np.mean(bare) < 0.25
