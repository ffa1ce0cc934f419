"""Effects on the ink itself: pressure, pencil, gaps, bleeding and broad pens."""

from typing import Final

import cv2
import numpy as np

from sdnn.datasets.paper.compositing import blur, darkened
from sdnn.datasets.paper.effects import EffectContext, by_name
from sdnn.datasets.paper.fields import smooth_field, spots
from sdnn.results import FloatArray


def marker(ink: FloatArray, context: EffectContext) -> FloatArray:
    """Broad, even strokes, full to the edge."""
    side = max(2, round(context.text_px(context.between(0.04, 0.09))))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    broad = np.asarray(cv2.dilate(ink, kernel), dtype=np.float32)
    return _at_most_full(broad * np.float32(1.4))


def bleed(ink: FloatArray, context: EffectContext) -> FloatArray:
    """Ink that ran into the paper: soft, broader strokes."""
    spread = blur(ink, context.text_px(context.between(0.02, 0.05), min_px=0.5))
    return _at_most_full(spread * np.float32(context.between(1.2, 1.7)))


def _at_most_full(ink: FloatArray) -> FloatArray:
    return np.minimum(ink, np.float32(1), out=ink)


def pressure(ink: FloatArray, context: EffectContext) -> FloatArray:
    """Uneven darkness from one stroke to the next."""
    cell = context.text_px(context.between(0.4, 1.5))
    amount = context.between(0.25, 0.65) * context.strength
    return darkened(ink, smooth_field(ink.shape, cell, context), amount)


def pencil(ink: FloatArray, context: EffectContext) -> FloatArray:
    """Grainy, pale ink, as of graphite on rough paper."""
    rough = spots(ink.shape, context.between(1.0, 2.0), context)
    rough *= np.float32(context.between(0.15, 0.4) * context.strength)
    rough += np.float32(context.between(0.65, 0.9))
    rough = np.clip(rough, 0.15, 1.0, out=rough)
    rough *= ink
    return rough


def ink_gaps(ink: FloatArray, context: EffectContext) -> FloatArray:
    """Gaps where the pen skipped."""
    field = smooth_field(ink.shape, context.text_px(context.between(0.12, 0.35), min_px=2.0), context)
    # Steep, so that the pen either writes or does not; the threshold leaves most of the stroke.
    gaps = np.clip((field - np.float32(context.between(0.6, 0.72))) * 8, 0.0, 1.0)
    return darkened(ink, gaps, context.between(0.5, 0.95) * context.strength)


INK: Final = by_name(marker, bleed, pressure, pencil, ink_gaps)
