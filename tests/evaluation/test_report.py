import io
import json
import re

import numpy as np
import pytest
from rich.console import Console
from rich.table import Table

from sdnn.evaluation.metrics import Score, wilson_interval
from sdnn.evaluation.report import FolderReport, accuracy_rows, accuracy_table, calibration_table, tables

THREE = Score(n=80, right=72, digits=240, substitutions=6, insertions=1, deletions=2)
FOUR = Score(n=20, right=18, digits=80, substitutions=3)
MIXED = FolderReport("register-numbers", THREE + FOUR, {4: FOUR, 3: THREE}, unreadable=0, seconds=1.5)
SINGLE = FolderReport("zip", Score(10000, 9999, 50000, 1), {5: Score(10000, 9999, 50000, 1)}, 0, 60.25)


# Two confidences: of 60 sure texts all are right, of 40 doubtful ones 30.
TRUST = FolderReport(
    "trust",
    THREE + FOUR,
    {3: THREE},
    0,
    1.0,
    np.repeat([0.95, 0.55], [60, 40]),
    np.repeat([True, False], [90, 10]),
)


def rendered(*reports: FolderReport, columns: int = 80) -> str:
    return printed(accuracy_table(reports), columns)


def printed(table: Table, columns: int = 80) -> str:
    console = Console(width=columns, file=io.StringIO(), color_system=None)
    with console.capture() as capture:
        console.print(table)
    return capture.get()


def test_the_record_survives_json() -> None:
    record = MIXED.to_record()
    assert json.loads(json.dumps(record, allow_nan=False)) == record


def test_the_record_holds_the_total_and_each_length() -> None:
    record = MIXED.to_record()
    assert list(record) == [
        "schema",
        "name",
        "n",
        "right",
        "accuracy",
        "interval",
        "digits",
        "digit_error_rate",
        "substitutions",
        "insertions",
        "deletions",
        "by_length",
        "unreadable",
        "seconds",
        "expected_calibration_error",
        "reliability",
        "coverage",
    ]
    assert (record["schema"], record["n"], record["right"], record["accuracy"]) == (1, 100, 90, 0.9)
    assert record["interval"] == list(wilson_interval(90, 100))
    by_length = record["by_length"]
    assert isinstance(by_length, dict)
    assert list(by_length) == ["3", "4"]
    assert by_length["4"]["digit_error_rate"] == pytest.approx(3 / 80)


def test_the_table_holds_the_cells_of_all_rows() -> None:
    rows = [[name, *cells] for name, _, cells in accuracy_rows([MIXED, SINGLE])]
    lines = [re.split(r"\s{2,}", line.strip()) for line in rendered(MIXED, SINGLE, columns=100).splitlines()]
    assert [cells for cells in lines if len(cells) == 9][-4:] == rows


def test_lengths_are_indented_under_their_folder_and_shortest_first() -> None:
    text = rendered(MIXED)
    assert text.index("register-numbers") < text.index("  3 digits") < text.index("  4 digits")


def test_a_folder_of_one_length_has_one_row() -> None:
    assert "5 digits" not in rendered(SINGLE)


def test_blank_strips_and_single_digits_are_named() -> None:
    lengths = {0: Score(1, 1, 0), 1: Score(1, 1, 1)}
    text = rendered(FolderReport("mixed", Score(2, 2, 1), lengths, 0, 0.0))
    assert "blank" in text
    assert "1 digit " in text


def test_numbers_end_in_the_same_column() -> None:
    lines = [line.rstrip() for line in rendered(MIXED, SINGLE).splitlines() if "–" in line]
    assert len(lines) == 4
    assert len({len(line) for line in lines}) == 1


@pytest.mark.parametrize("columns", [80, 140])
def test_the_table_fits_its_width_with_no_number_cut(columns: int) -> None:
    big = Score(10**6, 10**6 - 1, 5 * 10**6, 123456, 123456, 123456)
    report = FolderReport("a-rather-long-folder-name/" * 4, big + big, {4: big, 5: big}, 3, 1.0)
    text = rendered(report, columns=columns)
    assert max(len(line.rstrip()) for line in text.splitlines()) <= min(columns, 100)
    assert "…" not in text
    for number in ("2000000", "1999998", "246912", "100.00–100.00"):
        assert number in text


def test_brackets_in_a_folder_name_are_shown() -> None:
    assert "[bold]x" in rendered(FolderReport("[bold]x", FOUR, {4: FOUR}, 0, 0.0))


def test_files_that_could_not_be_read_are_mentioned_only_if_there_are_any() -> None:
    damaged = FolderReport("damaged", FOUR, {4: FOUR}, 2, 0.0)
    note = "2 file(s) could not be read and count as wrong."
    assert note in rendered(damaged)
    assert "count as wrong" not in rendered(MIXED)


def test_no_reports_make_an_empty_table() -> None:
    assert accuracy_table([]).row_count == 0


def test_trust_is_what_is_accepted_within_an_error_and_confidence_beside_accuracy() -> None:
    # All 100 have an error of 10 %, too much for 5 %; the 60 sure ones show 5 %, but are too few for 1 %.
    record = TRUST.to_record()
    assert record["coverage"] == {"0.05": 0.6, "0.01": None, "0.001": None}
    # Sure: .95 for 60 of 60 right; doubtful: .55 for 30 of 40: (60 x .05 + 40 x .2) / 100.
    assert record["expected_calibration_error"] == pytest.approx(0.11)
    text = printed(calibration_table([TRUST]))
    assert "60.0 %" in text
    assert "–" in text
    assert "0.5–0.6: 75 (40)" in text
    assert "0.9–1.0: 100 (60)" in text


def test_the_terminal_gets_scores_and_trust() -> None:
    assert [each.row_count for each in tables([TRUST])] == [1, 1]


def test_both_tables_fit_80_columns_with_names_whole() -> None:
    big = Score(5860, 5860, 29300, 123, 12, 12)
    report = FolderReport(
        "cheque-amounts", big, {5: big, 6: big}, 0, 1.0, np.full(5860, 0.95), np.ones(5860, bool)
    )
    for table in tables([report]):
        text = printed(table)
        assert max(map(len, text.splitlines())) <= 80
        assert "cheque-amounts " in text
        assert "100" in text
