"""The ink as the pen lays it: pressure, pencil, gaps, bleeding and broad pens. All take and give ink."""

from typing import Final

import cv2
import numpy as np

from sdnn.datasets.paper.drawing import blur, darkened
from sdnn.datasets.paper.fields import smooth_field, spots
from sdnn.datasets.paper.scene import Effect, Scene
from sdnn.results import FloatArray


def marker(ink: FloatArray, scene: Scene) -> FloatArray:
    """Broad, even strokes, full to the edge."""
    side = max(2, round(scene.text_px(scene.between(0.04, 0.09))))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    broad = np.asarray(cv2.dilate(ink, kernel), dtype=np.float32)
    return _at_most_full(broad * np.float32(1.4))


def bleed(ink: FloatArray, scene: Scene) -> FloatArray:
    """Ink that ran into the paper: soft, broader strokes."""
    spread = blur(ink, scene.text_px(scene.between(0.02, 0.05), least_px=0.5))
    return _at_most_full(spread * np.float32(scene.between(1.2, 1.7)))


def _at_most_full(ink: FloatArray) -> FloatArray:
    return np.minimum(ink, np.float32(1), out=ink)


def pressure(ink: FloatArray, scene: Scene) -> FloatArray:
    """Ink that is darker here and paler there, from one stroke to the next."""
    cell = scene.text_px(scene.between(0.4, 1.5))
    amount = scene.between(0.25, 0.65) * scene.strength
    return darkened(ink, smooth_field(ink.shape, cell, scene), amount)


def pencil(ink: FloatArray, scene: Scene) -> FloatArray:
    """Grainy, pale ink: graphite stays on the heights of the paper alone."""
    rough = spots(ink.shape, scene.between(1.0, 2.0), scene)
    rough *= np.float32(scene.between(0.15, 0.4) * scene.strength)
    rough += np.float32(scene.between(0.65, 0.9))
    rough = np.clip(rough, 0.15, 1.0, out=rough)
    rough *= ink
    return rough


def dropout(ink: FloatArray, scene: Scene) -> FloatArray:
    """Gaps where the pen skipped."""
    field = smooth_field(ink.shape, scene.text_px(scene.between(0.12, 0.35), least_px=2.0), scene)
    # Steep, so that the pen either writes or does not; the threshold leaves most of the stroke.
    gaps = np.clip((field - np.float32(scene.between(0.6, 0.72))) * 8, 0.0, 1.0)
    return darkened(ink, gaps, scene.between(0.5, 0.95) * scene.strength)


INK: Final[dict[str, Effect]] = {
    "marker": marker,
    "bleed": bleed,
    "pressure": pressure,
    "pencil": pencil,
    "dropout": dropout,
}
"""Effects by the name of their share in the recipe, in the order in which they befall the ink."""
