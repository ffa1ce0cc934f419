"""Runs of two epochs of two steps in either stage, on drawn digits.

Only one of them has its batches made in another process and its net exported; the others make their batches
here, on the spot, and are to give the same.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from helpers.inline_prefetcher import OnTheSpot

from sdnn.datasets.pages import PageRecipe
from sdnn.datasets.paper import DegradationConfig
from sdnn.enums import Objective, Source, Stage
from sdnn.errors import ModelError, UnreadableInput, UsageError
from sdnn.models.checkpoint import load_net, load_tensors, write_onnx_metadata
from sdnn.models.engine import Engine
from sdnn.models.lenet import LENET
from sdnn.models.metadata import ReaderMetadata
from sdnn.results import Strip
from sdnn.training import digit_task, loop, reader_run, string_task
from sdnn.training import run as run_module
from sdnn.training.averaging import average_with_start
from sdnn.training.loop import Progress
from sdnn.training.reader_recipe import DigitRecipe, Recipe, StringRecipe
from sdnn.training.reader_run import ReaderRun
from sdnn.training.state import TrainingState

DIGITS = DigitRecipe(examples=32, examples_per_epoch=16, batch=8)
STRINGS = StringRecipe(
    examples=16,
    examples_per_epoch=8,
    batch=4,
    frozen=False,
    page=PageRecipe(most_digits=2, paper=DegradationConfig.clean()),
)
RECIPE = Recipe(Source.PEN, seed=3, channels=(4, 4, 4, 4, 6, 8), digits=DIGITS, strings=STRINGS)
BOTH = [(stage, step) for stage in (Stage.DIGITS, Stage.STRINGS) for step in (1, 2, 3, 4)]


pytestmark = pytest.mark.slow


class Interruption(Exception):
    """What stops a run in these tests."""


@dataclass(frozen=True)
class Finished:
    run: ReaderRun
    metadata: ReaderMetadata
    progress: list[Progress]


@pytest.fixture(scope="module", autouse=True)
def little_to_validate_on() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(digit_task, "VALIDATION_WINDOWS", 64)
        patch.setattr(string_task, "VALIDATION_STRIPS", 8)
        patch.setattr(reader_run, "TEMPERATURE_STRIPS", 10)
        yield


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    run = ReaderRun.new(tmp_path_factory.mktemp("runs") / "first", RECIPE, None)
    progress: list[Progress] = []
    return Finished(run, run.train(None, progress.append), progress)


@pytest.fixture
def on_the_spot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "Prefetcher", OnTheSpot)


@pytest.fixture
def exported_before(finished: Finished, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exporting takes seconds; where only what comes after it matters, the finished run's model does."""

    def copied(path: Path, _net: Any, metadata: ReaderMetadata) -> None:
        shutil.copy(finished.run.model, path)
        write_onnx_metadata(path, metadata)

    monkeypatch.setattr(reader_run, "export_onnx", copied)


def run_until(run: ReaderRun, stage: Stage, step: int) -> list[tuple[str, int]]:
    """Trains up to a step and stops there, without finishing; the steps that were made."""
    made: list[tuple[str, int]] = []

    def report(progress: Progress) -> None:
        made.append((progress.stage, progress.step))
        if made[-1] == (stage, step):
            raise Interruption

    with pytest.raises(Interruption):
        run.train(None, report)
    return made


def assert_same(run: ReaderRun, other: ReaderRun) -> None:
    """Two runs have recorded the same and stand at the same point, to the last bit."""
    assert timeless(run) == timeless(other)
    (tensors, entries), (others, other_entries) = load_tensors(run.checkpoint), load_tensors(other.checkpoint)
    assert entries == other_entries
    assert tensors.keys() == others.keys()
    different = [name for name, value in tensors.items() if not torch.equal(value, others[name])]
    assert different == []


def timeless(run: ReaderRun) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in line.items() if name not in {"seconds", "examples_per_second"}}
        for line in run.metrics()
    ]


# The same again.


@pytest.mark.usefixtures("on_the_spot")
def test_two_runs_of_one_recipe_give_the_same_net(finished: Finished, tmp_path: Path) -> None:
    run = ReaderRun.new(tmp_path / "second", RECIPE, None)
    assert run_until(run, Stage.STRINGS, 4) == BOTH
    assert_same(run, finished.run)


