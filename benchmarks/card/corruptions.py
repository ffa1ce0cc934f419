"""Synthetic corruptions, one at a time, at fixed strengths.

The effects of `sdnn.datasets.paper` are random and meet on one page, as training needs them; a table needs
one alone, at a known strength.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from sdnn.datasets.distortion import salt_and_pepper
from sdnn.results import FloatArray

MARGIN_PX: Final = 12
"""Paper added round a strip first: rotation needs room, and rulings go on beyond the digits."""
RULING_PITCH_PX: Final = 20
"""As high as the digits, so that one ruling goes through them wherever the first lies."""
SENSOR_NOISE: Final = 0.02
"""Standard deviation, of white: without noise, faint writing could simply be multiplied."""
FINER: Final = 4
"""Oversampling, so that strokes change by parts of a pixel."""

Change = Callable[[FloatArray, float, np.random.Generator], FloatArray]
"""Function from (H, W) brightness, a strength and a random generator to new brightness."""


@dataclass(frozen=True)
class Corruption:
    """One way to corrupt a strip.

    Attributes:
        name: Name, with a place for the strength.
        strengths: Strengths, mild first.
        change: Function that changes a page.
    """

    name: str
    strengths: tuple[float, ...]
    change: Change

    def label(self, strength: float) -> str:
        """The name with a strength in its place."""
        return self.name.format(strength)

    def corrupt(self, page: FloatArray, strength: float, rng: np.random.Generator) -> FloatArray:
        """The page with paper round it, corrupted.

        Args:
            page: (H, W) brightness, 0 black to 1 white.
            strength: Strength, in the unit of the name.
            rng: Generator of all that the strength leaves open.

        Returns:
            (H', W') float32 brightness, 0 to 1.
        """
        return self.change(with_margin(page), strength, rng).clip(0.0, 1.0).astype(np.float32, copy=False)


def with_margin(page: FloatArray) -> FloatArray:
    """The page with white paper all round it."""
    return np.pad(page, MARGIN_PX, constant_values=1.0)


def turned(page: FloatArray, angle_deg: float, rng: np.random.Generator) -> FloatArray:
    """The page turned about its middle, to either side, on paper large enough to hold it."""
    height, width = page.shape
    angle = np.radians(angle_deg)
    sine, cosine = abs(np.sin(angle)), abs(np.cos(angle))
    size = (int(np.ceil(width * cosine + height * sine)), int(np.ceil(width * sine + height * cosine)))
    matrix = cv2.getRotationMatrix2D(
        ((width - 1) / 2, (height - 1) / 2), angle_deg * rng.choice([-1, 1]), 1.0
    )
    matrix[:, 2] += (size[0] - width) / 2, (size[1] - height) / 2
    return _array(cv2.warpAffine(page, matrix, size, flags=cv2.INTER_CUBIC, borderValue=1.0))


def noisy(page: FloatArray, deviation: float, rng: np.random.Generator) -> FloatArray:
    """The page with normal noise on every pixel."""
    return page + np.float32(deviation) * rng.standard_normal(page.shape, dtype=np.float32)


def speckled(page: FloatArray, share: float, rng: np.random.Generator) -> FloatArray:
    """The page with a share of its pixels turned to pure black or white."""
    (ink,) = salt_and_pepper(1 - page[None], share, rng)
    return _array(1 - ink)


def thinner(page: FloatArray, by_px: float, rng: np.random.Generator) -> FloatArray:
    """The page with every stroke so many pixels thinner; digits are 20 px high, strokes about 2.4 px wide."""
    return _with_strokes(page, by_px, cv2.MORPH_DILATE)  # of the paper's brightness


def thicker(page: FloatArray, by_px: float, rng: np.random.Generator) -> FloatArray:
    """The page with every stroke so many pixels thicker."""
    return _with_strokes(page, by_px, cv2.MORPH_ERODE)


def _with_strokes(page: FloatArray, by_px: float, operation: int) -> FloatArray:
    height, width = page.shape
    fine = cv2.resize(page, (width * FINER, height * FINER), interpolation=cv2.INTER_CUBIC)
    side = 1 + round(by_px * FINER)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return _array(
        cv2.resize(cv2.morphologyEx(fine, operation, disc), (width, height), interpolation=cv2.INTER_AREA)
    )


def ruled(page: FloatArray, darkness: float, rng: np.random.Generator) -> FloatArray:
    """The page with level lines a pixel thick across it, at any height."""
    lines = page.copy()
    lines[int(rng.integers(RULING_PITCH_PX)) :: RULING_PITCH_PX] *= np.float32(1 - darkness)
    return lines


def inverted(page: FloatArray, contrast: float, rng: np.random.Generator) -> FloatArray:
    """Light writing on dark paper, with a little noise."""
    return 1 - faint(page, contrast, rng)


def faint(page: FloatArray, contrast: float, rng: np.random.Generator) -> FloatArray:
    """The page with ink that takes away only so much of the paper's brightness, with a little noise."""
    return noisy(1 - np.float32(contrast) * (1 - page), SENSOR_NOISE, rng)


def _array(picture: cv2.typing.MatLike) -> FloatArray:
    return np.asarray(picture, dtype=np.float32)


CORRUPTIONS: Final = (
    Corruption("turned by {:g}°", (2, 5, 10), turned),
    Corruption("noise, standard deviation {:g}", (0.1, 0.2, 0.4), noisy),
    Corruption("black or white pixels, share {:g}", (0.02, 0.05, 0.1), speckled),
    Corruption("strokes {:g} px thinner", (0.5, 1, 1.5), thinner),
    Corruption("strokes {:g} px thicker", (1, 2, 3), thicker),
    Corruption("rulings through it, darkness {:g}", (0.25, 0.5, 1), ruled),
    Corruption("light on dark, contrast {:g}", (1, 0.2, 0.1), inverted),
    Corruption("dark on light, contrast {:g}", (0.2, 0.1, 0.08), faint),
)
"""The rows of the table; brightness goes from 0 black to 1 white."""
