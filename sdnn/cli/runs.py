"""`sdnn runs` and `sdnn runs compare`."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sdnn.cli.groups import ListByDefault
from sdnn.cli.terminal import note, print_line
from sdnn.errors import UsageError

if TYPE_CHECKING:
    from sdnn.tracking.run_record import RunRecord

runs = typer.Typer(help="Trainings: what they were made of, and what they came to.", cls=ListByDefault)

COLUMNS = ("run", "state", "accuracy %", "minutes", "data", "code", "started", "recipe")
LEFT_ALIGNED = ("run", "state", "data", "code", "started", "recipe")


@runs.command("list")
def list_runs(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[DIR]...", help="Folders of runs.", show_default="runs/, and those of your models"
        ),
    ] = None,
    json_lines: Annotated[bool, typer.Option("--json", help="Print one JSON record per run.")] = False,
) -> None:
    """List trainings: state, accuracy, time, checksums of data and code, recipe.

    A run that is under way counts as interrupted until it ends.
    """
    from sdnn.tracking.run_record import RunRecord, default_places, run_folders

    for folder in folders or ():
        if not folder.is_dir():
            raise UsageError(f"{folder}: there is no such folder; give one that holds runs")
    found = []
    for place in run_folders(folders or default_places()):
        try:
            found.append(RunRecord.of_folder(place))
        except UsageError as error:
            note(str(error))
    found.sort(key=lambda run: str(run.record.get("started")))
    if json_lines:
        for run in found:
            print_line(json.dumps(run.to_record()))
    elif found:
        for line in _table([COLUMNS, *map(_cells, found)]):
            print_line(line)
    else:
        note("no runs here; make one with: sdnn train, or sdnn finetune DIR")


@runs.command()
def compare(
    first: Annotated[str, typer.Argument(metavar="A", help="Folder or name of a run.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Folder or name of another.")],
    json_lines: Annotated[bool, typer.Option("--json", help="Print one JSON record per difference.")] = False,
) -> None:
    """Show what two trainings differ in, and the figures of both."""
    from sdnn.tracking.run_record import differences, find_run

    one, other = find_run(first), find_run(second)
    rows = differences(one, other)
    if json_lines:
        for name, left, right in rows:
            print_line(json.dumps({"name": name, "first": left, "second": right}))
        return
    for line in _table([("", one.name, other.name), *rows]):
        print_line(line)


def _cells(run: "RunRecord") -> tuple[str, ...]:
    accuracy = "–" if run.accuracy is None else f"{100 * run.accuracy:.1f}"
    started = str(run.record.get("started", "–"))[:16]
    code = str(run.record.get("code", "–"))[:8]
    return run.name, run.state, accuracy, f"{run.seconds / 60:.1f}", run.checksum, code, started, run.summary


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows with aligned columns, the first of them the head."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    numbers = [name not in LEFT_ALIGNED and rows[0] == COLUMNS for name in rows[0]]
    for row in rows:
        cells = (
            cell.rjust(width) if is_number else cell.ljust(width)
            for cell, width, is_number in zip(row, widths, numbers, strict=True)
        )
        yield "  ".join(cells).rstrip()
