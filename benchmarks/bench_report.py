"""Markdown tables, in files of their own, in README and book, and all figures of `make bench` in one file.

    python benchmarks/bench_report.py

Writes results.json out of what the other commands of `make bench` wrote.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sdnn.evaluation.markdown import table

HERE = Path(__file__).parent
DOCUMENTS = (HERE.parent / "README.md", *sorted((HERE.parent / "docs").glob("*.md")))
GATHERED = ("startup", "decoding", "speed")


def folders_of(arguments: Sequence[str], target: str) -> list[Path]:
    """The folders on a command line; ends the program where there are none: its tables would be emptied."""
    if not arguments:
        sys.exit(f'give folders with labels.csv: make {target} STRINGS="DIR..."')
    return list(map(Path, arguments))


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]], note: str) -> str:
    """A table whose first column is text and whose others are numbers, and a line below it."""
    return f"{table(header, rows)}\n\n{note}\n"


def write_markdown(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]], note: str) -> None:
    """Writes a table to `path`, and into the documents between the marks that name the file."""
    text = markdown(header, rows, note)
    path.write_text(text, encoding="utf-8")
    for document in DOCUMENTS:
        set_between_marks(document, path.name, text)


def set_between_marks(document: Path, name: str, text: str) -> None:
    """Puts a text between `<!-- name -->` and `<!-- end -->`, where a document has them."""
    before, mark, rest = document.read_text(encoding="utf-8").partition(f"<!-- {name} -->\n")
    if mark:
        _, end, after = rest.partition("<!-- end -->")
        document.write_text(before + mark + text + end + after, encoding="utf-8")


def gathered(folder: Path) -> dict[str, Any]:
    """What the commands of `make bench` wrote, by their names, with the machine once.

    Raises:
        ValueError: When they ran on different machines: their figures would not go together.
    """
    figures = {name: json.loads((folder / f"{name}.json").read_text(encoding="utf-8")) for name in GATHERED}
    machines = {record.pop("hardware") for record in figures.values()}
    if len(machines) > 1:
        raise ValueError(f"figures of different machines ({'; '.join(sorted(machines))}); run: make bench")
    return {"hardware": machines.pop(), **figures}


if __name__ == "__main__":
    (HERE / "results.json").write_text(json.dumps(gathered(HERE), indent=2) + "\n", encoding="utf-8")
