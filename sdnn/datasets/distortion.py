"""Distortion and noise of single windows."""

from dataclasses import dataclass

import cv2
import numpy as np

from sdnn.results import FloatArray
from sdnn.validation import Bound


@dataclass(frozen=True)
class Distortion:
    """Bounds of a random affine distortion; each value is uniform between minus and plus its bound.

    Attributes:
        rotation_deg: Rotation about the middle of the window.
        shear: Slant in pixels to the side per pixel up.
        log_scale: Natural logarithm of the size.
        log_aspect: Natural logarithm of the width over the height.
        shift_px: Horizontal displacement: less than a stride, since digits lie between columns, too.
        drop_px: Vertical displacement, as of a writer who leaves the line.
    """

    rotation_deg: Bound = 8.0
    shear: Bound = 0.2
    log_scale: Bound = 0.12
    log_aspect: Bound = 0.12
    shift_px: Bound = 1.0
    drop_px: Bound = 3.0


def distorted_windows(
    ink: FloatArray,
    centres_px: FloatArray,
    width_px: int,
    distortion: Distortion,
    rng: np.random.Generator,
) -> list[FloatArray]:
    """Windows of a strip, as high as it is, each seen through a random affine distortion about its middle.

    Args:
        ink: (H, W) strip, 0 paper to 1 ink.
        centres_px: (B,) x of the middles of the windows on the strip.
        width_px: Width of a window.
        distortion: Bounds of the distortion.
        rng: Random number generator.

    Returns:
        B windows (H, width_px), float32; paper where a window leaves the strip.
    """
    rotation, slant, size, aspect, shift, drop = rng.uniform(-1.0, 1.0, size=(6, len(centres_px)))
    angle = np.deg2rad(distortion.rotation_deg * rotation)
    shear = distortion.shear * slant
    scale = np.exp(distortion.log_scale * size)
    stretch = np.exp(distortion.log_aspect * aspect / 2)
    cos, sin = np.cos(angle) * scale, np.sin(angle) * scale
    a, b = cos * stretch, (cos * shear - sin) / stretch
    c, d = sin * stretch, (sin * shear + cos) / stretch
    # Pixel i has its middle at i + 0.5; the matrices go from window to strip.
    right, down = width_px / 2 - 0.5, ink.shape[0] / 2 - 0.5
    x = centres_px - 0.5 + distortion.shift_px * shift - a * right - b * down
    y = down + distortion.drop_px * drop - c * right - d * down
    matrices = np.stack([a, b, x, c, d, y], axis=1).reshape(-1, 2, 3)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return [
        np.asarray(cv2.warpAffine(ink, matrix, (width_px, ink.shape[0]), flags=flags), dtype=np.float32)
        for matrix in matrices
    ]


def salt_and_pepper(images: FloatArray, share: float | FloatArray, rng: np.random.Generator) -> FloatArray:
    """The images with a share of their pixels replaced by pure paper or pure ink, half each.

    Args:
        images: (B, H, W), 0 paper to 1 ink.
        share: Share of the replaced pixels, of all images or (B, 1, 1) of each.
        rng: Random number generator.

    Reference:
        LeCun et al. 1998, section VII: 10 % of the pixels.
    """
    dice = rng.random(images.shape, dtype=np.float32)
    noisy = np.where(dice < share / 2, np.float32(0), images)
    return np.where(dice > 1 - share / 2, np.float32(1), noisy)
