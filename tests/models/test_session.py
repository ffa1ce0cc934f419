"""A stranger's model is refused in one sentence, before it can do anything."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from helpers.deadlines import run_python
from helpers.small_models import VERSIONS
from onnx import TensorProto, helper, numpy_helper

from sdnn.detection import Detector
from sdnn.errors import ModelError
from sdnn.models.engine import Engine
from sdnn.models.metadata import METADATA_KEY
from sdnn.models.onnx_graph import check_graph, onnx_parts

READER = VERSIONS[-1] / "run" / "model.onnx"
DETECTOR = VERSIONS[-1] / "detector.onnx"
Change = Callable[[onnx.ModelProto], Any]


def changed(source: Path, change: Change) -> bytes:
    model = onnx.load_model(source)
    change(model)
    content: bytes = model.SerializeToString()
    return content


def refusal(path: Path, load: Callable[[Path], object] = Engine) -> str:
    with pytest.raises(ModelError) as caught:
        load(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert message.isprintable()
    assert len(message) < 800
    return message


def node(model: onnx.ModelProto, operator: str) -> Any:
    return next(each for each in model.graph.node if each.op_type == operator)


def attribute(model: onnx.ModelProto, operator: str, name: str) -> Any:
    return next(each for each in node(model, operator).attribute if each.name == name)


def kernel(model: onnx.ModelProto) -> Any:
    return next(each for each in model.graph.initializer if len(each.dims) == 4)


def spoilt(model: onnx.ModelProto, value: float) -> None:
    values = numpy_helper.to_array(kernel(model)).copy()
    values.flat[0] = value
    kernel(model).CopyFrom(numpy_helper.from_array(values, kernel(model).name))


def with_loop(model: onnx.ModelProto) -> None:
    """A loop that never ends."""
    body = helper.make_graph([], "body", [], [])
    model.graph.node.append(helper.make_node("Loop", ["", ""], ["never"], body=body))


def with_external_data(model: onnx.ModelProto) -> None:
    tensor = kernel(model)
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="weights.bin")


def with_function(model: onnx.ModelProto) -> None:
    model.functions.append(
        helper.make_function("mine", "twice", ["x"], ["y"], [], [helper.make_opsetid("", 20)])
    )


def renamed(model: onnx.ModelProto, name: str) -> None:
    model.graph.input[0].name = name
    node(model, "Unsqueeze").input[0] = name


def described(model: onnx.ModelProto, value: str) -> None:
    model.metadata_props[0].value = value


def replaced(model: onnx.ModelProto, old: str, new: str) -> None:
    (entry,) = model.metadata_props
    assert old in entry.value
    entry.value = entry.value.replace(old, new)


READERS: dict[str, tuple[Change, str]] = {
    "a loop": (with_loop, "Loop"),
    "another operator": (lambda m: setattr(node(m, "Relu"), "op_type", "Gelu"), "Gelu"),
    "an operator with control characters": (
        lambda m: setattr(node(m, "Relu"), "op_type", "\x1b[2J\n"),
        "x1b",
    ),
    "an operator of the detector": (lambda m: setattr(node(m, "Relu"), "op_type", "Resize"), "Resize"),
    "another domain": (lambda m: setattr(node(m, "Relu"), "domain", "com.microsoft"), "another domain"),
    "operators of another domain": (lambda m: m.opset_import.append(helper.make_opsetid("x", 1)), "domain"),
    "a function": (with_function, "field 25"),
    "external data": (with_external_data, "field 1"),
    "a sparse tensor": (lambda m: m.graph.sparse_initializer.add(), "field 15"),
    "no nodes": (lambda m: m.graph.ClearField("node"), "can be run"),
    "many nodes": (lambda m: m.graph.node.extend(40 * [node(m, "Relu")]), "times"),
    "no graph": (lambda m: m.ClearField("graph"), "no graph"),
    "NaN weights": (lambda m: spoilt(m, float("nan")), "not finite"),
    "infinite weights": (lambda m: spoilt(m, float("inf")), "not finite"),
    "weights that overflow": (lambda m: overflow(m), "not finite"),
    "weights of negative size": (lambda m: kernel(m).dims.__setitem__(0, -1), "impossible shape"),
    "weights of another size": (lambda m: kernel(m).dims.__setitem__(0, 3), "another type or size"),
    "weights of another type": (
        lambda m: setattr(kernel(m), "data_type", TensorProto.DOUBLE),
        "another type",
    ),
    "strides of 0": (lambda m: attribute(m, "Conv", "strides").ints.__setitem__(0, 0), "'strides'"),
    "group 0": (lambda m: setattr(attribute(m, "Conv", "group"), "i", 0), "'group'"),
    "a huge dilation": (
        lambda m: attribute(m, "Conv", "dilations").ints.__setitem__(0, 2**62),
        "'dilations'",
    ),
    "padding": (lambda m: attribute(m, "Conv", "pads").ints.__setitem__(0, 1), "'pads'"),
    "one stride": (lambda m: attribute(m, "Conv", "strides").ints.pop(), "'strides'"),
    "no axes": (lambda m: attribute(m, "Transpose", "perm").ints.__setitem__(0, 2), "can be run"),
    "a subgraph": (lambda m: setattr(attribute(m, "Conv", "group").g, "name", "x"), "field 6"),
    "an unknown attribute": (lambda m: setattr(attribute(m, "Conv", "group"), "name", "x"), "'x'"),
    "a kernel that is computed": (lambda m: node(m, "Conv").input.__setitem__(1, "strips"), "no weight"),
    "a sum after the axes have changed": (lambda m: squared(m, "Transpose"), "after the operator Transpose"),
    "a sum while the axes change": (lambda m: squared(m, "Squeeze"), "after the operator Squeeze"),
    "a product with the input": (lambda m: on_input(m), "operator Mul on its input"),
    "a sum that keeps no axes": (
        lambda m: m.graph.node.append(helper.make_node("ReduceSum", ["strips"], ["sum"], keepdims=0)),
        "'keepdims'",
    ),
    "a kernel used twice": (
        lambda m: m.graph.node[3].input.__setitem__(1, m.graph.node[1].input[1]),
        "uses a kernel twice",
    ),
    "another input": (lambda m: renamed(m, "x"), "inputs and outputs"),
    "no description": (lambda m: m.ClearField("metadata_props"), "no description"),
    "an empty description": (lambda m: described(m, ""), "not JSON"),
    "a deep description": (lambda m: described(m, 100_000 * "["), "not JSON"),
    "a nested description": (
        lambda m: replaced(m, '"card": {', f'"card": {{"a": {40 * "["}{40 * "]"},'),
        "deep",
    ),
    "a long description": (lambda m: described(m, 300_000 * " "), "longer than"),
    "a name that is none": (lambda m: replaced(m, '"name": "run"', '"name": null'), "name: expected str"),
    "a long name": (lambda m: replaced(m, '"name": "run"', f'"name": "{300 * "x"}"'), "name: expected str"),
    "a lone surrogate": (lambda m: replaced(m, '"name": "run"', r'"name": "\ud800"'), "not JSON"),
    "a list for a recipe": (
        lambda m: replaced(m, '"recipe": {', '"recipe": [1], "_": {'),
        "recipe: expected",
    ),
    "another kind": (lambda m: replaced(m, '"labels"', '"kind": "writer", "labels"'), "kind: invalid"),
    "NaN in the description": (lambda m: replaced(m, '"schema": 1', '"schema": NaN'), "not JSON"),
    "a schema that is true": (lambda m: replaced(m, '"schema": 1', '"schema": true'), "schema: expected int"),
    "an unknown field": (
        lambda m: replaced(m, '"labels"', '"voltage": 5, "labels"'),
        "voltage: unknown field",
    ),
}


def squared(model: onnx.ModelProto, end: str) -> None:
    """Adds a value with other axes to the output of an operator at the end."""
    model.graph.node.append(
        helper.make_node("Add", [node(model, end).output[0], node(model, "Relu").output[0]], ["square"])
    )


def on_input(model: onnx.ModelProto) -> None:
    model.graph.node.append(helper.make_node("Mul", [node(model, "Relu").output[0], "strips"], ["more"]))


def overflow(model: onnx.ModelProto) -> None:
    """Makes each weight as large as it can be."""
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT:
            values = np.full(tuple(tensor.dims), 3e38, np.float32)
            tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))


@pytest.mark.parametrize("name", READERS)
def test_what_no_reader_of_ours_has_is_refused(tmp_path: Path, name: str) -> None:
    change, complaint = READERS[name]
    path = tmp_path / "model.onnx"
    path.write_bytes(changed(READER, change))
    assert complaint in refusal(path)


TEMPERATURES = ("0", "-1", "1e-320", "1e308", "1e999", "true", "null", '"1"', "[]", "1" + 400 * "0")


@pytest.mark.parametrize("value", TEMPERATURES)
def test_a_temperature_out_of_its_range_is_refused(tmp_path: Path, value: str) -> None:
    path = tmp_path / "model.onnx"
    number = repr(Engine(READER).metadata.temperature)
    path.write_bytes(
        changed(READER, lambda m: replaced(m, f'"temperature": {number}', f'"temperature": {value}'))
    )
    message = refusal(path)
    assert "temperature: expected float" in message or "out of range" in message


SIZES = ("0", "-48", "100000", "1e3", "4.5", '"48"', "null", "true", "[48]", str(10**30))


@pytest.mark.parametrize("value", SIZES)
@pytest.mark.parametrize("name", ["height_px", "stride_px", "text_height_px", "window_px"])
def test_a_size_out_of_its_range_is_refused_by_its_name(tmp_path: Path, name: str, value: str) -> None:
    path = tmp_path / "model.onnx"
    number = getattr(Engine(READER).metadata.geometry, name)
    path.write_bytes(changed(READER, lambda m: replaced(m, f'"{name}": {number}', f'"{name}": {value}')))
    assert f"geometry.{name}: expected int" in refusal(path)


@pytest.mark.parametrize(
    ("name", "value"),
    [("height_px", 47), ("stride_px", 3), ("stride_px", 5), ("window_px", 67), ("window_px", 69)],
)
def test_a_size_that_is_not_the_nets_is_refused(tmp_path: Path, name: str, value: int) -> None:
    path = tmp_path / "model.onnx"
    number = getattr(Engine(READER).metadata.geometry, name)
    path.write_bytes(changed(READER, lambda m: replaced(m, f'"{name}": {number}', f'"{name}": {value}')))
    assert "inputs and outputs of a swept net of its sizes" in refusal(path)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda m: replaced(m, '"stride_px": 4', '"stride_px": 3'), "divisor of 16"),
        (lambda m: replaced(m, "[12.0, 24.0]", "[24.0, 12.0]"), "heights_px: expected a lower"),
        (lambda m: replaced(m, "[12.0, 24.0]", "[12.0]"), "heights_px"),
        (lambda m: setattr(node(m, "DepthToSpace").attribute[1], "i", 0), "'blocksize'"),
        (lambda m: setattr(attribute(m, "Cast", "to"), "i", TensorProto.STRING), "'to'"),
        (lambda m: attribute(m, "Conv", "pads").ints.__setitem__(0, 1000), "'pads'"),
        (lambda m: node(m, "Resize").input.append("sizes"), "4 inputs"),
    ],
    ids=["stride", "heights", "one height", "blocksize", "cast", "pads", "sizes"],
)
def test_what_no_detector_of_ours_has_is_refused(tmp_path: Path, change: Change, complaint: str) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(changed(DETECTOR, change))
    assert complaint in refusal(path, Detector)


def test_a_resizing_to_a_huge_picture_is_refused(tmp_path: Path) -> None:
    def enlarge(model: onnx.ModelProto) -> None:
        name = node(model, "Resize").input[2]
        (scales,) = (each for each in model.graph.initializer if each.name == name)
        scales.CopyFrom(numpy_helper.from_array(np.array([1, 1, 1e6, 1e6], np.float32), name))

    path = tmp_path / "model.onnx"
    path.write_bytes(changed(DETECTOR, enlarge))
    assert "not by 1 or 2" in refusal(path, Detector)


@pytest.mark.parametrize("shift", [b"\xff", b"\xc3\x28"])
def test_text_that_is_not_utf_8_is_refused(tmp_path: Path, shift: bytes) -> None:
    content = READER.read_bytes()
    for part in (b'"name": "run"', b"Conv", METADATA_KEY.encode()):
        path = tmp_path / "model.onnx"
        path.write_bytes(content.replace(part, shift + part[len(shift) :]))
        refusal(path)


def test_a_name_that_only_the_runtime_reads_prints_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "model.onnx"
    content = changed(READER, lambda m: setattr(m.graph.output[0], "name", "a name"))
    path.write_bytes(content.replace(b"a name", b"a \xffame"))
    assert "can be run" in refusal(path)
    assert capfd.readouterr() == ("", "")


def test_every_cut_and_most_changed_bytes_are_refused_or_harmless(tmp_path: Path) -> None:
    content = READER.read_bytes()
    for end in range(0, len(content), 101):
        with pytest.raises(ValueError, match=" "):
            check_graph(onnx_parts(content[:end])[1], "reader")
    rng = np.random.default_rng(0)
    for _ in range(2000):
        spoiled = bytearray(content)
        for place in rng.integers(0, len(content), 3):
            spoiled[place] = rng.integers(256)
        try:
            check_graph(onnx_parts(bytes(spoiled))[1], "reader")
        except ValueError as error:
            assert str(error).isprintable()  # noqa: PT017


def test_a_model_that_is_too_long_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    with open(path, "wb") as file:
        file.truncate(2**40)  # sparse
    assert "longer than" in refusal(path)


@pytest.mark.skipif(os.name == "nt", reason="the system has no devices in folders")
def test_a_device_is_no_model() -> None:
    assert "a device" in refusal(Path("/dev/zero"))


@pytest.mark.slow
def test_nothing_but_one_line_is_printed(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    for name in ("no axes", "weights that overflow", "another input"):
        path.write_bytes(changed(READER, READERS[name][0]))
        result = run_python("-m", "sdnn", "model", "show", path)
        assert result.returncode == 6
        assert result.stdout == b""
        assert len(result.stderr.decode().splitlines()) == 1
