"""ONNX graphs checked before a runtime sees them: nothing but what `sdnn.models.checkpoint` exports.

A graph of a stranger can loop for ever, take all memory, divide by zero inside the runtime, or name other
files, which would be looked for in the current folder. Here each message may have only the fields that our
exporter writes; so there are no subgraphs, functions, other operators, or data outside the file. Numbers lie
within bounds that keep the sweep of a small picture small.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sdnn.models.metadata import DETECTOR, READER
from sdnn.models.wire import Value, integers, message_fields, submessage, text

AnyArray = npt.NDArray[Any]

MAX_DIM: Final = 1024
"""Greatest length of an axis of a tensor, such as the number of feature maps."""

# Field numbers of onnx.proto, those that must not be repeated and those that may be.
MODEL: Final = ({1, 2, 3, 4, 5, 7}, {8, 14})
GRAPH: Final = ({2}, {1, 5, 11, 12, 13})
NODE: Final = ({3, 4, 7}, {1, 2, 5})
ATTRIBUTE: Final = ({1, 2, 3, 4, 20}, {8})
TENSOR: Final = ({2, 8, 9}, {1})
ENTRY: Final = ({1, 2}, set[int]())

MAX_OPERATORS: Final[Mapping[str, Mapping[str, int]]] = {
    READER: {
        **{"Conv": 48, "Relu": 32, "MaxPool": 8, "Unsqueeze": 1, "Squeeze": 1, "Transpose": 1},
        **{"Mul": 16, "ReduceSum": 32, "Add": 32, "Div": 16, "Sigmoid": 1, "Sub": 1},
    },
    DETECTOR: {
        **{"Conv": 32, "Relu": 32, "Cast": 32},
        **{"Resize": 3, "Concat": 3, "DepthToSpace": 1, "Squeeze": 1},
    },
}
"""Greatest number of nodes of each operator, by the kind of model; those that enlarge their input are few."""
MAX_PADDING: Final[Mapping[str, int]] = {READER: 0, DETECTOR: 2}
"""Greatest padding of a layer, by the kind of model: a padded sweep would not be exact."""
FLOAT32: Final = 1
INTEGERS: Final[Mapping[str, tuple[int, int]]] = {
    "group": (1, 1),
    **dict.fromkeys(("antialias", "exclude_outside", "ceil_mode", "storage_order"), (0, 1)),
    **dict.fromkeys(("strides", "dilations"), (1, 8)),
    "kernel_shape": (1, 64),
    "blocksize": (2, 2),
    "perm": (0, 3),
    "axis": (-4, 3),
    "to": (FLOAT32, FLOAT32),
    "keepdims": (1, 1),
    "noop_with_empty_axes": (0, 0),
}
"""Bounds of the attributes that are integers, but for `pads`."""
LENGTHS: Final[Mapping[str, Collection[int]]] = {
    **{name: {2} for name in ("strides", "dilations", "kernel_shape")},
    "pads": {4},
    "perm": {3, 4},
}
"""Number of values of the attributes that are lists."""
STRIPS: Final = "strips"
"""Name of the input of readers."""
FOLLOWERS: Final[Mapping[str, Collection[str]]] = {"Squeeze": {"Transpose"}, "Transpose": ()}
"""What may follow the operators at the end of a reader, which change the axes."""
TEXTS: Final = {"NOTSET", "stretch", "floor", "asymmetric", "nearest", "CRD"}
FLOATS: Final = {"cubic_coeff_a", "extrapolation_value"}
TYPES: Final[Mapping[int, str]] = {FLOAT32: "<f4", 7: "<i8", 10: "<f2"}
"""Types of tensors by their number in onnx.proto."""


@dataclass(frozen=True)
class _Node:
    operator: str
    inputs: tuple[str, ...]
    output: str


Fields = Mapping[int, list[Value]]
"""Values of the fields of a message, by number."""


def onnx_parts(content: bytes) -> tuple[dict[str, str], Fields]:
    """Metadata and graph of a model.

    Args:
        content: Content of a file (.onnx).

    Raises:
        ValueError: When it is no ONNX model, or one with more than operators, metadata and a graph; the
            message goes on after the name of the file.
    """
    model = _fields(memoryview(content), MODEL, "model")
    if not {7, 8} <= model.keys():
        raise ValueError("has no graph")
    for each in model[8]:  # domain of operators, and version
        _check_domain(_fields(submessage(each), ENTRY, "set of operators").get(1))
    entries = [_fields(submessage(each), ENTRY, "entry") for each in model.get(14, [])]
    graph = _fields(submessage(model[7][0]), GRAPH, "graph")
    return {text(each[1][0]): text(each[2][0]) for each in entries if each.keys() == {1, 2}}, graph


def check_graph(graph: Fields, kind: str) -> int:
    """Checks a graph.

    Args:
        graph: Graph by `onnx_parts`.
        kind: Kind of model, `READER` or `DETECTOR`.

    Returns:
        Bound of the multiplications for each value of the input.

    Raises:
        ValueError: When it has anything that our exporter does not write, or weights that are not finite; the
            message goes on after the name of the file.
    """
    nodes = [_checked_node(submessage(each), kind) for each in graph.get(1, [])]
    counts = Counter(each.operator for each in nodes)
    for operator, count in counts.items():
        if count > MAX_OPERATORS[kind][operator]:
            raise ValueError(f"has the operator {operator} {count} times")
    tensors = dict(_checked_tensor(submessage(each)) for each in graph.get(5, []))
    _check_uses(nodes, tensors)
    if kind == READER:
        _check_axes(nodes)
    enlargement: int = 4 ** (counts["Resize"] + counts["DepthToSpace"])
    return enlargement * sum(values.size for values in tensors.values())


def _fields(
    content: memoryview, allowed: tuple[Collection[int], Collection[int]], what: str
) -> dict[int, list[Value]]:
    """The fields of a message that may have only some."""
    once, repeated = allowed
    found: dict[int, list[Value]] = {}
    for number, value in message_fields(content):
        if number not in once and number not in repeated:
            raise ValueError(f"has a {what} with field {number}, which no model of sdnn has")
        if number in once and number in found:
            raise ValueError(f"has a {what} with field {number} twice")
        found.setdefault(number, []).append(value)
    return found


def _check_uses(nodes: Collection[_Node], tensors: Mapping[str, AnyArray]) -> None:
    """Checks that kernels are weights, each used once, and that sizes are doubled at most."""
    uses = Counter(
        name for node in nodes for name in node.inputs if name in tensors and tensors[name].ndim > 1
    )
    if any(count > 1 for count in uses.values()):
        raise ValueError("uses a kernel twice")
    cast = {node.output for node in nodes if node.operator == "Cast" and node.inputs[0] in tensors}
    for node in nodes:
        if node.operator == "Conv" and not {*node.inputs[1:]} <= {*tensors, *cast}:
            raise ValueError("has a convolution whose kernel is no weight")
        if node.operator == "Resize":
            _check_scales(node, tensors)


def _check_axes(nodes: Collection[_Node]) -> None:
    """Checks that values have the same axes until the end, so that none is as large as their product.

    Otherwise a sum of a row and a column would be a square.
    """
    for node in nodes:
        by = {each.operator for each in nodes if node.output in each.inputs}
        if node.operator in FOLLOWERS and not by <= {*FOLLOWERS[node.operator]}:
            raise ValueError(f"goes on after the operator {node.operator}")
        if (node.operator != "Unsqueeze" and node.inputs[0] == STRIPS) or STRIPS in node.inputs[1:]:
            raise ValueError(f"has the operator {node.operator} on its input")


def _check_scales(node: _Node, tensors: Mapping[str, AnyArray]) -> None:
    """Checks that a resizing doubles the sides at most: inputs are the maps, nothing, and the scales."""
    scales = tensors.get(node.inputs[2]) if len(node.inputs) == 3 else None
    if scales is None or scales.dtype.kind != "f" or scales.shape != (4,) or not set(scales) <= {1.0, 2.0}:
        raise ValueError("has a resizing that is not by 1 or 2")


def _checked_node(content: memoryview, kind: str) -> _Node:
    node = _fields(content, NODE, "node")
    _check_domain(node.get(7))
    operator = text(node[4][0]) if 4 in node else ""
    if operator not in MAX_OPERATORS[kind]:
        raise ValueError(f"has the operator {operator[:40]!r}, which no {kind} has")
    for each in node.get(5, []):
        _check_attribute(_fields(submessage(each), ATTRIBUTE, "attribute"), MAX_PADDING[kind])
    inputs, outputs = ([text(each) for each in node.get(field, [])] for field in (1, 2))
    if not (1 <= len(inputs) <= 3 and len(outputs) == 1):
        raise ValueError(f"has a {operator} of {len(inputs)} inputs and {len(outputs)} outputs")
    return _Node(operator, tuple(inputs), outputs[0])


def _check_domain(domain: list[Value] | None) -> None:
    if domain and text(domain[0]):
        raise ValueError("has operators of another domain")


def _check_attribute(attribute: Fields, max_padding: int) -> None:
    """Checks an attribute: 1 name, 2 float, 3 integer, 4 text, 8 integers."""
    name = text(attribute[1][0]) if 1 in attribute else ""
    single, several = (
        [number for each in attribute.get(field, []) for number in integers(each)] for field in (3, 8)
    )
    low, high = (0, max_padding) if name == "pads" else INTEGERS.get(name, (1, 0))
    is_list = name in LENGTHS
    if not (
        all(low <= number <= high for number in (*single, *several))
        and len(several) in LENGTHS.get(name, {0})
        and len(single) == (name in INTEGERS and not is_list)
        and {text(each) for each in attribute.get(4, [])} <= TEXTS
        and (2 not in attribute or name in FLOATS)
    ):
        raise ValueError(f"has an attribute {name[:40]!r} that no model of sdnn has")


def _checked_tensor(content: memoryview) -> tuple[str, AnyArray]:
    """Name and values of a tensor: 1 dims, 2 type, 8 name, 9 bytes."""
    tensor = _fields(content, TENSOR, "tensor")
    name = text(tensor[8][0]) if 8 in tensor else ""
    shown = f"has weights {name[:80]!r}"
    dims = [length for each in tensor.get(1, []) for length in integers(each)]
    if len(dims) > 4 or any(not 1 <= length <= MAX_DIM for length in dims):
        raise ValueError(f"{shown} of an impossible shape")
    (kind,) = integers(tensor[2][0]) if 2 in tensor else [0]
    raw = submessage(tensor[9][0]) if 9 in tensor else memoryview(b"")
    if kind not in TYPES or len(raw) != prod(dims) * np.dtype(TYPES[kind]).itemsize:
        raise ValueError(f"{shown} of another type or size than it says")
    values = np.frombuffer(raw, TYPES[kind]).reshape(dims)
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise ValueError(f"{shown} that are not finite")
    if values.dtype.kind == "i" and (values.size > 4 or (np.clip(values, -4, 3) != values).any()):
        raise ValueError(f"{shown} with axes that there are not")
    return name, values
