import numpy as np
import pytest

from sdnn.datasets.documents.document_recipe import DocumentRecipe
from sdnn.datasets.documents.handwritten_words import ScriptFonts, WordImage
from sdnn.datasets.documents.ink_canvas import rectangle
from sdnn.datasets.documents.sheet import LONG, Sheet, random_sheet, random_skew
from sdnn.datasets.pen import SyntheticDigits


def sheet(seed: int, recipe: DocumentRecipe | None = None) -> Sheet:
    return random_sheet(
        SyntheticDigits(), ScriptFonts(), recipe or DocumentRecipe(), np.random.default_rng(seed)
    )


def test_most_sheets_lie_nearly_straight_and_none_is_turned_much() -> None:
    rng = np.random.default_rng(0)
    degrees = np.rad2deg([random_skew(rng) for _ in range(1000)])
    assert np.abs(degrees).max() > 25
    assert np.abs(degrees).max() < 35
    assert (np.abs(degrees) < 5).mean() > 0.6
    assert abs(degrees.mean()) < 1.5


@pytest.mark.parametrize("size_px", [(256, 256), (96, 320), (320, 96)])
def test_a_sheet_reaches_beyond_the_picture_on_all_sides(size_px: tuple[int, int]) -> None:
    rows, columns = size_px
    for seed in range(30):
        drawn = sheet(seed, DocumentRecipe(size_px=size_px))
        assert drawn.canvas.mask.shape == size_px
        matrix = drawn.canvas.picture_from_sheet
        corners = (rectangle(0, 0, columns, rows) - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
        left, top, right, bottom = drawn.area
        slack = 0.15 * max(size_px)  # the lean of the sheet is not in its reach
        assert (corners >= np.array([left, top]) - slack).all()
        assert (corners <= np.array([right, bottom]) + slack).all()
        np.testing.assert_allclose(matrix[:, 2], [columns / 2, rows / 2])


def test_heights_come_from_their_ranges_by_their_shares() -> None:
    recipe = DocumentRecipe(heights_px=((10.0, 20.0, 0.75), (50.0, 60.0, 0.25)))
    heights = np.array([sheet(seed, recipe).height_px for seed in range(200)])
    small, large = (heights >= 10) & (heights < 20), (heights >= 50) & (heights < 60)
    assert (small | large).all()
    assert small.mean() == pytest.approx(0.75, abs=0.1)
    assert np.median(heights[small]) == pytest.approx(np.sqrt(10 * 20), rel=0.1)  # log-uniform


def test_a_random_text_fits_but_is_never_empty() -> None:
    for seed in range(30):
        drawn = sheet(seed)
        for room in (1.0, 60.0, 1000.0):
            text = drawn.random_text(room, 15.0)
            assert text.isdigit()
            assert len(text) <= LONG * drawn.recipe.most_digits
            assert len(text) == 1 or drawn.width_of(text, 15.0) <= room
        assert len(drawn.random_text(1000.0, 15.0, most=2)) <= LONG * 2


def test_texts_are_of_all_lengths_and_may_end_in_zeros_or_be_one_digit_again_and_again() -> None:
    drawn = sheet(3)
    texts = [drawn.random_text(1e6, 15.0) for _ in range(1000)]
    lengths = np.array([len(text) for text in texts])
    assert set(lengths.tolist()) == set(range(1, 21))
    # A tenth are one digit, as is a tenth of the third of any length from 1 to 10; of those that are to be
    # long one in eleven has ten digits, and the others more.
    assert (lengths == 1).mean() == pytest.approx(0.1 + 0.32 / 10, abs=0.03)
    assert (lengths > 10).mean() == pytest.approx(0.08 * 10 / 11, abs=0.03)
    assert (lengths < 7).mean() > 0.7
    longer = [text for text in texts if len(text) > 2]
    assert np.mean([text.endswith("00") for text in longer]) == pytest.approx(0.2, abs=0.06)
    assert np.mean([len(set(text)) == 1 for text in longer]) == pytest.approx(0.05, abs=0.03)


def test_written_strings_are_kept_with_their_truth() -> None:
    drawn = sheet(0, DocumentRecipe(printed=0.0))
    written = [drawn.write("123", -20.0, float(y), 16.0) for y in (-40, 0, 40)]
    assert drawn.written == written
    assert {each.truth.text for each in written} == {"123"}
    assert drawn.canvas.mask.any()


@pytest.mark.parametrize(("printed", "low", "high"), [(0.0, 0.0, 0.2), (1.0, 1.0, 1.0)])
def test_strings_are_print_where_the_sheet_is(printed: float, low: float, high: float) -> None:
    prints = []
    for seed in range(60):
        drawn = sheet(seed, DocumentRecipe(printed=printed))
        truth = drawn.write("12", 0.0, 0.0, 16.0).truth
        prints.append(truth.printed)
        assert not (truth.printed and (truth.struck or truth.slant))
    assert low <= np.mean(prints) <= high


class Blocks:
    """Writers whose words are blocks as high as a capital, half of them below the baseline."""

    def writer(self, rng: np.random.Generator) -> "Blocks":
        return self

    def word(self, rng: np.random.Generator) -> WordImage:
        return WordImage(np.full((32, 64), 255, np.uint8), height=1.0, drop=0.5)


def test_handwritten_words_hang_below_the_baseline() -> None:
    written = 0
    for seed in range(20):
        drawn = random_sheet(SyntheticDigits(), Blocks(), DocumentRecipe(), np.random.default_rng(seed))
        drawn.canvas.picture_from_sheet = np.array([[1.0, 0, 128], [0, 1, 128]])
        drawn.write_words(-60.0, 0.0, 20.0, 120.0)
        rows, columns = np.nonzero(drawn.canvas.others)
        if ((drawn.canvas.others[119:137, 70:106] > 0).all()).any():  # no printed word is as full
            written += 1
            assert (rows.min(), rows.max() + 1) == (118, 138)
            assert columns.min() == 68
    assert 4 < written < 16


def test_words_stay_within_their_room_but_for_the_first() -> None:
    for seed in range(30):
        drawn = sheet(seed, DocumentRecipe(size_px=(200, 400)))
        drawn.canvas.picture_from_sheet = np.array([[1.0, 0, 200], [0, 1, 100]])
        drawn.write_words(-150.0, 0.0, 16.0, 200.0)
        rows, columns = np.nonzero(drawn.canvas.others > 60)
        assert columns.min() >= 49
        assert columns.max() <= 251
        assert rows.min() > 100 - 45
        assert rows.max() < 100 + 20
        assert not drawn.written
        assert not drawn.canvas.mask.any()
