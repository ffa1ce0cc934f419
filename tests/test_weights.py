"""The bundled model is what its card says."""

import json
import re
from pathlib import Path

import onnx
import pytest

from sdnn.enums import Source
from sdnn.models.checkpoint import load_net
from sdnn.models.engine import BUNDLED, Engine
from sdnn.training.reader_recipe import Recipe, chosen_recipe

WEIGHTS = BUNDLED.parent
ROOT = WEIGHTS.parents[1]


def test_it_was_trained_by_the_command_that_the_makefile_names_with_todays_recipe() -> None:
    record = json.loads((WEIGHTS / "run.json").read_text())
    command = record["command"]
    assert f"$(BIN)/{command}\n" in (ROOT / "Makefile").read_text()
    strips = int(re.findall(r"--strips (\d+)", command)[0])
    assert Recipe.from_record(record["recipe"]) == chosen_recipe(source=Source.HANDS, seed=7, strips=strips)


def test_both_files_describe_themselves_alike() -> None:
    _, metadata = load_net(WEIGHTS / "sdnn.safetensors")
    assert metadata == Engine().metadata


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
