import hashlib
import json
import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from command import SDNN, assert_one_line, sdnn

from sdnn.datasets.mnist import Mnist
from sdnn.datasets.strips import Layout, random_strip
from sdnn.detection import Detector
from sdnn.errors import ExitCode
from sdnn.models.checkpoint import write_onnx_metadata
from sdnn.models.engine import BUNDLED, Engine
from sdnn.models.inspection import DIGIT_PX, STRIP_PX
from sdnn.models.lenet import LENET
from sdnn.reading.preprocessor import PreProcessor


def shown(*arguments: object) -> str:
    result = sdnn("model", "show", *arguments)
    assert result.returncode == ExitCode.OK, result.stderr
    assert result.stderr == b""
    return result.stdout.decode()


def described(path: Path, **changes: Any) -> Path:
    """The bundled model with another description."""
    path.write_bytes(BUNDLED.read_bytes())
    write_onnx_metadata(path, replace(Engine().metadata, **changes))
    return path


def value(text: str, name: str) -> str:
    """What stands beside a name, on the one line that begins with it."""
    (found,) = re.findall(rf"^{re.escape(name)}  +(.+)$", text, flags=re.MULTILINE)
    return str(found)


def test_the_bundled_model_is_shown_by_default() -> None:
    text = shown()
    assert value(text, "name") == "sdnn"
    assert value(text, "file") == str(BUNDLED)
    assert value(text, "bytes") == f"{BUNDLED.stat().st_size:,}"
    assert value(text, "sha256") == hashlib.sha256(BUNDLED.read_bytes()).hexdigest()
    assert value(text, "window") == "68 px"
    assert value(text, "parameters") == "846,715"
    assert value(text, "strip of 5 digits") == "201 px, 34 columns"
    assert value(text, "multiplications") == "78,285,696"
    assert value(text, "multiplications of all windows").endswith("7.2 times the sweep")
    assert value(text, "recipe.channels") == "[16, 32, 64, 96, 160, 192]"
    assert len(re.findall(r"^data\..* [0-9a-f]{64}$", text, flags=re.MULTILINE)) == 9


def test_there_is_a_row_for_each_layer() -> None:
    rows = re.findall(r"^(?:convolution|pooling) .*$", shown(), flags=re.MULTILINE)
    assert len(rows) == 9
    assert rows[0].split() == ["convolution", "6x6", "1", "16", "22x32", "592", "1,241,856", "1.6"]
    assert rows[2].split() == ["pooling", "2x2", "10x15", "0", "0", "0.0"]
    assert sum(float(row.split()[-1]) for row in rows) == pytest.approx(100, abs=0.2)


def test_the_record_says_the_same() -> None:
    text = shown("--json")
    assert text.count("\n") == 1
    record = json.loads(text)
    engine = Engine()
    metadata = engine.metadata
    assert (record["name"], record["sha256"]) == (metadata.name, engine.sha256)
    assert (record["file"], record["bytes"]) == (str(BUNDLED), BUNDLED.stat().st_size)
    assert record["geometry"]["height_px"] == 48
    assert record["geometry"]["columns_per_digit"] == 5.85
    assert record["parameters"] == sum(layer["parameters"] for layer in record["layers"]) == 846_715
    counts = record["multiplications"]
    assert counts["swept"] == sum(layer["multiplications"] for layer in record["layers"])
    assert counts["per_column"] == round(counts["swept"] / counts["columns"])
    assert counts["ratio"] == round(counts["columns"] * counts["window"] / counts["swept"], 2)
    for name in ("temperature", "recipe", "data", "card"):
        assert record[name] == getattr(metadata, name)


def test_a_model_of_other_channels_is_counted_with_them(tmp_path: Path) -> None:
    recipe = {"channels": [3, 5, 4, 6, 8, 7]}
    record = json.loads(shown(described(tmp_path / "model.onnx", recipe=recipe), "--json"))
    assert [layer.get("channels_out") for layer in record["layers"]] == [3, 5, None, 4, 6, 8, 7, 7, 11]


def test_a_model_that_names_no_channels_has_the_usual_ones(tmp_path: Path) -> None:
    text = shown(described(tmp_path / "model.onnx", recipe={}))
    assert value(text, "parameters") == "846,715"
    assert value(text, "recipe") == "{}"


def test_the_figures_of_its_card_are_shown(tmp_path: Path) -> None:
    card = {"strings": {"accuracy": 0.975}, "note": "two\nlines"}
    text = shown(described(tmp_path / "model.onnx", card=card, name="mine"))
    assert value(text, "name") == "mine"
    assert value(text, "card.strings.accuracy") == "0.975"
    assert value(text, "card.note") == r'"two\nlines"'


def test_the_model_that_reading_takes_is_the_one_shown(tmp_path: Path) -> None:
    path = described(tmp_path / "model.onnx", name="mine")
    result = subprocess.run(
        [SDNN, "model", "show"], env={**os.environ, "SDNN_MODEL": str(path)}, capture_output=True, check=True
    )
    assert value(result.stdout.decode(), "file") == str(path)


@pytest.mark.parametrize("content", [None, b"", b"no model"])
def test_a_file_that_is_no_model_is_one_line_and_exit_code_6(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "model.onnx"
    if content is not None:
        path.write_bytes(content)
    result = sdnn("model", "show", path)
    assert result.returncode == ExitCode.MODEL
    assert result.stdout == b""
    assert_one_line(result.stderr, str(path))


@pytest.mark.parametrize(
    "changes",
    [
        {"geometry": replace(LENET.geometry, window_px=30)},
        {"recipe": {"channels": [16, 32]}},
        {"recipe": {"channels": "123456"}},
        {"recipe": {"channels": None}},
        {"recipe": {"channels": [16, 32, 64, 96, 160, 0]}},
    ],
    ids=str,
)
def test_a_net_whose_layers_are_not_known_is_one_line_and_exit_code_6(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    result = sdnn("model", "show", described(tmp_path / "model.onnx", **changes))
    assert result.returncode == ExitCode.MODEL
    assert_one_line(result.stderr, "another architecture")


def test_a_file_of_others_is_one_line_and_exit_code_6(tmp_path: Path) -> None:
    model = onnx.load_model(BUNDLED)
    del model.metadata_props[:]
    onnx.save_model(model, tmp_path / "model.onnx")
    result = sdnn("model", "show", tmp_path / "model.onnx")
    assert result.returncode == ExitCode.MODEL
    assert_one_line(result.stderr, "not a model of sdnn")


def test_model_alone_lists_its_commands() -> None:
    assert "show" in sdnn("model").stdout.decode()


def test_a_strip_of_five_digits_is_as_wide_as_is_said(mnist: Mnist) -> None:
    rng = np.random.default_rng(0)
    preprocessor = PreProcessor(Detector())
    widths = []
    for _ in range(200):
        (line,) = preprocessor.page(random_strip(mnist, Layout(), rng).page, "strip").lines
        widths.append(line.outputs[0].strip.ink.shape[1])
    paper_px = 2 * (LENET.geometry.window_px // 2 + 2 * LENET.geometry.stride_px)
    assert abs(np.median(widths) - STRIP_PX) <= 3
    assert pytest.approx((STRIP_PX - paper_px) / 5) == DIGIT_PX
