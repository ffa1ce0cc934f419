"""Effects of the bare paper: roughness, folds, and light."""

from typing import Final

import numpy as np

from sdnn.datasets.paper.compositing import darkened
from sdnn.datasets.paper.effects import EffectContext, by_name
from sdnn.datasets.paper.fields import half_plane, ramp, random_distance, smooth_field, spots
from sdnn.results import FloatArray


def grain(page: FloatArray, context: EffectContext) -> FloatArray:
    """Roughness of the paper, from pixel to pixel."""
    # Fibres are larger than a pixel or smaller, depending on the resolution.
    rough = spots(page.shape, context.between(1.0, 2.5), context)
    return darkened(page, rough, context.darkness(0.02, 0.09))


def blotches(page: FloatArray, context: EffectContext) -> FloatArray:
    """Paper of uneven brightness: stained, damp, or cloudy in itself."""
    field = smooth_field(page.shape, context.text_px(context.between(0.3, 1.0)), context)
    return darkened(page, field, context.darkness(0.1, 0.35))


def gradient(page: FloatArray, context: EffectContext) -> FloatArray:
    """Light that falls off to one side; the contrast of the ink stays."""
    slope = ramp(page.shape, context.between(0, 2 * np.pi))
    slope *= np.float32(1 / sum(page.shape))
    slope += np.float32(0.5)
    return darkened(page, slope, context.strength * context.between(0.1, 0.5))


def shadow(page: FloatArray, context: EffectContext) -> FloatArray:
    """A soft-edged shadow over part of the page."""
    angle, softness = context.between(0, 2 * np.pi), context.text_px(context.between(0.2, 1.0))
    shade = half_plane(page.shape, angle, random_distance(page.shape, angle, context), softness)
    return darkened(page, shade, context.strength * context.between(0.15, 0.5))


def scan_edge(page: FloatArray, context: EffectContext) -> FloatArray:
    """A dark bar along one edge of the scan, clear of the writing."""
    height, width = page.shape
    text = context.text
    edge = context.count(0, 3)
    room = (width - text.right, height - text.bottom, text.left, text.top)[edge]
    depth = min(context.text_px(context.between(0.05, 0.4)), max(1.0, 0.8 * room))
    angle = edge * np.pi / 2 + context.between(-0.015, 0.015)
    bar = half_plane(page.shape, angle, (height if edge % 2 else width) / 2 - depth, 1.0)
    return darkened(page, bar, context.between(0.3, 1.0))


def fold(page: FloatArray, context: EffectContext) -> FloatArray:
    """A crease, level or upright."""
    angle = np.pi / 2 * context.count(0, 3) + context.between(-0.1, 0.1)
    distance = ramp(page.shape, angle)
    distance -= np.float32(random_distance(page.shape, angle, context))
    distance *= np.float32(1 / context.text_px(context.between(0.03, 0.1), min_px=1.0))
    # Bright on one side of the crease and dark on the other: the slope of a bell.
    crease = distance * np.exp(-0.5 * distance * distance)
    return darkened(page, crease, context.darkness(0.15, 0.5))


SURFACE: Final = by_name(grain, blotches, gradient, shadow, scan_edge, fold)
