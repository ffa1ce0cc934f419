import json
import pickle
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pytest
from helpers.deadlines import run_python
from onnx import TensorProto, helper, numpy_helper

from sdnn.detection import Detector
from sdnn.detection.detector import BUNDLED, CONTRAST_PX
from sdnn.detection.maps import HEIGHTS_PX, STRIDE_PX
from sdnn.errors import ModelError, UnreadableInput
from sdnn.models.checkpoint import write_onnx_metadata
from sdnn.models.engine import BUNDLED as READER
from sdnn.models.engine import Engine
from sdnn.models.lenet import LENET
from sdnn.models.metadata import (
    DETECTOR_MAPS,
    DETECTOR_MULTIPLE_PX,
    METADATA_KEY,
    DetectorMetadata,
    ReaderMetadata,
)
from sdnn.training.detector_recipe import DetectorRecipe

METADATA = DetectorMetadata("blind", STRIDE_PX, HEIGHTS_PX, CONTRAST_PX, card={"note": "sees nothing"})


def blind(
    path: Path,
    metadata: DetectorMetadata | None = METADATA,
    names: Mapping[str, str] = MappingProxyType({}),
) -> Path:
    """A detector that sees nothing anywhere.

    Args:
        path: Where it goes.
        metadata: What it says of itself, if anything.
        names: Other names for `contrast`, `maps` and `ink`.
    """
    contrast, maps, ink = (names.get(name, name) for name in ("contrast", "maps", "ink"))
    bias = np.where(np.arange(DETECTOR_MAPS) < 5, -20.0, 0.0).astype(np.float32)
    kernel = np.zeros((DETECTOR_MAPS, 1, STRIDE_PX, STRIDE_PX), np.float32)
    constants: dict[str, npt.NDArray[Any]] = {
        "kernel": kernel,
        "bias": bias,
        "dot": np.zeros((1, 1, 1, 1), np.float32),
        "far": np.full(1, -20, np.float32),
        "axis": np.ones(1, np.int64),
    }
    stride = (metadata or METADATA).stride_px
    nodes = [
        helper.make_node("Conv", [contrast, "kernel", "bias"], [maps], strides=[stride, stride]),
        helper.make_node("Conv", [contrast, "dot", "far"], ["nothing"]),
        helper.make_node("Squeeze", ["nothing", "axis"], [ink]),
    ]
    graph = helper.make_graph(
        nodes,
        "blind",
        [helper.make_tensor_value_info(contrast, TensorProto.FLOAT, ["B", 1, "H", "W"])],
        [
            helper.make_tensor_value_info(maps, TensorProto.FLOAT, ["B", DETECTOR_MAPS, "h", "w"]),
            helper.make_tensor_value_info(ink, TensorProto.FLOAT, ["B", "H", "W"]),
        ],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    onnx.save_model(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), path
    )
    if metadata:
        write_onnx_metadata(path, metadata)
    return path


def refusal(path: Path, load: Callable[[Path], object] = Detector) -> str:
    with pytest.raises(ModelError) as caught:
        load(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message


def test_a_detector_knows_the_description_and_checksum_of_its_file(tmp_path: Path) -> None:
    detector = Detector(blind(tmp_path / "blind.onnx"))
    assert detector.metadata == METADATA
    assert len(detector.sha256) == 64


@pytest.mark.parametrize("shape", [(1, 1), (40, 300), (200, 31), (257, 400)])
def test_a_detector_that_sees_nothing_finds_no_line_on_pictures_of_any_size(
    tmp_path: Path, shape: tuple[int, int]
) -> None:
    detections = Detector(blind(tmp_path / "blind.onnx"))(np.full(shape, 0.7, np.float32))
    assert detections.lines == ()
    for maps in detections.levels:
        assert tuple(STRIDE_PX * length for length in maps.line.shape) == maps.ink.shape
        assert all(length % DETECTOR_MULTIPLE_PX == 0 for length in maps.ink.shape)


@pytest.mark.parametrize("brightness", [0.0, 0.5, 1.0])
def test_a_blank_page_has_no_line(brightness: float) -> None:
    assert Detector(threads=1)(np.full((300, 220), brightness, np.float32)).lines == ()


def test_in_another_process_it_is_the_same_and_has_one_thread(tmp_path: Path) -> None:
    there = pickle.loads(pickle.dumps(Detector(blind(tmp_path / "blind.onnx"))))
    assert isinstance(there, Detector)
    assert there.metadata == METADATA
    assert there._session.get_session_options().intra_op_num_threads == 1


@pytest.mark.slow
def test_detecting_does_not_import_torch() -> None:
    script = (
        "import sys; import numpy as np; from sdnn.detection import Detector\n"
        "Detector()(np.ones((40, 90), np.float32))\n"
        "assert 'torch' not in sys.modules and 'onnx' not in sys.modules"
    )
    result = run_python("-c", script)
    assert result.returncode == 0, result.stderr


# Files that are no detector.


def test_a_missing_detector_is_a_model_error(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "none.onnx")
    assert "--net detector" in refusal(tmp_path / "none.onnx")
    refusal(tmp_path)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.99])
