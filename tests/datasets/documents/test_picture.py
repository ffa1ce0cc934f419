import numpy as np
import pytest

from sdnn.datasets.documents.document_recipe import DocumentRecipe
from sdnn.datasets.documents.handwritten_words import ScriptFonts
from sdnn.datasets.documents.picture import MIN_SIZE_PX, picture_of, visible_part
from sdnn.datasets.documents.sheet import Sheet, random_sheet
from sdnn.datasets.documents.truth import StringTruth
from sdnn.datasets.paper import DegradationConfig
from sdnn.datasets.pen import SyntheticDigits


def row(count: int = 4) -> StringTruth:
    """Digits 10 wide and 20 high, one every 20 pixels from 30, 40 on."""
    quads = np.array([[(x, 40), (x + 10, 40), (x + 10, 60), (x, 60)] for x in 30.0 + 20 * np.arange(count)])
    centre = np.array([(30.0, 50), (20 + 20.0 * count, 50)])
    return StringTruth("1234"[:count], quads, 20.0, centre, slant=0.1, struck=(0, 2))


def test_a_string_on_the_picture_stays_whole_and_moves_with_its_corner() -> None:
    part = visible_part(row(), np.array([10.0, 5.0]), (200, 100))
    assert part is not None
    assert (part.text, part.struck, part.height_px, part.slant) == ("1234", (0, 2), 20.0, 0.1)
    np.testing.assert_allclose(part.quads, row().quads - [10, 5])
    np.testing.assert_allclose(part.centre, [(20, 45), (90, 45)])


def test_digits_whose_middles_are_beyond_the_edge_are_left_off() -> None:
    part = visible_part(row(), np.array([36.0, 0.0]), (42, 100))  # from 36 to 78: the middles of 2 and 3
    assert part is not None
    assert (part.text, part.struck) == ("23", (1,))
    np.testing.assert_allclose(part.quads[:, 0, 0], [50 - 36, 70 - 36])
    np.testing.assert_allclose(part.centre, [(50 - 36, 50), (80 - 36, 50)])


@pytest.mark.parametrize("offset", [(0.0, 60.0), (150.0, 0.0)])
def test_a_string_beyond_the_edge_is_not_there(offset: tuple[float, float]) -> None:
    assert visible_part(row(), np.array(offset), (100, 100)) is None


def test_one_digit_of_a_string_still_has_a_direction() -> None:
    part = visible_part(row(), np.array([66.0, 0.0]), (14, 100))
    assert part is not None
    assert part.text == "3"
    np.testing.assert_allclose(part.along, [1, 0])


def clean_sheet() -> Sheet:
    recipe = DocumentRecipe(
        size_px=(100, 200), paper=DegradationConfig(untouched=1.0), struck=0.0, printed=0.0
    )
    sheet = random_sheet(SyntheticDigits(), ScriptFonts(), recipe, np.random.default_rng(1))
    sheet.canvas.picture_from_sheet = np.array([[1.0, 0, 100], [0, 1, 50]])
    return sheet


def test_a_part_of_the_sheet_is_cut_out_with_its_truth() -> None:
    for seed in range(20):
        sheet = clean_sheet()
        written = sheet.write("123", -30.0, 10.0, 20.0, signs=0.0)
        left, top, right, bottom = written.box
        sheet.rng = np.random.default_rng(seed)
        document = picture_of(sheet, np.array([left - 5, top - 5, right + 5, bottom + 5]))
        assert document.picture.shape == document.ink.shape
        assert document.picture.shape[0] >= bottom - top + 10
        assert document.picture.dtype == np.float32
        assert document.picture.min() >= 0
        assert document.picture.max() <= 1
        (string,) = document.strings
        assert string.text == "123"
        assert document.ink.sum() == sheet.canvas.mask.sum()  # nothing of it is cut off
        corners = string.quads.reshape(-1, 2)
        rows, columns = np.nonzero(document.ink > 60)
        assert columns.min() == pytest.approx(corners[:, 0].min(), abs=2)
        assert columns.max() + 1 == pytest.approx(corners[:, 0].max(), abs=2)
        assert rows.min() == pytest.approx(corners[:, 1].min(), abs=2)
        assert rows.max() + 1 == pytest.approx(corners[:, 1].max(), abs=2)
        (row, column), *_ = np.argwhere(sheet.canvas.mask)
        shift = np.array([column, row]) - np.argwhere(document.ink)[0][::-1]
        np.testing.assert_allclose(written.truth.quads - string.quads, np.broadcast_to(shift, (3, 4, 2)))


def test_no_picture_is_smaller_than_the_least_size() -> None:
    document = picture_of(clean_sheet(), np.array([0.0, 0, 1, 1]))
    assert document.picture.shape >= MIN_SIZE_PX[::-1]
    assert document.strings == ()
    assert document.signs.shape == (0, 3)
