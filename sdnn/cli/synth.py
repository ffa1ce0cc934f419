"""`sdnn synth`."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sdnn.cli.options import DataOption, digits_range, gap_range
from sdnn.cli.terminal import note, print_line, progress
from sdnn.enums import Source, Split
from sdnn.errors import MissingPackage, UnreadableInput, UsageError
from sdnn.files import save_picture

if TYPE_CHECKING:
    from sdnn.datasets.digits import DigitSource


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
    from sdnn.datasets.strip_folder import numbered_picture, write_folder
    from sdnn.datasets.strips import Layout

    layout = Layout(digits=digits_range(digits), gap_px=gap_range("0:6" if gap is None else gap))
    chosen_seed = int.from_bytes(os.urandom(4)) if seed is None else seed
    found, digit_images = _digit_source(source, split, data)
    if out:
        origin = {"source": found.value, "split": split.value}
        with progress("drawing") as update:
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
    """The digits asked for; where nothing in particular was, drawn ones stand in for a missing MNIST."""
    from sdnn.datasets.digit_sources import digit_source

    wanted = source or Source.MNIST
    try:
        return wanted, digit_source(wanted, split, data=data)
    except (MissingPackage, UnreadableInput) as error:
        if source or data:
            raise
        note(f"drawn digits are used: {error}")
        return Source.PEN, digit_source(Source.PEN, split)
