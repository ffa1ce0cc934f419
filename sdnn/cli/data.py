"""`sdnn data`, `sdnn data get` and `sdnn data show`."""

import json
from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sdnn.cli.groups import ListByDefault
from sdnn.cli.options import DATA_DEFAULT, ModelOption
from sdnn.cli.terminal import needs, note, print_line, progress
from sdnn.errors import UsageError
from sdnn.files import check_not_overwriting, check_picture_path, save_picture

if TYPE_CHECKING:
    from sdnn.datasets.catalogue import DataSet

MAX_SHOWN = 200
"""Strips on one contact sheet; few programs open larger pictures."""

data = typer.Typer(help="Data sets: where they are, how to get them, what they look like.", cls=ListByDefault)


class Obtainable(StrEnum):
    """Data sets of `sdnn data get`."""

    MNIST = "mnist"
    UNIPEN = "unipen"


@data.command("list")
def list_sets(
    folder: Annotated[
        Path | None,
        typer.Option("--data", help="Folder with MNIST/raw and unipen.", show_default=DATA_DEFAULT),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Compare UNIPEN, too (half a minute).")] = False,
    json_lines: Annotated[bool, typer.Option("--json", help="Print one JSON record per data set.")] = False,
) -> None:
    """List data sets and the labelled folders of your runs: place, checksums, licence.

    Nothing is copied to train: strips are made from these files while the net learns.
    """
    from sdnn.datasets.catalogue import data_sets
    from sdnn.tracking.own_folders import own_folders

    sets = [*data_sets(folder, check), *own_folders()]
    if json_lines:
        for each in sets:
            print_line(json.dumps(each.to_record()))
        return
    print_line("\n\n".join("\n".join(_lines(each)) for each in sets))


@data.command()
def get(
    name: Annotated[Obtainable, typer.Argument(help="Data set to get.", metavar="NAME")],
) -> None:
    """Download a data set into your cache folder; print the folder for --data.

    An interrupted download is kept and goes on. MNIST is checked against its published checksums; of UNIPEN,
    which has no address for programs, the command says how to get it.
    """
    from sdnn.datasets.catalogue import get_mnist, get_unipen

    if name is Obtainable.UNIPEN:
        print_line(str(get_unipen()))
        return
    with progress("downloading") as update:
        folder = get_mnist(lambda file, done, total: update(done, total or None, file))
    print_line(str(folder))
    from sdnn.datasets.data_folders import named_folder

    if (named := named_folder(None)) and named.resolve() != folder.resolve():
        note(f"SDNN_DATA names {named}, which is searched instead; give --data {folder}, or unset it")


@data.command()
def show(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder with labels.csv (file,label).")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="OUT.png", help="Picture to draw.")] = Path(
        "contact-sheet.png"
    ),
    first: Annotated[int, typer.Option(min=1, help="Number of the first strip to draw.")] = 1,
    most: Annotated[int, typer.Option(min=1, max=MAX_SHOWN, help="Largest number of strips.")] = 60,
    model: ModelOption = None,
) -> None:
    """Draw a contact sheet of a labelled folder: each strip, its label, and its reading.

    Labels that disagree with what is read stand out: some are misread, some are mislabelled.
    """
    with needs("rapidfuzz", "drawing a contact sheet"):
        from sdnn.evaluation.folder import read_first_pages
        from sdnn.evaluation.labels import LABELS_NAME, read_labels
        from sdnn.rendering.contact_sheet import SheetEntry, contact_sheet
    from sdnn.reading.reader import Reader
    from sdnn.reading.settings import ACCEPT_ALL

    labelled = read_labels(folder)
    check_picture_path("--out", out)
    check_not_overwriting("--out", out, [*(each.path for each in labelled), folder / LABELS_NAME])
    if first > len(labelled):
        raise UsageError(f"--first {first}: {folder} has {len(labelled)} strips; give a smaller number")
    shown = labelled[first - 1 : first - 1 + most]
    entries, done = [], count(1)
    with progress("reading", "strips") as update:
        found = read_first_pages(Reader(model, ACCEPT_ALL), [each.path for each in shown])
        for each, (reading, _) in zip(shown, found, strict=True):
            entries.append(SheetEntry(str(each.path), each.label, reading))
            update(next(done), len(shown))
    save_picture(contact_sheet(entries), out)
    print_line(str(out))
    if len(shown) < len(labelled):
        note(f"{len(shown)} of {len(labelled)} strips are drawn; see others with --first and --most")


def _lines(each: "DataSet") -> Iterator[str]:
    yield each.name
    values: Sequence[tuple[str, str]] = (
        ("place", str(each.path) if each.path else "–"),
        ("state", each.state),
        ("licence", each.licence),
        ("get it", each.get),
    )
    yield from (f"  {name:<8} {value}" for name, value in values if value)
