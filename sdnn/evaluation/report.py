"""Scores of labelled folders, as a record and as tables for the terminal."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from sdnn.escaping import escaped_message
from sdnn.evaluation.metrics import BoolArray, Score
from sdnn.evaluation.reliability import expected_calibration_error, reliability
from sdnn.evaluation.risk_coverage import RiskCoverageCurve, coverage_at, risk_coverage
from sdnn.results import FloatArray

if TYPE_CHECKING:
    from rich.table import Table

SCHEMA: Final = 1
ERRORS: Final = (0.05, 0.01, 0.001)
"""Errors among accepted strips at which the coverage is reported."""
COLUMNS: Final = ("strips", "right", "%", "95 % interval", "digit errors %", "subst.", "ins.", "del.")
TABLE_COLUMNS: Final = 80
"""Width of the tables where no terminal has another."""


@dataclass(frozen=True)
class FolderReport:
    """Results of one labelled folder.

    Attributes:
        name: Name of the folder.
        total: Score over its strips.
        by_length: Score by number of digits in the truth.
        unreadable: Number of files that could not be read; they count as wrong.
        seconds: Time taken to read the folder.
        confidences: (N,) confidence of each text.
        right: (N,) true where the text is right.
    """

    name: str
    total: Score
    by_length: dict[int, Score]
    unreadable: int
    seconds: float
    confidences: FloatArray = field(default_factory=lambda: np.zeros(0), compare=False)
    right: BoolArray = field(default_factory=lambda: np.zeros(0, bool), compare=False)

    @property
    def curve(self) -> RiskCoverageCurve:
        """Error against coverage."""
        return risk_coverage(self.confidences, self.right)

    def to_record(self) -> dict[str, object]:
        """The report in plain JSON types; shares are 0 to 1, keys of `by_length` are numbers of digits."""
        by_length = sorted(self.by_length.items())
        return {
            "schema": SCHEMA,
            "name": self.name,
            **_score_record(self.total),
            "by_length": {str(length): _score_record(score) for length, score in by_length},
            "unreadable": self.unreadable,
            "seconds": self.seconds,
            "expected_calibration_error": expected_calibration_error(self.confidences, self.right),
            "reliability": [asdict(each) for each in reliability(self.confidences, self.right)],
            "coverage": {f"{error:g}": coverage_at(self.confidences, self.right, error) for error in ERRORS},
        }


def tables(reports: Sequence[FolderReport]) -> "list[Table]":
    """Tables for the terminal: accuracy, then confidence."""
    return [accuracy_table(reports), calibration_table(reports)]


def accuracy_table(reports: Sequence[FolderReport]) -> "Table":
    """Scores of each folder, and of its lengths if it has several."""
    from rich.text import Text

    grid = _grid(unreadable_note(reports))
    for column in COLUMNS:
        heading = column.replace("% interval", "%\ninterval").replace("digit errors ", "digit\nerrors\n")
        grid.add_column(heading, justify="right", no_wrap=True, vertical="bottom")
    for name, indented, cells in accuracy_rows(reports):
        # Text, since a folder may be called "[old]", which rich would take for markup.
        style = "dim" if indented else "bold"
        shown = escaped_message(name)
        grid.add_row(Text("  " + shown if indented else shown), *cells, style=style)
    return grid


def calibration_table(reports: Sequence[FolderReport]) -> "Table":
    """Coverage within each error, calibration error, and accuracy by confidence."""
    from rich.text import Text

    grid = _grid()
    for error in ERRORS:
        grid.add_column(f"accepted\nat {100 * error:g} %\nerror", justify="right", vertical="bottom")
    grid.add_column("calibration\nerror", justify="right", vertical="bottom")
    grid.add_column("confidence:\nright % (n)", no_wrap=True, vertical="bottom")
    for report in reports:
        shares = (coverage_at(report.confidences, report.right, error) for error in ERRORS)
        bins = reliability(report.confidences, report.right)
        grid.add_row(
            Text(escaped_message(report.name)),
            *("–" if share is None else f"{100 * share:.1f} %" for share in shares),
            f"{expected_calibration_error(report.confidences, report.right):.3f}",
            "\n".join(
                f"{each.low:.1f}–{each.high:.1f}: {100 * each.accuracy:.0f} ({each.n})" for each in bins
            ),
            style="bold",
        )
    return grid


def _grid(caption: str | None = None) -> "Table":
    """A table with the column of the folders, which folds long names."""
    from rich import box
    from rich.table import Table

    grid = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), caption=caption)
    grid.caption_justify = "left"
    grid.add_column("folder", overflow="fold", max_width=23, vertical="bottom")
    return grid


def accuracy_rows(reports: Sequence[FolderReport]) -> Iterator[tuple[str, bool, tuple[str, ...]]]:
    """Rows of the table of accuracy.

    Yields:
        Name of the row, whether it is a length below its folder, and a cell for each of `COLUMNS`.
    """
    for report in reports:
        yield report.name, False, _cells(report.total)
        if len(report.by_length) > 1:
            for length, score in sorted(report.by_length.items()):
                name = {0: "blank", 1: "1 digit"}.get(length, f"{length} digits")
                yield name, True, _cells(score)


def _cells(score: Score) -> tuple[str, ...]:
    """One text per entry of COLUMNS; two decimals, so that one wrong in 10,000 does not look like 100 %."""
    low, high = score.interval
    return (
        str(score.n),
        str(score.right),
        f"{100 * score.accuracy:.2f}",
        f"{100 * low:.2f}–{100 * high:.2f}",
        f"{100 * score.digit_error_rate:.2f}",
        str(score.substitutions),
        str(score.insertions),
        str(score.deletions),
    )


def unreadable_note(reports: Sequence[FolderReport]) -> str | None:
    """Note on files that could not be read; None without such files."""
    unreadable = sum(report.unreadable for report in reports)
    return f"{unreadable} file(s) could not be read and count as wrong." if unreadable else None


def _score_record(score: Score) -> dict[str, object]:
    return {
        "n": score.n,
        "right": score.right,
        "accuracy": score.accuracy,
        "interval": list(score.interval),
        "digits": score.digits,
        "digit_error_rate": score.digit_error_rate,
        "substitutions": score.substitutions,
        "insertions": score.insertions,
        "deletions": score.deletions,
    }
