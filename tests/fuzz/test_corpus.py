"""Every file of the corpus, and every finding of the past, goes through its target."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from fuzz.execution import Judge, streams_into
from fuzz.target import CORPUS, FOUND, corpus, files, targets

KEPT: Final = [path for root in (CORPUS, FOUND) for name in sorted(targets()) for path in files(root / name)]
ROOT: Final = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "path", KEPT, ids=lambda path: f"{path.parent.parent.name}-{path.parent.name}-{path.name}"
)
def test_a_kept_input_ends_as_it_should(path: Path, tmp_path: Path) -> None:
    target, scratch = replace(targets()[path.parent.name], cpu_s=60), tmp_path / "scratch"  # torch is loaded
    scratch.mkdir()
    with streams_into(tmp_path / "streams") as streams:
        judge = Judge(target, scratch, streams, warm_up=False)
        finding = judge(path.read_bytes()).finding
    assert finding is None, f"{finding.kind} {finding.place}\n{finding.detail}"


def test_kept_inputs_belong_to_targets_and_are_small() -> None:
    folders = {path for root in (CORPUS, FOUND) if root.exists() for path in root.iterdir() if path.is_dir()}
    assert {path.name for path in folders} <= set(targets())
    sizes = [path.stat().st_size for path in KEPT]
    assert max(sizes) < 12_000
    assert sum(sizes) < 300_000


@pytest.mark.parametrize("name", sorted(targets()))
def test_an_input_follows_from_target_seed_and_number(name: str) -> None:
    target = targets()[name]
    inputs = [target.input(7, number) for number in range(5)]
    assert inputs == [target.input(7, number) for number in range(5)]
    assert len({*inputs, target.input(8, 0), *corpus(name)}) > len(corpus(name))


@pytest.mark.slow
def test_a_campaign_over_one_target_counts_its_executions() -> None:
    command = [sys.executable, "-m", "fuzz", "--target", "picture-ppm", "--seconds", "1", "--jobs", "1"]
    result = subprocess.run(
        command, cwd=ROOT / "tests", capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode == 0, result.stderr + result.stdout
    name, count, *_ = result.stdout.split()
    assert name == "picture-ppm"
    assert int(count.replace(",", "")) > 10
