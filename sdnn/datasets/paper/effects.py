"""What an effect is, and what it may know of the page it works on."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sdnn.results import Box, FloatArray


@dataclass(frozen=True, eq=False)
class EffectContext:
    """What an effect may know of the page it works on.

    Attributes:
        text: Box of the writing, in pixels.
        contrast: Darkness of full ink, as a share of the paper's brightness. Disturbances are measured by it,
            so that faint writing is not drowned.
        strength: 1, or less where many effects meet on one page or the writing is faint.
        rng: Decides everything.
    """

    text: Box
    contrast: float
    strength: float
    rng: np.random.Generator

    def between(self, low: float, high: float) -> float:
        """Any number from low to high, each equally likely; several times as fast as `rng.uniform`."""
        return low + (high - low) * self.rng.random()

    def count(self, least: int, most: int) -> int:
        """Any whole number from least to most, each equally likely."""
        return least + int((most - least + 1) * self.rng.random())

    def happens(self, share: float) -> bool:
        """True in the given share of cases."""
        return self.rng.random() < share

    def text_px(self, share: float, least_px: float = 0.0) -> float:
        """A length given as a share of the height of the writing, in pixels."""
        return max(least_px, share * self.text.height)

    def darkness(self, low: float, high: float) -> float:
        """How dark a disturbance is, between two shares of the ink's darkness; less where it must stand back.

        Returns:
            A share of the paper's brightness.
        """
        return self.contrast * self.strength * self.between(low, high)


Effect = Callable[[FloatArray, EffectContext], FloatArray]
"""Takes (H, W) ink or brightness, 0 to 1, and gives a new array; the scene's generator decides everything."""
