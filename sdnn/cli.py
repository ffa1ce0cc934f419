"""The command line: parse, call one function, print.

Results go to stdout, all else to stderr. Heavy imports stand inside the commands, so that `sdnn --help` is
instant and `sdnn read` never pays for torch.
"""

import io
import json
import os
import shlex
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sdnn import __version__
from sdnn.choices import Decoder, Gradient, Objective, Source, Split, Stage, Topology
from sdnn.errors import ExitCode, MissingPackage, SdnnError, UnreadableInput, UsageError
from sdnn.files import save_picture
from sdnn.options import (
    CheckOption,
    DataOption,
    DecoderOption,
    LengthOption,
    LexiconOption,
    MaxValueOption,
    MinConfidenceOption,
    MinFitOption,
    MinValueOption,
    ModelOption,
    PatternOption,
    ProfileOption,
    TopologyOption,
    digits_range,
    gap_range,
    profile_of,
)
from sdnn.profiles import FILE_NAME, Profile, refuse_to_replace, save_profile
from sdnn.terminal import fail, needs, note, print_line, progress, standard_input

if TYPE_CHECKING:
    from sdnn.datasets.digits import DigitSource
    from sdnn.reader import Reader

app = typer.Typer(
    name="sdnn",
    help="Reads handwritten digit strings with a space displacement neural network.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

MOST_FAILURES = 200
"""Failures on one contact sheet: more would make a picture that few programs open."""


def main() -> None:
    """Entry point: runs the command and turns what goes wrong into one line and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="surrogateescape")  # file names that are not text go out as they came
    try:
        app()
    except SdnnError as error:
        fail(str(error), error.exit_code)
    except Exception as error:
        if os.environ.get("SDNN_TRACEBACK"):
            raise
        fail(
            f"internal error: {type(error).__name__}: {error}; run again with SDNN_TRACEBACK=1 and report it",
            ExitCode.INTERNAL,
        )


def _version(wanted: bool) -> None:
    if wanted:
        print_line(__version__)
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Reads handwritten digit strings with a space displacement neural network."""


@app.command()
def read(
    images: Annotated[
        list[str], typer.Argument(metavar="IMAGE...", help="Pictures of one line each; - is stdin.")
    ],
    json_lines: Annotated[bool, typer.Option("--json", help="Print one JSON record per picture.")] = False,
    decoder: DecoderOption = Decoder.VITERBI,
    topology: TopologyOption = Topology.CTC,
    model: ModelOption = None,
    explain: Annotated[
        Path | None,
        typer.Option(metavar="OUT.png", help="Draw the strip, its class map and the path; one IMAGE."),
    ] = None,
    nbest: Annotated[
        int,
        typer.Option(min=1, max=1000, metavar="K", help="List the K likeliest texts."),
    ] = 1,
    mask_below: Annotated[
        float,
        typer.Option(min=0, max=1, metavar="P", help="Print ? for a less probable digit."),
    ] = 0.0,
    profile: ProfileOption = None,
    length: LengthOption = None,
    pattern: PatternOption = None,
    lexicon: LexiconOption = None,
    check: CheckOption = None,
    min_value: MinValueOption = None,
    max_value: MaxValueOption = None,
    min_confidence: MinConfidenceOption = None,
    min_fit: MinFitOption = None,
) -> None:
    """Read the digit string on each picture.

    Prints the digits; with several pictures, the file name in front. What is rejected prints an empty text.

    Exit codes: 0 all read; 3 one rejected; 4 no digits on one; 5 one cannot be read.
    """
    if explain and len(images) != 1:
        raise UsageError(f"--explain draws one picture, {len(images)} were given; call it once for each")
    _refuse_to_overwrite("--explain", explain, [Path(image) for image in images])
    if nbest > 1 and (mask_below or decoder is Decoder.NMS):
        raise UsageError("--nbest lists whole texts by probability; leave out --mask-below and --decoder nms")
    settings = profile_of(
        profile, length, pattern, lexicon, check, min_value, max_value, min_confidence, min_fit
    )
    reader = _reader(model, decoder, topology, settings, nbest)
    worst = ExitCode.OK
    for image in images:
        worst = max(worst, _read_one(reader, image, json_lines, len(images) > 1, explain, mask_below))
    raise typer.Exit(worst)


def _reader(
    model: Path | None, decoder: Decoder, topology: Topology, settings: Profile, most_texts: int = 1
) -> "Reader":
    from sdnn.decoding.constraints import constraint
    from sdnn.reader import Reader

    return Reader(
        model,
        decoder,
        topology,
        constraint=constraint(
            length=settings.length,
            pattern=settings.pattern,
            lexicon=settings.lexicon,
            check=settings.check,
            min_value=settings.min_value,
            max_value=settings.max_value,
        ),
        min_confidence=settings.min_confidence or 0.0,
        min_fit=settings.min_fit or 0.0,
        most_texts=most_texts,
        temperature=settings.temperature,
    )


def _read_one(
    reader: "Reader", image: str, json_lines: bool, named: bool, explain: Path | None, mask_below: float
) -> ExitCode:
    from sdnn.records import error_record, reading_record
    from sdnn.results import Status

    model = {"name": reader.engine.description.name, "sha256": reader.engine.sha256}
    started = time.perf_counter()
    try:
        reading = reader.read(standard_input() if image == "-" else image)
    except UnreadableInput as error:
        note(str(error))
        if json_lines:
            print_line(
                json.dumps(error_record(str(error), image, model, 1000 * (time.perf_counter() - started)))
            )
        return error.exit_code
    elapsed_ms = 1000 * (time.perf_counter() - started)
    if json_lines:
        print_line(json.dumps(reading_record(reading, image, model, elapsed_ms)))
    else:
        prefix = f"{image}\t" if named else ""
        if reading.status is Status.REJECTED:
            print_line(prefix)
        elif reader.most_texts > 1 and reading.nbest:
            for text, probability in reading.nbest:
                print_line(f"{prefix}{text}\t{probability:.4f}")
        else:
            print_line(prefix + reading.masked(mask_below))
    if explain:
        from sdnn.rendering.explain import explain as draw

        save_picture(draw(reading), explain)
    if reading.status is Status.ACCEPTED:
        return ExitCode.OK
    note(f"{image}: {reading.status}: {reading.reason}")
    return ExitCode.EMPTY if reading.status is Status.EMPTY else ExitCode.REJECTED


@app.command()
def train(
    stage: Annotated[
        Stage | None, typer.Option(help="Train single digits, strings, or one after the other (else: both).")
    ] = None,
    source: Annotated[Source | None, typer.Option(help="Digits to train on (else: mixed).")] = None,
    data: DataOption = None,
    run: Annotated[
        Path | None, typer.Option(metavar="DIR", help="New folder for the run (else: runs/TIME).")
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Go on with the run in this folder.")
    ] = None,
    start: Annotated[
        Path | None,
        typer.Option(
            metavar="NET", help="Train a trained net (model.safetensors of a run) further, on strings."
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=2**32 - 1, help="Decides weights and data (else: 0).")
    ] = None,
    windows: Annotated[
        int | None, typer.Option(min=1, help="Windows to train digits on (else: as the recipe says).")
    ] = None,
    strips: Annotated[
        int | None, typer.Option(min=1, help="Strips to train strings on (else: as the recipe says).")
    ] = None,
    objective: Annotated[
        Objective | None, typer.Option(help="What string training minimises (else: forward).")
    ] = None,
    gradient: Annotated[
        Gradient | None, typer.Option(help="Where --objective viterbi pushes (else: correct).")
    ] = None,
    isolated: Annotated[
        bool, typer.Option("--isolated", help="Digits without neighbours, to compare with.")
    ] = False,
) -> None:
    """Train a model; prints the path of the exported file, for `sdnn read --model`.

    An interrupted run keeps its last checkpoint, and --resume DIR goes on to the same result.
    """
    how = (stage, source, run, start, seed, windows, strips, objective, gradient)
    if resume and (isolated or any(option is not None for option in how)):
        raise UsageError(f"--resume {resume} goes on as it was begun; leave out the options that say how")
    if start and stage not in {None, Stage.STRINGS}:
        raise UsageError(f"--start goes on with strings; leave out --stage {stage}")
    _refuse_without_effect(Stage.STRINGS if start else stage, windows, strips, objective, gradient, isolated)
    with needs("torch", "training"):
        from sdnn.training.recipe import chosen_recipe
        from sdnn.training.run import Run
        from sdnn.training.stages import new_run
        from sdnn.training.stages import train as train_run

    if resume:
        going = Run.resume(resume)
    else:
        folder = run or Path("runs") / time.strftime("%Y%m%d-%H%M%S")
        recipe = chosen_recipe(
            stage or Stage.BOTH,
            source or Source.MIXED,
            seed or 0,
            windows,
            strips,
            objective or Objective.FORWARD,
            gradient or Gradient.CORRECT,
            isolated,
            further=start is not None,
        )
        going = new_run(folder, recipe, data, start)
    try:
        note(f"training into {going.folder}")
        with progress("training", "stage", "loss", "accuracy") as update:
            train_run(going, data, lambda now: update(now.step, now.steps, **now.shown()))
    except KeyboardInterrupt:
        kept = "" if going.checkpoint.exists() else " before the first checkpoint"
        fail(f"interrupted{kept}; go on with: sdnn train --resume {going.folder}", ExitCode.INTERRUPTED)
    print_line(str(going.model))


@app.command()
def average(
    run: Annotated[Path, typer.Argument(metavar="DIR", help="Finished run of `sdnn train --start`.")],
    share: Annotated[
        float, typer.Option(min=0, max=1, help="Of the run's net; the rest is of the net it began from.")
    ] = 0.5,
    data: DataOption = None,
) -> None:
    """Take the mean of a net trained further and the one that it began from; prints the exported file.

    Often it reads better than either what neither was trained on.
    """
    with needs("torch", "averaging nets"), needs("onnx", "averaging nets"):
        from sdnn.training.averaging import average_with_start

    average_with_start(run, share, data)
    print_line(str(run / "mean" / "model.onnx"))


@app.command()
def synth(
    digits: Annotated[str, typer.Option(metavar="N|MIN-MAX", help="Digits on a strip.")] = "5",
    count: Annotated[int, typer.Option(min=1, help="Strips to write; more than one needs --out.")] = 1,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="New folder for strips, labels.csv, truth.jsonl.")
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, max=2**32 - 1, help="Decides everything (else: a new one each time)."),
    ] = None,
    gap: Annotated[
        str | None,
        typer.Option(metavar="MIN:MAX", help="Paper between digits, px; negative: overlap (else: 0:6)."),
    ] = None,
    source: Annotated[
        Source | None, typer.Option(help="Digits to use (else: mnist, or pen where there is no MNIST).")
    ] = None,
    split: Annotated[Split, typer.Option(help="Part of MNIST.")] = Split.TRAIN,
    paper: Annotated[
        bool, typer.Option("--paper", help="Write in someone's manner, on ruled, printed, worn paper.")
    ] = False,
    data: DataOption = None,
) -> None:
    """Make strips of digits whose text is known.

    Without --out, one strip is written to the current folder as strip-SEED.png and its digits are printed.
    """
    if count > 1 and out is None:
        raise UsageError(f"--count {count} needs a folder: add --out DIR")
    if paper and gap is not None:
        raise UsageError("--paper: every writer sets digits as wide as they like; leave out --gap")
    from sdnn.datasets.folder import numbered_sample, write_folder
    from sdnn.datasets.strips import Layout

    layout = Layout(digits=digits_range(digits), gap_px=gap_range("0:6" if gap is None else gap))
    chosen_seed = int.from_bytes(os.urandom(4)) if seed is None else seed
    found, digit_images = _digit_source(source, split, data)
    if out:
        origin = {"source": found.value, "split": split.value}
        write_folder(out, digit_images, layout, chosen_seed, count, origin, paper)
        print_line(str(out))
        return

    sample = numbered_sample(digit_images, layout, chosen_seed, 0, paper)
    path = Path(f"strip-{chosen_seed}.png")
    save_picture(sample.picture, path)
    note(f"wrote {path}")
    print_line(sample.text)


