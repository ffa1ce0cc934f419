"""`sdnn read`."""

import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sdnn.cli.options import DecoderOption, ModelOption, TopologyOption, region_of, with_profile
from sdnn.cli.reporting import draw, report, summary
from sdnn.cli.terminal import counted, fail, is_terminal, note, standard_input
from sdnn.enums import Decoder, Format, PageMode, Polarity, Status, Topology
from sdnn.errors import ExitCode, UsageError
from sdnn.files import check_not_overwriting, check_picture_path
from sdnn.hardware import processors
from sdnn.inputs import STDIN, is_batch, pictures
from sdnn.parameters import CONSTRAINTS, MIN_CONFIDENCE, MIN_CONSTRAINT_PROBABILITY
from sdnn.profiles import Profile, reading_settings

if TYPE_CHECKING:
    from sdnn.preprocessing.loading import ImageSource
    from sdnn.results import Reading

EXIT_CODES = {
    Status.ACCEPTED: ExitCode.OK,
    Status.REJECTED: ExitCode.REJECTED,
    Status.EMPTY: ExitCode.EMPTY,
    Status.ERROR: ExitCode.UNREADABLE,
}
ENDINGS = {
    "": Format.TEXT,
    ".txt": Format.TEXT,
    ".tsv": Format.TSV,
    ".csv": Format.CSV,
    ".json": Format.JSON,
    ".jsonl": Format.JSON,
    ".xml": Format.ALTO,
}
"""Formats that the ending of the output means."""


@with_profile(*CONSTRAINTS.values(), MIN_CONFIDENCE, MIN_CONSTRAINT_PROBABILITY)
def read(
    images: Annotated[
        list[str],
        typer.Argument(metavar="IMAGE...", help="Pictures, and folders with pictures; - is stdin."),
    ],
    json_lines: Annotated[bool, typer.Option("--json", help="Short for --format json.")] = False,
    form: Annotated[
        Format | None,
        typer.Option(
            "--format",
            "-f",
            help="Of the rows (else: by the ending of --output, or text).",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write the rows here (else: stdout)."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an interrupted --output: read what it lacks.")
    ] = False,
    page: Annotated[
        bool | None,
        typer.Option(
            "--page/--line",
            help="A row for each string (as without it), or one row for each picture.",
            show_default=False,
            rich_help_panel="Picture",
        ),
    ] = None,
    region: Annotated[
        str | None,
        typer.Option(metavar="X,Y,W,H", help="Read this part, in pixels.", rich_help_panel="Picture"),
    ] = None,
    deskew: Annotated[
        bool, typer.Option("--deskew", help="Not needed: lines are turned level.", rich_help_panel="Picture")
    ] = False,
    polarity: Annotated[
        Polarity,
        typer.Option(help="Ink darker or lighter than the paper.", rich_help_panel="Picture"),
    ] = Polarity.AUTO,
    max_pixels: Annotated[
        int,
        typer.Option(min=1, help="Refuse larger pages.", rich_help_panel="Picture"),
    ] = 100_000_000,
    handwritten: Annotated[
        bool,
        typer.Option("--handwritten", help="Leave out printed strings.", rich_help_panel="Picture"),
    ] = False,
    decoder: DecoderOption = Decoder.VITERBI,
    topology: TopologyOption = Topology.CTC,
    model: ModelOption = None,
    explain: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT.png", help="Draw what the reading rests on; of a page, where its strings are."
        ),
    ] = None,
    nbest: Annotated[
        int,
        typer.Option(min=1, max=1000, metavar="K", help="List the K likeliest texts."),
    ] = 1,
    confidence: Annotated[
        bool, typer.Option("--confidence", help="Print the confidence behind each text.")
    ] = False,
    mask_below: Annotated[
        float,
        typer.Option(min=0, max=1, metavar="P", help="Print ? for a less probable digit."),
    ] = 0.0,
    jobs: Annotated[
        int | None,
        typer.Option("--jobs", "-j", min=1, help="Processes that read (else: one a processor)."),
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Lines read together.")] = 64,
    exit_zero: Annotated[
        bool, typer.Option("--exit-zero", help="Exit with 0 also where not all was read.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing of single pictures.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say at the end how it went.")] = False,
    *,
    profile: Profile,
) -> None:
    """Read the digit strings on pictures.

    Prints a row for each string: its digits, with the file name in front
    where there are several pictures, and the page where a file has several.
    As text, the row of a rejected, empty or unreadable picture has no
    digits; the other formats say what it is.

    Exit codes: 0 all read; 3 one rejected; 4 no digits on one; 5 one cannot
    be read; 6 no usable model; 7 output not writable; the highest wins.
    """
    from sdnn.formats import formatter
    from sdnn.output import Output
    from sdnn.reading.reader import Reader

    form = _format(form, json_lines, output)
    if str(output) == "-":
        output = None
    batch = is_batch(images)
    if batch and (explain or form is Format.ALTO):
        what = "--explain draws" if explain else "--format alto describes"
        raise UsageError(f"{what} one picture, several were given; call it once for each")
    _check_effects(form, decoder, nbest, mask_below, confidence)
    _check_paths(images, output, explain)
    settings = reading_settings(
        profile,
        nbest=nbest,
        decoder=decoder,
        topology=topology,
        polarity=polarity,
        region=region_of(region) if region else None,
        max_pixels=max_pixels,
        handwritten=handwritten,
    )
    reader = Reader(model, settings)
    layout = formatter(
        form,
        source=images[0],
        named=batch,
        nbest=nbest,
        mask_below=mask_below,
        confidence=confidence,
        model={"name": reader.engine.metadata.name, "sha256": reader.engine.sha256},
    )
    found: Counter[Status] = Counter()
    shown: list[Reading] | None = None
    started = time.perf_counter()
    try:
        with Output(output, layout, resume) as rows, ExitStack() as stack:
            read_pages = reader.read_pages(
                (_source(name, output) for name in rows.remaining(pictures(images))),
                page_mode=PageMode.AUTO if page is None else PageMode.PAGE if page else PageMode.LINE,
                jobs=(jobs or processors()) if batch else 1,
                batch_size=batch_size,
                evidence=explain is not None,
            )
            pages: Iterator[list[Reading]] = stack.enter_context(closing(read_pages))
            if batch and not quiet and (output or not is_terminal(sys.stdout)):  # else the bar is in the way
                pages = counted(
                    pages,
                    lambda: len([*rows.remaining(pictures(images))]),
                    lambda readings: readings[0].page == 1,
                )
            for readings in pages:
                rows.write(readings)
                if explain and (shown is None or not any(reading.text for reading in shown)):
                    shown = readings
                found.update(reading.status for reading in readings)
                if not quiet:
                    report(readings)
        if explain and shown:
            draw(shown, explain)
    except KeyboardInterrupt:
        kept = "; go on with the same command and --resume" if output and layout.resumable else ""
        fail(f"interrupted{kept}", ExitCode.INTERRUPTED)
    if verbose:
        note(summary(found, time.perf_counter() - started))
    worst = max((EXIT_CODES[status] for status in found), default=ExitCode.OK)
    raise typer.Exit(ExitCode.OK if exit_zero else worst)


