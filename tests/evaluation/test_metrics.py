from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdnn.evaluation.metrics import (
    BoolArray,
    Score,
    bootstrap_over_digits,
    score,
    score_by_length,
    score_pair,
    wilson_interval,
)

strings = st.text(alphabet="012", max_size=7)


@pytest.mark.parametrize(
    ("successes", "n", "expected"),
    [
        # z² = 3.8416. None of 10: from 0 to z²/(10 + z²) = 3.8416/13.8416.
        (0, 10, (0.0, 0.27754)),
        (10, 10, (0.72246, 1.0)),
        # 5 of 10: 1/2 ± z/2 / sqrt(10 + z²) = 1/2 ± 0.98/3.72043.
        (5, 10, (0.23659, 0.76341)),
        # 90 of 100: (0.919208 ± 1.96 sqrt(0.0009 + 0.00009604)) / 1.038416.
        (90, 100, (0.82563, 0.94477)),
        (0, 0, (0.0, 1.0)),
    ],
)
def test_wilson_equals_the_formula_worked_by_hand(
    successes: int, n: int, expected: tuple[float, float]
) -> None:
    assert wilson_interval(successes, n) == pytest.approx(expected, abs=1e-5)


@given(n=st.integers(1, 10**6), share=st.floats(0, 1))
def test_wilson_holds_the_estimate_and_stays_within_0_and_1(n: int, share: float) -> None:
    successes = round(share * n)
    low, high = wilson_interval(successes, n)
    assert 0 <= low <= successes / n <= high <= 1
    assert low < high


@given(n=st.integers(1, 10**5), times=st.integers(2, 50), share=st.floats(0, 1))
def test_wilson_narrows_with_n(n: int, times: int, share: float) -> None:
    low, high = wilson_interval(share * n, n)
    low_more, high_more = wilson_interval(share * n * times, n * times)
    assert high_more - low_more < high - low


@given(n=st.integers(0, 1000), data=st.data())
def test_wilson_of_the_failures_mirrors_that_of_the_successes(n: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, n))
    low, high = wilson_interval(successes, n)
    assert wilson_interval(n - successes, n) == pytest.approx((1 - high, 1 - low))


def test_wilson_refuses_more_successes_than_trials() -> None:
    with pytest.raises(ValueError, match="between 0 and n"):
        wilson_interval(3, 2)


@pytest.mark.parametrize(
    ("truth", "text", "expected"),
    [
        ("50417", "50417", (0, 0, 0)),
        ("50417", "50477", (1, 0, 0)),
        ("50417", "504117", (0, 1, 0)),
        ("50417", "5047", (0, 0, 1)),
        ("50417", "", (0, 0, 5)),
        ("", "11", (0, 2, 0)),
        ("0123", "123", (0, 0, 1)),
        ("11234", "1235", (1, 0, 1)),
        ("", "", (0, 0, 0)),
    ],
)
def test_edits_are_counted_by_kind(truth: str, text: str, expected: tuple[int, int, int]) -> None:
    found = score_pair(truth, text)
    assert (found.substitutions, found.insertions, found.deletions) == expected


def edit_distance(truth: str, text: str) -> int:
    """The recursion of the definition, over every way to edit."""

    @cache
    def distance(i: int, j: int) -> int:
        if i == 0 or j == 0:
            return i + j
        replaced = distance(i - 1, j - 1) + (truth[i - 1] != text[j - 1])
        return min(replaced, distance(i - 1, j) + 1, distance(i, j - 1) + 1)

    return distance(len(truth), len(text))


@given(truth=strings, text=strings)
def test_edits_are_as_few_as_the_recursion_finds(truth: str, text: str) -> None:
    counts = score_pair(truth, text)
    assert counts.edits == edit_distance(truth, text)
    assert counts.insertions - counts.deletions == len(text) - len(truth)


PAIRS = [("12", "12"), ("34", "84"), ("567", "5667"), ("", ""), ("89", "9")]


def test_score_counts_strings_digits_and_edits() -> None:
    total = score(PAIRS)
    assert total == Score(n=5, right=2, digits=9, substitutions=1, insertions=1, deletions=1)
    assert total.accuracy == pytest.approx(0.4)
    assert total.digit_error_rate == pytest.approx(3 / 9)
    assert total.interval == wilson_interval(2, 5)


def test_scores_by_length_of_the_truth_come_shortest_first() -> None:
    assert list(score_by_length(reversed(PAIRS)).items()) == [
        (0, Score(1, 1, 0)),
        (2, Score(3, 1, 6, substitutions=1, deletions=1)),
        (3, Score(1, 0, 3, insertions=1)),
    ]


@given(pairs=st.lists(st.tuples(strings, strings), max_size=8), cut=st.integers(0, 8))
def test_scores_of_the_parts_add_up_to_the_score_of_all(pairs: list[tuple[str, str]], cut: int) -> None:
    assert score(pairs[:cut]) + score(pairs[cut:]) == score(pairs)
    assert sum(score_by_length(pairs).values(), Score()) == score(pairs)


