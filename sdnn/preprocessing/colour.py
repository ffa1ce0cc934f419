"""From colour to one channel: brightness, or another mixture of the channels where that hides the ink."""

from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from sdnn.preprocessing.memory import bands
from sdnn.results import FloatArray

LUMA: Final = np.array([0.299, 0.587, 0.114], dtype=np.float32)
"""Weights of red, green and blue in brightness (ITU-R 601)."""
MIN_LUMA_CONTRAST: Final = 0.35
"""Contrast in brightness, over that in the best direction of colour space, at which brightness is used.

Each contrast is that of the strongest differences, along a unit vector. Drawn digits, with noise and JPEG at
quality 40: black, blue, red, green, orange and cyan ink on papers of all colours, and black ink on coloured
guilloche, have 0.54 to 1; red on blue, green on red, grey on red, of equal brightness, and yellow on white
0.01 to 0.28.
"""
MIN_CONTRAST: Final = 0.05
"""Contrast in the best direction, of the range from 0 to 1, that is no noise: blank paper has 0.02."""
SAMPLE_PX: Final = 250_000
"""Pixels of the reduced picture whose contrast is measured: averaging removes noise."""
WINDOW_SHARE: Final = 1 / 20
"""Side of the window with whose mean a pixel is compared, over the height of the picture."""
WINDOW_RANGE_PX: Final = (9, 32)
"""Smallest side, wider than a stroke, and greatest side of that window."""
STRONGEST_SHARE: Final = 0.01
"""Share of the pixels whose differences count: ink covers hardly more of a page."""
MIN_PIXELS: Final = 20
"""Pixels whose differences count on a small picture."""
MAX_GREY_DIFFERENCE: Final = 8 / 255
"""Difference between the channels of a grey pixel."""


def contrast_channel(rgb: npt.NDArray[Any], luma: npt.NDArray[np.uint8] | None = None) -> FloatArray:
    """A channel of a colour picture that shows its ink: brightness where that does.

    Args:
        rgb: (H, W, 3) red, green and blue; uint8, or float32 from 0 to 1.
        luma: (H, W) brightness; by default Pillow's of `rgb`.

    Returns:
        (H, W) float32 from 0 to 1: brightness, or a mixture of the channels whose range lies between 0 and 1,
        and in which dark ink stays dark as far as brightness tells.
    """
    direction = _ink_direction(rgb)
    if direction is None:
        return _luma(rgb) if luma is None else from_bytes(luma)
    weights = direction / (np.abs(direction).sum() * (255 if rgb.dtype == np.uint8 else 1))
    darkest = direction[direction < 0].sum() / np.abs(direction).sum()
    mixture = np.empty(rgb.shape[:2], np.float32)
    for rows in bands(len(rgb), rgb.shape[1]):
        band = cv2.transform(rgb[rows].astype(np.float32), np.append(weights, -darkest)[None])
        mixture[rows] = np.asarray(band, dtype=np.float32).reshape(mixture[rows].shape).clip(0.0, 1.0)
    return mixture


def from_bytes(values: npt.NDArray[np.uint8]) -> FloatArray:
    """Bytes as float32 from 0 to 1."""
    return np.asarray(np.divide(values, np.float32(255), dtype=np.float32))


def _luma(rgb: npt.NDArray[Any]) -> FloatArray:
    if rgb.dtype != np.uint8:
        return np.asarray(rgb @ LUMA, dtype=np.float32)
    luma = np.empty(rgb.shape[:2], np.float32)
    for rows in bands(len(rgb), rgb.shape[1]):
        luma[rows] = from_bytes(np.asarray(Image.fromarray(np.ascontiguousarray(rgb[rows])).convert("L")))
    return luma


def _ink_direction(rgb: npt.NDArray[Any]) -> FloatArray | None:
    """(3,) direction of colour space in which ink and paper differ most; None where brightness suffices."""
    small = _reduced(rgb)
    red, green, blue = cv2.split(small)
    grey = MAX_GREY_DIFFERENCE * (255 if rgb.dtype == np.uint8 else 1)
    if max(cv2.norm(red, green, cv2.NORM_INF), cv2.norm(green, blue, cv2.NORM_INF)) <= grey:
        return None
    differences = _strongest_differences(small.astype(np.float32) / (255 if rgb.dtype == np.uint8 else 1))
    scatter = differences.T @ differences / len(differences)
    variances, directions = np.linalg.eigh(scatter)
    best = directions[:, -1]
    unit_luma = LUMA / np.linalg.norm(LUMA)
    along_best = float(variances[-1].clip(0)) ** 0.5  # negative by rounding
    along_luma = max(float(unit_luma @ scatter @ unit_luma), 0.0) ** 0.5
    if along_best < MIN_CONTRAST or along_luma >= MIN_LUMA_CONTRAST * along_best:
        return None
    return np.asarray(best if best @ scatter @ unit_luma >= 0 else -best)


def _reduced(rgb: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The picture reduced to about `SAMPLE_PX` pixels by averaging."""
    height, width = rgb.shape[:2]
    factor = int(np.ceil(np.sqrt(height * width / SAMPLE_PX)))
    if factor <= 1:
        return np.ascontiguousarray(rgb)
    rows, columns = max(height // factor, 1), max(width // factor, 1)
    whole = rgb[: rows * min(factor, height), : columns * min(factor, width)]
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA))


def _strongest_differences(small: FloatArray) -> FloatArray:
    """(N, 3) greatest differences between pixels and the mean of their window."""
    smallest, greatest = WINDOW_RANGE_PX
    side = min(max(round(len(small) * WINDOW_SHARE), smallest), greatest)
    differences = cv2.blur(small, (3, 3)) - cv2.blur(small, (side, side))
    flat = differences[::2, ::2].reshape(-1, 3)
    count = min(max(int(len(flat) * STRONGEST_SHARE), MIN_PIXELS), len(flat))
    lengths = np.einsum("ij,ij->i", flat, flat)
    return np.asarray(flat[np.argpartition(lengths, -count)[-count:]])
