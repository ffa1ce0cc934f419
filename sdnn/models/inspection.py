"""The record of a model file: metadata, layers, parameters, operations."""

from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from sdnn.errors import ModelError
from sdnn.models.engine import Engine
from sdnn.models.registry import architecture_of

SCHEMA: Final = 1
STRIP_DIGITS: Final = 5
STRIP_PX: Final = 201
"""Width of a strip of five digits: median over 1,000 of MNIST validation digits, gaps of 0 to 6 px."""
DIGIT_PX: Final = 23.4
"""Width of a digit with its gap on that strip; the rest is paper on either side."""


def record_of(engine: Engine, path: Path) -> dict[str, Any]:
    """The record of a model, in plain JSON types.

    Raises:
        ModelError: When it is of an architecture that this version does not have.
    """
    metadata = engine.metadata
    try:
        architecture = architecture_of(metadata)
        macs = architecture.macs(STRIP_PX)
    except (TypeError, ValueError) as error:
        raise ModelError(
            f"{path}: describes a net of another architecture; look at it with its sdnn version"
        ) from error
    columns = architecture.geometry.columns(STRIP_PX)
    window_px = architecture.geometry.window_px
    sweep, window = sum(macs), sum(architecture.macs(window_px))
    return {
        "schema": SCHEMA,
        "name": metadata.name,
        "file": str(path),
        "bytes": path.stat().st_size,
        "sha256": engine.sha256,
        "geometry": {
            **asdict(metadata.geometry),
            "digit_px": DIGIT_PX,
            "columns_per_digit": DIGIT_PX / metadata.geometry.stride_px,
        },
        # The map of a layer is that of a window, its multiplications are those of the strip.
        "layers": [
            {
                "kind": type(layer).__name__.lower(),
                **asdict(layer),
                "window_map": size,
                "parameters": layer.parameters,
                "multiplications": count,
                "share": round(count / sweep, 4),
            }
            for layer, size, count in zip(
                architecture.layers, architecture.map_sizes(window_px)[1:], macs, strict=True
            )
        ],
        "parameters": sum(layer.parameters for layer in architecture.layers),
        "multiplications": {
            "digits": STRIP_DIGITS,
            "width_px": STRIP_PX,
            "columns": columns,
            "swept": sweep,
            "per_column": round(sweep / columns),
            "window": window,
            "cut": columns * window,
            "ratio": round(columns * window / sweep, 2),
        },
        "temperature": metadata.temperature,
        "recipe": metadata.recipe,
        "data": metadata.data,
        "card": metadata.card,
    }
