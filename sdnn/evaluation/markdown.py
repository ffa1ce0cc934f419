"""Text in Markdown, readable as it is, too."""

from collections.abc import Iterable, Sequence
from textwrap import fill
from typing import Final

LINE: Final = 120
"""Letters; tables take more where they must."""


def paragraph(text: str) -> str:
    """The text in lines that are not too long."""
    return fill(text, LINE, break_long_words=False, break_on_hyphens=False)


def bullets(items: Iterable[str]) -> str:
    """A list of short texts."""
    return "\n".join(
        fill(
            item,
            LINE,
            initial_indent="- ",
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        for item in items
    )


def table(header: Sequence[str], rows: Iterable[Sequence[str]], texts: int = 1) -> str:
    """A table.

    Args:
        header: Names of the columns.
        rows: With as many cells each.
        texts: Columns at the left that hold text; the others hold numbers, flush right.
    """
    rule = "|---" * texts + "|--:" * (len(header) - texts) + "|"
    return "\n".join([_row(header), rule, *map(_row, rows)])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def percent(share: float, decimals: int = 1) -> str:
    """A share from 0 to 1 as a number of hundredths, without the sign."""
    return f"{100 * share:.{decimals}f}"


def interval(ends: tuple[float, float], decimals: int = 1) -> str:
    """An interval of shares."""
    return "–".join(percent(end, decimals) for end in ends)