def _format(form: Format | None, json_lines: bool, output: Path | None) -> Format:
    """The format asked for; else the one that the ending of the output means."""
    if json_lines and form not in {None, Format.JSON}:
        raise UsageError(f"--json is short for --format json; leave out --json or --format {form}")
    if json_lines:
        return Format.JSON
    ending = output.suffix.lower() if output else ""
    if form is None and ending not in ENDINGS:
        known = ", ".join(filter(None, ENDINGS))
        raise UsageError(f"--output {output}: no format ends in {ending}; give one of {known}, or --format")
    return form or ENDINGS[ending]


def _check_effects(form: Format, decoder: Decoder, nbest: int, mask_below: float, confidence: bool) -> None:
    """An option that would change nothing is a misunderstanding."""
    if nbest > 1 and (mask_below or decoder is Decoder.NMS):
        raise UsageError("--nbest lists whole texts by probability; leave out --mask-below and --decoder nms")
    if mask_below and form is not Format.TEXT:
        raise UsageError(f"--mask-below prints text; leave it out with --format {form}")
    if confidence and form is not Format.TEXT:
        raise UsageError(f"--confidence adds a column to text; leave it out with --format {form}")
    if confidence and nbest > 1:
        raise UsageError("--nbest lists probabilities already; leave out --confidence")
    if nbest > 1 and form not in {Format.TEXT, Format.JSON}:
        raise UsageError(f"--nbest lists texts in text and json; leave it out with --format {form}")


def _check_paths(images: list[str], output: Path | None, explain: Path | None) -> None:
    """Nothing is written over a picture, nor over what else is written."""
    from sdnn.output import part_of

    if output and explain and output.absolute() == explain.absolute():
        raise UsageError(f"--explain {explain}: is the --output, too; give another name")
    check_not_overwriting("--explain", explain, images)
    check_picture_path("--explain", explain)
    if output:
        for out in (output, part_of(output)):
            check_not_overwriting("--output", out, images)


def _source(name: str, output: Path | None) -> "ImageSource":
    """A picture by its name, unless it is what is being written, in a folder that is read."""
    if name == STDIN:
        return _Stdin()
    check_not_overwriting("--output", output, [name])
    return name


class _Stdin:
    """A picture that comes through stdin, read when its turn comes."""

    name = STDIN

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        return standard_input().read(size)
