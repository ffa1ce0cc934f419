"""What is known of a model file without reading with it."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from sdnn.errors import ModelError
from sdnn.models.architecture import CHANNELS, GEOMETRY, Layer, layers, map_sizes, multiplications, work
from sdnn.models.description import Description
from sdnn.models.engine import Engine

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
        "name": engine.description.name,
        "file": str(path),
        "bytes": path.stat().st_size,
        "sha256": engine.sha256,
        **_described(engine.description, path),
    }


def _described(description: Description, path: Path) -> dict[str, Any]:
    """What the description of a model says, and what follows from it, in plain JSON types."""
    stack = _layers(description, path)
    taken = work(stack, STRIP_PX)
    return {
        "geometry": {
            **asdict(description.geometry),
            "digit_px": DIGIT_PX,
            "columns_per_digit": DIGIT_PX / description.geometry.stride_px,
        },
        "layers": _layer_records(stack),
        "parameters": sum(layer.parameters for layer in stack),
        "multiplications": {
            "digits": STRIP_DIGITS,
            "width_px": STRIP_PX,
            "columns": taken.columns,
            "swept": taken.swept,
            "per_column": round(taken.per_column),
            "window": taken.window,
            "cut": taken.cut,
            "ratio": round(taken.ratio, 2),
        },
        "temperature": description.temperature,
        "recipe": description.recipe,
        "data": description.data,
        "card": description.card,
    }


def _layers(description: Description, path: Path) -> tuple[Layer, ...]:
    """The layers of the described net.

    Raises:
        ModelError: When it is a net that this version does not make.
    """
    channels = description.recipe.get("channels", CHANNELS)
    try:
        if description.geometry != GEOMETRY:
            raise ValueError(description.geometry)
        if not all(isinstance(maps, int) and maps > 0 for maps in channels):
            raise ValueError(channels)
        return layers(channels)
    except (TypeError, ValueError) as error:
        raise ModelError(
            f"{path}: describes a net of another architecture; look at it with its sdnn version"
        ) from error


def _layer_records(stack: Sequence[Layer]) -> list[dict[str, Any]]:
    """The layers; `window_map` is what each makes of one window, multiplications are those of a strip."""
    sizes = map_sizes(stack, GEOMETRY.window_px)[1:]
    counts = multiplications(stack, STRIP_PX)
    return [
        {
            "kind": type(layer).__name__.lower(),
            **asdict(layer),
            "window_map": size,
            "parameters": layer.parameters,
            "multiplications": count,
            "share": round(count / sum(counts), 4),
        }
        for layer, size, count in zip(stack, sizes, counts, strict=True)
    ]
