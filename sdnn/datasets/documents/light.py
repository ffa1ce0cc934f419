"""Light and surroundings of a page: hard shadows, desks, scanner lids, inverse areas."""

import cv2
import numpy as np
import numpy.typing as npt

from sdnn.datasets.rasterizer import SUBPIXEL_BITS
from sdnn.results import FloatArray


def hard_shadow(picture: FloatArray, height_px: float, rng: np.random.Generator) -> FloatArray:
    """(H, W) float32 picture with a shadow over one side, its edge from sharp to four digits wide.

    Args:
        picture: (H, W) brightness, 0 black to 1 white.
        height_px: Height of digits.
        rng: Random number generator.
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
    """(H, W) float32 picture with a desk or a scanner's lid beyond the paper.

    Args:
        picture: (H, W) brightness, 0 black to 1 white.
        paper: (4, 2) corners of the paper, in pixels.
        rng: Random number generator of brightness and texture.
    """
    mask = np.zeros(picture.shape, np.uint8)
    cv2.fillPoly(mask, [_corners(paper)], 255, cv2.LINE_AA, SUBPIXEL_BITS)
    inside = mask.astype(np.float32) / 255
    desk = np.full(picture.shape, rng.uniform(0.02, 0.5), np.float32)
    if rng.random() < 0.2:
        desk += np.float32(rng.uniform(0.3, 0.5))
    if rng.random() < 0.5:
        grain = rng.normal(0, rng.uniform(0.01, 0.06), (picture.shape[0] // 3 + 2, picture.shape[1] // 9 + 2))
        desk += cv2.resize(grain.astype(np.float32), picture.shape[::-1])
    return np.asarray((inside * picture + (1 - inside) * desk).clip(0, 1), dtype=np.float32)


def inverse_area(picture: FloatArray, area: FloatArray) -> FloatArray:
    """(H, W) float32 picture inverted within a polygon, (N, 2) corners in pixels."""
    mask = np.zeros(picture.shape, np.uint8)
    cv2.fillPoly(mask, [_corners(area)], 1, cv2.LINE_8, SUBPIXEL_BITS)
    inverse = float(picture.min()) + float(picture.max()) - picture
    return np.where(mask > 0, inverse, picture).astype(np.float32)


def _corners(points: FloatArray) -> npt.NDArray[np.int32]:
    return np.rint(points * 2**SUBPIXEL_BITS).astype(np.int32)
