"""Damage to a written page: dust, noisy pixels, scratches, stamps."""

from typing import Final

import cv2
import numpy as np

from sdnn.datasets.paper.compositing import POINTS, drawn, subpixel
from sdnn.datasets.paper.effects import EffectContext, by_name
from sdnn.datasets.paper.fields import noise
from sdnn.datasets.rasterizer import SUBPIXEL_BITS
from sdnn.results import FloatArray


def specks(page: FloatArray, context: EffectContext) -> FloatArray:
    """Dots of ink and dust, most of them tiny, some of them blots a quarter as high as the writing."""
    mask = np.zeros(page.shape, np.uint8)
    height, width = page.shape
    for _ in range(context.count(1, 8)):
        (x, y) = subpixel(context.between(0, width), context.between(0, height))
        radius = round(POINTS * context.text_px(0.01 + 0.12 * context.rng.random() ** 3, min_px=0.5))
        shade = context.count(100, 255)
        cv2.circle(mask, (x, y), radius, shade, cv2.FILLED, cv2.LINE_AA, SUBPIXEL_BITS)
    return drawn(page, mask, context.contrast)


def salt_and_pepper(page: FloatArray, context: EffectContext) -> FloatArray:
    """Pixels replaced by pure paper or pure ink.

    Reference:
        LeCun et al. 1998, section VII: 10 % of the pixels; here at most.
    """
    chance = noise(page.shape, context)
    # 1.645 deviations cut off a twentieth of a normal distribution on either side.
    limit = context.between(1.645, 2.6) / context.strength
    low, high, _, _ = cv2.minMaxLoc(page)
    peppered = np.where(chance > limit, np.float32(low), page)
    return np.where(chance < -limit, np.float32(high), peppered)


def scratches(page: FloatArray, context: EffectContext) -> FloatArray:
    """One or two thin long strokes across the page."""
    mask = np.zeros(page.shape, np.uint8)
    height, width = page.shape
    for _ in range(context.count(1, 2)):
        x, y, angle = context.between(0, width), context.between(0, height), context.between(-0.6, 0.6)
        reach = context.text_px(context.between(0.5, 2.0))
        across, down = reach * np.cos(angle), reach * np.sin(angle)
        bend = context.text_px(context.between(-0.15, 0.15))
        points = subpixel(x - across, y - down, x, y + bend, x + across, y + down)
        line = np.array(points, np.int32).reshape(-1, 1, 2)
        cv2.polylines(mask, [line], False, 255, 1, cv2.LINE_AA, SUBPIXEL_BITS)
    return drawn(page, mask, context.darkness(0.2, 0.8))


def stamp(page: FloatArray, context: EffectContext) -> FloatArray:
    """Part of a stamp: one or two rings, paler than the ink."""
    mask = np.zeros(page.shape, np.uint8)
    height, width = page.shape
    (x, y) = subpixel(context.between(0, width), context.between(-0.3, 1.3) * height)
    radius = context.text_px(context.between(0.6, 1.6))
    flattening = context.between(0.6, 1.0)
    thickness = round(context.text_px(0.04, min_px=1.0))
    for share in (1.0, 0.8)[: context.count(1, 2)]:
        axes = (round(POINTS * share * radius), round(POINTS * share * radius * flattening))
        cv2.ellipse(mask, (x, y), axes, 0, 0, 360, 255, thickness, cv2.LINE_AA, SUBPIXEL_BITS)
    return drawn(page, mask, context.darkness(0.15, 0.55))


DAMAGE: Final = by_name(specks, salt_and_pepper, scratches, stamp)
