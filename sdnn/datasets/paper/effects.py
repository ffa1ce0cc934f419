"""The interface of the effects on a page."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sdnn.results import Box, FloatArray


@dataclass(frozen=True, eq=False)
class EffectContext:
    """Properties of a page that its effects depend on.

    Attributes:
        text: Box of the writing, in pixels.
        contrast: Darkness of full ink, as a share of the paper's brightness. Effects scale with it, so that
            faint writing stays legible.
        strength: 1, or less on a page with many effects or faint writing.
        rng: Random number generator.
    """

    text: Box
    contrast: float
    strength: float
    rng: np.random.Generator

    def between(self, low: float, high: float) -> float:
        """A uniform number from low to high; several times as fast as `rng.uniform`."""
        return low + (high - low) * self.rng.random()

    def count(self, low: int, high: int) -> int:
        """A uniform whole number from low to high."""
        return low + int((high - low + 1) * self.rng.random())

    def happens(self, share: float) -> bool:
        """True with a probability."""
        return self.rng.random() < share

    def text_px(self, share: float, min_px: float = 0.0) -> float:
        """A length given as a share of the height of the writing, in pixels."""
        return max(min_px, share * self.text.height)

    def darkness(self, low: float, high: float) -> float:
        """Random darkness of an effect, as a share of the paper's brightness.

        Args:
            low: Lower bound at full strength, as a share of the ink's darkness.
            high: Upper bound.
        """
        return self.contrast * self.strength * self.between(low, high)


Effect = Callable[[FloatArray, EffectContext], FloatArray]
"""Function from (H, W) ink or brightness, 0 to 1, to a new array; random by the context's generator alone."""


def by_name(*effects: Effect) -> dict[str, Effect]:
    """Effects by their names, which are those of their fields in `DegradationConfig`."""
    return {effect.__name__: effect for effect in effects}
