import json
from pathlib import Path

import pytest
import torch
from torch import Tensor

from sdnn import __version__
from sdnn.choices import Source
from sdnn.errors import ModelError, OutputError, UsageError
from sdnn.machine import hardware
from sdnn.models.checkpoint import save_tensors
from sdnn.models.digit_net import DigitNet
from sdnn.training.recipe import DigitRecipe
from sdnn.training.run import Run

RECIPE = DigitRecipe(source=Source.PEN, seed=5)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.begin(tmp_path / "run", RECIPE, {"file": "00ff"})


def net_and_optimizer(
    seed: int, memory_format: torch.memory_format
) -> tuple[DigitNet, torch.optim.Optimizer]:
    torch.manual_seed(seed)
    net = DigitNet().to(memory_format=memory_format)
    return net, torch.optim.AdamW(net.parameters(), lr=0.01, fused=True)


def learn(net: DigitNet, optimizer: torch.optim.Optimizer) -> None:
    """A step on windows that are the same each time."""
    torch.manual_seed(0)
    windows, labels = torch.rand(8, 1, 28, 28), torch.arange(8)
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(net(windows), labels).backward()
    optimizer.step()


def state(net: DigitNet) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in net.state_dict().items()}


def test_a_run_begins_with_a_record_of_what_was_asked_for(run: Run) -> None:
    record = json.loads((run.folder / "run.json").read_text())
    assert record["version"] == __version__
    assert record["data"] == {"file": "00ff"}
    assert DigitRecipe.from_record(record["recipe"]) == RECIPE
    assert {"started", "command", "versions", "hardware"} <= set(record)
    assert {"torch", "numpy"} <= set(record["versions"])


def test_a_run_is_taken_up_as_it_was_begun(run: Run) -> None:
    assert Run.resume(run.folder) == run


def test_a_folder_with_a_run_is_refused_and_left_alone(run: Run) -> None:
    before = (run.folder / "run.json").read_bytes()
    with pytest.raises(UsageError, match="--resume"):
        Run.begin(run.folder, DigitRecipe(seed=6), {})
    assert (run.folder / "run.json").read_bytes() == before


def test_a_run_cannot_begin_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        Run.begin(tmp_path / "file" / "run", RECIPE, {})


@pytest.mark.parametrize(
    "content",
    [
        None,
        "",
        "{",
        "[]",
        "{}",
        '{"recipe": {}, "data": {}}',
        '{"recipe": {"source": "pen", "window": null}}',
    ],
)
def test_a_folder_without_a_run_cannot_be_resumed(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    with pytest.raises(UsageError) as caught:
        Run.resume(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path}: holds no run")


def test_a_recipe_of_another_version_cannot_be_resumed(run: Run) -> None:
    record = json.loads((run.folder / "run.json").read_text())
    record["recipe"]["momentum"] = 0.9
    (run.folder / "run.json").write_text(json.dumps(record))
    with pytest.raises(UsageError):
        Run.resume(run.folder)


def test_metrics_are_kept_line_by_line(run: Run) -> None:
    assert run.metrics() == []
    run.record({"step": 2, "loss": 0.5})
    run.record({"step": 4, "loss": 0.25})
    assert run.metrics() == [{"step": 2, "loss": 0.5}, {"step": 4, "loss": 0.25}]


def test_metrics_that_cannot_be_written_are_an_output_error(run: Run) -> None:
    (run.folder / "metrics.jsonl").mkdir()
    with pytest.raises(OutputError):
        run.record({"step": 2})


def test_without_a_checkpoint_a_run_starts_at_the_beginning(run: Run) -> None:
    net, optimizer = net_and_optimizer(0, torch.contiguous_format)
    before = state(net)
    assert run.load_checkpoint(net, optimizer) == 0
    torch.testing.assert_close(state(net), before, atol=0, rtol=0)


@pytest.mark.parametrize(
    "memory_format", [torch.contiguous_format, torch.channels_last], ids=["contiguous", "channels last"]
)
def test_learning_goes_on_from_a_checkpoint_as_if_nothing_had_happened(
    run: Run, memory_format: torch.memory_format
) -> None:
    net, optimizer = net_and_optimizer(0, memory_format)
    learn(net, optimizer)
    run.save_checkpoint(net, optimizer, 1)
    learn(net, optimizer)

    other, other_optimizer = net_and_optimizer(1, memory_format)
    assert run.load_checkpoint(other, other_optimizer) == 1
    learn(other, other_optimizer)
    torch.testing.assert_close(state(other), state(net), atol=1e-6, rtol=1e-5)


def test_metrics_after_the_checkpoint_are_dropped(run: Run) -> None:
    net, optimizer = net_and_optimizer(0, torch.contiguous_format)
    run.save_checkpoint(net, optimizer, 4)
    for step in (2, 4, 6):
        run.record({"step": step})
    assert run.load_checkpoint(net, optimizer) == 4
    assert run.metrics() == [{"step": 2}, {"step": 4}]


def test_metrics_recorded_before_the_first_checkpoint_are_dropped(run: Run) -> None:
    run.record({"step": 2})
    assert run.load_checkpoint(*net_and_optimizer(0, torch.contiguous_format)) == 0
    assert run.metrics() == []


def test_half_a_line_of_metrics_does_not_stop_a_resume(run: Run) -> None:
    net, optimizer = net_and_optimizer(0, torch.contiguous_format)
    run.record({"step": 2})
    run.save_checkpoint(net, optimizer, 2)
    with open(run.folder / "metrics.jsonl", "a") as file:
        file.write('{"step": 4, "lo')
    assert run.load_checkpoint(net, optimizer) == 2
    assert run.metrics() == [{"step": 2}]


def test_a_file_that_is_no_checkpoint_is_a_model_error(run: Run) -> None:
    run.checkpoint.write_bytes(b"no checkpoint")
    with pytest.raises(ModelError):
        run.load_checkpoint(*net_and_optimizer(0, torch.contiguous_format))


@pytest.mark.parametrize("metadata", [{"step": "1"}, {}], ids=["of another net", "without step"])
def test_tensors_that_are_no_checkpoint_are_a_model_error(run: Run, metadata: dict[str, str]) -> None:
    save_tensors(run.checkpoint, {"net.weight": torch.zeros(1)}, metadata)
    with pytest.raises(ModelError):
        run.load_checkpoint(*net_and_optimizer(0, torch.contiguous_format))


def test_the_hardware_is_one_line() -> None:
    assert "cores" in hardware()
    assert "\n" not in hardware()
