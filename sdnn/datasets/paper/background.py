"""Printed backgrounds, as on cheques, forms and tickets: security patterns, screens and pale figures."""

from typing import Final

import cv2
import numpy as np

from sdnn.datasets.paper.drawing import POINTS, SUBPIXEL_BITS, darkened, drawn, subpixel
from sdnn.datasets.paper.fields import beyond, place_along, ramp, smooth_field, spots
from sdnn.datasets.paper.scene import Effect, Scene
from sdnn.results import FloatArray


def _darkness(scene: Scene) -> float:
    """How dark a printed background is: up to four tenths of the ink."""
    return scene.darkness(0.12, 0.42)


def _parallel_lines(
    shape: tuple[int, ...], angle: float, scene: Scene, bend_periods: float = 0.0
) -> FloatArray:
    """(H, W) 0 to 1: a family of lines side by side, fine or as broad as the gaps between them.

    Args:
        shape: H and W.
        angle: Direction across the lines, in radians; 0 is to the right.
        scene: Decides period and broadness.
        bend_periods: Lines leave their course by as many periods; 0 keeps them straight.
    """
    period = scene.text_px(scene.between(0.08, 0.3), least_px=2.5)
    turn = np.float32(2 * np.pi / period)
    phase = ramp(shape, angle)
    if bend_periods and scene.happens(0.3):
        phase += np.float32(scene.text_px(scene.between(1.0, 5.0)))
        across = ramp(shape, angle + np.pi / 2)
        phase = np.sqrt(phase * phase + across * across)  # arcs about a far centre
    phase *= turn
    if bend_periods:
        cell = scene.text_px(scene.between(0.6, 2.0))
        phase += smooth_field(shape, cell, scene) * np.float32(2 * np.pi * bend_periods)
    waves = np.sin(phase, out=phase)
    broadness = scene.between(-0.6, 0.7)
    waves -= np.float32(broadness)
    waves *= np.float32(1 / (1 - broadness))
    return np.clip(waves, 0.0, 1.0, out=waves)


def guilloche(page: FloatArray, scene: Scene) -> FloatArray:
    """One family of fine wavy or curved lines, mostly about level."""
    angle = np.pi / 2 + scene.between(-0.3, 0.3) if scene.happens(0.7) else scene.between(0, np.pi)
    lines = _parallel_lines(page.shape, angle, scene, bend_periods=scene.between(0.5, 4.0))
    return darkened(page, lines, _darkness(scene))


def moire(page: FloatArray, scene: Scene) -> FloatArray:
    """Two families of lines across each other."""
    angle = scene.between(0, np.pi)
    lines = _parallel_lines(page.shape, angle, scene, bend_periods=scene.between(0.0, 3.0))
    angle += scene.between(0.2, 1.5)
    others = _parallel_lines(page.shape, angle, scene, bend_periods=scene.between(0.0, 3.0))
    return darkened(page, np.maximum(lines, others, out=lines), _darkness(scene))


def hatching(page: FloatArray, scene: Scene) -> FloatArray:
    """Fine straight lines, level or slanted."""
    level = scene.happens(0.6)
    angle = np.pi / 2 + scene.between(-0.05, 0.05) if level else scene.between(0, np.pi)
    return darkened(page, _parallel_lines(page.shape, angle, scene), _darkness(scene))


def screen(page: FloatArray, scene: Scene) -> FloatArray:
    """A regular grid of dots, as of halftone print."""
    height, width = page.shape
    turn = 2 * np.pi / scene.text_px(scene.between(0.08, 0.25), least_px=3.0)
    across = np.sin(turn * np.arange(width) + scene.between(0, 6.3)).astype(np.float32)
    down = np.sin(turn * np.arange(height) + scene.between(0, 6.3)).astype(np.float32)
    dots = across + down[:, None]  # a sum of waves has its dots on a grid at 45 degrees
    dots *= np.float32(scene.between(0.5, 1.5))
    return darkened(page, np.clip(dots, 0.0, 1.0, out=dots), _darkness(scene))


def granules(page: FloatArray, scene: Scene) -> FloatArray:
    """Small irregular dark and light spots."""
    rough = spots(page.shape, scene.text_px(scene.between(0.04, 0.1), least_px=1.5), scene)
    rough += np.float32(0.5)
    return darkened(page, np.clip(rough, 0.0, 1.0, out=rough), _darkness(scene))


def shapes(page: FloatArray, scene: Scene) -> FloatArray:
    """Large pale ellipses, full or hollow, as of a watermark or an emblem."""
    height, width = page.shape
    mask = np.zeros(page.shape, np.uint8)
    for _ in range(scene.count(1, 3)):
        (x, y) = subpixel(scene.between(0, width), scene.between(0, height))
        a, b = (round(POINTS * scene.text_px(scene.between(0.4, 1.6))) for _ in range(2))
        broad = scene.text_px(scene.between(0.1, 0.5), least_px=1.0)
        thickness = cv2.FILLED if scene.happens(0.5) else round(broad)
        tilt = scene.between(0, 180)
        cv2.ellipse(mask, (x, y), (a, b), tilt, 0, 360, 255, thickness, cv2.LINE_AA, SUBPIXEL_BITS)
    return drawn(page, mask, _darkness(scene))


def two_tone(page: FloatArray, scene: Scene) -> FloatArray:
    """One side of the picture darker than the other, as where a field ends."""
    angle = np.pi / 2 * scene.count(0, 3) + scene.between(-0.05, 0.05)
    field = beyond(page.shape, angle, place_along(page.shape, angle, scene), 1.5)
    return darkened(page, field, _darkness(scene))


BACKGROUND: Final[dict[str, Effect]] = {
    "guilloche": guilloche,
    "moire": moire,
    "hatching": hatching,
    "screen": screen,
    "granules": granules,
    "shapes": shapes,
    "two_tone": two_tone,
}
"""Effects by the name of their share in the recipe, in the order in which they befall a page."""
