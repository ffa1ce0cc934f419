"""The bundled model is what its card says."""

import json
import re
from dataclasses import replace
from pathlib import Path

import onnx
import pytest

from sdnn.detection import Detector
from sdnn.enums import Source
from sdnn.models.checkpoint import load_net
from sdnn.models.engine import BUNDLED, Engine
from sdnn.training.detector_recipe import DetectorRecipe
from sdnn.training.reader_recipe import Recipe, chosen_recipe

WEIGHTS = BUNDLED.parent
ROOT = WEIGHTS.parents[1]


def test_it_was_trained_by_the_command_that_the_makefile_names_with_todays_recipe() -> None:
    record = json.loads((WEIGHTS / "run.json").read_text())
    assert f"$(BIN)/{record['command']}\n" in (ROOT / "Makefile").read_text()
    options = dict(re.findall(r"--([a-z-]+) (\S+)", record["command"]))
    todays = chosen_recipe(
        source=Source(options["source"]),
        seed=int(options["seed"]),
        strips=int(options["strips"]),
        fine_tune="init-from" in options,
    )
    recipe = Recipe.from_record(record["recipe"])
    assert recipe.start
    assert recipe == replace(todays, start=recipe.start)


def test_both_files_and_the_record_of_its_training_describe_it_alike() -> None:
    _, metadata = load_net(WEIGHTS / "sdnn.safetensors")
    assert metadata == Engine().metadata
    record = json.loads((WEIGHTS / "run.json").read_text())
    assert (record["recipe"], record["data"]) == (metadata.recipe, metadata.data)


def test_the_record_of_the_detectors_training_describes_it() -> None:
    record, metadata = json.loads((WEIGHTS / "detector-run.json").read_text()), Detector().metadata
    assert (record["recipe"], record["data"]) == (metadata.recipe, metadata.data)
    assert DetectorRecipe.from_record(record["recipe"])


def test_it_carries_the_checksums_of_its_data() -> None:
    assert len(Engine().metadata.data) == 9  # four files of MNIST, five categories of UNIPEN
    assert all(len(checksum) == 64 for checksum in Engine().metadata.data.values())


@pytest.mark.parametrize("path", sorted(WEIGHTS.iterdir()), ids=lambda path: path.name)
def test_no_file_names_a_place_on_the_machine_that_made_it(path: Path) -> None:
    content = path.read_bytes()
    for place in (str(WEIGHTS.parents[1]), str(Path.home()), "site-packages", "/home/"):
        assert f"{place}/".replace("//", "/").encode() not in content


def test_it_is_small() -> None:
    assert BUNDLED.stat().st_size < 4 * 2**20
    assert not onnx.load_model(BUNDLED).graph.node[0].metadata_props