@app.command(name="eval")
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
    profile: ProfileOption = None,
    length: LengthOption = None,
    pattern: PatternOption = None,
    lexicon: LexiconOption = None,
    check: CheckOption = None,
    min_value: MinValueOption = None,
    max_value: MaxValueOption = None,
) -> None:
    """Read labelled strips and say how many are right, and how far confidence can be trusted.

    Files that cannot be read count as wrong; then the exit code is 5.
    """
    with needs("rapidfuzz", "evaluating"):
        from sdnn.evaluation.folder import evaluate as evaluate_folder
        from sdnn.evaluation.labels import LABELS_NAME, read_labels
        from sdnn.evaluation.report import tables
    settings = profile_of(profile, length, pattern, lexicon, check, min_value, max_value)
    reader = _reader(model, decoder, topology, settings)
    labelled = [labelled.path for folder in folders for labelled in read_labels(folder)]
    inputs = [*labelled, *(folder / LABELS_NAME for folder in folders)]
    _refuse_to_overwrite("--failures", failures, inputs)
    _refuse_to_overwrite("--rejection", rejection, inputs)
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
        from sdnn.rendering.rejection import rejection_plot

        save_picture(rejection_plot([(report.name, report.curve) for report in reports]), rejection)
    if any(report.unreadable for report in reports):
        raise typer.Exit(ExitCode.UNREADABLE)


