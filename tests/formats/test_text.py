from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from helpers.sample_readings import EMPTY, ERROR, READING, REJECTED, names, of
from hypothesis import given
from hypothesis import strategies as st

from sdnn.formats.text import Text
from sdnn.results import Reading


def written(text: Text, *pages: Sequence[Reading]) -> str:
    return text.start() + "".join(map(text.rows, pages)) + text.end()


def scan(*texts: str, source: str = "scan.tif") -> list[list[Reading]]:
    """A file with a page for each text."""
    return [[of(source, page, text)] for page, text in enumerate(texts, start=1)]


def test_one_picture_is_its_text_alone() -> None:
    assert written(Text(), [READING]) == "07\n"


def test_of_several_pictures_the_source_stands_in_front() -> None:
    pages = [of("a.png")], [of("b.png", text="123")]
    assert written(Text(named=True), *pages) == "a.png\t07\nb.png\t123\n"


@pytest.mark.parametrize("reading", [REJECTED, EMPTY, ERROR])
def test_what_is_not_accepted_has_an_empty_text(reading: Reading) -> None:
    assert written(Text(), [reading]) == "\n"
    assert written(Text(named=True, nbest=3), [reading]) == "a.png\t\n"


def test_a_page_without_strings_has_no_row() -> None:
    assert written(Text(named=True), []) == ""
    assert written(Text(named=True), [READING], []) == "a.png\t07\n"


def test_the_likeliest_texts_have_a_line_each_with_their_probability() -> None:
    assert written(Text(nbest=2), [READING]) == "07\t0.7500\n67\t0.1250\n"
    named = Text(named=True, nbest=2)
    assert written(named, [READING]) == "a.png\t07\t0.7500\na.png\t67\t0.1250\n"


def test_one_text_is_listed_with_its_probability_too_where_several_were_asked_for() -> None:
    assert written(Text(nbest=2), [replace(READING, nbest=(("07", 0.75),))]) == "07\t0.7500\n"


def test_an_improbable_digit_is_masked() -> None:
    assert written(Text(mask_below=0.85), [READING]) == "0?\n"


def test_there_is_nothing_around_the_rows() -> None:
    assert Text().start() == Text().end() == ""


# Confidence.


def test_confidence_stands_behind_the_text() -> None:
    assert written(Text(confidence=True), [READING]) == "07\t0.750\n"
    assert written(Text(named=True, confidence=True), [READING]) == "a.png\t07\t0.750\n"


def test_a_rejected_text_is_left_out_and_its_confidence_is_not() -> None:
    assert written(Text(confidence=True), [REJECTED]) == "\t0.750\n"


@pytest.mark.parametrize("reading", [EMPTY, ERROR])
def test_without_a_reading_the_confidence_is_blank(reading: Reading) -> None:
    assert written(Text(confidence=True), [reading]) == "\t\n"


# Pages.


def test_rows_of_a_file_with_several_pages_show_the_page() -> None:
    pages = scan("1", "22", "333")
    expected = "scan.tif:1\t1\nscan.tif:2\t22\nscan.tif:3\t333\n"
    assert written(Text(named=True), *pages) == expected
    assert written(Text(), *pages) == expected  # also where it is the only file


def test_every_string_of_a_page_shows_the_page() -> None:
    pages = [[of("scan.tif", page, text) for text in ("1", "2")] for page in (1, 2)]
    expected = "scan.tif:1\t1\nscan.tif:1\t2\nscan.tif:2\t1\nscan.tif:2\t2\n"
    assert written(Text(), *pages) == expected


def test_files_with_one_page_show_none_among_those_with_several() -> None:
    pages = [[READING], *scan("1", "22"), [READING], [READING]]
    expected = "a.png\t07\nscan.tif:1\t1\nscan.tif:2\t22\na.png\t07\na.png\t07\n"
    assert written(Text(named=True), *pages) == expected


def test_the_same_file_twice_shows_its_pages_twice() -> None:
    once = "scan.tif:1\t1\nscan.tif:2\t22\n"
    assert written(Text(named=True), *scan("1", "22"), *scan("1", "22")) == 2 * once


def test_a_first_page_is_written_as_soon_as_the_next_page_or_picture_is_there() -> None:
    text = Text(named=True)
    first, second, third = scan("1", "22", "333")
    assert text.rows([READING]) == ""
    assert text.rows(first) == "a.png\t07\n"
    assert text.rows(second) == "scan.tif:1\t1\nscan.tif:2\t22\n"
    assert text.rows(third) == "scan.tif:3\t333\n"
    assert text.end() == ""


def test_a_name_that_looks_as_if_it_had_a_page_has_one() -> None:
    row = written(Text(named=True), [of("a:2")])
    assert row == "a:2:1\t07\n"
    assert Text(named=True).source_of(row) == "a:2"
    assert written(Text(), [of("a:2")]) == "07\n"


# Going on with a file.

odd_names = st.one_of(names, st.from_regex(r"\A[a:]*(:[0-9]{1,3}){1,2}\n?\Z"))


@given(name=odd_names, pages=st.integers(1, 3))
def test_the_source_of_a_row_is_the_name_whatever_is_in_it(name: str, pages: int) -> None:
    kinds: list[dict[str, Any]] = [{}, {"nbest": 2}, {"confidence": True}]
    for options in kinds:
        rows = written(Text(True, **options), *scan(*"123"[:pages], source=name))
        lines = rows.split("\n")
        assert lines.pop() == ""
        assert [Text(True, **options).source_of(f"{line}\n") for line in lines] == [name] * pages


def test_the_source_of_a_listed_text_is_found() -> None:
    lines = written(Text(named=True, nbest=2), [READING]).splitlines(keepends=True)
    assert [Text(named=True, nbest=2).source_of(line) for line in lines] == ["a.png"] * 2


@pytest.mark.parametrize("line", ["07\n", "\n", '{"source": "a.png"}\n', "a.png\t0\t1\t2\n"])
@pytest.mark.parametrize("options", [{"nbest": 2}, {"confidence": True}], ids=str)
def test_a_line_of_another_form_has_no_source(line: str, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not source"):
        Text(True, **options).source_of(line)


def test_rows_with_and_without_confidence_are_told_apart() -> None:
    for asked, begun in ((True, False), (False, True)):
        row = written(Text(named=True, confidence=begun), [READING])
        with pytest.raises(ValueError, match="not source"):
            Text(named=True, confidence=asked).source_of(row)


def test_only_rows_that_name_their_source_can_be_gone_on_with() -> None:
    assert Text(named=True).resumable
    assert not Text().resumable
