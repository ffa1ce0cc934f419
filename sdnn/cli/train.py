"""`sdnn train` and `sdnn average`."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from sdnn.cli.options import DataOption
from sdnn.cli.terminal import fail_interrupted, needs, note, print_line, progress
from sdnn.enums import Device, Gradient, Net, Objective, Source, Stage, Tracker
from sdnn.errors import UsageError, WorkerError

if TYPE_CHECKING:
    from sdnn.training.detector_recipe import DetectorRecipe
    from sdnn.training.detector_run import DetectorRun
    from sdnn.training.loop import Progress
    from sdnn.training.precision import Resources
    from sdnn.training.reader_recipe import Recipe
    from sdnn.training.reader_run import ReaderRun

    AnyRun = DetectorRun | ReaderRun
    AnyRecipe = DetectorRecipe | Recipe

OF_OTHER_STAGE: Final = {
    Stage.DIGITS: ("strips", "objective", "gradient"),
    Stage.STRINGS: ("windows", "isolated"),
}
"""Options without effect on a stage that is trained alone."""


def train(
    net: Annotated[
        Net | None, typer.Option(help="Net: reads lines, or detects them on pictures.", show_default="reader")
    ] = None,
    stage: Annotated[
        Stage | None,
        typer.Option(help="Stages: single digits, strings, or one after the other.", show_default="both"),
    ] = None,
    architecture: Annotated[
        str | None, typer.Option(metavar="NAME", help="Architecture of the reader.", show_default="lenet")
    ] = None,
    source: Annotated[Source | None, typer.Option(help="Source of the digits.", show_default="mixed")] = None,
    data: DataOption = None,
    run: Annotated[
        Path | None, typer.Option(metavar="DIR", help="New folder for the run.", show_default="runs/TIME")
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of an interrupted run to resume.")
    ] = None,
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
        int | None,
        typer.Option(min=0, max=2**32 - 1, help="Random seed of weights and data.", show_default="0"),
    ] = None,
    windows: Annotated[
        int | None,
        typer.Option(min=1, help="Number of windows to train digits on.", show_default="the recipe's"),
    ] = None,
    strips: Annotated[
        int | None,
        typer.Option(min=1, help="Number of strips to train strings on.", show_default="the recipe's"),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(min=1, help="Number of batches to train the detector on.", show_default="the recipe's"),
    ] = None,
    objective: Annotated[
        Objective | None, typer.Option(help="Objective of string training.", show_default="forward")
    ] = None,
    gradient: Annotated[
        Gradient | None, typer.Option(help="Gradient of --objective viterbi.", show_default="correct")
    ] = None,
    isolated: Annotated[
        bool, typer.Option("--isolated", help="Digits without neighbours, for comparison.")
    ] = False,
    device: Annotated[
        Device, typer.Option(help="Device: the processor, or a graphics card of NVIDIA.")
    ] = Device.CPU,
    makers: Annotated[
        int, typer.Option(min=1, max=256, help="Processes that make batches; the result is the same.")
    ] = 1,
    track: Annotated[
        Tracker | None, typer.Option(help="Tool that follows the run, beside its folder.")
    ] = None,
    parts: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=1024,
            help="Parts of each batch, one or more for each process of torchrun.",
            show_default="the number of processes",
        ),
    ] = None,
) -> None:
    """Train a model; print the path of the exported file, for `sdnn read --model` if it is a reader.

    An interrupted run keeps its last checkpoint; --resume DIR continues it, to the same result.
    """
    init_from = init_from or start
    given = {
        "seed": seed,
        "steps": steps,
        "stage": stage,
        "architecture": architecture,
        "source": source,
        "windows": windows,
        "strips": strips,
        "objective": objective,
        "gradient": gradient,
        "isolated": isolated or None,
    }
    options = {name: value for name, value in given.items() if value is not None}
    if resume and (options or net or run or init_from or parts):
        raise UsageError(f"--resume {resume} goes on as it was begun; leave out the options that say how")
    net = net or Net.READER
    _check_effects(net, options, init_from)
    with needs("torch", "training"):
        from sdnn.training.distributed import check_parts, joined_team
        from sdnn.training.precision import Resources
    from sdnn.tracking.trackers import check_installed

    check_installed(track)
    Resources(device).torch_device()
    folder = run or Path("runs") / time.strftime("%Y%m%d-%H%M%S")
    with joined_team(device) as team:

        def made() -> "AnyRun":
            begun = _resume(resume) if resume else None
            recipe = begun.recipe if begun else _recipe(net, options, init_from, parts or team.size)
            check_parts(recipe.parts, team, recipe.batches)
            return begun or _begin(recipe, folder, data, init_from)

        with team.shared_run(made) as shared:
            _train(shared, data, Resources(device, makers, team), track)


def average(
    run: Annotated[Path, typer.Argument(metavar="DIR", help="Finished run of `sdnn train --init-from`.")],
    share: Annotated[
        float,
        typer.Option(min=0, max=1, help="Share of the run's net; the rest is of the net it began from."),
    ] = 0.5,
    data: DataOption = None,
) -> None:
    """Average a fine-tuned net and the net it began from; print the exported file.

    The mean often reads data unlike the training data better than either net.
    """
    with needs("torch", "averaging nets"), needs("onnx", "averaging nets"):
        from sdnn.training.averaging import average_with_start

    average_with_start(run, share, data)
    print_line(str(run / "mean" / "model.onnx"))


def _check_effects(net: Net, options: Mapping[str, Any], init_from: Path | None) -> None:
    """Rejects options that would have no effect."""
    if net is Net.DETECTOR:
        _reject(options, options.keys() - {"seed", "steps"}, f"--net {net}")
        return
    _reject(options, ["steps"], f"--net {net}")
    stage = options.get("stage", Stage.STRINGS if init_from else Stage.BOTH)
    if init_from:
        if stage is not Stage.STRINGS:
            raise UsageError(f"--init-from goes on with strings; leave out --stage {stage}")
        _reject(options, ["architecture"], "--init-from")
    _reject(options, OF_OTHER_STAGE.get(stage, ()), f"--stage {stage}")
    if "gradient" in options and options.get("objective") is not Objective.VITERBI:
        raise UsageError("--gradient has an effect with --objective viterbi only; add that, or leave it out")


def _reject(options: Mapping[str, Any], without_effect: Iterable[str], choice: str) -> None:
    for name in options:
        if name in without_effect:
            raise UsageError(f"--{name} has no effect with {choice}; leave out one of them")


def _recipe(net: Net, options: Mapping[str, Any], init_from: Path | None, parts: int) -> "AnyRecipe":
    """The default recipe of a net except for the options."""
    from sdnn.training.detector_recipe import DetectorRecipe
    from sdnn.training.reader_recipe import chosen_recipe

    if net is Net.DETECTOR:
        return DetectorRecipe(**options, parts=parts)
    return replace(chosen_recipe(**options, fine_tune=init_from is not None), parts=parts)


def _begin(recipe: "AnyRecipe", folder: Path, data: Path | None, init_from: Path | None) -> "AnyRun":
    """A new run."""
    from sdnn.training.detector_recipe import DetectorRecipe
    from sdnn.training.detector_run import DetectorRun
    from sdnn.training.reader_run import ReaderRun

    if isinstance(recipe, DetectorRecipe):
        return DetectorRun.new(folder, recipe, data, init_from)
    return ReaderRun.new(folder, recipe, data, init_from)


def _resume(folder: Path) -> "AnyRun":
    from sdnn.training.detector_run import DetectorRun
    from sdnn.training.reader_run import ReaderRun
    from sdnn.training.run_folder import net_of

    return (DetectorRun if net_of(folder) == Net.DETECTOR else ReaderRun).resume(folder)


def _train(run: "AnyRun", data: Path | None, resources: "Resources", track: Tracker | None) -> None:
    """Trains with a progress bar and the tracker, and prints the model's path or how to resume.

    Ranks but the first are silent.
    """
    from sdnn.tracking.trackers import followed

    if not resources.team.is_first:
        run.train(data, lambda _: None, resources)
        return
    resume = f"go on with: sdnn train --resume {run.folder}"
    try:
        note(f"training into {run.folder}")
        with followed(run.folder, track) as follow, progress("training") as update:

            def report(now: "Progress") -> None:
                follow()
                update(now.run_step, now.run_steps, now.summary(), now.stage)

            run.train(data, report, resources)
    except KeyboardInterrupt as error:
        kept = "" if run.checkpoint.exists() else " before the first checkpoint"
        fail_interrupted(error, f"{kept}; {resume}")
    except WorkerError as error:
        raise WorkerError(f"{error}; {resume}") from error
    print_line(str(run.model))