def test_a_truncated_detector_is_a_model_error(tmp_path: Path, share: float) -> None:
    content = blind(tmp_path / "blind.onnx").read_bytes()
    path = tmp_path / "half.onnx"
    path.write_bytes(content[: int(share * len(content))])
    refusal(path)


def test_a_file_that_is_no_onnx_is_a_model_error(tmp_path: Path) -> None:
    path = tmp_path / "notes.onnx"
    path.write_text("no model here\n")
    assert "not an ONNX model" in refusal(path)


def test_a_detector_that_says_nothing_of_itself_is_a_model_error(tmp_path: Path) -> None:
    assert "no description" in refusal(blind(tmp_path / "silent.onnx", metadata=None))


def test_reader_and_detector_are_told_apart(tmp_path: Path) -> None:
    assert "no detector" in refusal(READER)
    assert "is a detector" in refusal(blind(tmp_path / "blind.onnx"), Engine)


@pytest.mark.parametrize(
    "changes",
    [{"stride_px": 8}, {"heights_px": (10.0, 20.0)}, {"contrast_px": 33}],
    ids=["stride", "heights", "contrast"],
)
def test_a_detector_for_other_sizes_is_a_model_error(tmp_path: Path, changes: Mapping[str, Any]) -> None:
    path = blind(tmp_path / "other.onnx", replace(METADATA, **changes))
    assert "its sdnn version" in refusal(path)


@pytest.mark.parametrize("names", [{"contrast": "strips"}, {"maps": "logits"}, {"ink": "paint"}])
def test_a_net_with_other_inputs_or_outputs_is_a_model_error(tmp_path: Path, names: dict[str, str]) -> None:
    assert "inputs and outputs" in refusal(blind(tmp_path / "other.onnx", names=names))


# What a detector's file says of itself.


def entry(**changes: object) -> dict[str, str]:
    """The metadata of METADATA with other entries; None takes one away."""
    entries = json.loads(METADATA.to_entries()[METADATA_KEY]) | changes
    return {METADATA_KEY: json.dumps({key: value for key, value in entries.items() if value is not None})}


def test_a_description_survives_the_metadata() -> None:
    assert DetectorMetadata.from_entries(METADATA.to_entries(), "some.onnx") == METADATA
    entries = json.loads(METADATA.to_entries()[METADATA_KEY])
    assert entries["kind"] == "detector"
    assert entries.keys() == {
        *("schema", "kind", "name", "stride_px", "heights_px", "contrast_px"),
        *("recipe", "data", "card"),
    }


@pytest.mark.parametrize(
    "entries",
    [
        None,
        {},
        {METADATA_KEY: "{"},
        {METADATA_KEY: "[]"},
        {METADATA_KEY: "3"},
        ReaderMetadata("reader", LENET.geometry).to_entries(),
        entry(schema=None),
        entry(kind="reader"),
        entry(name=None),
        entry(stride_px=0),
        entry(heights_px=[24, 12]),
        entry(heights_px=[12]),
        entry(contrast_px="wide"),
        entry(voltage=5),
        entry(card="text"),
    ],
)
def test_a_file_without_a_detectors_description_says_how_to_make_one(entries: dict[str, str] | None) -> None:
    def load(path: Path) -> object:
        return DetectorMetadata.from_entries(entries, str(path))

    assert "sdnn train --net detector" in refusal(Path("some.onnx"), load)


def test_a_description_of_another_schema_asks_for_the_sdnn_that_wrote_it() -> None:
    with pytest.raises(ModelError, match="schema 7"):
        DetectorMetadata.from_entries(entry(schema=7), "some.onnx")


def test_the_bundled_detector_is_small_and_says_what_it_was_trained_on() -> None:
    assert BUNDLED.stat().st_size < 2**20
    metadata = Detector().metadata
    assert {name.split("/")[0] for name in metadata.data} >= {"unipen", "train-images-idx3-ubyte"}
    assert all(len(checksum) == 64 for checksum in metadata.data.values())
    assert DetectorRecipe.from_record(metadata.recipe).steps > 0


@pytest.mark.parametrize("shape", [(1, 3_000_000), (3_000_000, 1)])
def test_a_picture_that_is_too_long_for_its_other_side_is_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(UnreadableInput, match=r"^too long for its other side; cut it into pieces$"):
        Detector(threads=1)(np.ones(shape, np.float32))


def test_a_scale_beyond_the_budget_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blank = np.ones((200, 300), np.float32)
    detector = Detector(blind(tmp_path / "detector.onnx"))
    monkeypatch.setattr("sdnn.detection.detector.MAX_SWEPT_PX", 0)
    monkeypatch.setattr("sdnn.detection.detector._area_closer", lambda _, whole: whole)
    assert len(detector(blank).levels) == 5
    monkeypatch.setattr("sdnn.detection.detector.MAX_LEVEL_PIXELS", 50_000)
    assert [round(maps.picture_px) for maps in detector(blank).levels] == [8, 4, 2]
