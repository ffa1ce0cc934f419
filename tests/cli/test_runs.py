import json
from pathlib import Path

import pytest
from helpers.cli_runner import assert_one_line, sdnn
from helpers.run_folders import run_folder

from sdnn.errors import ExitCode


@pytest.fixture(autouse=True)
def own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "user"))
    monkeypatch.chdir(tmp_path)


def test_without_runs_it_is_said_how_to_make_one() -> None:
    result = sdnn("runs")
    assert (result.returncode, result.stdout) == (ExitCode.OK, b"")
    assert_one_line(result.stderr, "sdnn train")


def test_runs_are_listed_oldest_first(tmp_path: Path) -> None:
    run_folder(tmp_path / "runs" / "a", started="2026-11-30T00:00:00+00:00")
    run_folder(tmp_path / "runs" / "b")
    head, *rows = sdnn("runs").stdout.decode().splitlines()
    assert head.split()[:4] == ["run", "state", "accuracy", "%"]
    assert [row.split()[:3] for row in rows] == [["b", "interrupted", "75.0"], ["a", "interrupted", "75.0"]]
    assert sdnn("runs", "runs").stdout == sdnn("runs", tmp_path / "runs").stdout == sdnn("runs").stdout
    records = [json.loads(line) for line in sdnn("runs", "--json").stdout.splitlines()]
    assert [record["name"] for record in records] == ["b", "a"]
    assert records[0]["recipe"]["strings"]["examples"] == 16


def test_a_damaged_run_is_one_line_and_the_others_are_listed(tmp_path: Path) -> None:
    run_folder(tmp_path / "runs" / "a")
    (tmp_path / "runs" / "b").mkdir()
    (tmp_path / "runs" / "b" / "run.json").write_text("{")
    result = sdnn("runs")
    assert_one_line(result.stderr, "damaged")
    assert len(result.stdout.splitlines()) == 2


def test_a_folder_that_is_missing_is_refused() -> None:
    result = sdnn("runs", "missing")
    assert result.returncode == ExitCode.USAGE
    assert_one_line(result.stderr, "missing")


def test_two_runs_are_compared_by_name(tmp_path: Path) -> None:
    run_folder(tmp_path / "runs" / "a")
    run_folder(tmp_path / "runs" / "b", (0.9,), {"seed": 7})
    lines = [line.split() for line in sdnn("runs", "compare", "a", "b").stdout.decode().splitlines()]
    assert lines[0] == ["a", "b"]
    assert ["recipe.seed", "3", "7"] in lines
    assert ["metrics.accuracy", "0.75", "0.9"] in lines
    rows = [json.loads(line) for line in sdnn("runs", "compare", "a", "b", "--json").stdout.splitlines()]
    assert {"name": "recipe.seed", "first": "3", "second": "7"} in rows
    result = sdnn("runs", "compare", "a", "c")
    assert result.returncode == ExitCode.USAGE
    assert_one_line(result.stderr, "there are: a, b")
