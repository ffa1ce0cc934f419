import csv
import io
from dataclasses import replace

import pytest
from helpers.sample_readings import EMPTY, ERROR, PRINTED, READING, REJECTED, SIGNED, names, of
from hypothesis import given

from sdnn.formats.table import COLUMNS, Csv, Table, Tsv

BOTH = pytest.mark.parametrize("table", [Csv(), Tsv()], ids=["csv", "tsv"])


def csv_rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_csv_quotes_text_and_leaves_numbers_bare() -> None:
    row = Csv().rows([replace(READING, page=2)])
    assert row == '"a.png",2,10,4,41,24,"07",0.75,0.875,"accepted","",0,0\r\n'


def test_tsv_has_a_tab_between_cells() -> None:
    assert Tsv().rows([READING]) == "a.png\t1\t10\t4\t41\t24\t07\t0.75\t0.875\taccepted\t\t0\t0\n"


def test_signs_are_counted_and_printed_strings_marked() -> None:
    rows = csv_rows(Csv().start() + Csv().rows([READING, SIGNED, PRINTED]))
    assert [(row["signs"], row["printed"]) for row in rows] == [("0", "0"), ("2", "0"), ("0", "1")]


@BOTH
def test_the_header_names_the_columns_and_no_source(table: Table) -> None:
    assert table.start().replace('"', "").replace(",", "\t").split() == list(COLUMNS)
    assert table.source_of(table.start()) is None
    assert table.end() == ""


def test_a_picture_without_a_box_has_empty_cells() -> None:
    text = Csv().start() + Csv().rows([EMPTY, ERROR])
    for row, reading in zip(csv_rows(text), (EMPTY, ERROR), strict=True):
        assert row["text"] == row["left"] == row["bottom"] == ""
        assert (row["status"], row["reason"]) == (reading.status, reading.reason)
        assert float(row["confidence"]) == reading.confidence


def test_a_rejected_text_stands_beside_its_status() -> None:
    (row,) = csv_rows(Csv().start() + Csv().rows([REJECTED]))
    assert (row["text"], row["status"], row["reason"]) == ("07", "rejected", REJECTED.reason)


@BOTH
def test_a_page_without_strings_has_no_row(table: Table) -> None:
    assert table.rows([]) == ""


@pytest.mark.parametrize(
    ("value", "cell"),
    [(1.0, "1.0"), (1 / 3, "0.333333"), (1.23456789e-20, "1.23457e-20"), (0.0, "0.0")],
)
def test_a_probability_has_six_digits_that_count(value: float, cell: str) -> None:
    (row,) = csv_rows(Csv().start() + Csv().rows([replace(READING, constraint_probability=value)]))
    assert row["constraint_probability"] == cell


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@a", "'=1", "\t=1", "\r=1"])
@BOTH
def test_no_cell_is_taken_for_a_formula(table: Table, name: str) -> None:
    row = table.rows([replace(REJECTED, source=name, text=f"{name}0", reason=name)])
    assert all(cell.strip('"')[:1] not in "=+-@\t\r" for cell in table._split(row) if cell)
    assert table.source_of(row) == name


@given(name=names)
def test_the_source_of_a_row_is_the_name_whatever_is_in_it(name: str) -> None:
    for table in (Csv(), Tsv()):
        row = table.rows([of(name)])
        assert row.index("\n") == len(row) - 1
        assert table.source_of(row) == name


@given(name=names, reason=names)
def test_every_row_has_all_columns_for_a_reader_of_csv(name: str, reason: str) -> None:
    (row,) = csv_rows(Csv().start() + Csv().rows([replace(REJECTED, source=name, reason=reason)]))
    assert tuple(row) == COLUMNS
    assert row["text"] == "07"
    assert row["status"] == "rejected"


@pytest.mark.parametrize("line", ["07\n", "\n", '{"source": "a.png"}\n', 'a "b" "\n', '"a'])
@BOTH
def test_a_line_of_another_form_has_no_source(table: Table, line: str) -> None:
    with pytest.raises(ValueError, match=r"cells|expected|unexpected end"):
        table.source_of(line)


def test_a_row_of_one_table_is_none_of_the_other() -> None:
    with pytest.raises(ValueError, match="cells"):
        Csv().source_of(Tsv().rows([READING]))
    with pytest.raises(ValueError, match="cells"):
        Tsv().source_of(Csv().rows([READING]))
