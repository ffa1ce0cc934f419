"""What is known of a model file without reading with it."""

from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from sdnn.errors import ModelError
from sdnn.models.architecture import Architecture
from sdnn.models.engine import Engine
from sdnn.models.metadata import ReaderMetadata
from sdnn.models.registry import architecture_of

SCHEMA: Final = 1
STRIP_DIGITS: Final = 5
STRIP_PX: Final = 201
"""Width of a strip of five digits: median over 1,000 of MNIST validation digits, gaps of 0 to 6 px."""
DIGIT_PX: Final = 23.4
"""What each of them takes of it, with its gap; the rest is paper on either side."""


def record_of(engine: Engine, path: Path) -> dict[str, Any]:
    """All that is known of a model without reading with it, in plain JSON types."""
    return {
        "schema": SCHEMA,
        "name": engine.metadata.name,
        "file": str(path),
        "bytes": path.stat().st_size,
        "sha256": engine.sha256,
        **_described(engine.metadata, path),
    }


def _described(metadata: ReaderMetadata, path: Path) -> dict[str, Any]:
    """What the description of a model says, and what follows from it, in plain JSON types."""
    architecture = _architecture(metadata, path)
    columns = architecture.geometry.columns(STRIP_PX)
    sliding, window = (sum(architecture.macs(px)) for px in (STRIP_PX, architecture.geometry.window_px))
    return {
        "geometry": {
            **asdict(metadata.geometry),
            "digit_px": DIGIT_PX,
            "columns_per_digit": DIGIT_PX / metadata.geometry.stride_px,
        },
        "layers": _layer_records(architecture),
        "parameters": sum(layer.parameters for layer in architecture.layers),
        "multiplications": {
            "digits": STRIP_DIGITS,
            "width_px": STRIP_PX,
            "columns": columns,
            "swept": sliding,
            "per_column": round(sliding / columns),
            "window": window,
            "cut": columns * window,
            "ratio": round(columns * window / sliding, 2),
        },
        "temperature": metadata.temperature,
        "recipe": metadata.recipe,
        "data": metadata.data,
        "card": metadata.card,
    }


def _architecture(metadata: ReaderMetadata, path: Path) -> Architecture:
    """The architecture of the described net.

    Raises:
        ModelError: When it is a net that this version does not make.
    """
    try:
        architecture = architecture_of(metadata)
        architecture.macs(STRIP_PX)
    except (TypeError, ValueError) as error:
        raise ModelError(
            f"{path}: describes a net of another architecture; look at it with its sdnn version"
        ) from error
    return architecture


def _layer_records(architecture: Architecture) -> list[dict[str, Any]]:
    """The layers; `window_map` is the map of one window behind each, multiplications are those of a strip."""
    sizes = architecture.map_sizes(architecture.geometry.window_px)[1:]
    counts = architecture.macs(STRIP_PX)
    return [
        {
            "kind": type(layer).__name__.lower(),
            **asdict(layer),
            "window_map": size,
            "parameters": layer.parameters,
            "multiplications": count,
            "share": round(count / sum(counts), 4),
        }
        for layer, size, count in zip(architecture.layers, sizes, counts, strict=True)
    ]
