"""Batches in parts: the gradients of the whole, whatever the number of processes."""

import json
import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from helpers.deadlines import run_python
from torch import Tensor, nn

from sdnn.errors import UsageError, WorkerError
from sdnn.models.checkpoint import load_tensors
from sdnn.training import distributed
from sdnn.training.distributed import (
    ALONE,
    DividedStep,
    Team,
    check_parts,
    is_launched,
    joined_team,
    part_seed,
    part_size,
)
from sdnn.training.reader_recipe import DigitRecipe


@dataclass(frozen=True)
class Vectors:
    """Maker of batches of vectors."""

    recipe: DigitRecipe
    seed: int = 5
    batches_per_call: ClassVar = 1

    def __call__(self, number: int) -> list[Tensor]:
        rng = np.random.default_rng([self.seed, number])
        return [torch.from_numpy(rng.normal(size=(self.recipe.batch, 3)))]

    def part(self, number: int, count: int) -> "Vectors":
        size = part_size(self.recipe.batch, number, count)
        return Vectors(replace(self.recipe, batch=size), part_seed(self.seed, number, count))


def squares(net: nn.Module, batch: Tensor) -> Tensor:
    loss: Tensor = net(batch).square().mean()
    return loss


def step_of(net: nn.Module, parts: int, batch: int = 7) -> DividedStep[Tensor]:
    return DividedStep(net, squares, Vectors(DigitRecipe(batch=batch)), parts, ALONE)


@pytest.fixture
def net() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)).double()


@pytest.mark.parametrize("parts", [2, 3, 5])
def test_parts_give_the_gradients_and_the_loss_of_the_whole_batch(net: nn.Module, parts: int) -> None:
    step = step_of(net, parts)
    ((batches),) = step.make_batches(4)
    assert [len(batch) for batch in batches] == [part_size(7, number, parts) for number in range(parts)]
    loss = step.backward(batches, (0, 0, 0))
    divided = [parameter.grad.clone() for parameter in net.parameters() if parameter.grad is not None]
    net.zero_grad()
    whole = squares(net, torch.cat(batches))
    whole.backward()
    assert float(loss) == pytest.approx(float(whole.detach()))
    assert len(divided) == 4
    for found, parameter in zip(divided, net.parameters(), strict=True):
        assert parameter.grad is not None
        torch.testing.assert_close(found, parameter.grad)


def test_running_statistics_are_the_mean_of_those_after_each_part() -> None:
    norm = nn.BatchNorm1d(3).double().train()
    step = step_of(norm, 2, batch=8)
    ((batches),) = step.make_batches(0)
    expected = []
    for batch in batches:
        alone = nn.BatchNorm1d(3).double().train()
        alone(batch)
        expected.append(alone)
    step.backward(batches, (0, 0, 0))
    for name in ("running_mean", "running_var"):
        means = torch.stack([getattr(alone, name) for alone in expected]).mean(dim=0)
        torch.testing.assert_close(getattr(norm, name), means)
    assert norm.num_batches_tracked is not None
    assert int(norm.num_batches_tracked) == 1


def test_statistics_that_a_step_leaves_alone_stay() -> None:
    norm = nn.BatchNorm1d(3).double().eval()
    before = {name: value.clone() for name, value in norm.state_dict().items()}
    step = step_of(norm, 2)
    step.backward(step.make_batches(0)[0], (0, 0, 0))
    assert all(torch.equal(value, before[name]) for name, value in norm.state_dict().items())


class Forgetful(nn.Module):
    """A factor and dropout."""

    def __init__(self) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.ones(1, dtype=torch.double))
        self.dropout = nn.Dropout(0.5)

    def forward(self, batch: Tensor) -> Tensor:
        dropped: Tensor = self.dropout(self.factor * batch)
        return dropped


def test_each_part_has_a_dropout_of_its_own_that_seed_and_step_decide() -> None:
    def loss(seed: tuple[int, ...], parts: int = 2) -> float:
        step = step_of(Forgetful().train(), parts, batch=4 * parts)
        same = torch.ones(4, 3, dtype=torch.double)
        return float(step.backward((same,) * parts, seed))

    assert loss((1, 0, 2)) == loss((1, 0, 2)) != loss((1, 0, 3))
    assert (
        len({loss((1, 0, step), 2) for step in range(9)} - {loss((1, 0, step), 1) for step in range(9)}) > 3
    )


def test_the_processes_end_with_torchrun(net: nn.Module, monkeypatch: pytest.MonkeyPatch) -> None:
    step = step_of(net, 2)
    monkeypatch.setattr(step, "_team", Team(0, 2))
    monkeypatch.setattr(os, "getppid", lambda: 1)
    with pytest.raises(WorkerError, match="torchrun was killed"):
        step.backward(step.make_batches(0)[0], (0, 0, 0))


