import numpy as np
import pytest
from card.robustness import (
    GAPS_PX,
    LENGTHS,
    NONE,
    SEVERAL,
    SINGLES,
    Figures,
    Outcome,
    confusion,
    measure,
    read_synthetic,
    strips_to_read,
)
from helpers.drawn_digits import drawn_digits

from sdnn.reading.reader import Reader

DIGITS = drawn_digits(60)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader()


@pytest.fixture(scope="module")
def figures(reader: Reader) -> Figures:
    return measure(reader, DIGITS, count=2, seed=3)


def outcome(*pairs: tuple[str, str]) -> Outcome:
    return Outcome("some", pairs, np.full(len(pairs), 0.5), (0.0, 1.0))


def test_there_is_a_row_for_each_length_and_gap(figures: Figures) -> None:
    assert [len(each.pairs[0][0]) for each in figures.lengths] == list(LENGTHS)
    assert [each.name for each in figures.gaps] == ["−2 px", "0 px", "3 px", "6 px", "12 px"]
    assert len(figures.gaps) == len(GAPS_PX)
    assert all(each.score.n == 2 for each in (*figures.lengths, *figures.gaps, *figures.corruptions))


def test_all_corruptions_befall_the_same_strips(figures: Figures) -> None:
    assert figures.corruptions[0].name == "nothing"
    assert len({tuple(truth for truth, _ in each.pairs) for each in figures.corruptions}) == 1


def test_lengths_and_gaps_have_strips_of_their_own(figures: Figures) -> None:
    rows = [*figures.gaps, figures.corruptions[0]]
    assert len({tuple(truth for truth, _ in each.pairs) for each in rows}) == len(rows)


def test_every_single_digit_comes_once_where_there_are_not_too_many(reader: Reader, figures: Figures) -> None:
    assert figures.singles.score.n == 2 * SINGLES
    few = drawn_digits(10)
    truths = [truth for truth, _ in measure(reader, few, count=1, seed=0).singles.pairs]
    assert truths == list("0123456789")


def test_the_seed_decides_everything(reader: Reader, figures: Figures) -> None:
    again, other = (measure(reader, DIGITS, count=2, seed=seed) for seed in (3, 4))
    assert again.lengths[3].pairs == figures.lengths[3].pairs
    assert [each.interval for each in again.gaps] == [each.interval for each in figures.gaps]
    np.testing.assert_array_equal(again.corruptions[5].confidences, figures.corruptions[5].confidences)
    assert other.lengths[3].pairs != figures.lengths[3].pairs


def test_progress_counts_every_strip(reader: Reader) -> None:
    done = 0

    def advance() -> None:
        nonlocal done
        done += 1

    measure(reader, DIGITS, count=1, seed=0, advance=advance)
    read_synthetic(reader, 1, 0, advance)
    assert done == strips_to_read(1, len(DIGITS))


def test_a_digit_read_as_none_or_several_has_a_column_of_its_own() -> None:
    counts = confusion(outcome(("4", "4"), ("4", "9"), ("4", ""), ("7", "71")))
    assert counts.sum() == 4
    assert (counts[4, 4], counts[4, 9], counts[4, NONE], counts[7, SEVERAL]) == (1, 1, 1, 1)


def test_right_and_score_say_the_same() -> None:
    some = outcome(("12", "12"), ("34", "3"))
    assert some.right.tolist() == [True, False]
    assert (some.score.n, some.score.right, some.score.deletions) == (2, 1, 1)


def test_drawn_failures_are_wrong_and_the_surest_comes_first(reader: Reader) -> None:
    drawn = read_synthetic(reader, 16, seed=0)
    assert drawn.n == 16
    assert 0 < len(drawn.failures) < 16
    assert all(entry.truth != entry.reading.text for entry in drawn.failures)
    confidences = [entry.reading.confidence for entry in drawn.failures]
    assert confidences == sorted(confidences, reverse=True)
