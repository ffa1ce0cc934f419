"""Grids of trainings on Ray Tune: ordinary run folders, kept when the command is given again."""

from pathlib import Path

import pytest
from helpers.cli_runner import assert_one_line, sdnn, sdnn_process

from sdnn.errors import ExitCode, UsageError, WorkerError
from sdnn.scale.grid import Trial, read_grid
from sdnn.scale.tune import Outcome, check_folders, raise_failures, train_one
from sdnn.training.reader_run import ReaderRun

GRID = 'source = "pen"\nstage = "digits"\nwindows = 64\nseed = [1, 2]\n[recipe.digits]\nbatch = 32\n'


@pytest.fixture
def trials(tmp_path: Path) -> list[Trial]:
    (tmp_path / "grid.toml").write_text(GRID)
    return read_grid(tmp_path / "grid.toml")


@pytest.mark.slow
def test_a_grid_is_trained_once_into_run_folders(trials: list[Trial], tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="needs the extra ray")
    out = tmp_path / "runs"
    result = sdnn_process("tune", tmp_path / "grid.toml", "--out", out, "--jobs", "1")
    assert result.returncode == ExitCode.OK
    assert_one_line(result.stderr, "training 2 recipes")
    rows = [line.split("\t") for line in result.stdout.decode().splitlines()]
    assert [row[0] for row in rows] == [str(out / trial.name) for trial in trials]
    for trial, (_, accuracy) in zip(trials, rows, strict=True):
        run = ReaderRun.finished(out / trial.name)
        assert run.recipe == trial.recipe
        assert float(accuracy) == pytest.approx(run.metrics()[-1]["accuracy"], abs=1e-4)
        before = run.model.stat().st_mtime_ns
        assert train_one(trial, out, None, 1) == {"accuracy": run.metrics()[-1]["accuracy"]}
        assert run.model.stat().st_mtime_ns == before


def test_runs_of_another_grid_are_not_gone_on_with(trials: list[Trial], tmp_path: Path) -> None:
    first, second = trials
    check_folders(trials, tmp_path)
    assert isinstance(second.recipe, type(first.recipe))
    ReaderRun.begin(tmp_path / first.name, second.recipe, {})  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="another recipe; give another --out"):
        check_folders(trials, tmp_path)
    assert "another recipe" in train_one(first, tmp_path, None, 1)["reason"]


def test_failures_are_one_line() -> None:
    raise_failures([Outcome(Path("a"), 0.5)])
    with pytest.raises(WorkerError, match="1 of 2 trainings failed, first b: no data"):
        raise_failures([Outcome(Path("a"), 0.5), Outcome(Path("b"), None, "no data")])


def test_a_broken_grid_is_refused_before_ray_starts(tmp_path: Path) -> None:
    (tmp_path / "grid.toml").write_text("sed = 3\n")
    result = sdnn("tune", tmp_path / "grid.toml")
    assert result.returncode == ExitCode.USAGE
    assert_one_line(result.stderr, "no option sed")
