"""Maps with a digit every third column, so clear that every trellis reads them, and then less clear."""

import numpy as np
import pytest

from reproduction.experiments.trellises import (
    CTC,
    DURATIONS,
    ELEVEN_SHARES,
    STRICT,
    TEN_SHARES,
    Product,
    fitted_durations,
    readings,
)
from reproduction.zone_nets import Terms
from sdnn.results import NO_DIGIT, FloatArray

TRELLISES = [TEN_SHARES, ELEVEN_SHARES, CTC, STRICT, DURATIONS]


def clear_map(text: str, sure: float = 0.9, columns: int = 24) -> FloatArray:
    """Each digit takes one column of every three from the third on; between them there is none."""
    probs = np.full((columns, NO_DIGIT + 1), (1 - sure) / NO_DIGIT)
    labels = np.full(columns, NO_DIGIT)
    labels[2 : 2 + 3 * len(text) : 3] = [int(digit) for digit in text]
    probs[np.arange(columns), labels] = sure
    return np.asarray(np.log(probs))


MAPS = [clear_map("12345"), clear_map("00000"), clear_map("90817", columns=30)]
TEXTS = ["12345", "00000", "90817"]


@pytest.mark.parametrize("trellis", TRELLISES)
def test_what_is_clear_is_read_through_every_trellis(trellis: str) -> None:
    read = readings(MAPS, MAPS, TEXTS)["trellises"][trellis]
    assert read["texts"] == TEXTS


def test_the_number_of_digits_is_found_where_no_digit_has_its_share() -> None:
    read = readings(MAPS, MAPS, TEXTS)["trellises"]
    for trellis in (ELEVEN_SHARES, CTC, STRICT, DURATIONS):
        assert read[trellis]["texts_of_any_length"] == TEXTS, trellis


def test_touching_digits_are_two_for_ctc_and_one_for_the_strict_trellis() -> None:
    log_probs = clear_map("12345")
    log_probs[3] = log_probs[2].copy()  # the 1 goes on for a column, and there is less like a 7
    log_probs[3, [1, 7]] = log_probs[2, [7, 1]] + [0, -0.5]
    read = readings([log_probs], MAPS, TEXTS)["trellises"]
    assert read[CTC]["texts_of_any_length"] == ["172345"]
    assert read[STRICT]["texts_of_any_length"] == ["12345"]


def test_five_digits_are_found_even_where_a_map_shows_six() -> None:
    read = readings([clear_map("123456")], MAPS, TEXTS)["trellises"]
    for trellis in TRELLISES:
        (text,) = read[trellis]["texts"]
        assert len(text) == 5, trellis


def test_the_price_of_a_column_decides_how_many_digits_there_are() -> None:
    log_probs = clear_map("12345")
    cheap, dear = (Product(False, 2, Terms(price)).read([log_probs], known=False) for price in (0.0, -8.0))
    assert cheap == [""]
    assert len(dear[0]) > 5


def test_durations_are_those_of_the_true_strings() -> None:
    fitted = fitted_durations(MAPS, TEXTS)
    assert (fitted.digit_mean, fitted.gap_mean) == (1.0, 2.0)
