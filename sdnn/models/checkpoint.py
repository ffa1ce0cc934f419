"""Model files: safetensors for further training, ONNX for reading. No pickle anywhere."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import onnx
import torch
from onnx import numpy_helper
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor, nn

from sdnn.errors import ModelError
from sdnn.files import atomic_write
from sdnn.limited_read import read_limited
from sdnn.models.detector_net import DetectorNet, folded
from sdnn.models.digit_net import DigitNet
from sdnn.models.fully_convolutional import FullyConvolutional
from sdnn.models.gated_net import GatedNet
from sdnn.models.metadata import DETECTOR_MULTIPLE_PX, DetectorMetadata, ModelMetadata, ReaderMetadata
from sdnn.models.registry import architecture_of
from sdnn.models.session import MAX_MODEL_BYTES
from sdnn.validation import one_line

MAX_TENSOR_BYTES: Final = 256 * 2**20
"""Greatest size of a safetensors file; a checkpoint of the bundled reader has 14 MB."""

Net = TypeVar("Net", bound=nn.Module)
Metadata = TypeVar("Metadata", bound=ModelMetadata)


def save_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Writes tensors with their metadata, atomically.

    Raises:
        OutputError: When the file cannot be written.
    """
    owned = {name: tensor.detach().contiguous().clone() for name, tensor in tensors.items()}
    with atomic_write(path) as temporary:
        temporary.write_bytes(save(owned, metadata=dict(metadata)))


