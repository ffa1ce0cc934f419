"""Files of former versions load in this one and answer the same, or are refused with a sentence."""

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from helpers.small_models import VERSIONS, answers

from sdnn.detection import Detector
from sdnn.enums import Stage
from sdnn.errors import ModelError
from sdnn.models.checkpoint import load_net, load_tensors, save_tensors
from sdnn.models.engine import Engine
from sdnn.models.metadata import METADATA_KEY, SCHEMA
from sdnn.training import loop
from sdnn.training.reader_run import ReaderRun
from sdnn.training.state import TrainingState

pytestmark = pytest.mark.parametrize("version", VERSIONS, ids=lambda path: path.name)


def test_models_answer_as_they_did(version: Path) -> None:
    expected = json.loads((version / "answers.json").read_text())
    found = answers(version)
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, atol=1e-5, rtol=0)


def test_a_net_for_further_training_loads(version: Path) -> None:
    _, metadata = load_net(version / "run" / "model.safetensors")
    assert metadata == Engine(version / "run" / "model.onnx").metadata


def test_a_finished_run_and_its_checkpoint_load(version: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(version / "run", folder)  # loading a checkpoint writes the metrics again
    run = ReaderRun.finished(folder)
    assert run.recipe.strings
    assert [(line["stage"], line["step"]) for line in run.metrics()] == [("strings", 2), ("strings", 4)]
    run.check_start()
    assert run.reached() == Stage.STRINGS
    net, mean = (run.load(run.start) for _ in range(2))
    state = TrainingState(net, loop._optimizer(net, run.recipe.strings), mean)
    assert run.load_checkpoint(Stage.STRINGS, state) == 4
    exported, _ = load_net(folder / "model.safetensors")
    torch.testing.assert_close(mean.state_dict(), exported.state_dict(), atol=0, rtol=0)


def test_files_of_a_schema_to_come_are_refused_with_a_sentence(version: Path, tmp_path: Path) -> None:
    def newer(description: str) -> str:
        return json.dumps(json.loads(description) | {"schema": SCHEMA + 1, "optics": {"lens": "new"}})

    for source, load in (("run/model.onnx", Engine), ("detector.onnx", Detector)):
        model = onnx.load_model(version / source)
        (entry,) = model.metadata_props
        entry.value = newer(entry.value)
        path = tmp_path / "newer.onnx"
        onnx.save_model(model, path)
        with pytest.raises(ModelError, match=f"schema {SCHEMA + 1}, not {SCHEMA}; use its sdnn version"):
            load(path)
    tensors, entries = load_tensors(version / "run" / "model.safetensors")
    path = tmp_path / "newer.safetensors"
    save_tensors(path, tensors, {METADATA_KEY: newer(entries[METADATA_KEY])})
    with pytest.raises(ModelError, match="use its sdnn version"):
        load_net(path)
