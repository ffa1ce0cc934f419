"""Model files opened with onnxruntime: the reader's and the detector's."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sdnn.errors import ModelError
from sdnn.models.metadata import ModelMetadata

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Metadata = TypeVar("Metadata", bound=ModelMetadata)


def open_session(
    path: Path,
    threads: int | None,
    kind: type[Metadata],
    inputs: Sequence[str],
    outputs: Mapping[str, Sequence[int | None]],
) -> "tuple[InferenceSession, str, Metadata]":
    """A model ready to run, the checksum of its file, and its metadata.

    Args:
        path: File (.onnx).
        threads: Number of threads; by default one per processor.
        kind: Metadata of the kind of model that is expected.
        inputs: Names of its inputs, in order.
        outputs: Shape of each output by name, in order; None for any length.

    Raises:
        ModelError: When the file is missing, is no ONNX model, or one of another kind.
    """
    # From 1.29 on onnxruntime reports to its makers, and leaves a device number in the user's cache, unless
    # it is told not to before it loads. Reading stays on this machine.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    remedy = f"make one with: {kind.TRAIN}"
    try:
        content = path.read_bytes()
    except OSError as error:
        give = f"give one of the .onnx files in {path}" if path.is_dir() else f"check the path, or {remedy}"
        raise ModelError(f"{path}: no model there ({error.strerror}); {give}") from error
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # errors are reported once, by the exception
    options.intra_op_num_threads = threads or 0
    try:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions share no base but this one
        raise ModelError(f"{path}: not an ONNX model that can be read; {remedy}") from error
    metadata = kind.from_entries(session.get_modelmeta().custom_metadata_map, where=str(path))
    shapes = {each.name: each.shape for each in session.get_outputs()}
    if (
        [each.name for each in session.get_inputs()] != [*inputs]
        or [*shapes] != [*outputs]
        or not all(_fits(shapes[name], shape) for name, shape in outputs.items())
    ):
        raise ModelError(f"{path}: has not the inputs and outputs of a {kind.NET}; {remedy}")
    return session, hashlib.sha256(content).hexdigest(), metadata


def _fits(shape: Sequence[int | str], expected: Sequence[int | None]) -> bool:
    return len(shape) == len(expected) and all(
        length in (None, given) for length, given in zip(expected, shape, strict=True)
    )
