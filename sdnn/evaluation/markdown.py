"""Tables in Markdown whose source is readable, too."""

from collections.abc import Iterable, Sequence


def table(header: Sequence[str], rows: Iterable[Sequence[str]], texts: int = 1) -> str:
    """A table.

    Args:
        header: Names of the columns.
        rows: Cells of each row.
        texts: Number of columns with text, on the left; the others hold numbers, flush right.
    """
    rule = "|---" * texts + "|--:" * (len(header) - texts) + "|"
    return "\n".join([_row(header), rule, *map(_row, rows)])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
