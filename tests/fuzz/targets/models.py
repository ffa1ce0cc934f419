"""Model files of reader and detector: edits of the bundled ones, from metadata to weights and operators.

A whole model is megabytes, so an input is a list of edits.
"""

import io
import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final

import numpy as np

from fuzz.mutators import NUMBERS, dumped, mutated_bytes, mutated_tree
from fuzz.target import require, target
from sdnn.detection.detector import BUNDLED as BUNDLED_DETECTOR
from sdnn.detection.detector import Detector
from sdnn.models.engine import BUNDLED, Engine
from sdnn.models.inspection import record_of
from sdnn.results import CLASSES, Strip

_PATHS: Final = {"reader": BUNDLED, "detector": BUNDLED_DETECTOR}
_OPERATORS: Final = (
    "Loop",
    "If",
    "Sqrt",
    "Log",
    "Softmax",
    "Identity",
    "Where",
    "NoSuchOperator",
    "Conv",
    "Scan",
    "Print",
    *("Add", "Sub", "Mul", "Div", "ReduceSum", "Sigmoid", "Transpose", "Squeeze", "Unsqueeze"),
)
_WEIGHTS: Final = ("nan", "inf", "zero", "huge", "empty", "external", "double", "shape")


@cache
def _bundled(kind: str) -> Any:
    import onnx

    if kind == "gated":
        return _gated()
    return onnx.load(_PATHS[kind])


def _gated() -> Any:
    """A model of two small nets and a gate, as fine-tuning makes them."""
    import onnx
    import torch

    from sdnn.models.checkpoint import export_onnx
    from sdnn.models.digit_net import DigitNet
    from sdnn.models.fully_convolutional import fully_convolutional
    from sdnn.models.gated_net import Activities, Gate, GatedNet
    from sdnn.models.lenet import LENET
    from sdnn.models.metadata import ReaderMetadata

    channels = (3, 5, 4, 6, 8, 7)
    torch.manual_seed(0)
    architecture = replace(LENET, channels=channels)
    first, second = (fully_convolutional(DigitNet(architecture)) for _ in range(2))
    recipe = {"architecture": architecture.name, "channels": [*channels]}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "gated.onnx")
        net = GatedNet(Activities(first), second, Gate(channels)).eval()
        export_onnx(path, net, ReaderMetadata("gated", LENET.geometry, recipe=recipe, nets=2))
        return onnx.load(path)


def _metadata(kind: str) -> dict[str, Any]:
    metadata: dict[str, Any] = json.loads(
        {each.key: each.value for each in _bundled(kind).metadata_props}["sdnn"]
    )
    return metadata


def _edits(rng: Random, kind: str) -> bytes:
    if rng.random() < 0.5:
        tree = mutated_tree(rng, _metadata(kind))
        return json.dumps([["metadata", dumped(rng, tree).decode("utf-8", "surrogateescape")]]).encode()
    model, edits = _bundled(kind), []
    for _ in range(rng.randint(1, 2)):
        node, weight = rng.randrange(len(model.graph.node)), rng.randrange(len(model.graph.initializer))
        edits.append(
            rng.choice(
                (
                    ["weight", weight, rng.choice(_WEIGHTS)],
                    ["operator", node, rng.choice(_OPERATORS)],
                    ["attribute", node, rng.choice((*NUMBERS, -1))],
                    ["unlink", node],
                    ["link", node, rng.randrange(3), rng.randrange(len(model.graph.node))],
                    ["domain", node, rng.choice(("com.microsoft", "x", "ai.onnx.ml"))],
                    ["output", rng.choice(("logits", "maps", "", "x"))],
                    ["dimension", rng.choice((0, 1, 10, 12, "N", -1))],
                    ["opset", rng.choice((0, 1, 5, 99, 2**40))],
                    ["key", rng.choice(("sdnn", "other", ""))],
                    ["bytes", rng.randrange(2000), rng.randbytes(rng.choice((1, 4))).hex()],
                    ["tail", rng.randrange(2000), rng.randbytes(rng.choice((1, 4))).hex()],
                    ["cut", rng.random()],
                )
            )
        )
    return json.dumps(edits).encode()


