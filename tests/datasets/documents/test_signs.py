import numpy as np
import pytest

from sdnn.datasets.documents.ink_canvas import Canvas
from sdnn.datasets.documents.signs import SIGN_STROKES, draw_sign, random_signs


@pytest.mark.parametrize("count", [1, 2, 4, 9])
def test_signs_stand_before_digits_or_after_the_last_and_can_all_be_drawn(count: int) -> None:
    rng = np.random.default_rng(count)
    drawn = [random_signs(count, rng) for _ in range(300)]
    assert {number for signs in drawn for number in signs} <= set(range(count + 1))
    seen = {sign for signs in drawn for group in signs.values() for sign in group}
    assert seen <= set(SIGN_STROKES)
    assert len(seen) > 8
    assert any(not signs for signs in drawn)


@pytest.mark.parametrize("sign", SIGN_STROKES)
def test_a_sign_has_its_ink_round_the_middle_that_it_returns(sign: str) -> None:
    canvas = Canvas(100, 120, np.eye(2, 3))
    line = np.array([[1.0, -0.2, 40], [0.0, 1.0, 60]])
    width, (x, y, size) = draw_sign(canvas, sign, 5.0, 30.0, line, 2.0, 1.0, np.random.default_rng(0))
    rows, columns = np.nonzero(canvas.others > 100)
    left, right, top, bottom = columns.min(), columns.max() + 1, rows.min(), rows.max() + 1
    assert (left + right) / 2 == pytest.approx(x, abs=2)
    assert (top + bottom) / 2 == pytest.approx(y, abs=2)
    assert max(right - left, bottom - top) == pytest.approx(size + 2, abs=3)  # the pen is round
    assert 0 <= width < 45
    assert not canvas.mask.any()
