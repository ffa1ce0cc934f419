"""Writing and reading nets: safetensors to go on training, ONNX to read with. No pickle anywhere."""

from collections.abc import Mapping
from pathlib import Path

import onnx
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from sdnn.errors import ModelError
from sdnn.files import written_whole
from sdnn.models.architecture import CHANNELS
from sdnn.models.description import Description
from sdnn.models.digit_net import DigitNet
from sdnn.models.fully_convolutional import FullyConvolutional


def save_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Writes tensors with their metadata, whole or not at all.

    Raises:
        OutputError: When the file cannot be written.
    """
    owned = {name: tensor.detach().contiguous().clone() for name, tensor in tensors.items()}
    with written_whole(path) as temporary:
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


def save_net(path: Path, net: DigitNet, description: Description) -> None:
    """Writes the single-digit net with its description."""
    save_tensors(path, net.state_dict(), description.to_metadata())


def load_net(path: Path) -> tuple[DigitNet, Description]:
    """A single-digit net as `save_net` wrote it.

    Raises:
        ModelError: When the file is missing, damaged, or holds another net.
    """
    tensors, metadata = load_tensors(path)
    description = Description.from_metadata(metadata, str(path))
    try:
        net = DigitNet(channels=description.recipe.get("channels", CHANNELS))
        net.load_state_dict(tensors)
    except (RuntimeError, TypeError, ValueError) as error:
        raise ModelError(
            f"{path}: holds a net of another architecture; train it again with: sdnn train"
        ) from error
    return net.eval(), description


def export_onnx(path: Path, net: FullyConvolutional, description: Description) -> None:
    """Writes the sweeping net as ONNX, for any number of strips of any width.

    Input `strips` (B, 32, W) float32, output `logits` (B, T, 11).

    Raises:
        OutputError: When the file cannot be written.
    """
    geometry = description.geometry
    example = torch.zeros(2, geometry.height_px, 5 * geometry.window_px)
    batch, width = torch.export.Dim("B", min=1), torch.export.Dim("W", min=geometry.window_px)
    program = torch.onnx.export(
        net,
        (example,),
        input_names=["strips"],
        output_names=["logits"],
        dynamic_shapes={"strips": {0: batch, 2: width}},
        dynamo=True,
        verbose=False,
    )
    assert program is not None
    _save_described(path, program.model_proto, description)


def describe_onnx(path: Path, description: Description) -> None:
    """Gives an exported model another description, a temperature fitted since, say.

    Raises:
        ModelError: When the file is missing or is no ONNX file.
        OutputError: When it cannot be written.
    """
    try:
        model = onnx.load_model(path)
    except Exception as error:  # protobuf's own exceptions, or an OSError
        raise ModelError(f"{path}: not an ONNX model that can be read; make one with: sdnn train") from error
    _save_described(path, model, description)


def _save_described(path: Path, model: onnx.ModelProto, description: Description) -> None:
    # The exporter notes for each node where in the source it comes from: paths of the machine it ran on.
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.value_info, *graph.input, *graph.output):
        del part.metadata_props[:]
        part.ClearField("doc_string")
    onnx.helper.set_model_props(model, description.to_metadata())
    onnx.checker.check_model(model)
    with written_whole(path) as temporary:
        onnx.save_model(model, temporary)
