"""Degradation of ink to a page by random effects in a fixed order."""

from collections.abc import Sequence
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
"""Effects by group and name, in the order of their application."""
EFFECTS: Final = {name: effect for group in GROUPS.values() for name, effect in group.items()}


def degrade(
    ink: FloatArray,
    text: Box,
    config: DegradationConfig,
    rng: np.random.Generator,
    neighbours: Sequence[FloatArray] = (),
) -> FloatArray:
    """A scanned or photographed page with the ink.

    Args:
        ink: (H, W) float32, 0 paper to 1 ink.
        text: Box of the writing, in pixels.
        config: Probabilities and bounds.
        rng: Random number generator; the same state gives the same page.
        neighbours: (h, w) ink of at most two other lines: the end of the first may show above the writing,
            the beginning of the second below it; a single one shows in either place.

    Returns:
        (H, W) float32 brightness, 0 black to 1 white.
    """
    if rng.random() < config.untouched:
        return 1 - ink
    dice = rng.random(len(EFFECTS)).tolist()
    chosen = {name for name, die in zip(EFFECTS, dice, strict=True) if die < getattr(config, name)}
    context = _random_context(text, config, len(chosen), rng)

    def applied(page: FloatArray, *groups: Group) -> FloatArray:
        for group in groups:
            for name, effect in GROUPS[group].items():
                if name in chosen:
                    page = effect(page, context)
        return page

    if neighbours and context.happens(config.neighbours):
        ink = with_neighbours(ink, neighbours, context)
    ink = applied(ink, "ink")
    page = np.full(ink.shape, context.between(*config.brightness), np.float32)
    page = darkened(applied(page, "paper", "background", "lines"), ink, context.contrast)
    return applied(page, "damage", "camera").clip(0.0, 1.0)


def _random_context(
    text: Box, config: DegradationConfig, effects: int, rng: np.random.Generator
) -> EffectContext:
    low, high = config.faint_contrast if rng.random() < config.faint else config.contrast
    contrast = low + (high - low) * rng.random()
    # Writing that is hard to see in itself tolerates only half as much.
    tolerance = min(1.0, 0.3 + 1.6 * contrast)
    return EffectContext(text, contrast, tolerance * min(1.0, config.full_strength / max(1, effects)), rng)
