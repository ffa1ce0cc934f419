"""Writing of tables, figures and plots."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from reproduction.tables.accuracy import Record, Table
from reproduction.tables.experiment_tables import tables_of
from reproduction.tables.plots import draw
from reproduction.tables.records import Records

STUDY: Final = Path(__file__).parents[1]
DOCUMENT: Final = STUDY / "README.md"
SUMMARY: Final = STUDY / "summary.md"
BOOK: Final = STUDY.parent / "docs" / "benchmarks.md"


def write(records: Mapping[str, Record], folder: Path) -> None:
    """Writes tables, figures and plots of a quick run into a folder."""
    sorted_records = Records.of(records)
    tables = tables_of(sorted_records)
    text = "\n".join(f"## {name.capitalize()}\n\n{table}" for name, table in tables.items())
    (folder / "tables.md").write_text(text, encoding="utf-8")
    _write_figures(tables, sorted_records, folder)


def publish(records: Mapping[str, Record]) -> None:
    """Writes tables into the study's README, a summary into the book, figures and plots beside them."""
    sorted_records = Records.of(records)
    tables = tables_of(sorted_records)
    for name, table in tables.items():
        set_between_marks(DOCUMENT, name, str(table))
    summary = str(tables["summary"])
    SUMMARY.write_text(summary, encoding="utf-8")
    set_between_marks(BOOK, SUMMARY.relative_to(STUDY.parent).as_posix(), summary)
    _write_figures(tables, sorted_records, STUDY)


def set_between_marks(document: Path, name: str, text: str) -> None:
    """Puts a text between `<!-- name -->` and `<!-- end -->`, where a document has them."""
    before, mark, rest = document.read_text(encoding="utf-8").partition(f"<!-- {name} -->\n")
    if mark:
        _, end, after = rest.partition("<!-- end -->")
        document.write_text(before + mark + text + end + after, encoding="utf-8")


def _write_figures(tables: Mapping[str, Table], records: Records, folder: Path) -> None:
    figures = {
        "hardware": records.svm["hardware"],
        "tables": {name: table.figures() for name, table in tables.items()},
    }
    (folder / "results.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    draw(records, folder / "plots.png")
