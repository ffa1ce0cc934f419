"""`sdnn eval`."""

import io
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from sdnn.cli.options import DecoderOption, ModelOption, TopologyOption, with_profile
from sdnn.cli.terminal import needs, note, print_line, progress
from sdnn.enums import Decoder, Topology
from sdnn.errors import ExitCode
from sdnn.files import check_not_overwriting, check_picture_path, save_picture
from sdnn.parameters import CONSTRAINTS
from sdnn.profiles import Profile, reading_settings

MOST_FAILURES = 200
"""Failures on one contact sheet: more would make a picture that few programs open."""


@with_profile(*CONSTRAINTS.values())
def evaluate(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR...", help="Folders with labels.csv (file,label).")
    ],
    json_lines: Annotated[bool, typer.Option("--json", help="Print one JSON record per folder.")] = False,
    failures: Annotated[
        Path | None, typer.Option(metavar="OUT.png", help="Draw what was read wrong.")
    ] = None,
    rejection: Annotated[
        Path | None,
        typer.Option(metavar="OUT.png", help="Draw error against share accepted."),
    ] = None,
    decoder: DecoderOption = Decoder.VITERBI,
    topology: TopologyOption = Topology.CTC,
    model: ModelOption = None,
    *,
    profile: Profile,
) -> None:
    """Read labelled strips and say how many are right, and how far confidence can be trusted.

    Files that cannot be read count as wrong; then the exit code is 5.
    """
    from sdnn.reading.reader import Reader

    with needs("rapidfuzz", "evaluating"):
        from sdnn.evaluation.folder import evaluate as evaluate_folder
        from sdnn.evaluation.labels import LABELS_NAME, read_labels
        from sdnn.evaluation.report import tables
    if rejection:
        with needs("matplotlib", "--rejection", extra="plots"):
            from sdnn.rendering.rejection import rejection_plot
    accept_all = profile.with_options({"min_confidence": 0.0, "min_constraint_probability": 0.0})
    reader = Reader(model, reading_settings(accept_all, decoder=decoder, topology=topology))
    labelled = [labelled.path for folder in folders for labelled in read_labels(folder)]
    inputs = [*labelled, *(folder / LABELS_NAME for folder in folders)]
    for option, out in (("--failures", failures), ("--rejection", rejection)):
        check_not_overwriting(option, out, inputs)
        check_picture_path(option, out)
    reports, failed, done = [], [], 0
    with progress("reading") as update:

        def advance() -> None:
            nonlocal done
            done += 1
            update(done, len(labelled))

        for folder in folders:
            report, wrong = evaluate_folder(reader, folder, advance)
            reports.append(report)
            failed += wrong
    if json_lines:
        for report in reports:
            print_line(json.dumps(report.to_record()))
    else:
        from rich.console import Console

        terminal = sys.stdout.isatty()
        text = io.StringIO()
        Console(file=text, force_terminal=terminal, width=None if terminal else 100).print(*tables(reports))
        print_line(text.getvalue().rstrip("\n"))
    if failures:
        from sdnn.rendering.contact_sheet import contact_sheet

        if len(failed) > MOST_FAILURES:
            note(f"{len(failed)} failures; the first {MOST_FAILURES} are drawn")
        save_picture(contact_sheet(failed[:MOST_FAILURES]), failures)
    if rejection:
        save_picture(rejection_plot([(report.name, report.curve) for report in reports]), rejection)
    if any(report.unreadable for report in reports):
        raise typer.Exit(ExitCode.UNREADABLE)
