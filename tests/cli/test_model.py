import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from helpers.cli_runner import assert_one_line, sdnn, sdnn_process

from sdnn.datasets.mnist import Mnist
from sdnn.datasets.strips import Layout, random_strip
from sdnn.detection import Detector
from sdnn.errors import ExitCode
from sdnn.models.architecture import Convolution
from sdnn.models.checkpoint import write_onnx_metadata
from sdnn.models.engine import BUNDLED, Engine
from sdnn.models.inspection import DIGIT_HEIGHTS, strip_px
from sdnn.models.lenet import LENET
from sdnn.reading.preprocessor import PreProcessor

STRIP_PX = strip_px(LENET.geometry)
DIGIT_PX = round(DIGIT_HEIGHTS * LENET.geometry.text_height_px, 1)
PARAMETERS = sum(layer.parameters for layer in LENET.layers)


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
    columns, swept = LENET.geometry.columns(STRIP_PX), sum(LENET.macs(STRIP_PX))
    windows = columns * sum(LENET.macs(LENET.geometry.window_px))
    assert value(text, "window") == f"{LENET.geometry.window_px} px"
    assert value(text, "parameters") == f"{PARAMETERS:,}"
    assert value(text, "strip of 5 digits") == f"{STRIP_PX} px, {columns} columns"
    assert value(text, "multiplications") == f"{swept:,}"
    assert value(text, "multiplications of all windows").endswith(f"{windows / swept:.1f} times the sweep")
    assert value(text, "recipe.channels") == str([*LENET.channels])
    for name, checksum in Engine().metadata.data.items():
        assert value(text, f"data.{name}") == f"{checksum[:16]}…"


def test_there_is_a_row_for_each_layer() -> None:
    rows = re.findall(r"^(?:convolution|pooling) .*$", shown(), flags=re.MULTILINE)
    counts = LENET.macs(STRIP_PX)
    sizes = LENET.map_sizes(LENET.geometry.window_px)[1:]
    for row, layer, (height, width), count in zip(rows, LENET.layers, sizes, counts, strict=True):
        maps = [f"{layer.channels_in}", f"{layer.channels_out}"] if isinstance(layer, Convolution) else []
        assert row.split() == [
            type(layer).__name__.lower(),
            f"{layer.rows}x{layer.columns}",
            *maps,
            f"{height}x{width}",
            f"{layer.parameters:,}",
            f"{count:,}",
            f"{100 * count / sum(counts):.1f}",
        ]


def test_the_record_says_the_same() -> None:
    text = shown("--json")
    assert text.count("\n") == 1
    record = json.loads(text)
    engine = Engine()
    metadata = engine.metadata
    assert (record["name"], record["sha256"]) == (metadata.name, engine.sha256)
    assert (record["file"], record["bytes"]) == (str(BUNDLED), BUNDLED.stat().st_size)
    assert record["geometry"]["height_px"] == LENET.geometry.height_px
    assert record["geometry"]["columns_per_digit"] == DIGIT_PX / LENET.geometry.stride_px
    assert record["parameters"] == sum(layer["parameters"] for layer in record["layers"]) == PARAMETERS
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
    assert value(text, "parameters") == f"{PARAMETERS:,}"
    assert value(text, "recipe") == "{}"


def test_the_figures_of_its_card_are_shown(tmp_path: Path) -> None:
    card = {"strings": {"accuracy": 0.975}, "note": "two\nlines"}
    text = shown(described(tmp_path / "model.onnx", card=card, name="mine"))
    assert value(text, "name") == "mine"
    assert value(text, "card.strings.accuracy") == "0.975"
    assert value(text, "card.note") == r'"two\nlines"'


def test_the_model_that_reading_takes_is_the_one_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = described(tmp_path / "model.onnx", name="mine")
    monkeypatch.setenv("SDNN_MODEL", str(path))
    result = sdnn_process("model", "show")
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


def test_a_net_of_another_window_than_it_says_is_one_line_and_exit_code_6(tmp_path: Path) -> None:
    path = described(tmp_path / "model.onnx", geometry=replace(LENET.geometry, window_px=67))
    result = sdnn("model", "show", path)
    assert result.returncode == ExitCode.MODEL
    assert_one_line(result.stderr, "inputs and outputs")


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
