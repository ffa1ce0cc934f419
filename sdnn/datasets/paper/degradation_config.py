"""Probability of each page degradation (configuration only)."""

from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, Self, get_args, get_origin, get_type_hints

from sdnn.validation import Number, Share, ShareBounds

Group = Literal["ink", "paper", "background", "lines", "damage", "camera"]
"""Origin of an effect."""

# The type of a field names the group of its effect.
Ink = Annotated[Share, "ink"]
Surface = Annotated[Share, "paper"]
Background = Annotated[Share, "background"]
Lines = Annotated[Share, "lines"]
Damage = Annotated[Share, "damage"]
Camera = Annotated[Share, "camera"]


@dataclass(frozen=True)
class DegradationConfig:
    """Probability of each page degradation, and the bounds of brightness and contrast.

    Each effect has a field with the name of its function, its share of the pages. Effects are drawn
    independently on every page that is not `untouched`.

    Attributes:
        untouched: Share of the pages that stay black on white, so that the net does not forget them.
        full_strength: Number of effects at full strength; more of them are weaker in proportion, so that
            people can still read the page.
        brightness: Bounds of the paper's brightness, 0 black to 1 white.
        contrast: Bounds of the darkness of full ink, as a share of the paper's brightness.
        faint_contrast: Bounds for faint writing; 0.12 is about the limit of easy reading.
        faint: Share of the pages with faint writing.
        neighbours: Share of the pages with fragments of other lines, where these are given.
    """

    untouched: Share = 0.15
    full_strength: Number = 5
    brightness: ShareBounds = (0.5, 1.0)
    contrast: ShareBounds = (0.45, 0.95)
    faint_contrast: ShareBounds = (0.12, 0.45)
    faint: Share = 0.12
    neighbours: Share = 0.3

    pressure: Ink = 0.3
    pencil: Ink = 0.1
    ink_gaps: Ink = 0.07
    bleed: Ink = 0.1
    marker: Ink = 0.06

    grain: Surface = 0.3
    blotches: Surface = 0.15
    gradient: Surface = 0.2
    shadow: Surface = 0.07
    scan_edge: Surface = 0.05
    fold: Surface = 0.03

    guilloche: Background = 0.16
    moire: Background = 0.1
    hatching: Background = 0.1
    screen: Background = 0.06
    granules: Background = 0.07
    shapes: Background = 0.06
    two_tone: Background = 0.06

    rulings: Lines = 0.45
    margin_bars: Lines = 0.12
    frame: Lines = 0.07
    comb: Lines = 0.06
    underline: Lines = 0.04

    specks: Damage = 0.06
    salt_and_pepper: Damage = 0.03
    scratches: Damage = 0.03
    stamp: Damage = 0.03

    inverted: Camera = 0.08
    out_of_focus: Camera = 0.3
    motion_blur: Camera = 0.05
    low_resolution: Camera = 0.08
    exposure: Camera = 0.12
    sensor_noise: Camera = 0.2
    jpeg: Camera = 0.2

    @classmethod
    def clean(cls) -> Self:
        """Black ink on white paper: brightness is 1 - ink."""
        # Plain numbers are shares, pairs are bounds.
        none: dict[str, Any] = {name: 0.0 for name, kind in get_type_hints(cls).items() if kind is float}
        return cls(brightness=(1.0, 1.0), contrast=(1.0, 1.0), **none)

    def without(self, *groups: Group) -> Self:
        """The same without the effects of some groups."""
        none: dict[str, Any] = {name: 0.0 for name, group in effect_groups().items() if group in groups}
        return replace(self, **none)


def effect_groups() -> dict[str, Group]:
    """The group of each effect, by the name of its field."""
    hints = get_type_hints(DegradationConfig, include_extras=True)
    metadata = {name: hint.__metadata__[-1] for name, hint in hints.items() if get_origin(hint) is Annotated}
    return {name: group for name, group in metadata.items() if group in get_args(Group)}
