"""From ink to a page: which effects befall it, and in which order."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from sdnn.datasets.paper.background import BACKGROUND
from sdnn.datasets.paper.camera import CAMERA
from sdnn.datasets.paper.compositing import darkened
from sdnn.datasets.paper.damage import DAMAGE
from sdnn.datasets.paper.degradation_config import DegradationConfig, Group
from sdnn.datasets.paper.effects import Effect, EffectContext
from sdnn.datasets.paper.ink import INK
from sdnn.datasets.paper.neighbours import with_neighbours
from sdnn.datasets.paper.printed_lines import LINES
from sdnn.datasets.paper.surface import SURFACE
from sdnn.results import Box, FloatArray

GROUPS: Final[dict[Group, dict[str, Effect]]] = {
    "ink": INK,
    "paper": SURFACE,
    "background": BACKGROUND,
    "lines": LINES,
    "damage": DAMAGE,
    "camera": CAMERA,
}
"""Effects by the name of their share in the recipe, all in the order in which they befall a page."""
EFFECTS: Final[dict[str, Effect]] = {
    name: effect for group in GROUPS.values() for name, effect in group.items()
}


def degrade(
    ink: FloatArray,
    text: Box,
    paper: DegradationConfig,
    rng: np.random.Generator,
    neighbours: Sequence[FloatArray] = (),
) -> FloatArray:
    """The ink on a page, as scanned or photographed.

    Args:
        ink: (H, W) float32, 0 paper to 1 ink.
        text: The writing in it, in pixels; what lies round it is margin.
        paper: Shares and bounds.
        rng: Decides everything: the same generator state gives the same page.
        neighbours: At most two (h, w) ink of other lines; the end of the first may show above the writing,
            the beginning of the second below, and a single one in either place.

    Returns:
        (H, W) float32 brightness, 0 black to 1 white.
    """
    if rng.random() < paper.untouched:
        return 1 - ink
    chosen = _chosen(paper, rng)
    context = _scene(text, paper, len(chosen), rng)
    if neighbours and context.happens(paper.neighbours):
        ink = with_neighbours(ink, neighbours, context)
    for effect in _of(chosen, "ink"):
        ink = effect(ink, context)
    page = np.full(ink.shape, context.between(*paper.brightness), np.float32)
    for effect in _of(chosen, "paper", "background", "lines"):
        page = effect(page, context)
    page = darkened(page, ink, context.contrast)
    for effect in _of(chosen, "damage", "camera"):
        page = effect(page, context)
    return page.clip(0.0, 1.0)


def _chosen(paper: DegradationConfig, rng: np.random.Generator) -> frozenset[str]:
    """Names of the effects that befall this page."""
    dice = rng.random(len(EFFECTS)).tolist()
    return frozenset(name for name, die in zip(EFFECTS, dice, strict=True) if die < getattr(paper, name))


def _of(chosen: frozenset[str], *groups: Group) -> Iterator[Effect]:
    """The chosen effects of some groups."""
    return (effect for group in groups for name, effect in GROUPS[group].items() if name in chosen)


def _scene(text: Box, paper: DegradationConfig, effects: int, rng: np.random.Generator) -> EffectContext:
    low, high = paper.faint_contrast if rng.random() < paper.faint else paper.contrast
    contrast = low + (high - low) * rng.random()
    # Writing that is hard to see in itself stands only half as much.
    stands = min(1.0, 0.3 + 1.6 * contrast)
    return EffectContext(text, contrast, stands * min(1.0, paper.full_strength / max(1, effects)), rng)
