"""`sdnn train` and `sdnn average`."""

import time
from pathlib import Path
from typing import Annotated

import typer

from sdnn.choices import Gradient, Objective, Source, Stage
from sdnn.cli.options import DataOption
from sdnn.cli.terminal import fail, needs, note, print_line, progress
from sdnn.errors import ExitCode, UsageError


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
        with progress("training", "stage", "loss", "accuracy", "a second") as update:
            train_run(going, data, lambda now: update(now.step, now.steps, **now.shown()))
    except KeyboardInterrupt:
        kept = "" if going.checkpoint.exists() else " before the first checkpoint"
        fail(f"interrupted{kept}; go on with: sdnn train --resume {going.folder}", ExitCode.INTERRUPTED)
    print_line(str(going.model))


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
