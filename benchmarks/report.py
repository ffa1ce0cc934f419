"""Markdown tables, in files of their own and in the README."""

from collections.abc import Sequence
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def write_markdown(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]], note: str) -> None:
    """A table whose first column is text and whose others are numbers, and a line below it.

    Written to `path`, and into the README between the marks that name the file.
    """
    lines = [
        "| " + " | ".join(header) + " |",
        "|---" + "|--:" * (len(header) - 1) + "|",
        *("| " + " | ".join(row) + " |" for row in rows),
        "",
        note,
    ]
    table = "\n".join(lines) + "\n"
    path.write_text(table, encoding="utf-8")
    before, mark, rest = README.read_text(encoding="utf-8").partition(f"<!-- {path.name} -->\n")
    if mark:
        _, end, after = rest.partition("<!-- end -->")
        README.write_text(before + mark + table + end + after, encoding="utf-8")
