"""Signs before, between and after the digits of a string: separators, currency, closing strokes."""

from typing import Final

import numpy as np

from sdnn.datasets.documents.ink_canvas import Canvas, mapped
from sdnn.datasets.handwriting import MARK_STROKES, random_marks
from sdnn.results import FloatArray

Strokes = tuple[tuple[tuple[float, float], ...], ...]

SIGN_STROKES: Final[dict[str, Strokes]] = {
    **MARK_STROKES,
    "/": (((0.42, -1.12), (0.0, 0.12)),),
    "\\": (((0.0, -1.1), (0.4, 0.1)),),
    "|": (((0.0, -1.2), (0.0, 0.25)),),
    "+": (((0.0, -0.45), (0.4, -0.46)), ((0.2, -0.66), (0.2, -0.24))),
    "*": (((0.0, -0.75), (0.3, -0.45)), ((0.0, -0.45), (0.3, -0.75)), ((0.15, -0.82), (0.15, -0.4))),
    "(": (((0.2, -1.1), (0.02, -0.7), (0.0, -0.3), (0.2, 0.12)),),
    ")": (((0.0, -1.1), (0.18, -0.7), (0.2, -0.3), (0.0, 0.12)),),
    "€": (
        ((0.55, -0.9), (0.35, -0.98), (0.15, -0.75), (0.1, -0.45), (0.2, -0.1), (0.4, 0.0), (0.58, -0.1)),
        ((0.0, -0.6), (0.4, -0.62)),
        ((0.0, -0.4), (0.38, -0.42)),
    ),
    "%": (
        ((0.5, -1.0), (0.08, 0.0)),
        ((0.1, -0.95), (0.0, -0.8), (0.12, -0.68), (0.2, -0.82), (0.1, -0.95)),
        ((0.48, -0.3), (0.38, -0.15), (0.5, 0.0), (0.58, -0.14), (0.48, -0.3)),
    ),
}
"""Strokes of each sign, in text heights: x to the right, y down from the baseline."""
BEGINNINGS: Final = ("$", "#", "€", "(", "-", "=", "*", "+", "$")
"""What a string may begin with; what has no strokes is left out."""
SEPARATORS: Final = ("-", "/", ".", "-", ",", ":")
"""What may stand between two digits, beside the separators of `random_marks`."""
ENDINGS: Final = (
    "/-",
    "/-",
    "/-",
    "/-",
    "/",
    "/-",
    ",-",
    ".-",
    "=",
    "-",
    "--",
    "€",
    "%",
    ".",
    "*",
    "/",
    "|-",
    ")",
    ":-",
    "+",
)
"""What a string may end with."""


def random_signs(count: int, rng: np.random.Generator) -> dict[int, str]:
    """Signs by the number of the digit they stand before; `count` is after the last of so many digits."""
    signs = random_marks(count, rng)
    if rng.random() < 0.4:
        signs[count] = str(rng.choice(ENDINGS))
    if rng.random() < 0.1:
        signs[0] = str(rng.choice(BEGINNINGS))
    if count > 3 and rng.random() < 0.12:
        signs[int(rng.integers(1, count))] = str(rng.choice(SEPARATORS))
    return {
        number: "".join(sign for sign in group if sign in SIGN_STROKES) for number, group in signs.items()
    }


def draw_sign(
    canvas: Canvas,
    sign: str,
    x: float,
    height_px: float,
    sheet_from_line: FloatArray,
    pen_px: float,
    tone: float,
    rng: np.random.Generator,
) -> tuple[float, tuple[float, float, float]]:
    """Draws a sign on the baseline of a string.

    Args:
        canvas: What to draw on.
        sign: A key of `SIGN_STROKES`.
        x: Its left edge along the baseline.
        height_px: Height of the string's digits on the sheet.
        sheet_from_line: (2, 3) affine map from the string's baseline to the sheet.
        pen_px: Width of the pen's line.
        tone: Darkness of its ink, 0 to 1.
        rng: Decides its size and shape.

    Returns:
        Its width along the baseline, and x and y of its middle and its size on the sheet.
    """
    dash = sign == "-"
    stretch = float(np.exp(rng.normal(0.3 if dash else 0, 0.35 if dash else 0.15)))
    size = float(np.exp(rng.normal(0, 0.12)))
    strokes = [np.array(stroke) * (stretch * size, size) for stroke in SIGN_STROKES[sign]]
    rise = rng.normal(0, 0.06)
    drawn = []
    for stroke in strokes:
        points = (stroke + rng.normal(0, 0.015, stroke.shape) + (0, rise)) * height_px + (x, 0)
        drawn.append(mapped(points, sheet_from_line))
        canvas.line(drawn[-1], pen_px, tone)
    points = np.vstack(drawn)
    low, high = points.min(axis=0), points.max(axis=0)
    middle_x, middle_y = ((low + high) / 2).tolist()
    width = float(max(stroke[:, 0].max() for stroke in strokes)) * height_px
    return width, (middle_x, middle_y, max(float(np.max(high - low)), pen_px))
