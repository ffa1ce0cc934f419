"""`sdnn review`."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sdnn.cli.serve import (
    DEFAULT_MAX_PIXELS,
    AllowHostOption,
    HostOption,
    MaxPixelsOption,
    PortOption,
    TimeoutOption,
    check_packages,
    run_server,
)
from sdnn.cli.terminal import note, print_line
from sdnn.errors import UsageError
from sdnn.profiles import Profile

if TYPE_CHECKING:
    from sdnn.serving.review.store import ReviewStore


def review(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="Output of sdnn read --format json.")],
    images: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of the pictures.", show_default="as named in RESULTS"),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder of labels.csv, cut-outs and answers.",
            show_default="RESULTS with -labels for its ending",
        ),
    ] = None,
    below: Annotated[
        float,
        typer.Option(min=0, max=1, metavar="P", help="Review accepted strings with less confidence, too."),
    ] = 0.9,
    reader: Annotated[
        str, typer.Option(metavar="NAME", help="Name of the person who answers, for double entry.")
    ] = "reader",
    disagreements: Annotated[
        bool, typer.Option("--disagreements", help="Print what two people answered differently, and end.")
    ] = False,
    host: HostOption = "127.0.0.1",
    port: PortOption = 8000,
    allow_host: AllowHostOption = None,
    timeout: TimeoutOption = 30.0,
    max_pixels: MaxPixelsOption = DEFAULT_MAX_PIXELS,
) -> None:
    """Correct rejected and doubtful strings on a page, worst first.

    Answers are kept at once; the same command goes on with the rest. The
    labels are those that sdnn finetune and sdnn eval take. For double
    entry each person gives a name, here or as ?reader=NAME of the page.
    """
    check_packages("reviewing")
    from sdnn.serving.review.cases import read_cases
    from sdnn.serving.review.store import ReviewStore, check_reader

    check_reader(reader)
    if images is not None and not os.path.isdir(images):
        raise UsageError(f"--images {images}: is no folder; give that of the pictures")
    folder = labels or results.with_name(f"{results.stem}-labels")
    if disagreements:
        if not os.path.isdir(folder):
            raise UsageError(
                f"--disagreements: there is no review in {folder}; give its folder with --labels"
            )
        _print_disagreements(ReviewStore(read_cases(results, images, below), folder))
        return
    cases = read_cases(results, images, below)
    if cases.left_out:
        left = ", ".join(f"{cause} {count:,}" for cause, count in sorted(cases.left_out.items()))
        note(f"left out: {left}")
    if not cases.cases:
        note(f"{results}: nothing to review")
        return
    store = ReviewStore(cases, folder)
    store.write_labels()
    from sdnn.serving.app import PAGE
    from sdnn.serving.review.api import review_router

    router = review_router(store, reader, str(PAGE / "review.html"))
    run_server(
        Profile(),
        host=host,
        port=port,
        allow_host=allow_host or [],
        jobs=1,
        timeout_s=timeout,
        max_pixels=max_pixels,
        path="review",
        routers=[router],
    )


def _print_disagreements(store: "ReviewStore") -> None:
    """Prints a row for each: picture, page, guess, and the answer of each person."""
    for each in store.disagreements():
        answers = [f"{name}={answer.label or answer.kind}" for name, answer in sorted(each.answers.items())]
        print_line("\t".join([each.entry.source, str(each.entry.page), each.entry.guess, *answers]))
