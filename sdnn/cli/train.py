"""`sdnn train` and `sdnn average`."""

import time
from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sdnn.cli.options import DataOption
from sdnn.cli.terminal import fail, needs, note, print_line, progress
from sdnn.enums import Gradient, Objective, Source, Stage
from sdnn.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from sdnn.training.detector_run import DetectorRun
    from sdnn.training.precision import Resources
    from sdnn.training.reader_run import ReaderRun


OF_OTHER_STAGE: Final = {
    Stage.DIGITS: ("--strips", "--objective", "--gradient"),
    Stage.STRINGS: ("--windows", "--isolated"),
}
"""Options without effect where a stage is trained alone."""


class Device(StrEnum):
    """Device that a net is trained on."""

    CPU = "cpu"
    CUDA = "cuda"


class Net(StrEnum):
    """Net that is trained."""

    READER = "reader"
    DETECTOR = "detector"


def train(
    net: Annotated[
        Net | None,
        typer.Option(help="Net: reads lines, or detects them on pictures [default: reader]."),
    ] = None,
    stage: Annotated[
        Stage | None, typer.Option(help="Single digits, strings, or one after the other [default: both].")
    ] = None,
    architecture: Annotated[
        str | None, typer.Option(metavar="NAME", help="Architecture of the reader [default: lenet].")
    ] = None,
    source: Annotated[Source | None, typer.Option(help="Digits to train on [default: mixed].")] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder that holds MNIST/raw and, for the detector, unipen [default: SDNN_DATA, data/ of a "
            "checkout, the user's cache]."
        ),
    ] = None,
    run: Annotated[
        Path | None, typer.Option(metavar="DIR", help="New folder for the run [default: runs/TIME].")
    ] = None,
    resume: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of a run to go on with.")] = None,
    init_from: Annotated[
        Path | None,
        typer.Option(
            metavar="NET",
            help="Trained net to fine-tune: a reader (model.safetensors of a run) on strings, a detector "
            "(detector.safetensors) on documents.",
        ),
    ] = None,
    start: Annotated[Path | None, typer.Option(hidden=True, help="Older name of --init-from.")] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=2**32 - 1, help="Random seed of weights and data [default: 0].")
    ] = None,
    windows: Annotated[
        int | None, typer.Option(min=1, help="Windows to train digits on [default: the recipe's].")
    ] = None,
    strips: Annotated[
        int | None, typer.Option(min=1, help="Strips to train strings on [default: the recipe's].")
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(min=1, help="Batches to train the detector on [default: the recipe's]."),
    ] = None,
    objective: Annotated[
        Objective | None, typer.Option(help="Objective of string training [default: forward].")
    ] = None,
    gradient: Annotated[
        Gradient | None, typer.Option(help="Gradient of --objective viterbi [default: correct].")
    ] = None,
    isolated: Annotated[
        bool, typer.Option("--isolated", help="Digits without neighbours, to compare with.")
    ] = False,
    device: Annotated[
        Device, typer.Option(help="Device: the processor, or a graphics card of NVIDIA.")
    ] = Device.CPU,
    makers: Annotated[
        int, typer.Option(min=1, max=256, help="Processes that make batches; the result is the same.")
    ] = 1,
) -> None:
    """Train a model; prints the path of the exported file, for `sdnn read --model` if it is a reader.

    An interrupted run keeps its last checkpoint, and --resume DIR goes on to the same result.
    """
    init_from = init_from or start
    reader_only: dict[str, object] = {
        "--stage": stage,
        "--architecture": architecture,
        "--source": source,
        "--windows": windows,
        "--strips": strips,
        "--objective": objective,
        "--gradient": gradient,
        "--isolated": isolated or None,
    }
    others = (net, run, init_from, seed, steps, *reader_only.values())
    if resume and any(option is not None for option in others):
        raise UsageError(f"--resume {resume} goes on as it was begun; leave out the options that say how")
    if net is Net.DETECTOR:
        _refuse(reader_only, f"--net {net}")
    else:
        _refuse({"--steps": steps}, f"--net {Net.READER}")
        if init_from:
            if stage not in {None, Stage.STRINGS}:
                raise UsageError(f"--init-from goes on with strings; leave out --stage {stage}")
            _refuse({"--architecture": architecture}, "--init-from")
            stage = Stage.STRINGS
        unused = OF_OTHER_STAGE.get(stage or Stage.BOTH, ())
        _refuse({option: reader_only[option] for option in unused}, f"--stage {stage}")
        if gradient and objective is not Objective.VITERBI:
            raise UsageError(
                "--gradient has an effect with --objective viterbi only; add that, or leave it out"
            )

    with needs("torch", "training"):
        from sdnn.training.detector_recipe import DetectorRecipe
        from sdnn.training.detector_run import DetectorRun
        from sdnn.training.precision import Resources
        from sdnn.training.reader_recipe import chosen_recipe
        from sdnn.training.reader_run import ReaderRun
        from sdnn.training.run_folder import net_of

    resources = Resources(device, makers)
    resources.torch_device()
    folder = run or Path("runs") / time.strftime("%Y%m%d-%H%M%S")
    if resume:
        kind = DetectorRun if net_of(resume) == Net.DETECTOR else ReaderRun
        _watched(kind.resume(resume), data, resources)
    elif net is Net.DETECTOR:
        usual = DetectorRecipe()
        detector_recipe = replace(usual, seed=seed or usual.seed, steps=steps or usual.steps)
        _watched(DetectorRun.new(folder, detector_recipe, data, init_from), data, resources)
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
            fine_tune=init_from is not None,
            architecture=architecture,
        )
        _watched(ReaderRun.new(folder, recipe, data, init_from), data, resources)


def average(
    run: Annotated[Path, typer.Argument(metavar="DIR", help="Finished run of `sdnn train --init-from`.")],
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


def _watched(run: "ReaderRun | DetectorRun", data: Path | None, resources: "Resources") -> None:
    """Trains with a progress bar, and prints the model's path or how to go on."""
    try:
        note(f"training into {run.folder}")
        with progress("training", "stage", "loss", "accuracy", "examples/s") as update:
            run.train(data, lambda now: update(now.step, now.steps, **now.shown()), resources)
    except KeyboardInterrupt:
        kept = "" if run.checkpoint.exists() else " before the first checkpoint"
        fail(f"interrupted{kept}; go on with: sdnn train --resume {run.folder}", ExitCode.INTERRUPTED)
    print_line(str(run.model))


def _refuse(options: Mapping[str, object], choice: str) -> None:
    """Refuses those of the options that were given: the choice leaves them without effect."""
    for option, value in options.items():
        if value is not None:
            raise UsageError(f"{option} has no effect with {choice}; leave out one of them")
