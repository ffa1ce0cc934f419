"""Single digits and the interface of their sources."""

from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from sdnn.datasets.rasterizer import Ink

IMAGE_PX: Final = 28
"""Rows of MNIST's digits."""
TEXT_PX: Final = 20
"""Height of a usual digit in these rows, pen width included."""
TAILED_PX: Final = 36
"""Rows, in pixels of MNIST, of digits drawn at a larger scale: 28 have no room for long tails."""


def image_rows(scale: int) -> int:
    """Rows, in pixels of MNIST, of a digit drawn at a scale."""
    return IMAGE_PX if scale == 1 else TAILED_PX


@dataclass(frozen=True, eq=False)
class DigitImage:
    """A digit.

    Attributes:
        ink: (28, W) uint8, 0 paper to 255 ink, cropped to its inked columns but not to its rows; at a scale
            above 1, `TAILED_PX * scale` rows.
        label: 0 to 9.
        index: Place in its MNIST file; None for other sources.
        scale: Pixels per pixel of MNIST.
    """

    ink: Ink
    label: int
    index: int | None = None
    scale: int = 1

    @classmethod
    def cropped(cls, ink: Ink, label: int, scale: int) -> "DigitImage":
        """A digit on a picture with empty columns to its left and right."""
        inked = np.flatnonzero(ink.any(axis=0))
        return cls(ink[:, inked[0] : inked[-1] + 1], label, scale=scale)


class DigitSource(Protocol):
    """A source of digits."""

    def draw(self, label: int, rng: np.random.Generator) -> DigitImage:
        """A random digit of the label."""

    def writer(self, rng: np.random.Generator, scale: int = 1) -> "Writer":
        """A random writer of the source; the source itself where its writers are unknown.

        Args:
            rng: Random number generator.
            scale: Pixels per pixel of MNIST in the writer's digits; images of MNIST stay as they are.
        """


class Writer(DigitSource, Protocol):
    """One writer with one pen."""

    @property
    def pen_px(self) -> float:
        """Line width of the pen beside digits 20 pixels high."""


class MixedDigits:
    """A mixture of two sources; the first is the plain one."""

    def __init__(self, first: DigitSource, second: DigitSource, second_share: float) -> None:
        """Keeps the sources and the probability of the second."""
        self.first = first
        self._second = second
        self._second_share = second_share

    def draw(self, label: int, rng: np.random.Generator) -> DigitImage:
        """A random digit of the label from either source."""
        return self._either(rng).draw(label, rng)

    def writer(self, rng: np.random.Generator, scale: int = 1) -> Writer:
        """A random writer of either source."""
        return self._either(rng).writer(rng, scale)

    def _either(self, rng: np.random.Generator) -> DigitSource:
        return self._second if rng.random() < self._second_share else self.first


def plain_part(source: DigitSource) -> DigitSource:
    """The source of clean pages: the first one of a mixture."""
    return plain_part(source.first) if isinstance(source, MixedDigits) else source
