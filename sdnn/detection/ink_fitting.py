"""Extent and height of a line, corrected by its ink."""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from sdnn.detection.maps import MIN_SIGN, STRIDE_PX, DetectionMaps
from sdnn.results import FloatArray, IntArray

MIN_INK: Final = 0.5
"""Probability of a pixel that counts as ink of the line, given that the line is one of digits."""
MIN_EXTENDING_INK: Final = 0.4
"""Probability of a pixel that makes a line longer, given the same."""
MIN_INK_PIXELS: Final = 12
"""Pixels of ink that height and ends can be measured by."""
TAIL_SHARE: Final = 0.15
"""Share of the ink, above and below, that does not count for the height: it may be that of tails."""
MAX_OFFSET_HEIGHTS: Final = 0.85
"""Distance of ink from the middle of its line, in heights of the digits."""
MAX_EXTENDING_OFFSET_HEIGHTS: Final = 0.45
"""Distance from the middle of a line of ink that makes it longer, in heights of the digits."""
MAX_EXTENSION_HEIGHTS: Final = 20.0
"""Length by which ink can extend a line at either end, in heights of the digits."""
MAX_GAP_HEIGHTS: Final = 0.7
"""Gap between the end of a line and ink that extends it, in heights of the digits."""
MAX_OVERHANG_HEIGHTS: Final = 0.5
"""Length of ink beyond the end of the extended line that still belongs to it, in heights of the digits."""
MAX_SHRINK_HEIGHTS: Final = 0.15
"""Length by which ink can shorten a line at either end, in heights of the digits."""
MAX_HEIGHT_RATIO: Final = 2.0
"""Factor by which ink can correct the height."""
MIN_OTHER_LINE: Final = 0.25
"""Probability of a cell beyond the end of a line from which on it lies on another line."""


def fit_to_ink(
    maps: DetectionMaps,
    cells: tuple[IntArray, IntArray],
    ends: FloatArray,
    height: float,
    probability: float,
) -> tuple[FloatArray, float]:
    """Ends and height of a line, measured by its ink where there is enough of it.

    Ink is more exact than cells, also where digits are higher than the octave of the scale. The height is
    that of the rows with most of the ink, so that a tail does not make a line high.

    Args:
        maps: Maps of one scale.
        cells: Rows and columns of the cells on the line.
        ends: (2, 2) start and end, in pixels of the scaled picture.
        height: Height of the digits by the cells.
        probability: Probability of the line. Pixels are as much more probable ink of digits given that the
            line is one of digits.
    """
    length = float(np.hypot(*(ends[1] - ends[0])))
    along = (ends[1] - ends[0]) / max(length, 1e-6)
    down = np.array([-along[1], along[0]])
    reach = MAX_OFFSET_HEIGHTS * height
    margin = MAX_EXTENSION_HEIGHTS * height * along
    middles = np.array([ends[0] - margin, ends[1] + margin])
    corners = np.concatenate([middles - reach * down, middles + reach * down])
    rows, columns = _ink_around(maps.ink, corners, MIN_EXTENDING_INK * probability)
    points = np.stack([columns, rows], axis=1) + 0.5 - ends[0]
    u, v = points @ along, points @ down
    extends = np.abs(v) < MAX_EXTENDING_OFFSET_HEIGHTS * height
    extends &= _may_extend(maps, cells, rows // STRIDE_PX, columns // STRIDE_PX)
    gap, places = MAX_GAP_HEIGHTS * height, u[extends]
    length = float((ends[1] - ends[0]) @ along)
    first = -_last_before_gap(np.append(0.0, np.sort(-places[places < 0])), gap)
    last = _last_before_gap(np.append(length, np.sort(places[places > length])), gap)
    on_line = (maps.ink[rows, columns] >= MIN_INK * probability) & (np.abs(v) < reach)
    overhang = MAX_OVERHANG_HEIGHTS * height
    on_line &= (u > first - overhang) & (u < last + overhang)
    middle = 0.0
    if int(on_line.sum()) >= MIN_INK_PIXELS:
        u, v = u[on_line], v[on_line]
        upper, lower = _quantiles(v, (TAIL_SHARE, 1 - TAIL_SHARE))
        middle, fitted = (upper + lower) / 2, (lower - upper + 1) / (1 - 2 * TAIL_SHARE)
        height = min(max(fitted, height / MAX_HEIGHT_RATIO), height * MAX_HEIGHT_RATIO)
        # The ends stay beyond ink that is too doubtful to count.
        shrink = MAX_SHRINK_HEIGHTS * height
        first = min(float(u.min()) - 0.5, first + shrink)
        last = max(float(u.max()) + 0.5, last - shrink)
    down = middle * down
    return np.array([ends[0] + first * along + down, ends[0] + last * along + down]), height


def _ink_around(ink: FloatArray, corners: FloatArray, probability: float) -> tuple[IntArray, IntArray]:
    """Rows and columns of the pixels of at least some probability in the upright box round a polygon."""
    left, top = np.floor(corners.min(axis=0)).astype(int).clip(0).tolist()
    right, bottom = np.ceil(corners.max(axis=0)).astype(int).tolist()
    rows, columns = np.nonzero(ink[top:bottom, left:right] >= probability)
    return rows + top, columns + left


def _may_extend(
    maps: DetectionMaps, cells: tuple[IntArray, IntArray], rows: IntArray, columns: IntArray
) -> npt.NDArray[np.bool_]:
    """(N,) whether ink may extend a line, by the row and column of its cell.

    The cell shows no sign, and is not next to a cell of another line; `cells` are those of the line itself.
    """
    height, width = maps.line.shape
    rows, columns = rows.clip(max=height - 1), columns.clip(max=width - 1)
    if not len(rows):
        return np.zeros(0, bool)
    top, left = max(0, int(rows.min()) - 2), max(0, int(columns.min()) - 2)
    part = np.s_[top : int(rows.max()) + 3, left : int(columns.max()) + 3]
    own = np.zeros((height, width), bool)
    own[cells] = True
    others = ((maps.line[part] >= MIN_OTHER_LINE) & ~own[part]).astype(np.uint8)
    near_others: npt.NDArray[np.bool_] = cv2.dilate(others, np.ones((5, 5), np.uint8)) > 0
    return ~near_others[rows - top, columns - left] & (maps.sign[rows, columns] < MIN_SIGN)


def _last_before_gap(places: FloatArray, gap: float) -> float:
    """The last of rising places before the first gap that is wider than the given one."""
    wide = np.flatnonzero(np.diff(places) > gap)
    return float(places[wide[0] if len(wide) else -1])


def _quantiles(values: FloatArray, shares: tuple[float, ...]) -> list[float]:
    """As `numpy.quantile`, in a tenth of its time for the few values of a line."""
    places = np.array(shares) * (len(values) - 1)
    quantiles: list[float] = np.interp(places, np.arange(len(values)), np.sort(values)).tolist()
    return quantiles