def load_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors of a safetensors file and its metadata.

    Raises:
        ModelError: When the file is missing, is no safetensors file, is longer than `MAX_TENSOR_BYTES`, or
            has a value that is not finite.
    """
    if not os.path.isfile(path):
        raise ModelError(f"{path}: there is no such file; give the .safetensors file of a run")
    try:
        if path.stat().st_size > MAX_TENSOR_BYTES:
            raise ValueError(f"longer than {MAX_TENSOR_BYTES:,} bytes")
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            entries = dict(file.metadata() or {})
        for name, tensor in tensors.items():
            if not torch.isfinite(tensor).all():
                raise ValueError(f"{name[:80]!r} is not finite")
    except Exception as error:  # Rust's own, and torch's where it does not know a type of number
        reason = one_line(str(error))
        raise ModelError(
            f"{path}: not a checkpoint that can be read ({reason}); train again with: sdnn train"
        ) from error
    return tensors, entries


def save_net(path: Path, net: nn.Module, metadata: ModelMetadata) -> None:
    """Writes the single-digit net or the detector's with its metadata.

    Raises:
        OutputError: When the file cannot be written.
    """
    save_tensors(path, net.state_dict(), metadata.to_entries())


def load_net(path: Path) -> tuple[DigitNet, ReaderMetadata]:
    """A single-digit net of a file by `save_net`.

    Raises:
        ModelError: When the file is missing, damaged, or holds another net.
    """
    return _load(path, ReaderMetadata, lambda metadata: DigitNet(architecture_of(metadata)))


def load_detector(path: Path) -> tuple[DetectorNet, DetectorMetadata]:
    """A detector's net of a file by `save_net`.

    Raises:
        ModelError: When the file is missing, damaged, or holds another net.
    """
    return _load(path, DetectorMetadata, lambda _: DetectorNet())


def _load(path: Path, kind: type[Metadata], make: Callable[[Metadata], Net]) -> tuple[Net, Metadata]:
    """A new net with the weights of a file, and its metadata."""
    tensors, entries = load_tensors(path)
    metadata = kind.from_entries(entries, str(path))
    try:
        net = make(metadata)
        check_types(net.state_dict(), tensors)
        net.load_state_dict(tensors)
    except (RuntimeError, ValueError) as error:
        raise ModelError(
            f"{path}: holds a net of another architecture; train it again with: {kind.TRAIN}"
        ) from error
    return net.eval(), metadata


def check_types(expected: Mapping[str, Tensor], tensors: Mapping[str, Tensor]) -> None:
    """Checks the types of numbers of a net's tensors, which torch would convert.

    Raises:
        ValueError: When one has another type.
    """
    for name, tensor in tensors.items():
        if name in expected and expected[name].dtype != tensor.dtype:
            raise ValueError(f"{name}: {tensor.dtype}, expected {expected[name].dtype}")


def export_onnx(path: Path, net: FullyConvolutional | GatedNet, metadata: ReaderMetadata) -> None:
    """Writes a swept net as ONNX, for any number of strips of any width.

    Input `strips` (B, H, W) float32, output `logits` (B, T, 11).

    Raises:
        OutputError: When the file cannot be written.
    """
    geometry = metadata.geometry
    example = torch.zeros(2, geometry.height_px, 5 * geometry.window_px)
    batch, width = torch.export.Dim("B", min=1), torch.export.Dim("W", min=geometry.window_px)
    model = _exported(net, {"strips": example}, {"strips": {0: batch, 2: width}}, ["logits"])
    _save_onnx(path, model, metadata)


def export_detector(path: Path, net: DetectorNet, metadata: DetectorMetadata) -> None:
    """Writes the detector's net as ONNX, for any number of pictures whose sides are multiples of 16.

    Input `contrast` (B, 1, H, W) float32, outputs `maps` (B, 11, H / 4, W / 4) and `ink` (B, H, W), logits
    where they are probabilities. Batch normalization is folded. Kernels are stored as float16, which halves
    the file, each with a cast to float32, which onnxruntime executes once, when it loads the model.

    Raises:
        OutputError: When the file cannot be written.
    """
    example = torch.zeros(2, 1, 4 * DETECTOR_MULTIPLE_PX, 6 * DETECTOR_MULTIPLE_PX)
    batch, rows, columns = (torch.export.Dim(name, min=1) for name in ("B", "rows", "columns"))
    sides = {0: batch, 2: DETECTOR_MULTIPLE_PX * rows, 3: DETECTOR_MULTIPLE_PX * columns}
    model = _exported(folded(net), {"contrast": example}, {"contrast": sides}, ["maps", "ink"])
    _store_halved(model.graph)
    _save_onnx(path, model, metadata)


def write_onnx_metadata(path: Path, metadata: ModelMetadata) -> None:
    """Replaces the metadata of an exported model, for example by a new temperature.

    Raises:
        ModelError: When the file is missing or is no ONNX file.
        OutputError: When it cannot be written.
    """
    content = read_limited(path, MAX_MODEL_BYTES, "a model", ModelError)
    try:
        model = onnx.load_model_from_string(content)  # which follows no reference to another file
    except Exception as error:  # protobuf's own exceptions
        raise ModelError(f"{path}: not an ONNX model that can be read; make one with: sdnn train") from error
    _save_onnx(path, model, metadata)


def _exported(
    net: nn.Module, example: Mapping[str, Tensor], sizes: Mapping[str, Any], outputs: list[str]
) -> onnx.ModelProto:
    """A net in evaluation mode as an ONNX model; `sizes` has the variable dimensions of each input."""
    program = torch.onnx.export(
        net,
        tuple(example.values()),
        input_names=[*example],
        output_names=outputs,
        dynamic_shapes=dict(sizes),
        dynamo=True,
        verbose=False,
    )
    assert program is not None
    return program.model_proto


def _store_halved(graph: onnx.GraphProto) -> None:
    """Stores the kernels of a graph, not the few biases, as float16, each with a cast to float32."""
    casts = []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != "float32" or values.ndim < 2:
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(values.astype("float16"), f"{name}.float16"))
        casts.append(
            onnx.helper.make_node("Cast", [tensor.name], [name], f"{name}.cast", to=onnx.TensorProto.FLOAT)
        )
    nodes = [*casts, *graph.node]  # in the order of computation
    del graph.node[:]
    graph.node.extend(nodes)


def _save_onnx(path: Path, model: onnx.ModelProto, metadata: ModelMetadata) -> None:
    # The exporter writes paths of source files on this machine into each node.
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.value_info, *graph.input, *graph.output):
        del part.metadata_props[:]
        part.ClearField("doc_string")
    onnx.helper.set_model_props(model, metadata.to_entries())
    onnx.checker.check_model(model)
    with atomic_write(path) as temporary:
        onnx.save_model(model, temporary)
