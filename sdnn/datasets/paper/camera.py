"""Effects of the camera or scanner: lens, sensor and file."""

from typing import Final

import cv2
import numpy as np

from sdnn.datasets.paper.compositing import blur, subpixel
from sdnn.datasets.paper.effects import EffectContext, by_name
from sdnn.datasets.paper.fields import noise
from sdnn.datasets.rasterizer import SUBPIXEL_BITS
from sdnn.results import FloatArray


def out_of_focus(page: FloatArray, context: EffectContext) -> FloatArray:
    """Defocus: a Gaussian of up to 1.3 px for digits 20 px high."""
    # The square leaves most pages little blurred: 0.3 to 1.3 px.
    sigma = context.between(0.55, 1.14) ** 2 / 20 * context.strength
    return blur(page, context.text_px(sigma, min_px=0.3))


def motion_blur(page: FloatArray, context: EffectContext) -> FloatArray:
    """Motion blur: each pixel is the mean over a short path."""
    length = context.text_px(context.between(0.06, 0.16) * context.strength, min_px=2.0)
    angle = context.between(0, np.pi)
    side = 2 * int(length / 2 + 1) + 1
    kernel = np.zeros((side, side), np.float32)
    across, down = length / 2 * np.cos(angle), length / 2 * np.sin(angle)
    middle = side / 2
    (x1, y1, x2, y2) = subpixel(middle - across, middle - down, middle + across, middle + down)
    cv2.line(kernel, (x1, y1), (x2, y2), 1.0, 1, cv2.LINE_8, SUBPIXEL_BITS)
    kernel /= kernel.sum()
    return np.asarray(cv2.filter2D(page, -1, kernel, borderType=cv2.BORDER_REFLECT), dtype=np.float32)


def low_resolution(page: FloatArray, context: EffectContext) -> FloatArray:
    """Low resolution, enlarged again: writing 12 to 20 px high, or a fifth smaller."""
    height, width = page.shape
    scale = min(0.8, context.between(12.0, 20.0) / context.text.height)
    size = (max(2, round(width * scale)), max(2, round(height * scale)))
    small = cv2.resize(page, size, interpolation=cv2.INTER_AREA)
    back = cv2.INTER_LINEAR if context.happens(0.5) else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(small, (width, height), interpolation=back), dtype=np.float32)


def exposure(page: FloatArray, context: EffectContext) -> FloatArray:
    """Veiling light that lifts the blacks, or overexposure that turns the paper white."""
    if context.happens(0.5):
        lift = np.float32(context.between(0.05, 0.3))
        return lift + page * (1 - lift)
    # Overexposure that dark ink survives would wipe out faint writing.
    return page * np.float32(context.between(1.05, 1.05 + 0.25 * context.contrast))


def sensor_noise(page: FloatArray, context: EffectContext) -> FloatArray:
    """Independent noise of each pixel."""
    amount = context.darkness(0.02, 0.12)
    return page + noise(page.shape, context) * np.float32(amount)


def jpeg(page: FloatArray, context: EffectContext) -> FloatArray:
    """The blocks and rings of a JPEG file of quality 20 to 90."""
    # Faint writing does not survive quantisation as coarse as dark writing does.
    worst = 20.0 if context.contrast * context.strength > 0.4 else 55.0
    quality = round(context.between(worst, 90.0))
    pixels = cv2.convertScaleAbs(page.clip(0.0, 1.0), alpha=255)
    _, file = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(file, cv2.IMREAD_GRAYSCALE), dtype=np.float32) * np.float32(1 / 255)


def inverted(page: FloatArray, _: EffectContext) -> FloatArray:
    """Light writing on dark: a blackboard, a negative, a display."""
    return 1 - page


CAMERA: Final = by_name(inverted, out_of_focus, motion_blur, low_resolution, exposure, sensor_noise, jpeg)
