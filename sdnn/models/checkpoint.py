"""Writing and reading nets: safetensors to go on training, ONNX to read with. No pickle anywhere."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import onnx
import torch
from onnx import numpy_helper
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from sdnn.errors import ModelError
from sdnn.files import atomic_write
from sdnn.models.detector_net import MULTIPLE_PX, DetectorNet, folded
from sdnn.models.digit_net import DigitNet
from sdnn.models.fully_convolutional import FullyConvolutional
from sdnn.models.metadata import (
    TRAIN_DETECTOR,
    TRAIN_READER,
    DetectorMetadata,
    ModelMetadata,
    ReaderMetadata,
)
from sdnn.models.registry import architecture_of

Net = TypeVar("Net", bound=nn.Module)


def save_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Writes tensors with their metadata, whole or not at all.

    Raises:
        OutputError: When the file cannot be written.
    """
    owned = {name: tensor.detach().contiguous().clone() for name, tensor in tensors.items()}
    with atomic_write(path) as temporary:
        temporary.write_bytes(save(owned, metadata=dict(metadata)))


def load_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors of a safetensors file and its metadata.

    Raises:
        ModelError: When the file is missing or is no safetensors file.
    """
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, dict(file.metadata() or {})  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise ModelError(
            f"{path}: not a checkpoint that can be read ({error}); train again with: sdnn train"
        ) from error


def save_net(path: Path, net: nn.Module, metadata: ModelMetadata) -> None:
    """Writes the single-digit net or the detector's with its description.

    Raises:
        OutputError: When the file cannot be written.
    """
    save_tensors(path, net.state_dict(), metadata.to_entries())


def load_net(path: Path) -> tuple[DigitNet, ReaderMetadata]:
    """A single-digit net as `save_net` wrote it.

    Raises:
        ModelError: When the file is missing, damaged, or holds another net.
    """
    tensors, entries = load_tensors(path)
    metadata = ReaderMetadata.from_entries(entries, str(path))
    return _filled(path, tensors, lambda: DigitNet(architecture_of(metadata)), TRAIN_READER), metadata


def load_detector(path: Path) -> tuple[DetectorNet, DetectorMetadata]:
    """A detector's net as `save_net` wrote it.

    Raises:
        ModelError: When the file is missing, damaged, or holds another net.
    """
    tensors, entries = load_tensors(path)
    metadata = DetectorMetadata.from_entries(entries, str(path))
    return _filled(path, tensors, DetectorNet, TRAIN_DETECTOR), metadata


def _filled(path: Path, tensors: Mapping[str, Tensor], make: Callable[[], Net], train: str) -> Net:
    """A new net with the weights of a file."""
    try:
        net = make()
        net.load_state_dict(tensors)
    except (RuntimeError, TypeError, ValueError) as error:
        raise ModelError(
            f"{path}: holds a net of another architecture; train it again with: {train}"
        ) from error
    return net.eval()


def export_onnx(path: Path, net: FullyConvolutional, metadata: ReaderMetadata) -> None:
    """Writes the sweeping net as ONNX, for any number of strips of any width.

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
    where they are probabilities. Batch normalisation is folded into the kernels. These are stored as float16,
    which halves the file, each with a cast to float32, which onnxruntime carries out once, when it loads: it
    calculates in 32 bits.

    Raises:
        OutputError: When the file cannot be written.
    """
    example = torch.zeros(2, 1, 4 * MULTIPLE_PX, 6 * MULTIPLE_PX)
    batch, rows, columns = (torch.export.Dim(name, min=1) for name in ("B", "rows", "columns"))
    sides = {0: batch, 2: MULTIPLE_PX * rows, 3: MULTIPLE_PX * columns}
    model = _exported(folded(net), {"contrast": example}, {"contrast": sides}, ["maps", "ink"])
    _store_halved(model.graph)
    _save_onnx(path, model, metadata)


def write_onnx_metadata(path: Path, metadata: ModelMetadata) -> None:
    """Gives an exported model another description, a temperature fitted since, say.

    Raises:
        ModelError: When the file is missing or is no ONNX file.
        OutputError: When it cannot be written.
    """
    try:
        model = onnx.load_model(path)
    except Exception as error:  # protobuf's own exceptions, or an OSError
        raise ModelError(f"{path}: not an ONNX model that can be read; make one with: sdnn train") from error
    _save_onnx(path, model, metadata)


def _exported(
    net: nn.Module, example: Mapping[str, Tensor], sizes: Mapping[str, Any], outputs: list[str]
) -> onnx.ModelProto:
    """The net as an ONNX model.

    Args:
        net: In evaluation.
        example: Inputs by name.
        sizes: Of each input those that may be others.
        outputs: Names.
    """
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
    """Stores the kernels of a graph as float16, each followed by a cast to float32; biases are few."""
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
    nodes = [*casts, *graph.node]  # what is used comes after what makes it
    del graph.node[:]
    graph.node.extend(nodes)


def _save_onnx(path: Path, model: onnx.ModelProto, metadata: ModelMetadata) -> None:
    # The exporter notes for each node where in the source it comes from: paths of the machine it ran on.
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.value_info, *graph.input, *graph.output):
        del part.metadata_props[:]
        part.ClearField("doc_string")
    onnx.helper.set_model_props(model, metadata.to_entries())
    onnx.checker.check_model(model)
    with atomic_write(path) as temporary:
        onnx.save_model(model, temporary)
