import numpy as np
import pytest

from sdnn.datasets.signs import SIGN_STROKES, random_document_signs, random_signs


@pytest.mark.parametrize("count", [1, 2, 4, 9])
def test_signs_stand_before_digits_or_after_the_last_and_can_all_be_drawn(count: int) -> None:
    rng = np.random.default_rng(count)
    drawn = [random_document_signs(count, rng) for _ in range(300)]
    assert {number for signs in drawn for number in signs} <= set(range(count + 1))
    seen = {sign for signs in drawn for group in signs.values() for sign in group}
    assert seen <= set(SIGN_STROKES)
    assert len(seen) > 8
    assert any(not signs for signs in drawn)


def test_signs_stand_where_digits_can_have_them() -> None:
    rng = np.random.default_rng(0)
    drawn = [random_signs(5, rng) for _ in range(500)]
    assert all(0 <= place <= 5 for signs in drawn for place in signs)
    assert any(2 in signs for signs in drawn)  # thousands
    assert any(5 in signs for signs in drawn)  # after the amount
    assert any(0 in signs for signs in drawn)
    assert any(not signs for signs in drawn)
