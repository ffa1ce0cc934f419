"""Where tables, figures and plots go."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from report import HERE, set_between_marks, write_markdown

from reproduced.plots import draw
from reproduced.records import Records
from reproduced.shares import Record, Table
from reproduced.tables import tables_of

DOCUMENT: Final = HERE.parent / "REPRODUCTION.md"


def write(records: Mapping[str, Record], folder: Path) -> None:
    """Writes tables, figures and plots of a quick run into a folder."""
    sorted_records = Records.of(records)
    tables = tables_of(sorted_records)
    text = "\n".join(f"## {name.capitalize()}\n\n{table}" for name, table in tables.items())
    (folder / "tables.md").write_text(text, encoding="utf-8")
    _write_figures(tables, sorted_records, folder / "reproduction.json")
    draw(sorted_records, folder)


def publish(records: Mapping[str, Record]) -> None:
    """Writes tables into REPRODUCTION.md and the README, figures and plots beside the other benchmarks."""
    sorted_records = Records.of(records)
    tables = tables_of(sorted_records)
    for name, table in tables.items():
        set_between_marks(DOCUMENT, name, str(table))
    of_all = tables["summary"]
    write_markdown(
        HERE / "reproduction.md",
        of_all.header,
        [[str(cell) for cell in row] for row in of_all.rows],
        of_all.note,
    )
    _write_figures(tables, sorted_records, HERE / "reproduction.json")
    draw(sorted_records, HERE)


def _write_figures(tables: Mapping[str, Table], records: Records, path: Path) -> None:
    figures = {
        "hardware": records.svm["hardware"],
        "tables": {name: table.figures() for name, table in tables.items()},
    }
    path.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