def test_sizes_and_seeds_of_parts() -> None:
    for whole in (2, 7, 64):
        for count in (1, 2, 3):
            sizes = [part_size(whole, number, count) for number in range(count)]
            assert sum(sizes) == whole
            assert max(sizes) - min(sizes) <= 1
    assert part_seed(9, 0, 1) == 9  # one part is the whole batch
    seeds = {part_seed(seed, number, count) for seed in (0, 9) for count in (2, 3) for number in range(count)}
    assert len(seeds) == 10
    assert all(0 <= seed < 2**32 for seed in seeds)


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_every_part_is_the_share_of_one_process(size: int) -> None:
    shares = [part for rank in range(size) for part in Team(rank, size).shares(4)]
    assert sorted(shares) == [0, 1, 2, 3]
    assert all(len(Team(rank, size).shares(4)) >= 1 for rank in range(size))


def test_parts_too_few_for_the_processes_or_too_many_for_the_batch_are_refused() -> None:
    check_parts(2, Team(0, 2), [4, 64])
    with pytest.raises(UsageError, match="4 processes for a batch in 2 parts"):
        check_parts(2, Team(0, 4), [64])
    with pytest.raises(UsageError, match="at most 32"):
        check_parts(33, ALONE, [512, 64])


def test_one_process_is_alone_also_where_a_cluster_sets_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MASTER_ADDR", raising=False)
    monkeypatch.setenv("WORLD_SIZE", "8")
    assert not is_launched()
    with joined_team("cpu") as team:
        assert team is ALONE
    assert ALONE.from_first(lambda: 7) == 7
    monkeypatch.setenv("MASTER_ADDR", "localhost")
    assert is_launched()


LAUNCH = ("-m", "torch.distributed.run", "--nproc-per-node", "2", "-m", "--")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """A run of two processes, one with the same parts in one process, and one of whole batches."""
    folder = tmp_path_factory.mktemp("runs")
    options = ("train", "--stage", "digits", "--source", "pen", "--windows", "1024", "--seed", "3", "--run")
    for command in (
        (*LAUNCH, "sdnn", *options, folder / "two"),
        ("-m", "sdnn", *options, folder / "one", "--parts", "2"),
        ("-m", "sdnn", *options, folder / "whole"),
    ):
        result = run_python(*command)
        assert result.returncode == 0, result.stderr.decode()
        assert result.stdout.decode() == f"{command[-1 if command[-2] == '--run' else -3]}/model.onnx\n"
    return folder / "two", folder / "one", folder / "whole"


@pytest.mark.slow
def test_two_processes_train_as_one_does_with_the_same_parts(runs: tuple[Path, Path, Path]) -> None:
    two, one, whole = (load_tensors(run / "checkpoint.safetensors")[0] for run in runs)
    for name, value in two.items():
        torch.testing.assert_close(value, one[name], rtol=1e-3, atol=1e-4)
    kernel = next(name for name in two if name.startswith("net.") and two[name].ndim == 4)
    assert (two[kernel] - whole[kernel]).abs().max() > 10 * (two[kernel] - one[kernel]).abs().max()
    losses = [json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])["loss"] for run in runs]
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)
    assert losses[0] == pytest.approx(losses[2], rel=0.2)
    assert json.loads((runs[0] / "run.json").read_text())["recipe"]["parts"] == 2


@pytest.mark.slow
def test_only_the_first_process_writes_and_reports(runs: tuple[Path, Path, Path]) -> None:
    for run in runs:
        assert len((run / "metrics.jsonl").read_text().splitlines()) == 1
        assert {path.name for path in run.iterdir()} == {
            "run.json", "metrics.jsonl", "checkpoint.safetensors", "model.safetensors", "model.onnx"
        }  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("launch", [("-m",), LAUNCH], ids=["one", "two"])
def test_a_run_of_two_processes_is_resumed_by_one_or_two(
    runs: tuple[Path, Path, Path], tmp_path: Path, launch: tuple[str, ...]
) -> None:
    run = tmp_path / "two"
    shutil.copytree(runs[0], run)
    before = load_tensors(run / "model.safetensors")[0]
    (run / "model.onnx").unlink()
    (run / "model.safetensors").unlink()
    result = run_python(*launch, "sdnn", "train", "--resume", run)
    assert result.returncode == 0, result.stderr.decode()
    assert result.stdout.decode() == f"{run}/model.onnx\n"
    after = load_tensors(run / "model.safetensors")[0]
    assert all(torch.equal(value, before[name]) for name, value in after.items())


@pytest.mark.slow
def test_more_processes_than_parts_are_refused(runs: tuple[Path, Path, Path], tmp_path: Path) -> None:
    run = tmp_path / "whole"
    shutil.copytree(runs[2], run)
    result = run_python(*LAUNCH, "sdnn", "train", "--resume", run)
    assert result.returncode != 0
    assert b"sdnn: 2 processes for a batch in 1 parts; start at most 1, or another run" in result.stderr


def test_the_module_names_its_files_as_the_run_folder_does() -> None:
    from sdnn.training.reader_run import ReaderRun

    run = ReaderRun(Path("run"), None, {})  # type: ignore[arg-type]
    assert {run.checkpoint.name, run.start.name, "run.json", "metrics.jsonl"} == set(distributed.FILES)