@pytest.mark.usefixtures("on_the_spot")
@pytest.mark.parametrize(
    ("stage", "stop", "kept"),
    [
        (Stage.DIGITS, 1, 0),
        (Stage.DIGITS, 2, 2),
        (Stage.DIGITS, 3, 2),
        (Stage.DIGITS, 4, 4),
        (Stage.STRINGS, 1, 4),
        (Stage.STRINGS, 2, 6),
        (Stage.STRINGS, 3, 6),
    ],
)
def test_an_interrupted_run_goes_on_to_the_same_net(
    finished: Finished, tmp_path: Path, stage: Stage, stop: int, kept: int
) -> None:
    run = ReaderRun.new(tmp_path / "interrupted", RECIPE, None)
    run_until(run, stage, stop)
    again = ReaderRun.resume(run.folder)
    assert again.reached() == ([None, Stage.DIGITS, Stage.STRINGS][(kept + 3) // 4 if kept else 0])
    # What was not in the checkpoint yet is done once more, and nothing else.
    assert run_until(again, Stage.STRINGS, 4) == BOTH[kept:]
    assert_same(again, finished.run)


@pytest.mark.usefixtures("on_the_spot")
def test_a_run_interrupted_in_both_stages_goes_on_to_the_same_net(finished: Finished, tmp_path: Path) -> None:
    run = ReaderRun.new(tmp_path / "interrupted", RECIPE, None)
    for stage, step in ((Stage.DIGITS, 3), (Stage.STRINGS, 1), (Stage.STRINGS, 3), (Stage.STRINGS, 4)):
        run_until(ReaderRun.resume(run.folder), stage, step)
    assert_same(run, finished.run)


@pytest.mark.usefixtures("on_the_spot", "exported_before")
def test_a_run_whose_last_step_was_made_is_only_finished(finished: Finished, tmp_path: Path) -> None:
    run = ReaderRun.new(tmp_path / "first", RECIPE, None)
    run_until(run, Stage.STRINGS, 4)
    assert not run.model.exists()
    progress: list[Progress] = []
    metadata = ReaderRun.resume(run.folder).train(None, progress.append)
    assert progress == []
    assert metadata.temperature == finished.metadata.temperature
    expected, _ = load_net(finished.run.folder / "model.safetensors")
    net, _ = load_net(run.folder / "model.safetensors")
    torch.testing.assert_close(net.state_dict(), expected.state_dict(), atol=0, rtol=0)


@pytest.mark.usefixtures("on_the_spot")
@pytest.mark.parametrize(
    "other",
    [
        replace(RECIPE, seed=4),
        replace(RECIPE, digits=None),
        replace(RECIPE, strings=replace(STRINGS, objective=Objective.VITERBI)),
    ],
    ids=["seed", "no digits first", "objective"],
)
def test_another_recipe_gives_another_net(finished: Finished, tmp_path: Path, other: Recipe) -> None:
    run = ReaderRun.new(tmp_path / "other", other, None)
    run_until(run, Stage.STRINGS, 2)
    of_strings = [line for line in timeless(finished.run) if line["stage"] == "strings"]
    assert timeless(run)[-1]["loss"] != of_strings[0]["loss"]


# What is reported and recorded.


def test_every_step_of_either_stage_is_reported(finished: Finished) -> None:
    assert [(progress.stage, progress.step) for progress in finished.progress] == BOTH
    assert {progress.steps for progress in finished.progress} == {4}
    assert [progress.run_step for progress in finished.progress] == list(range(1, 9))
    assert {progress.run_steps for progress in finished.progress} == {8}


def test_every_epoch_of_either_stage_is_recorded_with_its_figures(finished: Finished) -> None:
    lines = finished.run.metrics()
    assert [(line["stage"], line["step"]) for line in lines] == [
        ("digits", 2),
        ("digits", 4),
        ("strings", 2),
        ("strings", 4),
    ]
    assert [line["loss"] for line in lines] == [finished.progress[place].loss for place in (1, 3, 5, 7)]
    common = {"stage", "step", "loss", "accuracy", "seconds", "examples_per_second"}
    assert [set(line) for line in lines] == [common] * 2 + [common | {"clean", "paper"}] * 2
    first, second, third, fourth = (line["accuracy"] for line in lines)
    accuracies = [progress.accuracy for progress in finished.progress]
    assert accuracies == [None, first, first, second, None, third, third, fourth]


def test_a_finished_run_has_reached_its_last_stage(finished: Finished) -> None:
    assert finished.run.reached() == Stage.STRINGS
    assert finished.run.last_metrics(Stage.DIGITS) == finished.run.metrics()[1]
    assert finished.run.last_metrics(Stage.STRINGS) == finished.run.metrics()[3]


# What comes out.


def test_a_finished_run_holds_one_net_in_two_files(finished: Finished) -> None:
    engine = Engine(finished.run.model)
    net, metadata = load_net(finished.run.folder / "model.safetensors")
    as_json = json.loads(json.dumps(asdict(finished.metadata)))
    assert as_json == json.loads(json.dumps(asdict(metadata)))
    assert engine.metadata == metadata
    blocks = np.random.default_rng(0).integers(0, 2, (LENET.geometry.height_px // 8, 25)).astype(np.float32)
    strip = np.kron(blocks, np.ones((8, 8), np.float32))
    with torch.no_grad():
        logits = net.sweep(torch.from_numpy(strip)[None, None])[0] / metadata.temperature
    # Columns differ, by little after so few steps: the two files by a hundredth of that at most.
    spread = float(logits.std(0).max())
    assert spread > 1e-4
    log_probs = engine.class_map(Strip(strip)).log_probs
    np.testing.assert_allclose(log_probs, logits.log_softmax(1).numpy(), atol=0.01 * spread)


def test_the_net_of_the_files_is_the_running_mean_of_the_last_checkpoint(finished: Finished) -> None:
    net, _ = load_net(finished.run.folder / "model.safetensors")
    last, mean = (load_net(finished.run.folder / "model.safetensors")[0] for _ in range(2))
    for each in (last, mean):
        each.load_state_dict({name: torch.zeros_like(value) for name, value in each.state_dict().items()})
    optimizer = loop._optimizer(last, STRINGS)
    finished.run.load_checkpoint(Stage.STRINGS, TrainingState(last, optimizer, mean))
    torch.testing.assert_close(net.state_dict(), mean.state_dict(), atol=0, rtol=0)
    moved = [not torch.equal(each, last.get_parameter(name)) for name, each in mean.named_parameters()]
    assert all(moved)  # after four steps the net is not its mean any more


@pytest.mark.usefixtures("on_the_spot")
def test_after_its_first_step_the_mean_is_the_net_and_after_the_second_it_is_not(tmp_path: Path) -> None:
    recipe = replace(RECIPE, digits=None, strings=replace(STRINGS, examples=8, examples_per_epoch=4))
    run = ReaderRun.new(tmp_path / "run", recipe, None)

    def differ() -> list[str]:
        tensors, _ = load_tensors(run.checkpoint)
        nets = {name.removeprefix("net."): value for name, value in tensors.items() if "net." in name}
        return [name for name, value in nets.items() if not torch.equal(value, tensors[f"mean.{name}"])]

    run_until(run, Stage.STRINGS, 1)
    assert differ() == []
    run_until(ReaderRun.resume(run.folder), Stage.STRINGS, 2)
    assert {"features.0.weight", "features.1.running_mean", "classifier.4.bias"} <= {*differ()}


def test_the_model_says_what_it_was_trained_with(finished: Finished) -> None:
    metadata = finished.metadata
    assert metadata.name == "first"
    assert Recipe.from_record(json.loads(json.dumps(metadata.recipe))) == RECIPE
    assert set(metadata.card) == {"validation digits", "validation strings"}
    assert metadata.card["validation digits"]["accuracy"] == finished.progress[3].accuracy
    of_strings = metadata.card["validation strings"]
    assert set(of_strings) == {"accuracy", "clean", "paper", "seconds"}
    assert of_strings["accuracy"] == finished.progress[-1].accuracy
    assert metadata.temperature > 0


# One stage alone.


@pytest.mark.usefixtures("on_the_spot", "exported_before")
@pytest.mark.parametrize("stage", [Stage.DIGITS, Stage.STRINGS])
def test_a_stage_alone_is_a_whole_training(finished: Finished, tmp_path: Path, stage: Stage) -> None:
    recipe = replace(RECIPE, strings=None) if stage is Stage.DIGITS else replace(RECIPE, digits=None)
    run = ReaderRun.new(tmp_path / "alone", recipe, None)
    progress: list[Progress] = []
    metadata = run.train(None, progress.append)
    assert [(one.stage, one.step) for one in progress] == [(stage, step) for step in (1, 2, 3, 4)]
    assert run.reached() == stage
    assert [line["stage"] for line in run.metrics()] == [stage, stage]
    assert set(metadata.card) == {f"validation {stage}"}
    assert Engine(run.model).metadata.recipe == json.loads(json.dumps(asdict(recipe)))
    losses = [one.loss for one in progress]
    as_first_stage = [one.loss for one in finished.progress if one.stage is stage]
    assert (losses == as_first_stage) == (stage is Stage.DIGITS)


# How a run begins.


def test_a_folder_with_a_run_is_refused(finished: Finished) -> None:
    with pytest.raises(UsageError, match=str(finished.run.folder)):
        ReaderRun.new(finished.run.folder, RECIPE, None)


def test_a_run_that_needs_mnist_does_not_begin_without(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput):
        ReaderRun.new(tmp_path / "run", replace(RECIPE, source=Source.MNIST), tmp_path)
    assert not (tmp_path / "run").exists()


def test_a_run_records_the_checksums_of_mnist_where_it_uses_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "digit_source", lambda *_, **__: None)
    monkeypatch.setattr("sdnn.datasets.digit_sources.mnist_checksums", lambda data: {"images": "00ff"})
    assert ReaderRun.new(tmp_path / "mixed", replace(RECIPE, source=Source.MIXED), None).data == {
        "images": "00ff"
    }
    assert ReaderRun.new(tmp_path / "pen", RECIPE, None).data == {}


def test_a_trained_net_is_trained_further(finished: Finished, tmp_path: Path, on_the_spot: None) -> None:
    start = finished.run.folder / "model.safetensors"
    recipe = replace(RECIPE, digits=None, strings=replace(STRINGS, frozen=True), channels=(9, 9, 9, 9, 9, 9))
    run = ReaderRun.new(tmp_path / "further", recipe, None, start)
    assert run.recipe.channels == RECIPE.channels  # those of the net, whatever the recipe says
    assert run.recipe.start == hashlib.sha256(start.read_bytes()).hexdigest()
    run_until(run, Stage.STRINGS, 3)
    trained, begun = load_tensors(run.checkpoint)[0], load_tensors(start)[0]
    moved = {name for name, value in begun.items() if not torch.equal(value, trained[f"net.{name}"])}
    assert "features.0.weight" in moved
    assert not any("running" in name for name in moved)


def test_the_mean_with_the_start_is_written_beside_the_run(
    finished: Finished, tmp_path: Path, on_the_spot: None
) -> None:
    recipe = replace(RECIPE, digits=None, strings=replace(STRINGS, frozen=True))
    run = ReaderRun.new(tmp_path / "further", recipe, None, finished.run.folder / "model.safetensors")
    run.train(None, lambda progress: None)
    metadata = average_with_start(run.folder, 0.5, None)
    first, second = (load_net(path)[0] for path in (run.start, run.folder / "model.safetensors"))
    mean, said = load_net(run.folder / "mean" / "model.safetensors")
    assert json.loads(json.dumps(asdict(said))) == json.loads(json.dumps(asdict(metadata)))
    for name, value in mean.named_parameters():
        expected = (first.get_parameter(name) + second.get_parameter(name)) / 2
        torch.testing.assert_close(value, expected)
    assert Engine(run.folder / "mean" / "model.onnx").metadata == said


def test_going_further_resumes_to_the_same(finished: Finished, tmp_path: Path, on_the_spot: None) -> None:
    start = finished.run.folder / "model.safetensors"
    recipe = replace(RECIPE, digits=None, strings=replace(STRINGS, frozen=True))
    whole, parted = (ReaderRun.new(tmp_path / name, recipe, None, start) for name in ("whole", "parted"))
    run_until(whole, Stage.STRINGS, 4)
    run_until(parted, Stage.STRINGS, 2)
    run_until(ReaderRun.resume(parted.folder), Stage.STRINGS, 4)
    assert_same(whole, parted)


def test_a_run_needs_a_net_to_start_from(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"missing\.safetensors"):
        ReaderRun.new(tmp_path / "run", RECIPE, None, tmp_path / "missing.safetensors")
    assert not (tmp_path / "run").exists()
