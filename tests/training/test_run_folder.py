import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from sdnn import __version__
from sdnn.enums import Source, Stage
from sdnn.errors import ModelError, OutputError, UsageError
from sdnn.hardware import hardware
from sdnn.models.checkpoint import save_tensors
from sdnn.models.digit_net import DigitNet
from sdnn.models.lenet import LENET
from sdnn.training import run_folder as run_module
from sdnn.training.reader_recipe import Recipe
from sdnn.training.reader_run import ReaderRun
from sdnn.training.state import TrainingState

RECIPE = Recipe(Source.PEN, seed=5, channels=(4, 4, 4, 4, 6, 8))


@pytest.fixture
def run(tmp_path: Path) -> ReaderRun:
    return ReaderRun.begin(tmp_path / "run", RECIPE, {"file": "00ff"})


def training(seed: int, memory_format: torch.memory_format = torch.contiguous_format) -> TrainingState:
    torch.manual_seed(seed)
    net = DigitNet(replace(LENET, channels=RECIPE.channels)).to(memory_format=memory_format)
    return TrainingState(net, torch.optim.AdamW(net.parameters(), lr=0.01, fused=True))


def learn(state: TrainingState) -> None:
    """A step on windows that are the same each time."""
    torch.manual_seed(0)
    windows, labels = torch.rand(8, 1, LENET.geometry.height_px, LENET.geometry.window_px), torch.arange(8)
    state.optimizer.zero_grad()
    torch.nn.functional.cross_entropy(state.net(windows), labels).backward()
    state.optimizer.step()


def weights(state: TrainingState) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in state.net.state_dict().items()}


def test_a_run_begins_with_a_record_of_what_was_asked_for(run: ReaderRun) -> None:
    record = json.loads((run.folder / "run.json").read_text())
    assert record["version"] == __version__
    assert record["data"] == {"file": "00ff"}
    assert Recipe.from_record(record["recipe"]) == RECIPE
    assert {"started", "command", "versions", "hardware"} <= set(record)
    assert {"torch", "numpy"} <= set(record["versions"])


def test_a_run_is_taken_up_as_it_was_begun(run: ReaderRun) -> None:
    assert ReaderRun.resume(run.folder) == run


def test_a_folder_with_a_run_is_refused_and_left_alone(run: ReaderRun) -> None:
    before = (run.folder / "run.json").read_bytes()
    with pytest.raises(UsageError, match="--resume"):
        ReaderRun.begin(run.folder, Recipe(seed=6), {})
    assert (run.folder / "run.json").read_bytes() == before


def test_a_run_cannot_begin_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        ReaderRun.begin(tmp_path / "file" / "run", RECIPE, {})


