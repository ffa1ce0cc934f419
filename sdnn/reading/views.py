"""Ways of bringing the same writing to the size of a strip."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from sdnn.detection import LineCrop
from sdnn.detection.line_crop import FLOOR, blend_layers
from sdnn.preprocessing import thicken_strokes, to_strip
from sdnn.results import Geometry, Strip


@dataclass(frozen=True)
class View:
    """A way of bringing writing to the size of a strip.

    Attributes:
        scale: Text height, as a multiple of the net's.
        aspect: Width, as a multiple of what keeps the proportions.
        slant: Lean taken away beyond the estimated one, in pixels to the side per pixel up.
        upright: Whether the estimated one is taken away.
        other_ink: Share of its darkness that ink keeps that the detector does not take for digits.
        thickening_px: How much broader strokes are; see `preprocessing.thicken_strokes`.
    """

    scale: float = 1.0
    aspect: float = 1.0
    slant: float = 0.0
    upright: bool = True
    other_ink: float = FLOOR
    thickening_px: float = 0.0


VIEWS: Final = (
    View(scale=0.75, aspect=1.25, other_ink=0.3),
    View(scale=0.72, slant=-0.25, other_ink=0.8),
    View(scale=0.9, slant=-0.1, other_ink=0.4, thickening_px=0.8),
    View(scale=0.9, aspect=1.2, slant=-0.25, other_ink=0.8),
)
"""The first is the usual one; the others, chosen on the development sets, are for when it leaves doubt."""


def strips_of(crop: LineCrop, views: Sequence[View], geometry: Geometry) -> list[Strip]:
    """The writing as each of the views has it."""
    strips = []
    for view in views:
        layered = to_strip(
            crop.layers,
            crop.text,
            geometry,
            slant=crop.slant * view.upright + view.slant,
            scale=view.scale,
            aspect=view.aspect,
        )
        ink = thicken_strokes(blend_layers(layered.ink, view.other_ink), view.thickening_px)
        strips.append(replace(layered, ink=ink, digits=np.array(layered.ink[..., 1])))
    return strips