@app.command()
def calibrate(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR...", help="Folders with labels.csv (file,label).")
    ],
    target_error: Annotated[
        float, typer.Option(min=1e-5, max=0.5, help="Share of wrong texts among the accepted ones, at most.")
    ] = 0.01,
    save: Annotated[str, typer.Option(metavar="NAME", help="Profile to write.")] = "calibrated",
    json_lines: Annotated[bool, typer.Option("--json", help="Print the figures as a JSON record.")] = False,
    model: ModelOption = None,
    profile: ProfileOption = None,
    length: LengthOption = None,
    pattern: PatternOption = None,
    lexicon: LexiconOption = None,
    check: CheckOption = None,
    min_value: MinValueOption = None,
    max_value: MaxValueOption = None,
) -> None:
    """Fit confidence to your own labelled strips, and find from which confidence on a reading can be trusted.

    Writes temperature, threshold and constraint as a profile into sdnn.toml, for `sdnn read --profile NAME`.
    With too few strips for the target nothing is written, and the exit code is 2.
    """
    with needs("rapidfuzz", "calibrating"), needs("tomlkit", "writing a profile"):
        import tomlkit  # noqa: F401  # before the reading, which may take long

        from sdnn.evaluation.calibration import calibrate as calibrate_on

    refuse_to_replace(save, profile)
    settings = profile_of(profile, length, pattern, lexicon, check, min_value, max_value)
    with progress("reading") as update:
        found = calibrate_on(
            lambda temperature: _reader(
                model,
                Decoder.VITERBI,
                Topology.CTC,
                replace(settings, temperature=temperature, min_confidence=None, min_fit=None),
            ),
            folders,
            target_error,
            update,
        )
    print_line(json.dumps(found.to_record()) if json_lines else found.summary())
    if found.threshold is None:
        raise UsageError(f"{found.shortage}; no profile was written")
    written = replace(settings, temperature=found.temperature, min_confidence=found.threshold.value)
    save_profile(save, written, Path(FILE_NAME))
    note(f"wrote profile {save} into {FILE_NAME}; use it here with: sdnn read --profile {shlex.quote(save)}")


