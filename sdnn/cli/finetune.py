"""`sdnn finetune`."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sdnn.cli.options import DataOption, FoldersArgument, ModelOption
from sdnn.cli.terminal import fail_interrupted, needs, note, print_line, progress
from sdnn.enums import Device, Source, Tracker

if TYPE_CHECKING:
    from sdnn.reading.reader import Reader
    from sdnn.training.comparison import Outcome
    from sdnn.training.finetune_run import FineTuneRun
    from sdnn.training.loop import Progress
    from sdnn.training.own_lines import OwnPages
    from sdnn.training.precision import Resources


def finetune(
    folders: FoldersArgument,
    out: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Name of the new model.", show_default="that of the first folder"),
    ] = None,
    model: ModelOption = None,
    target_error: Annotated[
        float, typer.Option(min=1e-5, max=0.5, help="Largest share of wrong texts among the accepted ones.")
    ] = 0.01,
    source: Annotated[
        Source | None,
        typer.Option(
            help="Source of the synthetic digits that are mixed in.",
            show_default="the richest on this machine",
        ),
    ] = None,
    data: DataOption = None,
    strips: Annotated[
        int | None,
        typer.Option(
            min=64, help="Number of strips to train on, own and synthetic.", show_default="the recipe's"
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, max=2**32 - 1, help="Random seed of held-out labels and strips.")
    ] = 0,
    device: Annotated[
        Device, typer.Option(help="Device: the processor, or a graphics card of NVIDIA.")
    ] = Device.CPU,
    makers: Annotated[
        int, typer.Option(min=1, max=256, help="Processes that make strips; the result is the same.")
    ] = 1,
    track: Annotated[
        Tracker | None, typer.Option(help="Tool that follows the run, beside its folder.")
    ] = None,
) -> None:
    """Teach a model your own strips, from pictures and their digits; print the new model's path.

    Part of the labels is held out. Held-out and synthetic strips are read before and after; a model that got
    worse is not saved (exit code 2). Read with the new one: sdnn read --model NAME.
    """
    with needs("torch", "fine-tuning"), needs("onnx", "fine-tuning"):
        from sdnn.training.finetune import begin, best_source, chosen_recipe, finish, net_of, new_model_name
    from sdnn.models.library import find_model
    from sdnn.reading.reader import Reader
    from sdnn.reading.settings import ACCEPT_ALL
    from sdnn.tracking.trackers import check_installed
    from sdnn.training.own_lines import load_own_pages
    from sdnn.training.precision import Resources

    check_installed(track)
    started = time.perf_counter()
    name = new_model_name(out, folders)
    resources = Resources(device, makers)
    resources.torch_device()
    start = find_model(model)
    net_of(start)  # before any work
    reader = Reader(start, ACCEPT_ALL)
    source = source or best_source(data)
    with progress("finding your strips", "pictures") as update:
        pages = load_own_pages(folders, reader, update)
    _note_losses(pages, reader)
    run = begin(name, folders, pages, model, chosen_recipe(source, seed, strips), data, target_error)
    note(
        f"{len(run.own.learned)} strips to learn, {len(run.own.held_out)} held out, "
        f"synthetic ones from {source}; the run is in {run.folder}"
    )
    outcome = _tuned(run, data, resources, track)
    for line in outcome.comparison.table():
        print_line(line)
    note(outcome.advice)
    path = finish(run, outcome)
    note(
        f"{(time.perf_counter() - started) / 60:.1f} minutes; read with it: sdnn read --model {name} PICTURE"
    )
    print_line(str(path))


def _note_losses(pages: "OwnPages", reader: "Reader") -> None:
    """Prints how many pictures cannot be learned from."""
    for reason in pages.unreadable:
        note(reason)
    if count := pages.without_line:
        note(f"{count} of {len(pages.pages)} strips are not learned: the detector finds no digits on them")
    geometry = reader.engine.metadata.geometry
    if count := pages.too_long(geometry):
        note(f"{count} of {len(pages.pages)} strips are not learned: they are too long; cut them into pieces")
    if count := pages.too_short(geometry):
        note(f"{count} of {len(pages.pages)} strips are not learned: only a part of their digits is found")


def _tuned(run: "FineTuneRun", data: Path | None, resources: "Resources", track: Tracker | None) -> "Outcome":
    """Trains with a progress bar and the tracker."""
    from sdnn.tracking.trackers import followed

    try:
        with followed(run.folder, track) as follow, progress("preparing") as update:

            def report(now: "Progress") -> None:
                follow()
                update(now.run_step, now.run_steps, now.summary(), "training")

            def advance(what: str, done: int, total: int) -> None:
                update(done, total, "", what)

            outcome = run.tune(data, report, advance, resources)
            follow(outcome.to_record())
            return outcome
    except KeyboardInterrupt as error:
        fail_interrupted(error, "; nothing was saved, start again with the same command")
