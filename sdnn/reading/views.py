"""Views of a line: strips of different scale, proportions, slant and ink."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from sdnn.detection import LineCrop
from sdnn.detection.line_crop import OTHER_INK, blend_layers
from sdnn.preprocessing import thicken_strokes, to_strip
from sdnn.results import Geometry, Strip


@dataclass(frozen=True)
class View:
    """Settings by which a strip is made of a line.

    Attributes:
        scale: Text height, as a multiple of the net's.
        aspect: Width, as a multiple of that in proportion to the height.
        slant: Slant that is removed beyond the estimated one, in pixels to the right per pixel up.
        upright: Whether the estimated slant is removed.
        other_ink: Share of its darkness that other ink than that of digits keeps.
        thickening_px: Width added to strokes; see `preprocessing.thicken_strokes`.
    """

    scale: float = 1.0
    aspect: float = 1.0
    slant: float = 0.0
    upright: bool = True
    other_ink: float = OTHER_INK
    thickening_px: float = 0.0

    def strip_of(self, crop: LineCrop, geometry: Geometry) -> Strip:
        """The strip of a line."""
        slant = crop.slant * self.upright + self.slant
        strip = to_strip(crop.layers, crop.text, geometry, slant=slant, scale=self.scale, aspect=self.aspect)
        ink = thicken_strokes(blend_layers(strip.ink, self.other_ink), self.thickening_px)
        return replace(strip, ink=ink, digit_ink=np.array(strip.ink[..., 1]))


VIEWS: Final = (
    View(scale=0.95, aspect=1.25, other_ink=0.3, thickening_px=0.6),
    View(scale=0.75, aspect=1.15, other_ink=0.4, thickening_px=0.6),
    View(scale=0.9, aspect=1.2, slant=-0.25, other_ink=0.8),
    View(scale=0.65, aspect=1.2, slant=-0.2, other_ink=0.6, thickening_px=0.6),
)
"""The usual view, and those read if it is not confident; chosen on development sets and validation lines."""
