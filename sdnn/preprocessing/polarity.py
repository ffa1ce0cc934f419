"""From brightness to ink: what stands out from the paper, whichever of the two is darker."""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from sdnn.choices import Polarity
from sdnn.results import FloatArray

LEAST_CONTRAST: Final = 0.06
"""Difference between ink and paper, of the range from black to white, below which a page counts as blank."""
PAPER_ROWS: Final = 20
"""Rows of the sample that the paper is taken from: paper is even, and every third pixel tells it as well."""
TEXTURE: Final = 0.85
"""Share of the paper that is white on the strip; the rest is strokes' edges, or texture that stays grey."""
DARK: Final = 0.9
"""Share of the ink that is lighter than black; the level of a stroke's middle, whatever its edges are."""


def ink_of(page: FloatArray) -> FloatArray:
    """The ink on a page, with shading and weak background texture taken away.

    Args:
        page: (H, W) brightness, 0 black to 1 white.

    Returns:
        (H, W) float32, 0 paper to 1 ink; all 0 where nothing stands out.
    """
    return levelled(darkness_of(page))


def darkness_of(page: FloatArray, polarity: Polarity = Polarity.AUTO) -> FloatArray:
    """How far each pixel departs from the paper, to the side of the ink.

    The paper's brightness is the median over a square as high as the page.

    Args:
        page: (H, W) brightness, 0 black to 1 white.
        polarity: The side that counts: darker than the paper, lighter, or the one where the departures are
            stronger. What lies on the other side is paper.

    Returns:
        (H, W) float32, 0 to 1; its unit is that of the page.
    """
    departure = _paper(page) - page
    if polarity == Polarity.LIGHT or (polarity == Polarity.AUTO and _mostly_lighter(departure)):
        departure = -departure
    return np.asarray(cv2.threshold(departure, 0, 0, cv2.THRESH_TOZERO)[1], dtype=np.float32)


def _mostly_lighter(departure: FloatArray) -> bool:
    # The cube keeps the sign and lets few strong strokes outweigh much weak texture.
    return float(np.vdot(departure * departure, departure)) < 0


def levelled(darkness: FloatArray) -> FloatArray:
    """The darkness stretched so that most of the paper is 0 and the darker part of the ink 1.

    Otsu's threshold splits paper from ink.

    Args:
        darkness: (H, W) float32, as `darkness_of` gives it.

    Returns:
        (H, W) float32, 0 paper to 1 ink; all 0 where nothing stands out.
    """
    values = _as_bytes(darkness)
    threshold, _ = cv2.threshold(values, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    counts = np.ravel(cv2.calcHist([values], [0], None, [256], [0, 256])).astype(np.float64)
    split = int(threshold) + 1
    paper_level = _quantile(counts[:split], TEXTURE) / 255
    ink_level = (split + _quantile(counts[split:], DARK)) / 255
    if not counts[:split].any() or not counts[split:].any() or ink_level - paper_level < LEAST_CONTRAST:
        return np.zeros_like(darkness)
    stretch = np.float32(1 / (ink_level - paper_level))
    return ((darkness - np.float32(paper_level)) * stretch).clip(0.0, 1.0)


def _quantile(counts: FloatArray, share: float) -> int:
    """The lowest value that so large a share of a histogram does not exceed."""
    reached = np.cumsum(counts)
    return int(np.searchsorted(reached, share * reached[-1])) if len(counts) else 0


def _paper(page: FloatArray) -> FloatArray:
    """Brightness of the paper at each pixel."""
    height, width = page.shape
    step = -(-height // PAPER_ROWS)
    # Single pixels, not averages: ink that is mixed into the paper would shift the median.
    sample = _as_bytes(page[step // 2 :: step, min(step, width) // 2 :: step])
    side = len(sample) | 1
    # The picture goes on beyond its edge as if in a mirror: OpenCV's median would repeat the last pixels, and
    # take a stroke that touches the edge for paper.
    pad = side // 2
    padded = cv2.copyMakeBorder(sample, pad, pad, pad, pad, cv2.BORDER_REFLECT)
    median = cv2.medianBlur(padded, side)[pad : pad + sample.shape[0], pad : pad + sample.shape[1]]
    paper = cv2.resize(median.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(paper, dtype=np.float32) * np.float32(1 / 255)


def _as_bytes(values: FloatArray) -> npt.NDArray[np.uint8]:
    return np.asarray(cv2.convertScaleAbs(values, alpha=255), dtype=np.uint8)