def test_no_strips_have_accuracy_0_and_may_be_anything() -> None:
    assert (Score().accuracy, Score().digit_error_rate, Score().interval) == (0.0, 0.0, (0.0, 1.0))


def test_digits_read_in_a_blank_strip_are_errors() -> None:
    assert score([("", "17")]).digit_error_rate == 2.0


def width(interval: tuple[float, float]) -> float:
    return interval[1] - interval[0]


def test_strips_that_repeat_one_image_count_once() -> None:
    # 60 images, each in 10 strips that are all read alike: as good as 60 strips.
    right = np.repeat(np.arange(60) < 45, 10)
    sources = [[image] for image in range(60) for _ in range(10)]
    interval = bootstrap_over_digits(right, sources, np.random.default_rng(0), rounds=5000)
    assert interval == pytest.approx(wilson_interval(45, 60), abs=0.006)


def test_strips_that_share_no_image_have_about_wilsons_interval() -> None:
    right = np.arange(500) % 10 > 0
    sources = [list(range(5 * strip, 5 * strip + 5)) for strip in range(500)]
    interval = bootstrap_over_digits(right, sources, np.random.default_rng(0), rounds=5000)
    assert interval == pytest.approx(wilson_interval(450, 500), abs=0.005)


def test_when_all_strips_are_right_the_images_are_what_counts() -> None:
    # 100 images in 5 places each fill 100 strips of 5, but only 20 without using one twice.
    sources = [[(strip + k) % 100 for k in range(5)] for strip in range(100)]
    interval = bootstrap_over_digits(np.ones(100, dtype=bool), sources, np.random.default_rng(0))
    assert interval == pytest.approx(wilson_interval(20, 20))


def test_blank_strips_are_independent() -> None:
    right = np.array([True, False, True, True])
    assert bootstrap_over_digits(right, [[]] * 4, np.random.default_rng(0)) == wilson_interval(3, 4)


def test_blank_strips_among_others_do_no_harm() -> None:
    right = np.arange(400) % 10 > 0
    sources = [[strip] if strip % 2 else [] for strip in range(400)]
    interval = bootstrap_over_digits(right, sources, np.random.default_rng(0), rounds=5000)
    assert interval == pytest.approx(wilson_interval(360, 400), abs=0.005)


def test_no_strips_may_be_anything() -> None:
    assert bootstrap_over_digits(np.ones(0, dtype=bool), [], np.random.default_rng(0)) == (0.0, 1.0)


def test_the_same_seed_gives_the_same_interval() -> None:
    right, sources = pool_of_digits(np.random.default_rng(1), bad=0.05)
    first, second = (bootstrap_over_digits(right, sources, np.random.default_rng(7)) for _ in range(2))
    assert first == second


def test_results_and_strips_must_match_in_number() -> None:
    with pytest.raises(ValueError, match="same number"):
        bootstrap_over_digits(np.ones(2, dtype=bool), [[1]], np.random.default_rng(0))


N, LENGTH, POOL = 600, 5, 300


def pool_of_digits(
    rng: np.random.Generator, bad: float, noise: float = 0.02
) -> tuple[BoolArray, list[list[int]]]:
    """Strips from a small pool, right if no image in them is bad and nothing else went wrong."""
    illegible = rng.random(POOL) < bad
    sources = rng.permuted(np.tile(np.arange(POOL), (N, 1)), axis=1)[:, :LENGTH]
    right = ~illegible[sources].any(axis=1) & (rng.random(N) >= noise)
    return right, sources.tolist()


@pytest.mark.slow
@pytest.mark.parametrize(("bad", "noise"), [(0.03, 0.02), (0.01, 0.01)])
def test_the_interval_covers_where_wilsons_is_too_narrow(bad: float, noise: float) -> None:
    """Each image stands in ten strips; the truth is the accuracy on new images."""
    rng = np.random.default_rng(20)
    trials = 250
    truth = (1 - bad) ** LENGTH * (1 - noise)
    covered, covered_by_wilson = 0, 0
    for _ in range(trials):
        right, sources = pool_of_digits(rng, bad, noise)
        low, high = bootstrap_over_digits(right, sources, rng, rounds=300)
        covered += low <= truth <= high
        low, high = wilson_interval(int(right.sum()), N)
        covered_by_wilson += low <= truth <= high
    assert covered / trials > 0.84
    assert covered_by_wilson / trials < 0.6


def test_sharing_costs_little_where_the_images_do_not_decide() -> None:
    rng = np.random.default_rng(21)
    ratios = []
    for _ in range(50):
        right, sources = pool_of_digits(rng, bad=0.0, noise=0.1)
        wilson = wilson_interval(int(right.sum()), N)
        ratios.append(width(bootstrap_over_digits(right, sources, rng, rounds=300)) / width(wilson))
    assert 1.0 <= np.mean(ratios) < 1.3
