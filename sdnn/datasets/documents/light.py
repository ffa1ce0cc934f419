"""Light and surroundings of a page: hard shadows, desks, scanner lids, inverse areas.

Effects on the paper itself are in `sdnn.datasets.paper`.
"""

import cv2
import numpy as np
import numpy.typing as npt

from sdnn.datasets.documents.ink_canvas import SHIFT
from sdnn.results import FloatArray


def hard_shadow(picture: FloatArray, height_px: float, rng: np.random.Generator) -> FloatArray:
    """A shadow over one side of the picture, its edge from sharp to four digits wide.

    Args:
        picture: (H, W) brightness, 0 black to 1 white.
        height_px: Height of digits.
        rng: Decides its side, edge and darkness.

    Returns:
        (H, W) float32.
    """
    rows, columns = picture.shape
    angle = rng.choice([0.0, np.pi / 2, np.pi, -np.pi / 2]) + rng.normal(0, 0.3)
    x, y = np.meshgrid(np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32))
    along = np.cos(angle) * x + np.sin(angle) * y
    edge = rng.uniform(float(along.min()), float(along.max()))
    soft_px = np.float32(max(0.3, height_px * rng.uniform(0, 2) ** 2))
    shade = np.clip((along - np.float32(edge)) / soft_px + 0.5, 0, 1)
    return np.asarray(picture * (1 - np.float32(rng.uniform(0.3, 0.85)) * shade), dtype=np.float32)


def on_desk(picture: FloatArray, paper: FloatArray, rng: np.random.Generator) -> FloatArray:
    """The picture with a desk or a scanner's lid, of another brightness, beyond the paper.

    Args:
        picture: (H, W) brightness, 0 black to 1 white.
        paper: (4, 2) corners of the paper, in pixels.
        rng: Decides brightness and texture.

    Returns:
        (H, W) float32.
    """
    mask = np.zeros(picture.shape, np.uint8)
    cv2.fillPoly(mask, [_corners(paper)], 255, cv2.LINE_AA, SHIFT)
    inside = mask.astype(np.float32) / 255
    desk = np.full(picture.shape, rng.uniform(0.02, 0.5), np.float32)
    if rng.random() < 0.2:
        desk += np.float32(rng.uniform(0.3, 0.5))
    if rng.random() < 0.5:
        grain = rng.normal(0, rng.uniform(0.01, 0.06), (picture.shape[0] // 3 + 2, picture.shape[1] // 9 + 2))
        desk += cv2.resize(grain.astype(np.float32), picture.shape[::-1])
    return np.asarray((inside * picture + (1 - inside) * desk).clip(0, 1), dtype=np.float32)


def inverse_area(picture: FloatArray, area: FloatArray) -> FloatArray:
    """The picture with a polygon light on dark, (N, 2) corners in pixels."""
    mask = np.zeros(picture.shape, np.uint8)
    cv2.fillPoly(mask, [_corners(area)], 1, cv2.LINE_8, SHIFT)
    inverse = float(picture.min()) + float(picture.max()) - picture
    return np.where(mask > 0, inverse, picture).astype(np.float32)


def _corners(points: FloatArray) -> npt.NDArray[np.int32]:
    return np.rint(points * 2**SHIFT).astype(np.int32)