@pytest.mark.parametrize(
    "content",
    [
        None,
        "",
        "{",
        "[]",
        "{}",
        '{"recipe": {}}',
        '{"recipe": {"source": "crayon"}, "data": {}}',
        '{"recipe": {"source": "pen", "windows": 100, "window": null}, "data": {}}',
    ],
)
def test_a_folder_without_a_run_cannot_be_resumed(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    with pytest.raises(UsageError) as caught:
        ReaderRun.resume(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path}: holds no run")


def test_a_recipe_of_another_version_cannot_be_resumed(run: ReaderRun) -> None:
    record = json.loads((run.folder / "run.json").read_text())
    record["recipe"]["strings"]["momentum"] = 0.9
    (run.folder / "run.json").write_text(json.dumps(record))
    with pytest.raises(UsageError):
        ReaderRun.resume(run.folder)


def line(stage: Stage, step: int) -> dict[str, object]:
    return {"stage": stage.value, "step": step}


def test_a_run_that_other_code_began_is_not_gone_on_with(
    run: ReaderRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "code_checksum", lambda: "other")
    with pytest.raises(UsageError, match="other code"):
        ReaderRun.resume(run.folder)


def test_a_run_knows_the_digits_it_began_with(run: ReaderRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "source_checksums", lambda source, data: {"file": "00ff"})
    run.check_data(None)
    monkeypatch.setattr(run_module, "source_checksums", lambda source, data: {"file": "00fe"})
    with pytest.raises(UsageError, match="other digits"):
        run.check_data(None)


def test_a_run_without_mnist_needs_none(tmp_path: Path) -> None:
    ReaderRun.begin(tmp_path / "pen", RECIPE, {}).check_data(tmp_path)


def test_metrics_are_kept_line_by_line(run: ReaderRun) -> None:
    assert run.metrics() == []
    run.record({"step": 2, "loss": 0.5})
    run.record({"step": 4, "loss": 0.25})
    assert run.metrics() == [{"step": 2, "loss": 0.5}, {"step": 4, "loss": 0.25}]


def test_the_last_metrics_are_those_of_the_stage(run: ReaderRun) -> None:
    assert run.last_metrics(Stage.DIGITS) == {}
    for stage, step in ((Stage.DIGITS, 2), (Stage.DIGITS, 4), (Stage.STRINGS, 1)):
        run.record(line(stage, step))
    assert run.last_metrics(Stage.DIGITS) == line(Stage.DIGITS, 4)
    assert run.last_metrics(Stage.STRINGS) == line(Stage.STRINGS, 1)


def test_metrics_that_cannot_be_written_are_an_output_error(run: ReaderRun) -> None:
    (run.folder / "metrics.jsonl").mkdir()
    with pytest.raises(OutputError):
        run.record({"step": 2})


@pytest.mark.parametrize("stage", [Stage.DIGITS, Stage.STRINGS])
def test_without_a_checkpoint_a_run_starts_at_the_beginning(run: ReaderRun, stage: Stage) -> None:
    state = training(0)
    before = weights(state)
    assert run.reached() is None
    assert run.load_checkpoint(stage, state) == 0
    torch.testing.assert_close(weights(state), before, atol=0, rtol=0)


@pytest.mark.parametrize(
    "memory_format", [torch.contiguous_format, torch.channels_last], ids=["contiguous", "channels last"]
)
@pytest.mark.parametrize("stage", [Stage.DIGITS, Stage.STRINGS])
def test_learning_goes_on_from_a_checkpoint_as_if_nothing_had_happened(
    run: ReaderRun, stage: Stage, memory_format: torch.memory_format
) -> None:
    state = training(0, memory_format)
    learn(state)
    run.save_checkpoint(stage, state, 1)
    assert run.reached() == stage
    learn(state)

    other = training(1, memory_format)
    assert run.load_checkpoint(stage, other) == 1
    learn(other)
    torch.testing.assert_close(weights(other), weights(state), atol=1e-6, rtol=1e-5)


def test_a_checkpoint_written_again_is_the_same_file(run: ReaderRun) -> None:
    state = training(0)
    contents = set()
    for _ in range(20):
        run.save_checkpoint(Stage.DIGITS, state, 4)
        contents.add(run.checkpoint.read_bytes())
    assert len(contents) == 1


def test_a_checkpoint_of_the_stage_before_leaves_net_and_optimizer_as_they_are(run: ReaderRun) -> None:
    run.save_checkpoint(Stage.DIGITS, training(0), 4)
    state = training(1)
    before = weights(state)
    assert run.load_checkpoint(Stage.STRINGS, state) == 0
    torch.testing.assert_close(weights(state), before, atol=0, rtol=0)
    assert state.optimizer.state_dict()["state"] == {}
    assert run.reached() == Stage.DIGITS


def test_metrics_after_the_checkpoint_are_dropped(run: ReaderRun) -> None:
    state = training(0)
    run.save_checkpoint(Stage.DIGITS, state, 4)
    for step in (2, 4, 6):
        run.record(line(Stage.DIGITS, step))
    assert run.load_checkpoint(Stage.DIGITS, state) == 4
    assert run.metrics() == [line(Stage.DIGITS, 2), line(Stage.DIGITS, 4)]


def test_metrics_of_the_stage_before_are_kept_whatever_becomes_of_the_next(run: ReaderRun) -> None:
    state = training(0)
    of_digits = [line(Stage.DIGITS, step) for step in (10, 20)]
    for each in of_digits:
        run.record(each)
    run.save_checkpoint(Stage.DIGITS, state, 20)
    # Recorded, but the run was killed before its checkpoint was written.
    run.record(line(Stage.STRINGS, 2))
    assert run.load_checkpoint(Stage.STRINGS, state) == 0
    assert run.metrics() == of_digits

    for step in (2, 4):
        run.record(line(Stage.STRINGS, step))
    run.save_checkpoint(Stage.STRINGS, state, 2)
    assert run.load_checkpoint(Stage.STRINGS, state) == 2
    assert run.metrics() == [*of_digits, line(Stage.STRINGS, 2)]


def test_metrics_recorded_before_the_first_checkpoint_are_dropped(run: ReaderRun) -> None:
    run.record(line(Stage.DIGITS, 2))
    assert run.load_checkpoint(Stage.DIGITS, training(0)) == 0
    assert run.metrics() == []


def test_half_a_line_of_metrics_does_not_stop_a_resume(run: ReaderRun) -> None:
    state = training(0)
    run.record(line(Stage.DIGITS, 2))
    run.save_checkpoint(Stage.DIGITS, state, 2)
    with open(run.folder / "metrics.jsonl", "a") as file:
        file.write('{"step": 4, "lo')
    assert run.load_checkpoint(Stage.DIGITS, state) == 2
    assert run.metrics() == [line(Stage.DIGITS, 2)]


def test_a_file_that_is_no_checkpoint_is_a_model_error(run: ReaderRun) -> None:
    run.checkpoint.write_bytes(b"no checkpoint")
    with pytest.raises(ModelError):
        run.load_checkpoint(Stage.DIGITS, training(0))
    with pytest.raises(ModelError):
        run.reached()


@pytest.mark.parametrize("metadata", [{"step": "1"}, {}], ids=["of another net", "without step"])
def test_tensors_that_are_no_checkpoint_are_a_model_error(run: ReaderRun, metadata: dict[str, str]) -> None:
    save_tensors(run.checkpoint, {"net.weight": torch.zeros(1)}, {"stage": "digits", **metadata})
    with pytest.raises(ModelError):
        run.load_checkpoint(Stage.DIGITS, training(0))


def test_the_checkpoint_of_a_net_with_other_channels_is_a_model_error(run: ReaderRun) -> None:
    run.save_checkpoint(Stage.DIGITS, training(0), 1)
    other = DigitNet(replace(LENET, channels=(4, 4, 4, 4, 6, 9)))
    with pytest.raises(ModelError, match="another net"):
        run.load_checkpoint(Stage.DIGITS, TrainingState(other, torch.optim.AdamW(other.parameters())))


def test_the_hardware_is_one_line() -> None:
    assert "cores" in hardware()
    assert "\n" not in hardware()
