"""`sdnn read`."""

import sys
from collections.abc import Iterable
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sdnn.cli.options import DecoderOption, ModelOption, TopologyOption, parse_region, with_profile
from sdnn.cli.read_checks import check_effects, check_is_file, check_paths, check_retry, chosen_format
from sdnn.cli.read_on_ray import STDOUT, check_engine, read_on_ray
from sdnn.cli.reporting import Report
from sdnn.cli.sources import source_of, with_stdin_named
from sdnn.cli.terminal import fail_interrupted, note, track
from sdnn.enums import Decoder, Engine, Format, PageMode, Polarity, Topology
from sdnn.errors import ExitCode, UsageError
from sdnn.hardware import processors
from sdnn.inputs import STDIN, is_batch, pictures
from sdnn.parameters import CONSTRAINTS, MIN_CONFIDENCE, MIN_CONSTRAINT_PROBABILITY
from sdnn.profiles import Profile, reading_settings
from sdnn.streams import is_terminal, silence_libraries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ISOLATED_FROM = 32
"""Pictures above which all are read in worker processes, so that none can end the batch."""
PICTURE = "Picture"
"""Panel of the options on pictures in the help."""
RAY = "Ray"
"""Panel of the options of --engine ray in the help."""


@with_profile(*CONSTRAINTS.values(), MIN_CONFIDENCE, MIN_CONSTRAINT_PROBABILITY)
def read(
    images: Annotated[
        list[str], typer.Argument(metavar="IMAGE...", help="Pictures, and folders with pictures; - is stdin.")
    ],
    json_lines: Annotated[bool, typer.Option("--json", help="Short for --format json.")] = False,
    form: Annotated[
        Format | None,
        typer.Option(
            "--format", "-f", help="Output format.", show_default="by the suffix of --output, or text"
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE", help="Output file.", show_default="stdout"),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Resume an interrupted --output: read only what it lacks.")
    ] = False,
    retry_errors: Annotated[
        bool, typer.Option("--retry-errors", help="With --resume: read kept pictures with errors again.")
    ] = False,
    page: Annotated[
        bool, typer.Option("--page", help="One row for each string, as usual.", rich_help_panel=PICTURE)
    ] = False,
    line: Annotated[
        bool, typer.Option("--line", help="One row for each picture.", rich_help_panel=PICTURE)
    ] = False,
    region: Annotated[
        str | None, typer.Option(metavar="X,Y,W,H", help="Part to read, in pixels.", rich_help_panel=PICTURE)
    ] = None,
    deskew: Annotated[
        bool, typer.Option("--deskew", help="No effect: lines are always deskewed.", rich_help_panel=PICTURE)
    ] = False,
    polarity: Annotated[
        Polarity, typer.Option(help="Ink darker or lighter than the paper.", rich_help_panel=PICTURE)
    ] = Polarity.AUTO,
    max_pixels: Annotated[
        int, typer.Option(min=1, help="Pixels of the largest page that is read.", rich_help_panel=PICTURE)
    ] = 100_000_000,
    handwritten: Annotated[
        bool, typer.Option("--handwritten", help="Leave out printed strings.", rich_help_panel=PICTURE)
    ] = False,
    decoder: DecoderOption = Decoder.VITERBI,
    topology: TopologyOption = Topology.CTC,
    model: ModelOption = None,
    explain: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT.png", help="Picture to draw: the evidence of a line, or the strings of a page."
        ),
    ] = None,
    nbest: Annotated[
        int, typer.Option(min=1, max=1000, metavar="K", help="Number of most probable texts to list.")
    ] = 1,
    confidence: Annotated[
        bool, typer.Option("--confidence", help="Add a column with the confidence.")
    ] = False,
    mask_below: Annotated[
        float, typer.Option(min=0, max=1, metavar="P", help="Print ? for digits with probability below P.")
    ] = 0.0,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", "-j", min=1, help="Worker processes.", show_default="one per processor"),
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Number of lines read together.")] = 64,
    timeout: Annotated[
        float | None,
        typer.Option(
            metavar="S",
            help="Seconds for one picture with all its pages; after them, its row is an error.",
            show_default="no limit",
        ),
    ] = None,
    shard: Annotated[
        str | None, typer.Option(metavar="I/N", help="Read part I of N only, in one of N jobs.")
    ] = None,
    engine: Annotated[
        Engine, typer.Option(help="Engine: processes of this machine, or Ray.", rich_help_panel=RAY)
    ] = Engine.LOCAL,
    address: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT|auto",
            help="Ray cluster.",
            show_default="one of its own on this machine",
            rich_help_panel=RAY,
        ),
    ] = None,
    image_column: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Column of the pictures in Parquet tables.",
            show_default="image, or the only one with bytes",
            rich_help_panel=RAY,
        ),
    ] = None,
    exit_zero: Annotated[
        bool, typer.Option("--exit-zero", help="Exit with 0 even if not everything was read.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Suppress per-image messages.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Print a summary.")] = False,
    *,
    profile: Profile,
) -> None:
    """Read the digit strings on pictures.

    Prints a row for each string: its digits, after the file name if there
    are several pictures, and the page if a file has several. As text, the
    row of a rejected, empty or unreadable picture has no digits; the other
    formats have its status.

    Exit codes: 0 all read; 3 one rejected; 4 no digits on one; 5 one cannot
    be read; 6 no usable model; 7 output not writable; the highest wins.
    129, 130 and 143: ended by SIGHUP, SIGINT (Ctrl-C) or SIGTERM.
    """
    from sdnn.formats import formatter
    from sdnn.output import Output
    from sdnn.reading.reader import Reader

    if page and line:
        raise UsageError("--page asks for each string, --line for one; leave out one of them")
    check_engine(
        engine,
        Format.JSON if json_lines else form,
        output,
        {
            "--explain": explain,
            "--confidence": confidence,
            "--mask-below": mask_below,
            "--shard": shard,
            "--timeout": timeout,
            "--retry-errors": retry_errors,
        },
        {"--address": address, "--image-column": image_column},
    )
    is_json = json_lines or form is Format.JSON
    file = None if output is None or output == STDOUT else Path(output)
    form = Format.JSON if engine is Engine.RAY else chosen_format(form, json_lines, file)
    check_retry(retry_errors, resume, form)
    batch = is_batch(images) or shard is not None
    if batch and (explain or form is Format.ALTO):
        what = "--explain draws" if explain else "--format alto describes"
        raise UsageError(f"{what} one picture, several were given; call it once for each")
    check_effects(form, decoder, nbest, mask_below, confidence)
    if explain and timeout is not None:
        raise UsageError("--explain draws in this process, which has no time limit; leave out --timeout")
    if engine is not Engine.RAY:
        check_is_file(file)
    check_paths(images, file, explain)
    listed = _listing(images, shard)
    settings = reading_settings(
        profile,
        nbest=nbest,
        decoder=decoder,
        topology=topology,
        polarity=polarity,
        region=parse_region(region) if region else None,
        max_pixels=max_pixels,
        handwritten=handwritten,
    )
    mode = PageMode.PAGE if page else PageMode.LINE if line else PageMode.AUTO
    if engine is Engine.RAY:
        assert output is not None  # of `check_engine`
        code = read_on_ray(
            images,
            output,
            is_json=is_json,
            resume=resume,
            model=model,
            settings=settings,
            page_mode=mode,
            batch_size=batch_size,
            jobs=jobs,
            address=address,
            image_column=image_column,
            quiet=quiet,
            verbose=verbose,
        )
        raise typer.Exit(ExitCode.OK if exit_zero else code)
    silence_libraries()
    reader = Reader(model, settings)
    rows = formatter(
        form,
        source=images[0],
        named=batch,
        nbest=nbest,
        mask_below=mask_below,
        confidence=confidence,
        model={"name": reader.engine.metadata.name, "sha256": reader.engine.sha256},
    )
    has_bar = batch and not quiet and (file or not is_terminal(sys.stdout))  # else the rows are in its way
    report = Report(explain, quiet)
    try:
        with Output(file, rows, resume, {*listed()} if retry_errors else ()) as out:
            pages = reader.read_pages(
                (source_of(name, file, images) for name in out.remaining(listed())),
                page_mode=mode,
                jobs=(jobs or processors()) if batch else 1,
                batch_size=batch_size,
                isolated=jobs is not None or _has_more(out.remaining(listed()), ISOLATED_FROM),
                timeout=timeout,
                evidence=explain is not None,
            )
            with closing(pages):
                for readings in track(pages, lambda: out.remaining(listed())) if has_bar else pages:
                    readings = list(map(with_stdin_named, readings))
                    out.write(readings)
                    report.add(readings)
        report.add_kept(out.kept, retry_errors)
        report.draw()
    except KeyboardInterrupt as error:
        kept = "; go on with the same command and --resume" if file and rows.resumable else ""
        fail_interrupted(error, kept)
    if verbose:
        note(report.summary())
    raise typer.Exit(ExitCode.OK if exit_zero else report.exit_code)


def _has_more(names: Iterable[str], number: int) -> bool:
    """Whether there are more than a number of names, not counting on."""
    return next(islice(names, number, None), None) is not None


def _listing(images: list[str], shard: str | None) -> "Callable[[], Iterator[str]]":
    """Function that lists the pictures: all, or those of a shard."""
    if shard is None:
        return lambda: pictures(images)
    from sdnn.scale.shard import Shard

    if STDIN in images:
        raise UsageError("--shard divides pictures by their paths; give paths in place of -")
    part = Shard.parse(shard)
    return lambda: part.pictures(images)
