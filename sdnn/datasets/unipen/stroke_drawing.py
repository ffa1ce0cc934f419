"""UNIPEN's strokes smoothed and drawn as ink."""

from typing import Final

import numpy as np

from sdnn.datasets.rasterizer import Ink, crop_to_ink, draw_lines
from sdnn.datasets.unipen.sample import Strokes, bounds
from sdnn.results import FloatArray

_STEPS_PER_HEIGHT: Final = 32
"""Points along one height of a smoothed stroke; at 40 pixels their corners do not show."""
_MAX_ASPECT: Final = 6.0
"""Width over height beyond which a sample, such as a dash, is scaled by its width."""
_MARGIN_PX: Final = 1.0
"""Paper around the strokes beside half the line width: the fine raster rounds the width up."""
_FINE_PEN_PX: Final = 2.0
"""Line width from which on half the oversampling shades edges as well."""


def smooth_strokes(strokes: Strokes, height: float) -> list[FloatArray]:
    """Strokes with evenly spaced points and without the tablet's steps.

    Args:
        strokes: (N, 2) x and y of each stroke, not empty.
        height: Reference height in the strokes' unit: details below a twentieth of it are smoothed.

    Returns:
        (M, 2) x and y of each stroke, at least two points, `height / 32` apart; both ends stay.
    """
    spacing = max(height, 1e-6) / _STEPS_PER_HEIGHT
    return [_smooth(np.asarray(stroke, np.float64), spacing) for stroke in strokes]


def _smooth(stroke: FloatArray, spacing: float) -> FloatArray:
    steps = np.diff(stroke, axis=0)
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    moves = lengths > 0
    if not moves.any():
        return np.repeat(stroke[:1], 2, axis=0)
    points = stroke[np.append(True, moves)]
    at = np.append(0.0, lengths[moves].cumsum())
    even = np.linspace(0, at[-1], max(2, int(np.ceil(at[-1] / spacing)) + 1))
    curve = np.column_stack([np.interp(even, at, points[:, axis]) for axis in (0, 1)])
    for _ in range(2):
        curve[1:-1] = (curve[:-2] + 2 * curve[1:-1] + curve[2:]) / 4
    return curve


def draw_strokes(
    strokes: Strokes,
    height_px: float,
    pen_px: float,
    pressure: float = 0.0,
    reference: float | None = None,
) -> Ink:
    """Draw a sample of any kind: a letter, a sign, a word.

    Args:
        strokes: (N, 2) x and y of each stroke, y down, not empty.
        height_px: Height of `reference` in pixels, pen included.
        pen_px: Line width in pixels.
        pressure: Share of that width lost where the pen does not move straight down.
        reference: Height in the strokes' unit; by default that of the strokes themselves, or a sixth of the
            width of a flat sample such as a dash. With the usual height of the writer's letters, a comma
            stays small.

    Returns:
        (H, W) ink, cropped.
    """
    low, high = bounds(strokes)
    width, height = (high - low).tolist()
    reference = reference or max(height, width / _MAX_ASPECT)
    scale = max(height_px - pen_px, 1.0) / reference if reference > 0 else 1.0
    curves = [scale * (curve - low) for curve in smooth_strokes(strokes, reference)]
    border = pen_px / 2 + _MARGIN_PX
    size = (int(np.ceil(scale * width + 2 * border)), int(np.ceil(scale * height + 2 * border)))
    coarseness = 1 if pen_px < _FINE_PEN_PX else 2
    return crop_to_ink(draw_lines([curve + border for curve in curves], pen_px, pressure, size, coarseness))
