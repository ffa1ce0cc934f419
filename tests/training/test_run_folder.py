import hashlib
import json
import re
from collections.abc import Callable
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
from sdnn.training.run_folder import net_of
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


def changed_record(run: ReaderRun, place: str, value: object) -> None:
    """Changes an entry of the record of a run, or takes it away."""
    path = run.folder / "run.json"
    record = json.loads(path.read_text())
    *outer, name = place.split(".")
    inner = record
    for each in outer:
        inner = inner[each]
    if value is MISSING:
        del inner[name]
    else:
        inner[name] = value
    path.write_text(json.dumps(record))


MISSING = object()


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("recipe", MISSING),
        ("recipe", []),
        ("recipe", {}),
        ("data", MISSING),
        ("data", ["sums"]),
        ("data", {"file": 5}),
        ("code", MISSING),
        ("code", 5),
        ("net", "writer"),
        ("net", "detector"),
        ("net", ["reader"]),
        ("net", None),
        ("recipe.source", "crayon"),
        ("recipe.seed", -1),
        ("recipe.seed", 2**64),
        ("recipe.seed", 1.5),
        ("recipe.seed", None),
        ("recipe.start", 5),
        ("recipe.channels", "444468"),
        ("recipe.channels", [4, 4]),
        ("recipe.channels", [4, 4, 4, 4, 6, 0]),
        ("recipe.channels", [4, 4, 4, 4, 6, 10**9]),
        ("recipe.architecture", "transformer"),
        ("recipe.architecture", ["lenet"]),
        ("recipe.digits", []),
        ("recipe.digits.examples", 0),
        ("recipe.digits.batch", -8),
        ("recipe.digits.batch", 10**12),
        ("recipe.digits.learning_rate", float("nan")),
        ("recipe.digits.learning_rate", float("inf")),
        ("recipe.digits.learning_rate", "fast"),
        ("recipe.digits.dropout", 1.5),
        ("recipe.digits.window.layout.digits", [12, 1]),
        ("recipe.digits.window.layout.gap_px", [1]),
        ("recipe.strings.mean_decay", 2),
        ("recipe.strings.objective", "backward"),
        ("recipe.strings.page.widest_px", 10**9),
        ("recipe.strings.page.paper.fold", -0.1),
        ("recipe.strings.page.document.heights_px", [[13.0, 60.0, 0.5]]),
        ("recipe.strings.page.jitter.upright", 1),
    ],
)
def test_a_record_with_an_entry_that_cannot_be_is_one_line_with_its_field(
    run: ReaderRun, place: str, value: object
) -> None:
    changed_record(run, place, value)
    with pytest.raises(UsageError) as caught:
        ReaderRun.resume(run.folder)
    message = str(caught.value)
    assert message.startswith(f"{run.folder}: holds no run of this version (run.json: ")
    assert place.rsplit(".", 1)[-1] in message or isinstance(value, float)
    assert message.isprintable()
    net_of(run.folder)


def test_a_run_without_a_stage_cannot_be_resumed(run: ReaderRun) -> None:
    for stage in ("digits", "strings"):
        changed_record(run, f"recipe.{stage}", None)
    with pytest.raises(UsageError, match="digits: expected a recipe"):
        ReaderRun.resume(run.folder)


@pytest.mark.parametrize("content", [b"\xff", b"\0", 100_000 * b"[", 2**20 * b" " + b"{}", b'{"net": '])
def test_bytes_that_are_no_record_are_one_line(run: ReaderRun, content: bytes) -> None:
    (run.folder / "run.json").write_bytes(content)
    with pytest.raises(UsageError) as caught:
        ReaderRun.resume(run.folder)
    assert "run.json" in str(caught.value)
    assert str(caught.value).isprintable()
    assert net_of(run.folder) == "reader"


def test_a_record_that_is_no_file_is_one_line(run: ReaderRun) -> None:
    path = run.folder / "run.json"
    path.unlink()
    path.symlink_to("/dev/zero")
    with pytest.raises(UsageError, match="device"):
        ReaderRun.resume(run.folder)
    path.unlink()
    path.mkdir()
    with pytest.raises(UsageError, match="a folder"):
        ReaderRun.resume(run.folder)


