"""Printed backgrounds, as on cheques, forms and tickets: security patterns, screens and pale figures."""

from typing import Final

import cv2
import numpy as np

from sdnn.datasets.paper.compositing import POINTS, darkened, drawn, subpixel
from sdnn.datasets.paper.effects import EffectContext, by_name
from sdnn.datasets.paper.fields import half_plane, ramp, random_distance, smooth_field, spots
from sdnn.datasets.rasterizer import SUBPIXEL_BITS
from sdnn.results import FloatArray


def _darkness(context: EffectContext) -> float:
    """Darkness of a printed background: up to four tenths of the ink."""
    return context.darkness(0.12, 0.42)


def _parallel_lines(
    shape: tuple[int, ...], angle: float, context: EffectContext, bend_periods: float = 0.0
) -> FloatArray:
    """(H, W) 0 to 1: parallel lines, fine or as broad as the gaps between them.

    `angle` is the direction across the lines in radians, `bend_periods` their displacement in periods.
    """
    period = context.text_px(context.between(0.08, 0.3), min_px=2.5)
    frequency = np.float32(2 * np.pi / period)
    phase = ramp(shape, angle)
    if bend_periods and context.happens(0.3):
        phase += np.float32(context.text_px(context.between(1.0, 5.0)))
        across = ramp(shape, angle + np.pi / 2)
        phase = np.sqrt(phase * phase + across * across)  # arcs about a far centre
    phase *= frequency
    if bend_periods:
        cell = context.text_px(context.between(0.6, 2.0))
        phase += smooth_field(shape, cell, context) * np.float32(2 * np.pi * bend_periods)
    waves = np.sin(phase, out=phase)
    broadness = context.between(-0.6, 0.7)
    waves -= np.float32(broadness)
    waves *= np.float32(1 / (1 - broadness))
    return np.clip(waves, 0.0, 1.0, out=waves)


def guilloche(page: FloatArray, context: EffectContext) -> FloatArray:
    """One family of fine wavy or curved lines, mostly about level."""
    angle = np.pi / 2 + context.between(-0.3, 0.3) if context.happens(0.7) else context.between(0, np.pi)
    lines = _parallel_lines(page.shape, angle, context, bend_periods=context.between(0.5, 4.0))
    return darkened(page, lines, _darkness(context))


def moire(page: FloatArray, context: EffectContext) -> FloatArray:
    """Two families of lines across each other."""
    angle = context.between(0, np.pi)
    lines = _parallel_lines(page.shape, angle, context, bend_periods=context.between(0.0, 3.0))
    angle += context.between(0.2, 1.5)
    others = _parallel_lines(page.shape, angle, context, bend_periods=context.between(0.0, 3.0))
    return darkened(page, np.maximum(lines, others, out=lines), _darkness(context))


def hatching(page: FloatArray, context: EffectContext) -> FloatArray:
    """Fine straight lines, level or slanted."""
    level = context.happens(0.6)
    angle = np.pi / 2 + context.between(-0.05, 0.05) if level else context.between(0, np.pi)
    return darkened(page, _parallel_lines(page.shape, angle, context), _darkness(context))


def screen(page: FloatArray, context: EffectContext) -> FloatArray:
    """A regular grid of dots, as of halftone print."""
    height, width = page.shape
    frequency = 2 * np.pi / context.text_px(context.between(0.08, 0.25), min_px=3.0)
    across = np.sin(frequency * np.arange(width) + context.between(0, 6.3)).astype(np.float32)
    down = np.sin(frequency * np.arange(height) + context.between(0, 6.3)).astype(np.float32)
    dots = across + down[:, None]  # a sum of waves has its dots on a grid at 45 degrees
    dots *= np.float32(context.between(0.5, 1.5))
    return darkened(page, np.clip(dots, 0.0, 1.0, out=dots), _darkness(context))


def granules(page: FloatArray, context: EffectContext) -> FloatArray:
    """Small irregular dark and light spots."""
    rough = spots(page.shape, context.text_px(context.between(0.04, 0.1), min_px=1.5), context)
    rough += np.float32(0.5)
    return darkened(page, np.clip(rough, 0.0, 1.0, out=rough), _darkness(context))


def shapes(page: FloatArray, context: EffectContext) -> FloatArray:
    """Large pale ellipses, filled or hollow, as of a watermark or an emblem."""
    height, width = page.shape
    mask = np.zeros(page.shape, np.uint8)
    for _ in range(context.count(1, 3)):
        (x, y) = subpixel(context.between(0, width), context.between(0, height))
        a, b = (round(POINTS * context.text_px(context.between(0.4, 1.6))) for _ in range(2))
        broad = context.text_px(context.between(0.1, 0.5), min_px=1.0)
        thickness = cv2.FILLED if context.happens(0.5) else round(broad)
        tilt = context.between(0, 180)
        cv2.ellipse(mask, (x, y), (a, b), tilt, 0, 360, 255, thickness, cv2.LINE_AA, SUBPIXEL_BITS)
    return drawn(page, mask, _darkness(context))


def two_tone(page: FloatArray, context: EffectContext) -> FloatArray:
    """One side of the picture darker than the other, as at the end of a field."""
    angle = np.pi / 2 * context.count(0, 3) + context.between(-0.05, 0.05)
    field = half_plane(page.shape, angle, random_distance(page.shape, angle, context), 1.5)
    return darkened(page, field, _darkness(context))


BACKGROUND: Final = by_name(guilloche, moire, hatching, screen, granules, shapes, two_tone)
