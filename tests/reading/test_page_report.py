"""Readings and lines written by hand: what is reported of them, and how sure it is."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from helpers.fake_detections import line_along

from sdnn.detection import LineCrop
from sdnn.enums import PageMode, Status
from sdnn.reading import page_report
from sdnn.reading.line_decoder import low_confidence
from sdnn.reading.page import Line, Page
from sdnn.reading.page_report import MIN_ALONE, MIN_CLEAR_LINE, MIN_STRUCK, select_readings, with_detection
from sdnn.reading.settings import ReadingSettings
from sdnn.results import Box, Digit, Reading

INK = np.zeros((100, 200), np.float32)
NOTHING_WRITTEN = Reading("", 0.97, Status.EMPTY, "no digits found")


def reading_of(text: str, confidence: float = 0.9, **settings: Any) -> Reading:
    """A reading of digits that stand at x = 40, 60, 80 ..., from y = 40 to 60."""
    digits = tuple(
        Digit(letter, 0.95, Box(35 + 20 * place, 40, 45 + 20 * place, 60), (8 * place, 8 * place + 2))
        for place, letter in enumerate(text)
    )
    nbest = ((text, confidence), ("0", (1 - confidence) / 2))
    usual = Reading(
        text,
        confidence,
        Status.ACCEPTED,
        digits=digits,
        nbest=nbest,
        residual_probability=(1 - confidence) / 2,
        constraint_probability=1.0,
    )
    return replace(usual, **settings)


def line(**found: Any) -> Line:
    """The line through those digits."""
    settings = {"start": (35, 50), "end": (125, 50), **found}
    of_line = line_along(settings.pop("start"), settings.pop("end"), 20, INK, **settings)
    return Line(of_line, np.eye(2, 3), LineCrop(INK, Box(35, 40, 125, 60), 0.0))


def described(reading: Reading, line: Line, min_confidence: float = 0.0) -> Reading:
    line.reading = reading
    return with_detection(line, min_confidence)


def sign_at(x: float, y: float = 58) -> Box:
    return Box(x - 2, y - 2, x + 2, y + 2)


def report(
    *readings: Reading,
    page_mode: PageMode = PageMode.AUTO,
    handwritten: bool = False,
    min_confidence: float = 0.5,
    **page: Any,
) -> list[Reading]:
    settings = ReadingSettings(min_confidence=min_confidence, handwritten=handwritten)
    return select_readings(Page("a.png", 1, **page), readings, page_mode, settings)


# A line.


def test_a_line_with_nothing_odd_about_it_leaves_the_reading_as_it_is() -> None:
    reading = described(reading_of("1250"), line(), 0.5)
    assert (reading.text, reading.confidence, reading.status) == ("1250", 0.9, Status.ACCEPTED)
    assert (reading.signs, reading.printed) == ((), False)


def test_a_sign_stands_after_as_many_digits_as_are_before_it() -> None:
    boxes = sign_at(110), sign_at(70), sign_at(20, 50), sign_at(90, 41)
    reading = described(reading_of("1250"), line(signs=boxes))
    assert [(sign.place, sign.box) for sign in reading.signs] == [
        (0, boxes[2]),
        (2, boxes[1]),
        (3, boxes[3]),
        (4, boxes[0]),
    ]


def test_signs_at_one_place_come_in_the_order_of_the_line() -> None:
    boxes = sign_at(118), sign_at(112), sign_at(121)
    reading = described(reading_of("1250"), line(signs=boxes))
    assert [sign.box for sign in reading.signs] == [boxes[1], boxes[0], boxes[2]]
    assert {sign.place for sign in reading.signs} == {4}


def test_on_a_line_that_runs_the_other_way_signs_do_too() -> None:
    upside_down = replace(reading_of("1250"), digits=reading_of("1250").digits[::-1])
    reading = described(upside_down, line(start=(125, 50), end=(35, 50), signs=(sign_at(110), sign_at(50))))
    assert [sign.place for sign in reading.signs] == [0, 3]


def test_on_a_line_that_runs_downwards_signs_do_too() -> None:
    digits = tuple(
        replace(digit, box=Box(40, 35 + 20 * place, 60, 45 + 20 * place))
        for place, digit in enumerate(reading_of("1250").digits)
    )
    downwards = line(start=(50, 35), end=(50, 125), signs=(sign_at(42, 70), sign_at(42, 130)))
    reading = described(replace(reading_of("1250"), digits=digits), downwards)
    assert [sign.place for sign in reading.signs] == [2, 4]


@pytest.mark.parametrize(("prob", "printed"), [(0.0, False), (0.49, False), (0.51, True), (1.0, True)])
def test_a_string_is_printed_where_that_is_more_probable(prob: float, printed: bool) -> None:
    assert described(reading_of("1250"), line(printed=prob)).printed is printed


@pytest.mark.parametrize("min_confidence", [0.0, 0.5])
def test_a_string_with_a_struck_digit_is_rejected_and_less_sure(min_confidence: float) -> None:
    reading = described(reading_of("1250"), line(struck=0.8), min_confidence)
    assert reading.status is Status.REJECTED
    assert reading.reason == "a digit looks struck out"
    assert reading.text == "1250"
    assert reading.confidence == pytest.approx(0.9 * 0.2)


def test_a_digit_that_hardly_looks_struck_out_changes_nothing() -> None:
    reading = described(reading_of("1250"), line(struck=MIN_STRUCK - 0.01), 0.5)
    assert (reading.confidence, reading.status, reading.reason) == (0.9, Status.ACCEPTED, None)


@pytest.mark.parametrize(
    ("beside", "min_confidence", "status"),
    [
        (0.3, 0.5, Status.ACCEPTED),
        (0.3, 0.7, Status.REJECTED),
        (0.9, 0.5, Status.REJECTED),
        (0.9, 0.0, Status.ACCEPTED),
    ],
)
def test_a_digit_beside_the_line_that_is_on_none_makes_it_less_sure(
    beside: float, min_confidence: float, status: Status
) -> None:
    reading = described(reading_of("1250"), line(missed=beside), min_confidence)
    assert reading.confidence == pytest.approx(0.9 * (1 - beside))
    assert reading.status is status
    assert bool(reading.reason and "missed" in reading.reason) is (status is Status.REJECTED)


def test_all_probabilities_of_a_doubtful_line_go_down_together() -> None:
    reading = described(reading_of("1250"), line(missed=0.4, struck=0.5))
    assert dict(reading.nbest)["1250"] == pytest.approx(reading.confidence)
    assert dict(reading.nbest)["0"] == pytest.approx(0.05 * 0.6 * 0.5)
    assert sum(prob for _, prob in reading.nbest) + reading.residual_probability == pytest.approx(1)


def test_a_reading_that_was_rejected_before_keeps_its_reason() -> None:
    before = reading_of("1250", status=Status.REJECTED, reason="fit 0 is below 0.001")
    for found in (line(struck=0.9), line(missed=0.9)):
        reading = described(before, found, 0.5)
        assert (reading.status, reading.reason) == (Status.REJECTED, before.reason)
        assert reading.confidence < before.confidence


def test_a_line_without_digits_stays_empty_and_is_less_sure_of_it() -> None:
    reading = described(NOTHING_WRITTEN, line(missed=0.5, signs=(sign_at(50),)), 0.5)
    assert (reading.status, reading.reason) == (Status.EMPTY, "no digits found")
    assert reading.confidence == pytest.approx(0.97 / 2)


# A page.


def test_every_string_of_a_page_is_reported_in_order() -> None:
    readings = [reading_of("12"), reading_of("3", status=Status.REJECTED), reading_of("456", 0.2)]
    assert report(*readings) == readings
    assert report(*readings, page_mode=PageMode.PAGE) == readings


def test_lines_without_digits_are_not_reported_beside_strings() -> None:
    one, other = reading_of("12"), reading_of("3")
    assert report(one, NOTHING_WRITTEN, other) == [one, other]


def test_a_page_that_cannot_be_read_is_an_error() -> None:
    (reading,) = report(error="a.png: not a picture")
    assert (reading.status, reading.reason) == (Status.ERROR, "a.png: not a picture")
    assert (reading.text, reading.confidence) == ("", 0)


@pytest.mark.parametrize("doubt", [0.0, 0.25, 0.97])
def test_where_no_line_was_found_confidence_is_what_the_detector_leaves(doubt: float) -> None:
    for page_mode in PageMode:
        (reading,) = report(missed=doubt, page_mode=page_mode)
        assert (reading.text, reading.status, reading.digits) == ("", Status.EMPTY, ())
        assert reading.reason == "no digits found"
        assert reading.confidence == pytest.approx(1 - doubt)


def test_where_no_line_has_digits_confidence_is_that_of_the_least_sure() -> None:
    surer = replace(NOTHING_WRITTEN, confidence=0.99)
    assert report(surer, NOTHING_WRITTEN, surer, missed=0.99) == [NOTHING_WRITTEN]


def test_print_is_reported_unless_handwriting_alone_is_asked_for() -> None:
    printed, written = reading_of("12", printed=True), reading_of("345")
    assert report(printed, written) == [printed, written]
    assert report(printed, written, handwritten=True) == [written]


def test_a_page_with_only_print_is_empty_where_handwriting_is_asked_for() -> None:
    (reading,) = report(reading_of("12", printed=True), NOTHING_WRITTEN, handwritten=True)
    assert (reading.text, reading.status, reading.confidence) == ("", Status.EMPTY, 1)
    assert reading.reason
    assert "print" in reading.reason


# One row.


def test_one_string_is_its_row() -> None:
    reading = reading_of("12")
    assert report(NOTHING_WRITTEN, reading, page_mode=PageMode.LINE) == [reading]


def test_the_one_row_of_several_strings_is_the_longest_and_rejected() -> None:
    (reading,) = report(reading_of("12"), reading_of("3456", 0.8), page_mode=PageMode.LINE)
    assert (reading.text, reading.status) == ("3456", Status.REJECTED)
    assert reading.confidence == pytest.approx(0.8 * (1 - 0.9))
    assert reading.reason == "there is another string on the picture"
    assert dict(reading.nbest)["3456"] == pytest.approx(reading.confidence)


def test_of_equally_long_strings_the_surest_is_the_row() -> None:
    (reading,) = report(reading_of("12", 0.8), reading_of("34", 0.95), page_mode=PageMode.LINE)
    assert reading.text == "34"


def test_the_reason_counts_the_other_strings() -> None:
    (reading,) = report(*[reading_of("12")] * 2, reading_of("345"), page_mode=PageMode.LINE)
    assert reading.reason == "there are 2 other strings on the picture"
    assert reading.confidence == pytest.approx(0.9 * 0.1 * 0.1)


def test_what_is_hardly_a_string_makes_the_row_hardly_less_sure() -> None:
    (reading,) = report(reading_of("3456"), reading_of("1", 0.05), page_mode=PageMode.LINE)
    assert (reading.text, reading.status, reading.reason) == ("3456", Status.ACCEPTED, None)
    assert reading.confidence == pytest.approx(0.9 * 0.95)


def test_a_row_of_several_sure_strings_is_rejected_even_where_all_readings_are_accepted() -> None:
    sure = reading_of("12", 0.999)
    (reading,) = report(sure, reading_of("3456"), page_mode=PageMode.LINE, min_confidence=0)
    assert reading.confidence < MIN_ALONE
    assert reading.status is Status.REJECTED


def test_print_beside_handwriting_does_not_matter_where_handwriting_alone_is_asked_for() -> None:
    written = reading_of("34")
    found = report(reading_of("12345", printed=True), written, page_mode=PageMode.LINE, handwritten=True)
    assert found == [written]


def test_a_reason_names_the_confidence_that_is_reported() -> None:
    doubtful = line(probability=MIN_CLEAR_LINE / 2)
    doubtful.reading = reading_of("12", 0.3, status=Status.REJECTED, reason=low_confidence(0.3, 0.4))
    page = Page("a.png", 1, lines=[doubtful])
    (reported,) = page_report.report(page, PageMode.AUTO, ReadingSettings(min_confidence=0.4), 1.0)
    assert reported.confidence == pytest.approx(0.15)
    assert reported.reason == low_confidence(reported.confidence, 0.4)
