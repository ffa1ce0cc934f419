"""Styles of writers and their pens: the properties that stay the same through a string."""

from bisect import bisect
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

import numpy as np

from sdnn.datasets.allographs import ALLOGRAPHS, Allograph
from sdnn.results import FloatArray

_CUMULATIVE_WEIGHTS: Final = {
    label: list(accumulate(allograph.weight for allograph in allographs))
    for label, allographs in ALLOGRAPHS.items()
}


@dataclass(frozen=True)
class PenStyle:
    """Pen and proportions of one writer.

    Attributes:
        pen_px: Line width beside digits of 20 pixels: 0.7 is a fine nib, 1.5 a ballpoint, 4 a marker.
        pressure: Share of the line width lost where the pen does not move straight down: 0 is a ballpoint,
            0.6 a quill.
        size: Height of the digits over `TEXT_PX`; digits of one line are not all as tall as the line.
        aspect: Width over the natural width of the shapes: cramped below 1, generous above.
        slant_deg: Slant beside that of the shapes, positive to the right.
        rotation_deg: Clockwise rotation of each digit, as on a sheet laid askew.
        size_spread: Spread of the size from digit to digit, as a share of it.
        warp: Spread of the smooth warp of each digit as a whole, as a share of its height.
        jitter: Spread of single points of the strokes, as a share of the height.
    """

    pen_px: float = 2.4
    pressure: float = 0.0
    size: float = 1.0
    aspect: float = 1.0
    slant_deg: float = 0.0
    rotation_deg: float = 0.0
    size_spread: float = 0.0
    warp: float = 0.0
    jitter: float = 0.0

    def matrix(self, aspect: float) -> FloatArray:
        """(2, 2) matrix of an aspect, the slant and the rotation, applied in this order."""
        slant, rotation = np.tan(np.radians(self.slant_deg)), np.radians(self.rotation_deg)
        cos, sin = np.cos(rotation), np.sin(rotation)
        return np.asarray(np.array([[cos, -sin], [sin, cos]]) @ np.array([[aspect, -slant], [0.0, 1.0]]))


@dataclass(frozen=True, eq=False)
class AllographPreference:
    """One writer's usual way of shaping one digit.

    Attributes:
        allograph: Name of the usual allograph.
        mean_warp: (5, 2) coefficients of `warp_basis` for any allograph of the digit, in heights.
    """

    allograph: str
    mean_warp: FloatArray


@dataclass(frozen=True)
class WriterStyle(PenStyle):
    """Style of a synthetic writer.

    Attributes:
        width_spread: Spread of the aspect from digit to digit, in natural logarithms.
        roundness: Rounding of sharp corners: 0 is none, 1 a smooth curve.
        overshoot: Spread of the ends of strokes along their course, as a share of the height: loops stay open
            or overlap.
        preferences: One for each digit; empty for any allograph of each digit.
        consistency: Probability of the preferred allograph.
    """

    pen_px: float = 2.6
    slant_deg: float = 6.0
    size_spread: float = 0.02
    warp: float = 0.04
    jitter: float = 0.012
    width_spread: float = 0.05
    roundness: float = 0.1
    overshoot: float = 0.01
    preferences: tuple[AllographPreference, ...] = ()
    consistency: float = 0.85


def random_writer_style(rng: np.random.Generator) -> WriterStyle:
    """A random style within bounds that leave every digit unmistakable."""
    aspect = float(np.clip(rng.lognormal(0.02, 0.24), 0.6, 1.7))
    # Two schools: the upright hand of today and the sloping one of the old registers.
    slant_deg = float(rng.uniform(20, 45) if rng.random() < 0.25 else np.clip(rng.normal(9, 11), -20, 40))
    # A broad pen fills the loops of digits that are cramped or lean much.
    max_pen_px = 4.6 * min(1.09, aspect) * np.cos(np.radians(slant_deg))
    warps = rng.uniform(0.02, 0.06) * bounded_normal(rng, (len(ALLOGRAPHS), 5, 2))
    return WriterStyle(
        slant_deg=slant_deg,
        aspect=aspect,
        rotation_deg=float(np.clip(rng.normal(0, 2), -4, 4)),
        pen_px=float(np.clip(rng.lognormal(np.log(1.7), 0.48), 0.6, max_pen_px)),
        pressure=float(rng.uniform(0.35, 0.7)) if rng.random() < 0.2 else 0.0,
        size=float(rng.uniform(0.88, 1.06)),
        size_spread=float(rng.uniform(0.0, 0.09)),
        width_spread=float(rng.uniform(0.02, 0.16)),
        warp=float(rng.uniform(0.02, 0.06)),
        jitter=float(rng.uniform(0.006, 0.026)),
        roundness=float(rng.uniform(0, 0.6)),
        overshoot=float(rng.uniform(0, 0.06)),
        preferences=tuple(
            AllographPreference(weighted_allograph(label, share).name, warp)
            for label, (warp, share) in enumerate(zip(warps, rng.random(len(warps)).tolist(), strict=True))
        ),
    )


def weighted_allograph(label: int, share: float) -> Allograph:
    """The allograph at a share, uniform in [0, 1), of the digit's cumulative weights."""
    cumulative = _CUMULATIVE_WEIGHTS[label]
    return ALLOGRAPHS[label][bisect(cumulative, share * cumulative[-1])]


def warp_basis(points: FloatArray) -> FloatArray:
    """(N, 5) low-order terms of a smooth warp at (N, 2) points from the middle; it keeps the topology."""
    x, y = points.T
    # Half weight to slant, aspect and rotation: the style has its own, and a 7 rotated much more is a 1.
    return np.column_stack([x / 2, y / 2, 2 * x * x, 2 * x * y, 2 * y * y])


def bounded_normal(rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
    """Standard normal numbers clipped at 2: a rare large one would turn a 4 into a 9."""
    return np.clip(rng.standard_normal(shape), -2, 2)
