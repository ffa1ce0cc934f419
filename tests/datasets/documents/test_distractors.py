from collections.abc import Callable

import numpy as np
import pytest

from sdnn.datasets.documents import distractors
from sdnn.datasets.documents.ink_canvas import Canvas


def test_ink_is_stamped_by_its_lower_left_corner_at_the_given_height() -> None:
    canvas = Canvas(60, 200, np.eye(2, 3))
    ink = np.full((8, 20), 255, np.uint8)
    assert distractors.stamp_at(canvas, ink, 30.0, 50.0, 16.0, 1.0) == 40
    rows, columns = np.nonzero(canvas.others > 127)
    assert (columns.min(), columns.max() + 1, rows.min(), rows.max() + 1) == (30, 70, 34, 50)


def test_letters_are_of_one_case_and_none_is_written_as_a_digit_is() -> None:
    rng = np.random.default_rng(0)
    drawn = [distractors.random_letters(6, rng) for _ in range(100)]
    assert all(len(letters) == 6 for letters in drawn)
    assert all(letters.isupper() or letters.islower() for letters in drawn)
    assert {letters.isupper() for letters in drawn} == {True, False}
    assert not set("".join(drawn)) & set("IOSlo0123456789")


def test_a_printed_word_is_made_once_and_cropped() -> None:
    ink = distractors.printed_word("Total", 0)
    assert distractors.printed_word("Total", 0) is ink
    assert ink[[0, -1]].any(axis=1).all()
    assert ink[:, [0, -1]].any(axis=0).all()
    assert ink.shape[0] == pytest.approx(distractors.WORD_PX, abs=8)


def test_there_are_many_printed_words() -> None:
    rng = np.random.default_rng(0)
    assert len({distractors.random_printed_word(rng).tobytes() for _ in range(60)}) > 40


@pytest.mark.parametrize(
    "draw",
    [
        lambda canvas, rng: distractors.signature(canvas, 60, 80, 30, 0.8, rng),
        lambda canvas, rng: distractors.block(canvas, 60, 80, 40, rng),
        lambda canvas, rng: distractors.logo(canvas, 80, 50, 40, 0.8, rng),
    ],
    ids=["signature", "block", "logo"],
)
def test_distractors_are_other_ink_and_each_is_another(
    draw: Callable[[Canvas, np.random.Generator], None],
) -> None:
    drawn = []
    for seed in range(6):
        canvas = Canvas(100, 200, np.eye(2, 3))
        draw(canvas, np.random.default_rng(seed))
        assert canvas.others.any()
        assert not canvas.others[:, 190:].any()
        assert not canvas.digits.any()
        assert not canvas.mask.any()
        drawn.append(canvas.others.tobytes())
    assert len(set(drawn)) == 6
