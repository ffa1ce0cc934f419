"""Models of former versions, kept as fixtures, and what they answer."""

from pathlib import Path
from typing import Final

import numpy as np

from sdnn.detection import Detector
from sdnn.models.engine import Engine
from sdnn.results import FloatArray, Strip

MODELS: Final = Path(__file__).parents[1] / "fixtures" / "models"
"""A folder for each version whose format differs from that of the one before."""
VERSIONS: Final = sorted(path for path in MODELS.iterdir() if path.is_dir() and path.name[0].isdigit())


def pattern(rows: int, columns: int) -> FloatArray:
    """(rows, columns) float32 from 0 to 1, with structure at several scales, the same on every machine."""
    row, column = np.indices((rows, columns))
    return ((row * row + 3 * column * row + 7 * column) % 29 / 28).astype(np.float32)


def answers(folder: Path) -> dict[str, list[float]]:
    """What the models in a folder answer, in one list each."""
    engine, detector = Engine(folder / "run" / "model.onnx"), Detector(folder / "detector.onnx")
    strip = Strip(pattern(engine.metadata.geometry.height_px, 100))
    maps, ink = detector._run(8 * pattern(32, 48) - 4)
    return {
        "log_probs": [round(value, 7) for value in engine.class_map(strip).log_probs.ravel().tolist()],
        "maps": [round(value, 7) for value in maps.ravel().tolist()],
        "ink": [round(value, 7) for value in ink[::4].ravel().tolist()],
    }
