"""Scores of labelled folders, as a record and as tables on the terminal."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from sdnn.evaluation.confidence import (
    Bin,
    Curve,
    coverage_at,
    expected_calibration_error,
    reliability,
    risk_coverage,
)
from sdnn.evaluation.metrics import Score
from sdnn.results import FloatArray

if TYPE_CHECKING:
    from rich.table import Table

SCHEMA: Final = 1
ERRORS: Final = (0.05, 0.01, 0.001)
"""Shares of wrong texts among the accepted ones that are asked about."""
COLUMNS: Final = ("strips", "right", "%", "95 % interval", "digit errors %", "subst.", "ins.", "del.")


@dataclass(frozen=True)
class FolderReport:
    """How one labelled folder was read.

    Attributes:
        name: What to call the folder.
        total: Score over its strips.
        by_length: The same by number of digits in the truth.
        unreadable: Files that could not be read; they count as wrong.
        seconds: Time taken to read the folder.
        confidences: (N,) how probable each text was said to be.
        right: (N,) whether it was right.
    """

    name: str
    total: Score
    by_length: dict[int, Score]
    unreadable: int
    seconds: float
    confidences: FloatArray = field(default_factory=lambda: np.zeros(0), compare=False)
    right: npt.NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool), compare=False)

    @property
    def curve(self) -> Curve:
        """Error against the share that is accepted."""
        return risk_coverage(self.confidences, self.right)

    @property
    def bins(self) -> tuple[Bin, ...]:
        """Confidence beside accuracy."""
        return reliability(self.confidences, self.right)

    @property
    def calibration_error(self) -> float:
        """Expected calibration error."""
        return expected_calibration_error(self.confidences, self.right)

    def coverage(self, error: float) -> float | None:
        """Greatest share accepted within an error; None where there are too few strips to tell."""
        return coverage_at(self.confidences, self.right, error)

    def to_record(self) -> dict[str, object]:
        """The report in plain JSON types; shares are 0 to 1, keys of `by_length` are numbers of digits."""
        return {
            "schema": SCHEMA,
            "name": self.name,
            **_score_record(self.total),
            "by_length": {
                str(length): _score_record(score) for length, score in sorted(self.by_length.items())
            },
            "unreadable": self.unreadable,
            "seconds": self.seconds,
            "expected_calibration_error": self.calibration_error,
            "reliability": [asdict(each) for each in self.bins],
            "coverage": {f"{error:g}": self.coverage(error) for error in ERRORS},
        }


def tables(reports: Sequence[FolderReport]) -> "list[Table]":
    """All that is said of the folders, for the terminal."""
    return [table(reports), trust_table(reports)]


def trust_table(reports: Sequence[FolderReport]) -> "Table":
    """How far confidence can be trusted: what is accepted within an error, and confidence beside accuracy."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    grid.add_column("folder", overflow="fold", max_width=23, vertical="bottom")
    for error in ERRORS:
        grid.add_column(f"% accepted at\n{100 * error:g} % error", justify="right", vertical="bottom")
    grid.add_column("calibration\nerror", justify="right", vertical="bottom")
    grid.add_column("confidence: right % of n", vertical="bottom")
    for report in reports:
        grid.add_row(
            Text(report.name),
            *(_share(report.coverage(error)) for error in ERRORS),
            f"{report.calibration_error:.3f}",
            "\n".join(
                f"{each.low:.1f}–{each.high:.1f}: {100 * each.right / each.n:.0f} of {each.n}"
                for each in report.bins
            ),
            style="bold",
        )
    return grid


def _share(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f}"


def table(reports: Sequence[FolderReport]) -> "Table":
    """A table for the terminal, at most 100 columns wide: each folder, and its lengths if it has several."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    note = unreadable_note(reports)
    grid = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), caption=note, caption_justify="left")
    # A long name folds at this width, so that 100 columns hold the numbers of a million strips.
    grid.add_column("folder", overflow="fold", max_width=23, vertical="bottom")
    for column in COLUMNS:
        heading = column.replace("digit errors", "digit\nerrors")
        grid.add_column(heading, justify="right", no_wrap=True, vertical="bottom")
    for name, indented, cells in rows_of(reports):
        # Text, since a folder may be called "[old]", which rich would take for markup.
        style = "dim" if indented else "bold"
        grid.add_row(Text("  " + name if indented else name), *cells, style=style)
    return grid


def rows_of(reports: Sequence[FolderReport]) -> Iterator[tuple[str, bool, tuple[str, ...]]]:
    """Rows of a table: each folder, and its lengths if it has several.

    Yields:
        Name of a row, whether it is indented under a folder, and a cell for each of `COLUMNS`.
    """
    for report in reports:
        yield report.name, False, _cells(report.total)
        if len(report.by_length) > 1:
            for length, score in sorted(report.by_length.items()):
                yield _length_name(length), True, _cells(score)


def _length_name(length: int) -> str:
    return {0: "blank", 1: "1 digit"}.get(length, f"{length} digits")


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
    """Note below the table on files that could not be read; None without such files."""
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
