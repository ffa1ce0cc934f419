from dataclasses import replace

import pytest
from hypothesis import given
from readings import EMPTY, ERROR, READING, REJECTED, names, of

from sdnn.formats.text import Text
from sdnn.results import Reading


def test_one_picture_is_its_text_alone() -> None:
    assert Text().rows([READING]) == "07\n"


def test_of_several_pictures_the_source_stands_in_front() -> None:
    assert Text(named=True).rows([of("a.png"), of("b.png", text="123")]) == "a.png\t07\nb.png\t123\n"


@pytest.mark.parametrize("reading", [REJECTED, EMPTY, ERROR])
def test_what_is_not_accepted_has_an_empty_text(reading: Reading) -> None:
    assert Text().rows([reading]) == "\n"
    assert Text(named=True, nbest=3).rows([reading]) == "a.png\t\n"


def test_a_page_without_strings_has_no_row() -> None:
    assert Text(named=True).rows([]) == ""


def test_the_likeliest_texts_have_a_line_each_with_their_probability() -> None:
    assert Text(nbest=2).rows([READING]) == "07\t0.7500\n67\t0.1250\n"
    assert Text(named=True, nbest=2).rows([READING]) == "a.png\t07\t0.7500\na.png\t67\t0.1250\n"


def test_one_text_is_listed_with_its_probability_too_where_several_were_asked_for() -> None:
    assert Text(nbest=2).rows([replace(READING, nbest=(("07", 0.75),))]) == "07\t0.7500\n"


def test_an_improbable_digit_is_masked() -> None:
    assert Text(mask_below=0.85).rows([READING]) == "0?\n"


def test_there_is_nothing_around_the_rows() -> None:
    assert Text().start() == Text().end() == ""


@given(name=names)
def test_the_source_of_a_row_is_the_name_whatever_is_in_it(name: str) -> None:
    row = Text(named=True).rows([of(name)])
    assert row.index("\n") == len(row) - 1
    assert Text(named=True).source_of(row) == name
    assert Text(named=True, nbest=2).source_of(row) == name


def test_the_source_of_a_listed_text_is_found() -> None:
    lines = Text(named=True, nbest=2).rows([READING]).splitlines(keepends=True)
    assert [Text(named=True, nbest=2).source_of(line) for line in lines] == ["a.png"] * 2


@pytest.mark.parametrize("line", ["07\n", "\n", '{"source": "a.png"}\n', "a.png\t0\t1\t2\n"])
def test_a_line_of_another_form_has_no_source(line: str) -> None:
    with pytest.raises(ValueError, match="not source"):
        Text(named=True, nbest=2).source_of(line)


def test_only_rows_that_name_their_source_can_be_gone_on_with() -> None:
    assert Text(named=True).resumable
    assert not Text().resumable
