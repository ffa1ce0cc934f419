"""Trainings of a grid on Ray Tune, each an ordinary run folder."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sdnn.errors import SdnnError, UsageError, WorkerError
from sdnn.scale.grid import Trial
from sdnn.training.detector_recipe import DetectorRecipe
from sdnn.training.detector_run import DetectorRun
from sdnn.training.loop import Progress
from sdnn.training.precision import Resources
from sdnn.training.reader_run import ReaderRun

MAX_FAILURES: Final = 2
"""Lost workers that a training survives: it goes on from its checkpoint."""


@dataclass(frozen=True)
class Outcome:
    """Outcome of a training.

    Attributes:
        folder: Run folder.
        accuracy: Accuracy on validation data at the end of the last stage; None after an error.
        error: Reason why it did not come to its end, or None.
    """

    folder: Path
    accuracy: float | None
    error: str | None = None


def check_folders(trials: Sequence[Trial], out: Path) -> None:
    """Checks that runs which are there already are those of the grid.

    Raises:
        UsageError: When one is of another recipe, or is unfinished and other code began it.
    """
    for trial in trials:
        if (out / trial.name / "run.json").exists():
            _resumed(trial, out)


def run_grid(ray: Any, trials: Sequence[Trial], out: Path, data: Path | None, threads: int) -> list[Outcome]:
    """Runs trainings side by side; those that are finished are not repeated, and others go on.

    Args:
        ray: The module, connected to a cluster.
        trials: Trainings.
        out: Folder of the run folders; all machines of the cluster see it.
        data: Folder with MNIST and UNIPEN.
        threads: Processors of a training.

    Returns:
        Outcomes in the order of the trainings.
    """
    from ray import tune

    def train(config: Mapping[str, Any]) -> None:
        tune.report(train_one(trials[config["trial"]], out, data, threads))

    with tempfile.TemporaryDirectory(prefix="sdnn-tune-") as storage:
        results = tune.Tuner(
            tune.with_resources(train, {"cpu": threads}),
            param_space={"trial": tune.grid_search([*range(len(trials))])},
            tune_config=tune.TuneConfig(num_samples=1),
            run_config=tune.RunConfig(
                storage_path=storage, verbose=0, failure_config=tune.FailureConfig(max_failures=MAX_FAILURES)
            ),
        ).fit()
        outcomes: dict[int, Outcome] = {}
        for result in results:
            number = result.config["trial"]
            folder = out / trials[number].name
            if result.error is not None or result.metrics is None:
                last = str(result.error).strip().splitlines() or ["lost"]
                outcomes[number] = Outcome(folder, None, last[-1])
            else:
                outcomes[number] = Outcome(
                    folder, result.metrics.get("accuracy"), result.metrics.get("reason")
                )
    return [outcomes[number] for number in sorted(outcomes)]


def train_one(trial: Trial, out: Path, data: Path | None, threads: int) -> dict[str, Any]:
    """Trains, or goes on with, one run; returns its accuracy, or the reason why it failed."""
    import torch

    torch.set_num_threads(threads)
    try:
        folder = out / trial.name
        run = _resumed(trial, out) if (folder / "run.json").exists() else _begun(trial, out, data)
        if not run.model.exists():
            run.train(data, _ignore, Resources())
        return {"accuracy": run.metrics()[-1]["accuracy"]}
    except SdnnError as error:
        return {"reason": str(error)}


def raise_failures(outcomes: Sequence[Outcome]) -> None:
    """Raises WorkerError when a training failed."""
    failed = [outcome for outcome in outcomes if outcome.error]
    if failed:
        first = failed[0]
        raise WorkerError(
            f"{len(failed)} of {len(outcomes)} trainings failed, first {first.folder}: {first.error}; "
            "the same command goes on with them"
        )


def _begun(trial: Trial, out: Path, data: Path | None) -> ReaderRun | DetectorRun:
    if isinstance(trial.recipe, DetectorRecipe):
        return DetectorRun.new(out / trial.name, trial.recipe, data)
    return ReaderRun.new(out / trial.name, trial.recipe, data)


def _resumed(trial: Trial, out: Path) -> ReaderRun | DetectorRun:
    kind = DetectorRun if isinstance(trial.recipe, DetectorRecipe) else ReaderRun
    folder = out / trial.name
    is_finished = (folder / kind.MODEL).exists()
    run: ReaderRun | DetectorRun = kind.finished(folder) if is_finished else kind.resume(folder)
    if run.recipe != trial.recipe:
        raise UsageError(f"{run.folder}: begun with another recipe; give another --out")
    return run


def _ignore(_: Progress) -> None:
    pass
