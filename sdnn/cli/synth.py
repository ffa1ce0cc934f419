"""`sdnn synth`."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sdnn.cli.options import DataOption, parse_digits, parse_gap
from sdnn.cli.terminal import note, print_line, progress
from sdnn.enums import Source, Split
from sdnn.errors import MissingPackage, UnreadableInput, UsageError
from sdnn.files import save_picture

if TYPE_CHECKING:
    from sdnn.datasets.digits import DigitSource


def synth(
    digits: Annotated[str, typer.Option(metavar="N|MIN-MAX", help="Number of digits on a strip.")] = "5",
    count: Annotated[int, typer.Option(min=1, help="Number of strips; several need --out.")] = 1,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="New folder for strips, labels.csv and truth.jsonl.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=2**32 - 1, help="Random seed.", show_default="random")
    ] = None,
    gap: Annotated[
        str | None,
        typer.Option(
            metavar="MIN:MAX", help="Gap between digits, in pixels; negative: overlap.", show_default="0:6"
        ),
    ] = None,
    source: Annotated[
        Source | None, typer.Option(help="Source of the digits.", show_default="mnist, or pen without MNIST")
    ] = None,
    split: Annotated[Split, typer.Option(help="Part of MNIST.")] = Split.TRAIN,
    paper: Annotated[
        bool, typer.Option("--paper", help="Lines by random writers, on ruled, printed, worn paper.")
    ] = False,
    data: DataOption = None,
) -> None:
    """Make labelled strips of digits.

    Without --out, writes one strip to the current folder, as strip-SEED.png, and prints its digits.
    """
    if count > 1 and out is None:
        raise UsageError(f"--count {count} needs a folder: add --out DIR")
    if paper and gap is not None:
        raise UsageError("--paper: every writer has a spacing of their own; leave out --gap")
    from sdnn.datasets.strip_folder import check_new_folder, numbered_picture, write_folder
    from sdnn.datasets.strips import Layout

    layout = Layout(digits=parse_digits(digits), gap_px=parse_gap(gap or "0:6"))
    if out:
        check_new_folder(out)
    chosen_seed = int.from_bytes(os.urandom(4)) if seed is None else seed
    found, digit_images = _digit_source(source, split, data)
    if out:
        origin = {"source": found.value, "split": split.value}
        with progress("drawing", "strips") as update:
            write_folder(
                out, digit_images, layout, chosen_seed, count, origin, paper, lambda done: update(done, count)
            )
        print_line(str(out))
        return

    labelled = numbered_picture(digit_images, layout, chosen_seed, 0, paper)
    path = Path(f"strip-{chosen_seed}.png")
    save_picture(labelled.picture, path)
    note(f"wrote {path}")
    print_line(labelled.text)


def _digit_source(source: Source | None, split: Split, data: Path | None) -> tuple[Source, "DigitSource"]:
    """The digits asked for; by default MNIST, or drawn digits where it is missing."""
    from sdnn.datasets.digit_sources import digit_source

    wanted = source or Source.MNIST
    try:
        return wanted, digit_source(wanted, split, data=data)
    except (MissingPackage, UnreadableInput) as error:
        if source or data:
            raise
        note(f"drawn digits are used: {error}")
        return Source.PEN, digit_source(Source.PEN, split)
