"""`sdnn eval`."""

import io
import json
import sys
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sdnn.cli.options import DecoderOption, FoldersArgument, ModelOption, TopologyOption, with_profile
from sdnn.cli.terminal import needs, note, print_line, progress
from sdnn.enums import Decoder, Status, Topology
from sdnn.errors import ExitCode
from sdnn.files import check_not_overwriting, check_picture_path, save_picture
from sdnn.parameters import CONSTRAINTS
from sdnn.profiles import Profile, reading_settings
from sdnn.streams import is_terminal, silence_libraries, write_stdout

if TYPE_CHECKING:
    from sdnn.evaluation.report import FolderReport

MAX_FAILURES = 200
"""Failures on one contact sheet; few programs open larger pictures."""


@with_profile(*CONSTRAINTS.values())
def evaluate(
    folders: FoldersArgument,
    json_lines: Annotated[bool, typer.Option("--json", help="Print one JSON record per folder.")] = False,
    failures: Annotated[
        Path | None, typer.Option(metavar="OUT.png", help="Picture to draw: the misread strips.")
    ] = None,
    rejection: Annotated[
        Path | None, typer.Option(metavar="OUT.png", help="Plot to draw: error against share accepted.")
    ] = None,
    decoder: DecoderOption = Decoder.VITERBI,
    topology: TopologyOption = Topology.CTC,
    model: ModelOption = None,
    *,
    profile: Profile,
) -> None:
    """Read labelled strips; print accuracy and calibration.

    Files that cannot be read count as wrong; then the exit code is 5.
    """
    from sdnn.reading.reader import Reader

    silence_libraries()
    with needs("rapidfuzz", "evaluating"):
        from sdnn.evaluation.folder import evaluate as evaluate_folder
        from sdnn.evaluation.labels import LABELS_NAME, read_labels
    if rejection:
        with needs("matplotlib", "--rejection", extra="plots"):
            from sdnn.rendering.rejection import MIN_ACCEPTED, is_short, rejection_plot
    accept_all = profile.with_options({"min_confidence": 0.0, "min_constraint_probability": 0.0})
    reader = Reader(model, reading_settings(accept_all, decoder=decoder, topology=topology))
    labelled = [labelled.path for folder in folders for labelled in read_labels(folder)]
    inputs = [*labelled, *(folder / LABELS_NAME for folder in folders)]
    for option, out in (("--failures", failures), ("--rejection", rejection)):
        check_not_overwriting(option, out, inputs)
        check_picture_path(option, out)
    reports, misread, read = [], [], count(1)
    with progress("reading", "strips") as update:
        for folder in folders:
            report, failed = evaluate_folder(reader, folder, lambda: update(next(read), len(labelled)))
            reports.append(report)
            misread += failed
    for entry in misread:
        if entry.reading.status is Status.ERROR:
            note(str(entry.reading.reason))
    _print_reports(reports, json_lines)
    if failures:
        from sdnn.rendering.contact_sheet import contact_sheet

        if len(misread) > MAX_FAILURES:
            note(f"{len(misread)} failures; the first {MAX_FAILURES} are drawn")
        save_picture(contact_sheet(misread[:MAX_FAILURES]), failures)
    if rejection:
        for report in reports:
            if is_short(report.curve):
                note(f"{report.name}: {report.total.n} strips; --rejection takes {MIN_ACCEPTED} for a line")
        save_picture(rejection_plot([(report.name, report.curve) for report in reports]), rejection)
    if any(report.unreadable for report in reports):
        raise typer.Exit(ExitCode.UNREADABLE)


def _print_reports(reports: Sequence["FolderReport"], json_lines: bool) -> None:
    """Prints a record for each folder, or the tables."""
    if json_lines:
        for report in reports:
            print_line(json.dumps(report.to_record()))
        return
    from rich.console import Console

    from sdnn.evaluation.report import TABLE_COLUMNS, tables

    terminal, text = is_terminal(sys.stdout), io.StringIO()
    console = Console(file=text, force_terminal=terminal, width=None if terminal else TABLE_COLUMNS)
    first, second = tables(reports)
    console.print(first, "", second)
    write_stdout(text.getvalue().rstrip("\n") + "\n", is_styled=True)