def test_what_a_killed_process_left_is_removed_and_nothing_else(run: ReaderRun) -> None:
    for name in (".sdnn-0123abcd.onnx", ".keep-1", "notes.txt"):
        (run.folder / name).write_text("")
    ReaderRun.resume(run.folder)
    assert {path.name for path in run.folder.iterdir()} == {"run.json", ".keep-1", "notes.txt"}


def test_a_run_goes_on_from_no_other_net_than_it_began_from(tmp_path: Path) -> None:
    content = b"weights"
    recipe = replace(RECIPE, start=hashlib.sha256(content).hexdigest())
    run = ReaderRun.begin(tmp_path / "run", recipe, {}, content)
    run.check_start()
    run.start.write_bytes(b"others")
    with pytest.raises(ModelError, match="not the net that the run began from"):
        run.check_start()
    run.start.unlink()
    with pytest.raises(ModelError, match="No such file"):
        run.check_start()


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
    records = [{"stage": "digits", "step": 2, "loss": 0.5}, {"stage": "digits", "step": 4, "loss": 0.25}]
    for each in records:
        run.record(each)
    assert run.metrics() == records


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


@pytest.mark.parametrize(
    ("done", "complaint"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        (100_000 * "[", "not JSON"),
        ("[]", "expected object"),
        ("{}", "stage"),
        ('{"stage": "digits"}', "step"),
        ('{"stage": "digits", "step": -1}', "step: expected int >= 1"),
        ('{"stage": "digits", "step": "1"}', "step: expected int"),
        ('{"stage": "digits", "step": 1e30}', "step"),
        ('{"stage": "digits", "step": 1, "epoch": 1}', "epoch: unknown field"),
        ('{"stage": "writing", "step": 1}', "stage: expected one of digits, strings"),
        ('{"stage": null, "step": 1}', "stage: expected str"),
    ],
)
def test_progress_that_cannot_be_is_a_model_error(run: ReaderRun, done: str, complaint: str) -> None:
    save_tensors(run.checkpoint, {"net.weight": torch.zeros(1)}, {"done": done})
    with pytest.raises(ModelError, match=re.escape(complaint)) as caught:
        run.reached()
    assert str(caught.value).startswith(f"{run.checkpoint}: not a checkpoint of a training (")


NAN = torch.tensor(float("nan"))
SPOILT: dict[str, Callable[[dict[str, Tensor]], object]] = {
    "weights that are not finite": lambda t: t["net.features.0.weight"].view(-1)[0].copy_(NAN),
    "weights of another type": lambda t: t.update(
        {"net.features.0.weight": t["net.features.0.weight"].double()}
    ),
    "weights of another shape": lambda t: t.update({"net.features.0.weight": torch.zeros(3)}),
    "a missing weight": lambda t: t.pop("net.features.0.weight"),
    "an unknown weight": lambda t: t.update({"net.gate": torch.zeros(1)}),
    "moments of another shape": lambda t: t.update({"optimizer.0.exp_avg": torch.zeros(3)}),
    "moments of another type": lambda t: t.update({"optimizer.0.step": torch.tensor(3)}),
    "a negative step": lambda t: t.update({"optimizer.0.step": torch.tensor(-1.0)}),
    "negative squares": lambda t: t["optimizer.0.exp_avg_sq"].sub_(1),
    "missing moments": lambda t: t.pop("optimizer.0.exp_avg"),
    "moments of a part": lambda t: [
        t.pop(f"optimizer.1.{each}") for each in ("step", "exp_avg", "exp_avg_sq")
    ],
    "moments of no parameter": lambda t: t.update({"optimizer.99.step": torch.tensor(1.0)}),
    "moments without a number": lambda t: t.update({"optimizer.first": torch.tensor(1.0)}),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_state_that_cannot_be_is_a_model_error(run: ReaderRun, name: str) -> None:
    state = training(0)
    learn(state)
    tensors = {each: value.clone() for each, value in state.tensors().items()}
    SPOILT[name](tensors)
    save_tensors(run.checkpoint, tensors, {"done": '{"stage": "digits", "step": 1}'})
    with pytest.raises(ModelError, match=r"another net or optimizer|not finite"):
        run.load_checkpoint(Stage.DIGITS, training(1))


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
