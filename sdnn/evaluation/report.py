"""Scores of labelled folders, as a record, a table on the terminal and a table in Markdown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sdnn.evaluation.metrics import Score

if TYPE_CHECKING:
    from rich.table import Table

SCHEMA: Final = 1
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
    """

    name: str
    total: Score
    by_length: dict[int, Score]
    unreadable: int
    seconds: float

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
        }


def table(reports: Sequence[FolderReport]) -> "Table":
    """A table for the terminal, at most 100 columns wide: each folder, and its lengths if it has several."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    note = _unreadable_note(reports)
    grid = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), caption=note, caption_justify="left")
    # A long name folds at this width, so that 100 columns hold the numbers of a million strips.
    grid.add_column("folder", overflow="fold", max_width=23, vertical="bottom")
    for column in COLUMNS:
        heading = column.replace("digit errors", "digit\nerrors")
        grid.add_column(heading, justify="right", no_wrap=True, vertical="bottom")
    for name, indented, score in _rows(reports):
        # Text, since a folder may be called "[old]", which rich would take for markup.
        style = "dim" if indented else "bold"
        grid.add_row(Text("  " + name if indented else name), *_cells(score), style=style)
    return grid


def markdown(reports: Sequence[FolderReport]) -> str:
    """The same table in Markdown, ending with a line feed."""
    lines = [
        "| " + " | ".join(("folder", *COLUMNS)) + " |",
        "|---" + "|--:" * len(COLUMNS) + "|",
    ]
    for name, indented, score in _rows(reports):
        label = "&nbsp;&nbsp;" + name if indented else name.replace("|", "\\|")
        lines.append("| " + " | ".join((label, *_cells(score))) + " |")
    if note := _unreadable_note(reports):
        lines += ["", note]
    return "\n".join(lines) + "\n"


def _rows(reports: Sequence[FolderReport]) -> Iterator[tuple[str, bool, Score]]:
    """Name, whether it stands under a folder, and score of every row."""
    for report in reports:
        yield report.name, False, report.total
        if len(report.by_length) > 1:
            for length, score in sorted(report.by_length.items()):
                yield _length_name(length), True, score


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


def _unreadable_note(reports: Sequence[FolderReport]) -> str | None:
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
