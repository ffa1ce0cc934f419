import numpy as np
import pytest

from sdnn.choices import Status
from sdnn.pages import CERTAIN, certainty, digit_strings, looks_like_digits, may_be_digits
from sdnn.results import (
    CLASSES,
    NO_DIGIT,
    Box,
    ClassMap,
    Digit,
    Evidence,
    Reading,
    Strip,
)

SURE = 0.999


def reading(text: str, box: Box, confidence: float = 0.99, column_prob: float = SURE) -> Reading:
    """A reading whose columns all give one class so much probability."""
    others = (1 - column_prob) / (CLASSES - 1)
    log_probs = np.full((30, CLASSES), np.log(others))
    log_probs[:, NO_DIGIT] = np.log(column_prob)
    strip = Strip(np.zeros((32, 100), np.float32))
    evidence = Evidence(strip.ink, strip, ClassMap(log_probs, 40, 2), np.zeros(30, np.intp), (), ())
    digits = tuple(Digit(digit, confidence, box, (0, 0)) for digit in text)
    return Reading(text, confidence, Status.ACCEPTED, box=box, digits=digits, evidence=evidence)


def word(text: str, box: Box) -> Reading:
    """A word that was taken for digits."""
    return reading(text, box, confidence=0.1, column_prob=0.6)


def test_a_map_that_wavers_cannot_be_of_digits() -> None:
    box = Box(0, 0, 60, 20)
    sure, wavering = reading("123", box).evidence, word("123", box).evidence
    assert sure is not None
    assert wavering is not None
    assert may_be_digits(sure.class_map)
    assert not may_be_digits(wavering.class_map)


def test_certainty_of_a_sure_reading_is_nearly_one() -> None:
    assert certainty(reading("123", Box(0, 0, 60, 20))) == pytest.approx(1, abs=0.03)


def test_the_confidence_counts_for_each_digit() -> None:
    box = Box(0, 0, 60, 20)
    assert certainty(reading("12345678", box, 0.6)) > certainty(reading("12", box, 0.6))


def test_columns_that_waver_speak_against_digits() -> None:
    assert certainty(reading("123", Box(0, 0, 60, 20), column_prob=0.9)) < CERTAIN


def test_without_evidence_nothing_looks_like_digits() -> None:
    assert not looks_like_digits(Reading("123", 1.0, Status.ACCEPTED))
    assert not looks_like_digits(Reading("", 1.0, Status.EMPTY))


def test_a_lone_digit_may_be_a_letter() -> None:
    assert not looks_like_digits(reading("5", Box(0, 0, 10, 20)))


def test_words_are_left_out() -> None:
    number = reading("123", Box(0, 0, 60, 20))
    assert digit_strings([word("4101", Box(0, 40, 80, 60)), number]) == [number]


def test_of_a_string_and_its_parts_the_whole_counts() -> None:
    whole = reading("12345", Box(0, 0, 100, 20))
    parts = [reading("12", Box(0, 0, 40, 20)), reading("345", Box(50, 0, 100, 20))]
    assert digit_strings([parts[0], whole, parts[1]]) == [whole]


def test_a_single_digit_may_be_a_part_of_a_string() -> None:
    whole = reading("1345", Box(0, 0, 100, 20))
    parts = [reading("1", Box(0, 0, 10, 20)), reading("345", Box(50, 0, 100, 20))]
    assert digit_strings([whole, *parts]) == [whole]


def test_a_label_is_no_part_of_a_string() -> None:
    whole = reading("70741345", Box(0, 0, 100, 20))
    label, number = word("7074", Box(0, 0, 40, 20)), reading("1345", Box(50, 0, 100, 20))
    assert digit_strings([whole, label, number]) == [number]


def test_a_speck_does_not_spoil_a_string() -> None:
    whole, speck = reading("1345", Box(0, 0, 100, 20)), word("1", Box(50, 12, 54, 17))
    assert digit_strings([whole, speck]) == [whole]


def test_strings_keep_their_order() -> None:
    strings = [reading("12", Box(0, 0, 40, 20)), reading("34567", Box(200, 0, 300, 20))]
    assert digit_strings(strings) == strings
