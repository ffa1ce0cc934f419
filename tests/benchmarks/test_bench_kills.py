"""A dozen kills, and full disks, of commands that write; `make kills` has 200 and trainings, too."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from bench_kills import FAULTS, Row, measure, window, write_figures
from kill_cases import met

WRITE = "open('a', 'w').write('123456'); import os; os.replace('a', 'b')"


def _run(folder: Path, **faults: object) -> tuple[int, list[str]]:
    """A process that writes a file and renames it, with faults; exit code and operations."""
    settings = json.dumps({"log": str(folder / "log"), "under": str(folder), **faults})
    environment = os.environ | {"SDNN_FAULTS": settings, "PYTHONPATH": str(FAULTS)}
    work = folder / "work"
    work.mkdir()
    result = subprocess.run(
        [sys.executable, "-c", WRITE],
        cwd=work,
        env=environment,
        check=False,
        timeout=60,
        stderr=subprocess.DEVNULL,
    )
    return result.returncode, (folder / "log").read_text().splitlines()


@pytest.mark.slow
def test_operations_are_numbered_and_a_process_is_killed_in_the_middle_of_a_write(tmp_path: Path) -> None:
    for name in ("whole", "killed", "full"):
        (tmp_path / name).mkdir()
    code, operations = _run(tmp_path / "whole")
    assert code == 0
    assert met(operations) == ["open 'a'", "write 'a'", "half a write 'a'", "replace 'a'"]
    code, operations = _run(tmp_path / "killed", kill_at=3)
    assert code == -9
    assert window(operations) == "in half a write a"
    assert (tmp_path / "killed" / "work" / "a").read_text() == "123"
    code, operations = _run(tmp_path / "full", full_at=4)
    assert code == 1
    assert not (tmp_path / "full" / "work" / "b").exists()


@pytest.mark.slow
def test_killed_commands_leave_whole_files_and_go_on_to_the_same_end(tmp_path: Path) -> None:
    rows = measure(8, 3, 1, r"out\.csv|csv of", tmp_path)
    assert len(rows) == 2
    # Hidden files that a killed process leaves are for `make kills` to count.
    wrong = [each for row in rows for each in row.violations if not each.startswith("stray")]
    assert wrong == []
    assert sum(row.kills + row.signals for row in rows) >= 6
    assert all(row.full for row in rows)


def test_the_figures_name_kills_windows_and_violations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench_kills.HERE", tmp_path)
    row = Row("synth", kills=3, signals=1, full=2, violations=["stray"])
    row.windows.update(["in fsync PID-a", "in fsync PID-a", "after replace a"])
    write_figures([row], 1)
    assert json.loads((tmp_path / "kills.json").read_text())["rows"][0]["windows"]["in fsync PID-a"] == 2
    assert "| synth | 3 | 1 | 2 | 2 | 1 |" in (tmp_path / "kills.md").read_text()
