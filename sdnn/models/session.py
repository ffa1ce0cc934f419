"""Model files opened with onnxruntime, as the reader and the detector do."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sdnn.errors import ModelError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession


def open_session(path: Path, threads: int | None, train: str) -> "tuple[InferenceSession, str]":
    """A model ready to run, and the checksum of its file.

    Args:
        path: File (.onnx).
        threads: That calculate together; as many as processors where None.
        train: The command that makes such a model, for the message.

    Raises:
        ModelError: When the file is missing or is no ONNX model.
    """
    # From 1.29 on onnxruntime reports to its makers, and leaves a device number in the user's cache, unless
    # it is told not to before it loads. Reading stays on this machine.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    try:
        content = path.read_bytes()
    except OSError as error:
        remedy = f"give one of the .onnx files in {path}" if path.is_dir() else f"make one with: {train}"
        raise ModelError(f"{path}: no model there ({error.strerror}); {remedy}") from error
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what goes wrong is said once, by the exception
    options.intra_op_num_threads = threads or 0
    try:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions share no base but this one
        raise ModelError(f"{path}: not an ONNX model that can be read; make one with: {train}") from error
    return session, hashlib.sha256(content).hexdigest()


def entries_of(session: "InferenceSession") -> Mapping[str, str]:
    """The metadata of an open model."""
    entries: Mapping[str, str] = session.get_modelmeta().custom_metadata_map
    return entries


def has_interface(
    session: "InferenceSession", inputs: Sequence[str], outputs: Mapping[str, Sequence[int | None]]
) -> bool:
    """Whether an open model takes and gives what is expected.

    Args:
        session: The model.
        inputs: Their names, in order.
        outputs: Shape of each by name, in order; None for a length that does not matter.
    """
    given = {each.name: each.shape for each in session.get_outputs()}
    return (
        [each.name for each in session.get_inputs()] == [*inputs]
        and [*given] == [*outputs]
        and all(
            len(given[name]) == len(shape)
            and all(want in (None, has) for want, has in zip(shape, given[name], strict=True))
            for name, shape in outputs.items()
        )
    )
