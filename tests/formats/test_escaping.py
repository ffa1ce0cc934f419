import pytest
from helpers.sample_readings import names
from hypothesis import given

from sdnn.formats.escaping import escape_formula, escaped, unescape_formula, unescaped


@given(name=names)
def test_an_escaped_name_stays_in_its_cell_and_line(name: str) -> None:
    assert not set("\t\n\r") & set(escaped(name))
    assert unescaped(escaped(name)) == name


@pytest.mark.parametrize("name", ["a.png", "é b.png", "'a'.png", "\udcff.png"])
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
