"""How often what befalls a page: settings alone, which know nothing of how the effects are drawn."""

from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, Self, get_origin, get_type_hints

Group = Literal["ink", "paper", "background", "lines", "damage", "camera"]
"""Where an effect comes from."""

# Each share says by its type to which group its effect belongs.
Ink = Annotated[float, "ink"]
Surface = Annotated[float, "paper"]
Background = Annotated[float, "background"]
Lines = Annotated[float, "lines"]
Damage = Annotated[float, "damage"]
Camera = Annotated[float, "camera"]


@dataclass(frozen=True)
class DegradationConfig:
    """How often what befalls a page, and how pale or dark pages are.

    Shares are probabilities, each drawn for itself on every page that is not `untouched`.

    Attributes:
        untouched: Share of pages that stay plain white under plain ink: the net shall not forget them.
        full_strength: As many effects may meet in full; where more do, each is made weaker in proportion, so
            that a person can still read the page.
        brightness: Least and greatest brightness of the paper, 0 black to 1 white.
        contrast: Least and greatest darkness of full ink, as a share of the paper's brightness.
        faint_contrast: The same of faint writing; 0.12 is about the least that people read with ease.
        faint: Share of pages with faint writing.
        neighbours: Share of pages that show fragments of other lines, where such are given.
        pressure: Share of pages whose ink is darker here and paler there; as for all below.
        pencil: Grainy, pale ink.
        ink_gaps: Gaps where the pen skipped.
        bleed: Ink that ran into the paper.
        marker: Broad, even strokes.
        grain: Roughness of the paper, from pixel to pixel.
        blotches: Paper of uneven brightness.
        gradient: Light that falls off to one side.
        shadow: A soft-edged shadow over part of the page.
        scan_edge: A dark bar where the scan ends.
        fold: A crease, light on one side and dark on the other.
        guilloche: One family of fine wavy or curved lines, as on cheques.
        moire: Two such families across each other.
        hatching: Fine straight lines, level or slanted.
        screen: A regular grid of dots.
        granules: Small irregular dark and light spots.
        shapes: Large pale figures, as of a watermark or an emblem.
        two_tone: One side of the picture darker than the other, as where a field ends.
        rulings: One to three level lines, at the baseline or anywhere.
        margin_bars: Upright lines to the left or right of the writing.
        frame: A box round the writing, often cut by the edge of the picture.
        comb: Upright lines at equal distances, as of cells for single digits.
        underline: A stroke of the pen below the writing.
        specks: Dots of ink and dust.
        salt_and_pepper: Pixels turned to pure ink or paper.
        scratches: Thin strokes that belong to no digit.
        stamp: Part of a round stamp.
        inverted: Light writing on dark.
        out_of_focus: Gaussian blur.
        motion_blur: Blur along a line.
        low_resolution: Enlarged from few pixels.
        exposure: Grey blacks, or whites burnt out.
        sensor_noise: Noise of the sensor.
        jpeg: Traces of compression.
    """

    untouched: float = 0.15
    full_strength: int = 5
    brightness: tuple[float, float] = (0.5, 1.0)
    contrast: tuple[float, float] = (0.45, 0.95)
    faint_contrast: tuple[float, float] = (0.12, 0.45)
    faint: float = 0.12
    neighbours: float = 0.3

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
        """Nothing but black ink on white paper: brightness is 1 - ink."""
        # All that is a plain number is a share; bounds are pairs.
        none: dict[str, Any] = {name: 0.0 for name, kind in get_type_hints(cls).items() if kind is float}
        return cls(brightness=(1.0, 1.0), contrast=(1.0, 1.0), **none)

    def without(self, *groups: Group) -> Self:
        """The same recipe with all effects of some groups switched off; what is left keeps its shares."""
        none: dict[str, Any] = {name: 0.0 for name, group in effect_groups().items() if group in groups}
        return replace(self, **none)


def effect_groups() -> dict[str, Group]:
    """The group of each effect, by the name of its share."""
    hints = get_type_hints(DegradationConfig, include_extras=True)
    return {name: hint.__metadata__[0] for name, hint in hints.items() if get_origin(hint) is Annotated}
