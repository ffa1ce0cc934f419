"""Printed lines: rulings, margin bars, frames, combs, and a stroke below the writing."""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from sdnn.datasets.paper.compositing import POINTS, drawn, segment, subpixel
from sdnn.datasets.paper.effects import EffectContext, by_name
from sdnn.datasets.rasterizer import SUBPIXEL_BITS
from sdnn.results import FloatArray


def _thickness_px(context: EffectContext, low: float, high: float) -> int:
    """Random thickness of a line between two shares of the height of the writing."""
    return max(1, round(context.text_px(context.between(low, high))))


def _darkness(context: EffectContext, high: float = 1.0) -> float:
    """Random darkness of a line: faint up to that of the ink at 1."""
    return context.darkness(0.12, high)


def rulings(page: FloatArray, context: EffectContext) -> FloatArray:
    """Level lines, at the baseline or anywhere; single or double, whole, dashed or ending on the page."""
    height, width = page.shape
    mask = np.zeros(page.shape, np.uint8)
    through, broad = context.happens(0.2), context.happens(0.2)
    thickness = _thickness_px(context, 0.05, 0.12) if broad else _thickness_px(context, 0.01, 0.05)
    text = context.text
    heights = [context.between(text.top, text.bottom)] if through else _ruling_heights(height, context)
    if context.happens(0.12):
        heights += [y + context.text_px(0.1, min_px=thickness + 1.5) for y in heights]
    left, right = 0.0, float(width)
    if context.happens(0.2):
        left, right = context.between(-0.2, 0.4) * width, context.between(0.6, 1.2) * width
    rise = context.between(-0.025, 0.025) * width / 2
    for y in heights:
        segment(mask, (left, y - rise, right, y + rise), thickness)
    if context.happens(0.25):
        mask[:, _gaps(width, context)] = 0
    # A broad dark line through the digits would leave little of them to see.
    return drawn(page, mask, _darkness(context, 0.6 if through and broad else 1.0))


def _ruling_heights(height_px: int, context: EffectContext) -> list[float]:
    """Heights of rulings that do not cross the digits: mostly at the baseline."""
    below = context.text.bottom + context.text_px(context.between(-0.08, 0.25))
    above = context.text.top - context.text_px(context.between(-0.02, 0.3))
    elsewhere = context.between(0, height_px)
    places = [[below], [below, above], [above], [below, elsewhere], [below, above, elsewhere]]
    return places[int(len(places) * context.rng.random() ** 1.5)]


def _gaps(width: int, context: EffectContext) -> npt.NDArray[np.bool_]:
    """(W,) columns at which a dashed or dotted line is interrupted."""
    period = context.text_px(context.between(0.1, 0.6), min_px=3.0)
    place = np.arange(width) / period + context.rng.random()
    return np.asarray(place % 1.0 > context.between(0.3, 0.75))


def margin_bars(page: FloatArray, context: EffectContext) -> FloatArray:
    """Upright lines to the left or right of the writing."""
    height, width = page.shape
    mask = np.zeros(page.shape, np.uint8)
    on_left = context.happens(0.6)
    room = context.text.left if on_left else width - context.text.right
    distance = context.between(0.0, 0.9) * room
    lean = context.between(-0.02, 0.02) * height
    broad = _thickness_px(context, 0.05, 0.25)
    fine = _thickness_px(context, 0.01, 0.06)
    gap = context.text_px(context.between(0.1, 0.3), min_px=3.0)
    # One line, two alike, or a broad one and a fine one; the others are outside the first.
    bars = [[fine], [broad], [fine, fine], [fine, broad]][context.count(0, 3)]
    for thickness in bars:
        x = distance if on_left else width - distance
        segment(mask, (x - lean, -2.0, x + lean, height + 2.0), thickness)
        distance -= gap + broad / 2
    return drawn(page, mask, _darkness(context, 1.1))


def frame(page: FloatArray, context: EffectContext) -> FloatArray:
    """A box round the writing, often cut by the edge of the picture."""
    text = context.text
    mask = np.zeros(page.shape, np.uint8)
    left, top, right, bottom = (context.text_px(context.between(0.05, 0.7)) for _ in range(4))
    (x1, y1, x2, y2) = subpixel(text.left - left, text.top - top, text.right + right, text.bottom + bottom)
    thickness = _thickness_px(context, 0.01, 0.08)
    cv2.rectangle(mask, (x1, y1), (x2, y2), 255, thickness, cv2.LINE_AA, SUBPIXEL_BITS)
    return drawn(page, mask, _darkness(context))


def comb(page: FloatArray, context: EffectContext) -> FloatArray:
    """Cells for single digits: upright lines at equal distances, full or only teeth at the baseline."""
    text = context.text
    mask = np.zeros(page.shape, np.uint8)
    pitch = context.text_px(context.between(0.6, 1.2))
    bottom = text.bottom + context.text_px(context.between(0.0, 0.25))
    full = context.happens(0.6)
    top = text.top - context.text_px(context.between(0.0, 0.25)) if full else bottom - context.text_px(0.25)
    thickness = _thickness_px(context, 0.01, 0.05)
    x = text.left - pitch * context.rng.random()
    first = x
    while x < text.right + pitch:
        segment(mask, (x, top, x, bottom), thickness)
        last, x = x, x + pitch
    segment(mask, (first, bottom, last, bottom), thickness)
    if full:
        segment(mask, (first, top, last, top), thickness)
    # Cells do cross digits here, whose places are unknown; a dark line there would pass for a 1.
    return drawn(page, mask, _darkness(context, 0.5 if full else 1.0))


def underline(page: FloatArray, context: EffectContext) -> FloatArray:
    """A stroke of the same pen below the writing."""
    text = context.text
    mask = np.zeros(page.shape, np.uint8)
    y = text.bottom + context.text_px(context.between(0.03, 0.25))
    x = text.left + text.width * np.array([context.between(-0.1, 0.3), 0.35, 0.65, context.between(0.7, 1.1)])
    sway = np.cumsum(context.rng.random(4) - 0.5) * context.text_px(0.12)
    points = np.stack([x, y + sway], axis=1) * POINTS
    line = points.astype(np.int32).reshape(-1, 1, 2)
    cv2.polylines(mask, [line], False, 255, _thickness_px(context, 0.03, 0.1), cv2.LINE_AA, SUBPIXEL_BITS)
    return drawn(page, mask, context.contrast * context.between(0.7, 1.0))


LINES: Final = by_name(rulings, margin_bars, frame, comb, underline)