def edited(kind: str, edits: list[list[Any]]) -> bytes:
    """The bytes of the bundled model with edits."""
    import onnx

    model = onnx.ModelProto()
    model.CopyFrom(_bundled(kind))
    for name, *values in edits:
        if name in ("bytes", "tail", "cut"):
            continue
        _edit(model, name, values)
    content = bytearray(model.SerializeToString())
    for name, *values in edits:
        if name in ("bytes", "tail"):
            at = int(values[0]) if name == "bytes" else len(content) - int(values[0])
            content[at : at + len(values[1]) // 2] = bytes.fromhex(values[1])
        elif name == "cut":
            del content[int(float(values[0]) * len(content)) :]
    return bytes(content)


def _edit(model: Any, name: str, values: list[Any]) -> None:
    graph = model.graph
    if name == "metadata":
        model.metadata_props[0].value = values[0].encode("utf-8", "replace")
    elif name == "weight":
        _edit_weight(graph.initializer[values[0]], values[1])
    elif name == "operator":
        graph.node[values[0]].op_type = values[1]
    elif name == "domain":
        graph.node[values[0]].domain = values[1]
    elif name == "unlink":
        graph.node[values[0]].input[0] = "nothing"
    elif name == "link":
        inputs = graph.node[values[0]].input
        inputs[values[1] % len(inputs)] = graph.node[values[2]].output[0]
    elif name == "attribute":
        for attribute in graph.node[values[0]].attribute:
            if attribute.ints:
                attribute.ints[0] = values[1]
    elif name == "output":
        graph.output[0].name = values[0]
    elif name == "dimension":
        dimension = graph.output[0].type.tensor_type.shape.dim[-1]
        if isinstance(values[0], str):
            dimension.dim_param = values[0]
        else:
            dimension.dim_value = values[0]
    elif name == "opset":
        model.opset_import[0].version = values[0]
    elif name == "key":
        model.metadata_props[0].key = values[0]


def _edit_weight(tensor: Any, how: str) -> None:
    if how == "external":
        entry = tensor.external_data.add()
        entry.key, entry.value = "location", "outside.bin"
        tensor.data_location = 1
        tensor.ClearField("raw_data")
        return
    if how == "shape" and tensor.dims:
        tensor.dims[0] = tensor.dims[0] + 1
        return
    if tensor.data_type not in (1, 10):
        how = "double"
    size = 2 if tensor.data_type == 10 else 4
    values = {"nan": np.nan, "inf": np.inf, "zero": 0.0, "huge": 6e4 if size == 2 else 3e38}
    if how in values:
        kind = np.float16 if size == 2 else np.float32
        tensor.raw_data = np.full(len(tensor.raw_data) // size, values[how], kind).tobytes()
    elif how == "double":
        tensor.data_type = 11
    else:
        tensor.ClearField("raw_data")


def _parsed(data: bytes) -> list[list[Any]] | None:
    try:
        edits = json.loads(data)
    except ValueError:
        return None
    return (
        edits if isinstance(edits, list) and all(isinstance(each, list) and each for each in edits) else None
    )


@target("model-reader", lambda rng, _: _edits(rng, "reader"), share=2.0)
def reader(data: bytes, folder: Path) -> None:
    """Loads an edited reader, sweeps a strip, and shows its record."""
    _sweep_and_show("reader", data, folder)


@target("model-gated", lambda rng, _: _edits(rng, "gated"))
def gated(data: bytes, folder: Path) -> None:
    """The same with an edited model of fine-tuning."""
    _sweep_and_show("gated", data, folder)


def _sweep_and_show(kind: str, data: bytes, folder: Path) -> None:
    edits = _parsed(data)
    if edits is None:
        return
    path = folder / "model.onnx"
    path.write_bytes(edited(kind, edits))
    (folder / "outside.bin").write_bytes(bytes(1 << 20))
    engine = Engine(path)
    geometry = engine.metadata.geometry
    ink = np.zeros((geometry.height_px, 2 * geometry.window_px), np.float32)
    ink[:, geometry.window_px // 2 :: 9] = 1
    found = engine.class_map(Strip(ink)).log_probs
    require(found.shape[1] == CLASSES, f"a class map of shape {found.shape}")
    require(np.isfinite(found).all(), "a class map that is not finite")
    json.dumps(record_of(engine, path), allow_nan=False)


@target("model-detector", lambda rng, _: _edits(rng, "detector"))
def detector(data: bytes, folder: Path) -> None:
    """Loads an edited detector, and sweeps a picture."""
    edits = _parsed(data)
    if edits is None:
        return
    path = folder / "detector.onnx"
    path.write_bytes(edited("detector", edits))
    picture = np.ones((40, 90), np.float32)
    picture[10:30, 20:80:7] = 0
    Detector(path)(picture)


@target("model-bytes", lambda rng, seeds: _small(rng, seeds), share=1.0)
def small_model(data: bytes, folder: Path) -> None:
    """Loads a small file that was a model."""
    path = folder / "model.onnx"
    path.write_bytes(data)
    Engine(path)


def _small(rng: Random, seeds: Sequence[bytes]) -> bytes:
    return mutated_bytes(rng, seeds, (b"sdnn", b'{"schema": 1', b"strips", b"logits", b"\x08\x0a", b"Conv"))


def small_onnx() -> bytes:
    """A model of a few hundred bytes with inputs, outputs and metadata of a reader."""
    import onnx
    from onnx import TensorProto, helper

    graph = helper.make_graph(
        [helper.make_node("Identity", ["strips"], ["logits"])],
        "small",
        [helper.make_tensor_value_info("strips", TensorProto.FLOAT, ["B", "T", 11])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["B", "T", 11])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    onnx.helper.set_model_props(
        model, {"sdnn": json.dumps({**_metadata("reader"), "card": {}, "recipe": {}})}
    )
    buffer = io.BytesIO()
    onnx.save_model(model, buffer)
    return buffer.getvalue()
