"""`sdnn train` and `sdnn average`."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sdnn.choices import Gradient, Objective, Source, Stage
from sdnn.cli.options import DataOption
from sdnn.cli.terminal import fail, needs, note, print_line, progress
from sdnn.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from sdnn.training.detector_recipe import DetectorRecipe
    from sdnn.training.learning import Progress
    from sdnn.training.recipe import Recipe
    from sdnn.training.run import RunFolder


class Device(StrEnum):
    """Where a net is trained."""

    CPU = "cpu"
    CUDA = "cuda"


class Net(StrEnum):
    """Which net is trained."""

    READER = "reader"
    DETECTOR = "detector"


def train(
    net: Annotated[
        Net | None,
        typer.Option(help="What reads lines, or what finds them on pictures (else: reader)."),
    ] = None,
    stage: Annotated[
        Stage | None, typer.Option(help="Train single digits, strings, or one after the other (else: both).")
    ] = None,
    source: Annotated[Source | None, typer.Option(help="Digits to train on (else: mixed).")] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder that holds MNIST/raw and, for the detector, unipen (else: SDNN_DATA, data/ of a "
            "checkout, the user's cache)."
        ),
    ] = None,
    run: Annotated[
        Path | None, typer.Option(metavar="DIR", help="New folder for the run (else: runs/TIME).")
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Go on with the run in this folder.")
    ] = None,
    start: Annotated[
        Path | None,
        typer.Option(
            metavar="NET",
            help="Train a trained net further: a reader (model.safetensors of a run) on strings, a detector "
            "(detector.safetensors) on documents.",
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
    steps: Annotated[
        int | None,
        typer.Option(min=1, help="Batches to train the detector on (else: as the recipe says)."),
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
    device: Annotated[
        Device, typer.Option(help="Where the net is trained: on the processor or a graphics card of NVIDIA.")
    ] = Device.CPU,
    makers: Annotated[
        int, typer.Option(min=1, max=256, help="Processes that make examples; the result is the same.")
    ] = 1,
) -> None:
    """Train a model; prints the path of the exported file, for `sdnn read --model` if it is a reader.

    An interrupted run keeps its last checkpoint, and --resume DIR goes on to the same result.
    """
    how = (net, stage, source, run, start, seed, windows, strips, steps, objective, gradient)
    if resume and (isolated or any(option is not None for option in how)):
        raise UsageError(f"--resume {resume} goes on as it was begun; leave out the options that say how")
    reader_only = {
        "--stage": stage,
        "--source": source,
        "--windows": windows,
        "--strips": strips,
        "--objective": objective,
        "--gradient": gradient,
        "--isolated": isolated or None,
    }
    if net is Net.DETECTOR:
        _refuse(reader_only, f"--net {net}")
    else:
        _refuse({"--steps": steps}, f"--net {Net.READER}")
        if start and stage not in {None, Stage.STRINGS}:
            raise UsageError(f"--start goes on with strings; leave out --stage {stage}")
        _refuse_without_effect(
            Stage.STRINGS if start else stage, windows, strips, objective, gradient, isolated
        )

    with needs("torch", "training"):
        from sdnn.training.arithmetic import Means
        from sdnn.training.detector_recipe import DetectorRecipe
        from sdnn.training.detector_run import DetectorRun, new_detector_run, train_detector
        from sdnn.training.recipe import chosen_recipe
        from sdnn.training.run import Run, net_of
        from sdnn.training.stages import new_run
        from sdnn.training.stages import train as train_reader

    means = Means(device, makers)
    means.torch_device()
    folder = run or Path("runs") / time.strftime("%Y%m%d-%H%M%S")
    if (net_of(resume) if resume else net) == Net.DETECTOR:
        if resume:
            of_detector = DetectorRun.resume(resume)
        else:
            usual = DetectorRecipe()
            detector_recipe = replace(usual, seed=seed or usual.seed, steps=steps or usual.steps)
            of_detector = new_detector_run(folder, detector_recipe, data, start)
        _watched(of_detector, lambda report: train_detector(of_detector, data, report, means))
        return
    if resume:
        of_reader = Run.resume(resume)
    else:
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
        of_reader = new_run(folder, recipe, data, start)
    _watched(of_reader, lambda report: train_reader(of_reader, data, report, means))


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


def _watched(
    run: "RunFolder[Recipe] | RunFolder[DetectorRecipe]",
    work: "Callable[[Callable[[Progress], None]], object]",
) -> None:
    """Does the work of a run, with a progress bar, and prints what came out or how to go on."""
    try:
        note(f"training into {run.folder}")
        with progress("training", "stage", "loss", "accuracy", "a second") as update:
            work(lambda now: update(now.step, now.steps, **now.shown()))
    except KeyboardInterrupt:
        kept = "" if run.checkpoint.exists() else " before the first checkpoint"
        fail(f"interrupted{kept}; go on with: sdnn train --resume {run.folder}", ExitCode.INTERRUPTED)
    print_line(str(run.model))


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
    _refuse(options.get(stage or Stage.BOTH, {}), f"--stage {stage}")
    if gradient and objective is not Objective.VITERBI:
        raise UsageError("--gradient has an effect with --objective viterbi only; add that, or leave it out")


def _refuse(options: Mapping[str, object], choice: str) -> None:
    """Refuses those of the options that were given: the choice leaves them without effect."""
    for option, value in options.items():
        if value is not None:
            raise UsageError(f"{option} has no effect with {choice}; leave out one of them")
