"""A training that is killed at any write leaves what it can be resumed from, to the same bits."""

import json
import os
from pathlib import Path

import pytest
from helpers.deadlines import run_python
from helpers.small_models import VERSIONS

TESTS = Path(__file__).parents[1]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork"),
]


def test_a_training_killed_at_any_write_goes_on_to_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(TESTS), str(TESTS.parent)]))
    model = VERSIONS[-1] / "run" / "model.onnx"
    result = run_python("-m", "helpers.killed_training", tmp_path, model)
    assert result.returncode == 0, result.stderr.decode()
    differences = json.loads(result.stdout)
    assert len(differences) > 15
    assert {kill: found for kill, found in differences.items() if found} == {}
