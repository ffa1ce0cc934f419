"""The record of a model file: metadata, layers, parameters, operations."""

from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from sdnn.errors import ModelError
from sdnn.models.engine import Engine
from sdnn.models.registry import architecture_of
from sdnn.results import Geometry

SCHEMA: Final = 1
STRIP_DIGITS: Final = 5
STRIP_HEIGHTS: Final = 8.92
"""Width of a strip of five digits over the net's text height: median over 1,000 of MNIST validation digits,
gaps of 0 to 6 px."""
DIGIT_HEIGHTS: Final = 1.138
"""Width of a digit with its gap on that strip, likewise; the rest is paper on either side."""


def strip_px(geometry: Geometry) -> int:
    """Width of a usual strip of five digits."""
    return round(STRIP_HEIGHTS * geometry.text_height_px)


def record_of(engine: Engine, path: Path) -> dict[str, Any]:
    """The record of a model, in plain JSON types.

    Raises:
        ModelError: When it is of an architecture that this version does not have.
    """
    metadata = engine.metadata
    try:
        architecture = architecture_of(metadata)
        width_px = strip_px(architecture.geometry)
        macs = architecture.macs(width_px)
    except ValueError as error:
        raise ModelError(
            f"{path}: describes a net of another architecture; look at it with its sdnn version"
        ) from error
    columns = architecture.geometry.columns(width_px)
    window_px = architecture.geometry.window_px
    digit_px = round(DIGIT_HEIGHTS * architecture.geometry.text_height_px, 1)
    nets = metadata.nets
    sweep, window = nets * sum(macs), nets * sum(architecture.macs(window_px))
    return {
        "schema": SCHEMA,
        "name": metadata.name,
        "file": str(path),
        "bytes": path.stat().st_size,
        "sha256": engine.sha256,
        "geometry": {
            **asdict(metadata.geometry),
            "digit_px": digit_px,
            "columns_per_digit": digit_px / metadata.geometry.stride_px,
        },
        "nets": nets,
        # Layers of one net. The map of a layer is that of a window, its multiplications those of the strip.
        "layers": [
            {
                "kind": type(layer).__name__.lower(),
                **asdict(layer),
                "window_map": size,
                "parameters": layer.parameters,
                "multiplications": count,
                "share": round(nets * count / sweep, 6),
            }
            for layer, size, count in zip(
                architecture.layers, architecture.map_sizes(window_px)[1:], macs, strict=True
            )
        ],
        "parameters": nets * sum(layer.parameters for layer in architecture.layers),
        "multiplications": {
            "digits": STRIP_DIGITS,
            "width_px": width_px,
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