def _refuse_without_effect(
    stage: Stage | None,
    windows: int | None,
    strips: int | None,
    objective: Objective | None,
    gradient: Gradient | None,
    isolated: bool,
) -> None:
    """An option that would change nothing is a misunderstanding."""
    options: dict[Stage, dict[str, object]] = {
        Stage.DIGITS: {"--strips": strips, "--objective": objective, "--gradient": gradient},
        Stage.STRINGS: {"--windows": windows, "--isolated": isolated or None},
    }
    for option, value in options.get(stage or Stage.BOTH, {}).items():
        if value is not None:
            raise UsageError(f"{option} has no effect with --stage {stage}; leave out one of them")
    if gradient and objective is not Objective.VITERBI:
        raise UsageError("--gradient has an effect with --objective viterbi only; add that, or leave it out")


def _refuse_to_overwrite(option: str, out: Path | None, inputs: list[Path]) -> None:
    """A drawing must not take the place of what it is drawn from."""
    if out and out.exists() and any(each.exists() and out.samefile(each) for each in inputs):
        raise UsageError(f"{option} {out}: is one of the files to be read; give another name")


def _digit_source(source: Source | None, split: Split, data: Path | None) -> tuple[Source, "DigitSource"]:
    """The digits asked for; where nothing in particular was, drawn ones stand in for a missing MNIST."""
    from sdnn.datasets.digits import digit_source

    wanted = source or Source.MNIST
    try:
        return wanted, digit_source(wanted, split, data=data)
    except (MissingPackage, UnreadableInput) as error:
        if source or data:
            raise
        note(f"drawn digits are used: {error}")
        return Source.PEN, digit_source(Source.PEN, split)
