import numpy as np
import pytest

from sdnn.enums import Status
from sdnn.evaluation.threshold import select_threshold
from sdnn.rectangle import Box
from sdnn.results import Digit, Reading
from sdnn.training.comparison import BeforeAndAfter, Comparison, Figures, Outcome


def figures(right: int, n: int) -> Figures:
    readings = [
        Reading(text, 0.8, Status.ACCEPTED, digits=(Digit(text, 0.8, Box(0, 0, 1, 1), (0, 0)),))
        for text in ["1"] * right + ["2"] * (n - right)
    ]
    return Figures.of(["1"] * n, readings)


def comparison(own: tuple[int, int], synthetic: tuple[int, int]) -> Comparison:
    return Comparison(
        BeforeAndAfter(*(figures(right, 50) for right in own)),
        BeforeAndAfter(*(figures(right, 1000) for right in synthetic)),
    )


def outcome(n: int, confidence: float = 0.9) -> Outcome:
    threshold = select_threshold(np.full(n, confidence), np.ones(n, bool), 0.01)
    return Outcome(comparison((40, 45), (900, 900)), 300, 0.7, 1.1, threshold, 0.01)


def test_figures_count_whole_strings_and_digits() -> None:
    found = figures(3, 4)
    assert (found.score.n, found.score.right, found.score.digit_error_rate) == (4, 3, 0.25)
    assert found.confidence == pytest.approx(0.8)
    assert found.to_record()["interval"] == list(found.score.interval)


@pytest.mark.parametrize(
    ("own", "synthetic"), [((40, 40), (900, 895)), ((40, 41), (900, 900)), ((40, 45), (900, 950))]
)
def test_what_is_not_worse_is_saved(own: tuple[int, int], synthetic: tuple[int, int]) -> None:
    assert comparison(own, synthetic).objection is None


def test_what_is_worse_on_own_or_on_synthetic_strips_is_not() -> None:
    assert comparison((40, 39), (900, 950)).objection == (
        "it reads 78.0 % in place of 80.0 % on your held-out strips"
    )
    assert comparison((40, 45), (900, 894)).objection == (
        "it reads 89.4 % in place of 90.0 % on synthetic strips"
    )


def test_the_table_has_a_row_for_either_net_on_either_kind() -> None:
    head, *rows = comparison((40, 45), (900, 900)).table()
    assert [row.split()[-6:-3] for row in rows] == [
        ["before", "50", "80.0"],
        ["after", "50", "90.0"],
        ["before", "1,000", "90.0"],
        ["after", "1,000", "90.0"],
    ]
    assert len({len(line) for line in (head, *rows)}) == 1


def test_a_threshold_is_advised_or_its_absence_explained() -> None:
    assert outcome(400).advice.startswith("--min-confidence 0.9 accepts 100 %")
    assert "50 held-out strips are too few, it takes 299" in outcome(50).advice
    assert outcome(50).to_record()["min_confidence"] is None
    assert outcome(400).to_record()["held_out"]["after"]["accuracy"] == 0.9
