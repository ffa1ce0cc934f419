"""Model files opened with onnxruntime: the reader's and the detector's.

A model is a stranger's data: its graph and description are checked before the runtime sees them, and it has
to sweep small inputs as described before it is used.
"""

import hashlib
import math
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np

from sdnn.errors import ModelError
from sdnn.limited_read import read_limited
from sdnn.models.metadata import ModelMetadata, Trial
from sdnn.models.onnx_graph import check_graph, onnx_parts
from sdnn.results import FloatArray

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Metadata = TypeVar("Metadata", bound=ModelMetadata)

MAX_MODEL_BYTES: Final = 32 * 2**20
"""Greatest size of a model file; the bundled ones have 3.4 and 0.4 MB."""
MAX_WORK: Final = 10**11
"""Bound of the multiplications of the first sweep, a few seconds; of the bundled ones, 10**10."""


def open_session(
    path: Path, threads: int | None, kind: type[Metadata]
) -> "tuple[InferenceSession, str, Metadata]":
    """A model ready to run, the checksum of its file, and its metadata.

    Args:
        path: File (.onnx).
        threads: Number of threads; by default one per processor.
        kind: Metadata of the kind of model that is expected.

    Raises:
        ModelError: When the file is missing, is no model of this package, one of another kind, or does not
            sweep as its description says.
    """
    remedy = f"make one with: {kind.TRAIN}"
    check = (
        f"give one of the .onnx files in {path}" if os.path.isdir(path) else f"check the path, or {remedy}"
    )
    content = read_limited(path, MAX_MODEL_BYTES, "a model", ModelError, check)
    try:
        entries, graph = onnx_parts(content)
        metadata = kind.from_entries(entries, where=str(path))
        work = check_graph(graph, kind.KIND)
    except ValueError as error:
        raise ModelError(f"{path}: not an ONNX model of sdnn ({error}); {remedy}") from error
    trials = list(metadata.trials())
    if work * max(math.prod(trial.shape) for trial in trials) > MAX_WORK:
        raise ModelError(f"{path}: has too many weights for inputs of its size; {remedy}")
    # From 1.29 on onnxruntime reports to its makers, and leaves a device number in the user's cache, unless
    # it is told not to before it loads. Reading stays on this machine.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # errors are reported once, by the exception
    options.intra_op_num_threads = threads or 0
    try:
        # Its fallback to other providers would print a report.
        session = onnxruntime.InferenceSession(
            content, options, providers=["CPUExecutionProvider"], enable_fallback=0
        )
    except Exception as error:  # onnxruntime's exceptions share no base but this one
        raise ModelError(f"{path}: not an ONNX model that can be run; {remedy}") from error
    if not all(_sweeps(session, trial, kind.INPUT, path) for trial in trials):
        raise ModelError(f"{path}: has not the inputs and outputs of a {kind.NET} of its sizes; {remedy}")
    return session, hashlib.sha256(content).hexdigest(), metadata


def check_finite(outputs: Iterable[FloatArray], path: Path) -> None:
    """Checks the outputs of a net.

    Raises:
        ModelError: When a value is not finite.
    """
    if not all(np.isfinite(each).all() for each in outputs):
        raise ModelError(f"{path}: has an output that is not finite; use another model")


def _sweeps(session: "InferenceSession", trial: Trial, name: str, path: Path) -> bool:
    """Whether a model has one input of that name, and on the shape of a trial the outputs of the trial."""
    named = {each.name: each.type for each in (*session.get_inputs(), *session.get_outputs())}
    if [*named] != [name, *trial.outputs] or {*named.values()} != {"tensor(float)"}:
        return False
    try:
        found = session.run(None, {name: np.zeros(trial.shape, np.float32)})
    except Exception:  # as above: another shape of the input, or layers that do not fit each other
        return False
    check_finite(found, path)
    return [each.shape for each in found] == [*trial.outputs.values()]
