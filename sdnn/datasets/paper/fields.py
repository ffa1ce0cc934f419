"""Fields of values over a page: noise, spots, smooth fields and slopes."""

from functools import cache
from typing import Final

import cv2
import numpy as np

from sdnn.datasets.paper.effects import EffectContext
from sdnn.results import FloatArray

NOISE_SIDES_PX: Final = (512, 1024)
"""Size of the stored noise that pages take their own from: 200 000 crops, far cheaper than drawing anew."""


@cache
def _stored_noise() -> FloatArray:
    return np.random.default_rng(1998).standard_normal(NOISE_SIDES_PX, dtype=np.float32)


def noise(shape: tuple[int, ...], context: EffectContext) -> FloatArray:
    """(H, W) read-only normal noise of mean 0 and standard deviation 1."""
    height, width = shape
    rows, columns = NOISE_SIDES_PX
    if height > rows or width > columns:
        return context.rng.standard_normal(shape, dtype=np.float32)
    top, left = context.count(0, rows - height), context.count(0, columns - width)
    crop = _stored_noise()[top : top + height, left : left + width]
    return crop[:, ::-1] if context.happens(0.5) else crop


def spots(shape: tuple[int, ...], side_px: float, context: EffectContext) -> FloatArray:
    """(H, W) normal noise of mean 0 in spots of the given size."""
    height, width = shape
    fine = noise((int(height / side_px) + 1, int(width / side_px) + 1), context)
    return np.asarray(cv2.resize(fine, (width, height)), dtype=np.float32)


def smooth_field(shape: tuple[int, ...], cell_px: float, context: EffectContext) -> FloatArray:
    """(H, W) values between 0 and 1, overshooting by up to a fifth, smooth over `cell_px` pixels."""
    height, width = shape
    rows, columns = (max(2, round(length / cell_px) + 1) for length in shape)
    grid = context.rng.random((rows, columns), dtype=np.float32)
    return np.asarray(cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC), dtype=np.float32)


def ramp(shape: tuple[int, ...], angle: float) -> FloatArray:
    """(H, W) distance in pixels from the middle along a direction, in radians; 0 is to the right."""
    height, width = shape
    x = np.arange(width, dtype=np.float32) - np.float32((width - 1) / 2)
    y = np.arange(height, dtype=np.float32) - np.float32((height - 1) / 2)
    return np.float32(np.cos(angle)) * x + (np.float32(np.sin(angle)) * y)[:, None]


def half_plane(shape: tuple[int, ...], angle: float, distance_px: float, softness_px: float) -> FloatArray:
    """(H, W) 1 beyond a distance from the middle along a direction, 0 nearer.

    Args:
        shape: H and W.
        angle: Direction in radians; 0 is to the right.
        distance_px: Distance of the edge from the middle.
        softness_px: Width of the edge.
    """
    side = ramp(shape, angle)
    side -= np.float32(distance_px)
    side *= np.float32(1 / softness_px)
    side += np.float32(0.5)
    return np.clip(side, 0.0, 1.0, out=side)


def random_distance(shape: tuple[int, ...], angle: float, context: EffectContext) -> float:
    """A random distance in pixels from the middle along a direction, on the page."""
    height, width = shape
    reach = float(abs(np.cos(angle)) * width + abs(np.sin(angle)) * height)
    return reach * context.between(-0.4, 0.4)
