import unicodedata

import pytest
from helpers.sample_readings import names
from hypothesis import given
from hypothesis import strategies as st

from sdnn.escaping import (
    EXACT_OR_ESCAPED,
    escape_formula,
    escaped,
    escaped_in_csv,
    escaped_lines,
    escaped_message,
    unescape_formula,
    unescaped,
)


@given(name=names)
def test_an_escaped_name_stays_in_its_cell_and_line(name: str) -> None:
    assert not set("\t\n\r") & set(escaped(name))
    assert unescaped(escaped(name)) == name


@pytest.mark.parametrize("name", ["a.png", "é b.png", "'a'.png", 'a"b.png', "数.png"])
def test_an_ordinary_name_is_written_as_it_is(name: str) -> None:
    assert escape_formula(escaped(name)) == name


def test_what_a_backslash_meant_is_told_from_what_it_spells() -> None:
    assert escaped("a\tb") == r"a\tb"
    assert escaped(r"a\tb") == r"a\\tb"


@given(name=names)
def test_no_guarded_cell_is_taken_for_a_formula(name: str) -> None:
    cell = escape_formula(escaped(name))
    assert cell[0] not in "=+-@\t\r"
    assert unescaped(unescape_formula(cell)) == name


@pytest.mark.parametrize(
    ("cell", "written"), [("=1", "'=1"), ("'=1", "''=1"), ("''+", "'''+"), ("'a", "'a"), ("", "")]
)
def test_an_apostrophe_that_was_there_is_kept(cell: str, written: str) -> None:
    assert escape_formula(cell) == written
    assert unescape_formula(written) == cell


@given(name=names)
def test_nothing_escaped_is_acted_on_by_a_terminal(name: str) -> None:
    for text in (escaped(name), escaped_message(name), escaped_lines(name).replace("\r\n", "\n")):
        controls = [each for each in text if unicodedata.category(each) in {"Cc", "Zl", "Zp", "Cs"}]
        assert set(controls) <= (set("\t\n") if "\n" in name or "\t" in name else set())
    assert "\n" not in escaped_message(name)
    assert unescaped(escaped_in_csv(name)) == name


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("\x1b[31m", r"\x1b[31m"),
        ("\x9b", r"\x9b"),
        ("\u202e", r"\u202e"),
        ("\u2028", r"\u2028"),
        ("\udcff", r"\udcff"),
        ('"a', r"\"a"),
        (r"\x1b", r"\\x1b"),
    ],
)
def test_a_control_character_is_spelled_out(name: str, written: str) -> None:
    assert escaped(name) == written
    assert unescaped(written) == name


@given(name=names, encoding=st.sampled_from(["ascii", "latin-1", "cp1252", "utf-8"]))
def test_any_escaped_name_can_be_encoded_and_found_again(name: str, encoding: str) -> None:
    data = escaped(name).encode(encoding, EXACT_OR_ESCAPED)
    assert unescaped(data.decode(encoding)) == name


def test_a_byte_of_a_name_goes_out_as_it_came() -> None:
    assert "a\udcff\udc80é".encode("ascii", EXACT_OR_ESCAPED) == b"a\xff\x80\\xe9"
