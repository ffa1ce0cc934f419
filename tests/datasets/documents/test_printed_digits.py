import numpy as np
import pytest

from sdnn.datasets.digits import TEXT_PX
from sdnn.datasets.documents.printed_digits import (
    PRINT_TYPEFACES,
    SCALE,
    PrintedDigits,
    random_print_style,
)


@pytest.mark.parametrize("typeface", range(PRINT_TYPEFACES))
def test_every_typeface_has_ten_different_digits_of_one_height(typeface: int) -> None:
    rng = np.random.default_rng(0)
    digits = [PrintedDigits(typeface).draw(label, rng) for label in range(10)]
    assert [digit.label for digit in digits] == list(range(10))
    assert len({digit.ink.tobytes() for digit in digits}) == 10
    for digit in digits:
        assert digit.scale == SCALE
        assert digit.ink.shape[0] == pytest.approx(SCALE * TEXT_PX, rel=0.25)
        assert digit.ink[[0, -1]].any(axis=1).all()
        assert digit.ink[:, [0, -1]].any(axis=0).all()
    heights = [digit.ink.shape[0] for digit in digits]
    assert max(heights) < 1.15 * min(heights)


def test_print_is_the_same_each_time_and_of_every_typeface() -> None:
    rng = np.random.default_rng(0)
    writer = PrintedDigits(3)
    assert writer.draw(5, rng).ink is writer.draw(5, rng).ink
    assert {PrintedDigits.writer(rng).typeface for _ in range(200)} == set(range(PRINT_TYPEFACES))
    assert writer.writer(rng).pen_px > 0


def test_print_stands_straight_in_one_size() -> None:
    for seed in range(10):
        style = random_print_style(np.random.default_rng(seed))
        assert style.slant == style.size_spread == style.baseline_spread == 0
        assert (style.heights == 1).all()
        assert 0.05 < style.gap < 0.3
