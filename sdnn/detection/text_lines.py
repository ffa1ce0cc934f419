"""From maps to lines: each connected band of cells is a line of digits, with course, height and direction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from sdnn.detection.maps import HEIGHTS_PX, STRIDE_PX, DetectionMaps
from sdnn.results import Box, FloatArray, IntArray

LEAST_PROBABILITY: Final = 0.07
"""Of a cell to belong to a line: what is doubtful is better read, and found to be no digits, than missed."""
BESIDE_THE_PEAK: Final = 0.1
"""Probability of a cell, at least, over that of the surest of its line: words beside a number have less."""
LEAST_SIGN: Final = 0.25
"""Probability of a cell to belong to a sign."""
ALIKE: Final = 0.3
"""Share of the smaller of two bands from which on both are the same line, seen at two scales."""
BESIDE_THE_SUREST: Final = 0.5
"""Probability of a line, at least, over that of the surest on the picture: words beside numbers have less."""
BESIDE: Final = 1.3
"""How far beyond the ends of a line a sign still belongs to it, in heights of its digits."""
NEAR: Final = 2.0
"""How far beyond the ends of a line a digit that was missed may belong to it, in heights of its digits."""
CERTAIN: Final = 0.8
"""Length of the mean direction below which a line is read both ways."""
LIKELY_INK: Final = 0.4
"""Probability from which on ink makes a line longer."""
INKED: Final = 0.5
"""Probability from which on a pixel is ink."""
LEAST_INK: Final = 12
"""Pixels of ink that a line has to have to be measured by them."""
TAIL: Final = 0.15
"""Share of the ink, above and below, that does not say how high the digits are: it may be that of tails."""
REACH: Final = 0.85
"""How far from the middle of a line its ink is looked for, in heights of its digits."""
OF_ANOTHER: Final = 0.25
"""Probability from which on a cell beyond the end of a line is on a line of its own."""
GAP: Final = 0.7
"""Widest gap between the end of a line and ink that still belongs to it, in heights of its digits."""
ACROSS: Final = 0.45
"""How far from the middle of a line ink lies that makes it longer, in heights of its digits."""
AHEAD: Final = 20.0
"""How far beyond the ends of a line ink is looked for, in heights of its digits."""
ENDS: Final = 0.5
"""How far beyond the ends that the cells have ink still belongs to a line, in heights of its digits."""
SHRINK: Final = 0.15
"""By how much ink may correct an end of a line inwards, in heights of its digits."""
MOST_OFF: Final = 2.0
"""Factor by which ink may correct the height."""
LEVEL: Final = 0.35
"""Length of the mean direction below which it is undecided which way up a line is: then it is upright."""


@dataclass(frozen=True, eq=False)
class TextLine:
    """A line of digits on a picture.

    Attributes:
        start: (2,) x and y where the middle of the line begins, in pixels of the picture.
        end: (2,) where it ends, in reading direction.
        height_px: Height of its digits.
        slant: Lean of its digits, to the right for each unit up.
        printed: Probability that it is print.
        probability: Mean over its cells.
        maps: What it was found on.
        signs: Places of signs between and beside its digits, in pixels of the picture.
        struck: Probability that one of its digits is struck out.
        beside: Probability that a digit stands near it that is on no line.
        ambiguous: Whether it may as well run the other way.
    """

    start: FloatArray
    end: FloatArray
    height_px: float
    slant: float
    printed: float
    probability: float
    maps: DetectionMaps
    signs: tuple[Box, ...] = ()
    struck: float = 0.0
    beside: float = 0.0
    ambiguous: bool = False

    @property
    def length_px(self) -> float:
        """From start to end."""
        return float(np.hypot(*(self.end - self.start)))

    @property
    def along(self) -> FloatArray:
        """(2,) unit vector in reading direction."""
        return np.asarray((self.end - self.start) / max(1e-6, self.length_px))

    @property
    def turned(self) -> "TextLine":
        """The same line, read the other way."""
        return replace(self, start=self.end, end=self.start)

    def band(self, thickness: float, beyond: float = 0.0) -> FloatArray:
        """(4, 2) corners of the band so thick and so far beyond its ends, in heights of its digits."""
        along = self.along
        half = thickness * self.height_px / 2 * np.array([-along[1], along[0]])
        start, end = self.start - beyond * self.height_px * along, self.end + beyond * self.height_px * along
        return np.array([start - half, end - half, end + half, start + half], dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Detections:
    """What the detector found on a picture.

    Attributes:
        lines: In reading order.
        levels: The maps of each scale, the coarsest first.
    """

    lines: tuple[TextLine, ...]
    levels: tuple[DetectionMaps, ...]


def group_lines(levels: Sequence[DetectionMaps]) -> list[TextLine]:
    """The lines found at all scales, none of them twice, in reading order."""
    found = [line for maps in levels for line in _lines_at(maps)]
    found.sort(key=lambda line: -_merit(line))
    kept: list[TextLine] = []
    for line in found:
        if not any(_same(line, other) for other in kept):
            kept.append(line)
    surest = max((line.probability for line in kept), default=0.0)
    kept = [line for line in kept if line.probability >= BESIDE_THE_SUREST * surest]
    taken = {id(line.maps): _taken(line.maps, kept) for line in kept}
    return _in_reading_order([_described(line, taken[id(line.maps)]) for line in kept])


def _taken(maps: DetectionMaps, lines: Sequence[TextLine]) -> npt.NDArray[np.bool_]:
    """(h, w) the cells of a scale that lie on lines, or next to their ends."""
    taken = np.zeros(maps.line.shape, bool)
    map_from_picture = np.linalg.inv(np.vstack([maps.picture_from_map, [0.0, 0.0, 1.0]]))
    for line in lines:
        taken |= _cells_in(line.band(1.6, 0.6), map_from_picture, taken.shape)
    return taken


def _described(line: TextLine, taken: npt.NDArray[np.bool_]) -> TextLine:
    """The line with its signs, how likely one of its digits is struck out, and how likely one is missed.

    Args:
        line: As it was found.
        taken: (h, w) cells of its scale that lie on any line.
    """
    maps = line.maps
    map_from_picture = np.linalg.inv(np.vstack([maps.picture_from_map, [0.0, 0.0, 1.0]]))
    near = _cells_in(line.band(1.5, BESIDE), map_from_picture, maps.sign.shape)
    count, _, stats, _ = cv2.connectedComponentsWithStats(
        ((maps.sign >= LEAST_SIGN) & near).astype(np.uint8), connectivity=8
    )
    signs = []
    for left, top, width, height, _ in np.asarray(stats[1:count]).tolist():
        corners = np.array([(left, top), (left + width, top + height)], dtype=np.float64) * STRIDE_PX
        (x0, y0), (x1, y1) = corners @ maps.picture_from_map[:, :2].T + maps.picture_from_map[:, 2]
        signs.append(Box(float(x0), float(y0), float(x1), float(y1)))
    on_line = _cells_in(line.band(1.0), map_from_picture, maps.sign.shape)
    # A digit covers several cells: one alone says little.
    struck = float(cv2.blur(maps.struck, (3, 3))[on_line].max()) if on_line.any() else 0.0
    around = _cells_in(line.band(1.0, NEAR), map_from_picture, maps.sign.shape) & ~taken
    beside = float(maps.line[around].max()) if around.any() else 0.0
    return replace(line, signs=tuple(signs), struck=struck, beside=beside)


def _cells_in(
    corners: FloatArray, map_from_picture: FloatArray, shape: tuple[int, ...]
) -> npt.NDArray[np.bool_]:
    """(h, w) whether the middle of a cell lies in a polygon of the picture."""
    on_map = corners @ map_from_picture[:2, :2].T + map_from_picture[:2, 2]
    mask = np.zeros(shape, np.uint8)
    cv2.fillPoly(mask, [np.rint((on_map / STRIDE_PX - 0.5) * 16).astype(np.int32)], 1, cv2.LINE_8, 4)
    return mask > 0


def _lines_at(maps: DetectionMaps) -> list[TextLine]:
    """The lines at one scale."""
    lines = []
    for rows, columns in _connected(maps.line >= LEAST_PROBABILITY):
        low, high = np.array([rows.min(), columns.min()]), np.array([rows.max(), columns.max()]) + 1
        sure = np.zeros(high - low, bool)
        likely = maps.line[rows, columns]
        sure[rows - low[0], columns - low[1]] = likely >= BESIDE_THE_PEAK * likely.max()
        lines += [_line_through(maps, (y + low[0], x + low[1])) for y, x in _connected(sure)]
    return lines


def _connected(cells: npt.NDArray[np.bool_]) -> Iterator[tuple[IntArray, IntArray]]:
    """Rows and columns of the cells of each connected part."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(cells.astype(np.uint8), connectivity=8)
    for label, (left, top, width, height) in enumerate(np.asarray(stats)[1:count, :4].tolist(), start=1):
        rows, columns = np.nonzero(labels[top : top + height, left : left + width] == label)
        yield rows + top, columns + left


def _line_through(maps: DetectionMaps, cells: tuple[IntArray, IntArray]) -> TextLine:
    """The line through cells, which are given by their rows and columns."""
    rows, columns = cells
    weight = maps.line[cells].astype(np.float64)
    weight /= weight.sum()
    height = float(np.exp2(weight @ np.log2(maps.height[cells])))
    along, certainty = _direction(maps.along[:, rows, columns], weight)
    down = np.array([-along[1], along[0]])
    points = np.stack([columns, rows], axis=1) * float(STRIDE_PX) + STRIDE_PX / 2
    points = points + maps.offset[cells][:, None] * down
    u, v = points @ along, points @ down
    u0, v0 = float(weight @ u), float(weight @ v)
    spread = float(weight @ (u - u0) ** 2)
    # Of a short line the direction of its cells says more than the course of their middles.
    slope = float(weight @ ((u - u0) * (v - v0))) / (spread + (0.5 * height) ** 2)
    ends = [
        place * along + (v0 + slope * (place - u0)) * down
        for place in (float(u.min()) - STRIDE_PX / 2, float(u.max()) + STRIDE_PX / 2)
    ]
    probability = float(weight @ maps.line[cells])
    fitted_ends, height = _fitted_to_ink(maps, cells, np.array(ends), height, probability)
    matrix = maps.picture_from_map
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    start, end = fitted_ends @ matrix[:, :2].T + matrix[:, 2]
    return TextLine(
        start,
        end,
        height * scale,
        float(weight @ maps.slant[cells]),
        float(weight @ maps.printed[cells]),
        probability,
        maps,
        ambiguous=certainty < CERTAIN,
    )


def _fitted_to_ink(
    maps: DetectionMaps,
    cells: tuple[IntArray, IntArray],
    ends: FloatArray,
    height: float,
    probability: float,
) -> tuple[FloatArray, float]:
    """The line's ends and height as its ink has them, where there is enough of it.

    The cells tell where digits are; their ink tells better how high they are, also where they are higher than
    this scale is for. The rows that hold most of the ink count, so that a tail does not make a line high.

    Args:
        maps: At one scale.
        cells: Rows and columns of those on the line.
        ends: (2, 2) start and end, in pixels at this scale.
        height: Of the digits, as the cells have it.
        probability: Of the line. Ink of digits is as much more probable given that the line is one of digits.
    """
    along = (ends[1] - ends[0]) / max(float(np.hypot(*(ends[1] - ends[0]))), 1e-6)
    down = np.array([-along[1], along[0]])
    reach = REACH * height
    rows, columns = _inked(maps.ink, ends, reach, AHEAD * height, LIKELY_INK * probability)
    points = np.stack([columns, rows], axis=1) + 0.5 - ends[0]
    u, v = points @ along, points @ down
    grows = (np.abs(v) < ACROSS * height) & _is_free(maps, cells, rows // STRIDE_PX, columns // STRIDE_PX)
    first, last = _grown(u[grows], float((ends[1] - ends[0]) @ along), GAP * height)
    on_line = (maps.ink[rows, columns] >= INKED * probability) & (np.abs(v) < reach)
    on_line &= (u > first - ENDS * height) & (u < last + ENDS * height)
    if int(on_line.sum()) >= LEAST_INK:
        u, v = u[on_line], v[on_line]
        upper, lower = _quantiles(v, (TAIL, 1 - TAIL))
        fitted = (lower - upper + 1) / (1 - 2 * TAIL)
        height = min(max(fitted, height / MOST_OFF), height * MOST_OFF)
        down, spare = (upper + lower) / 2 * down, SHRINK * height
        # Ink in doubt does not make a line shorter than its cells have it.
        first = min(float(u.min()) - 0.5, first + spare)
        last = max(float(u.max()) + 0.5, last - spare)
        return np.array([ends[0] + first * along + down, ends[0] + last * along + down]), height
    return np.array([ends[0] + first * along, ends[0] + last * along]), height


def _inked(
    ink: FloatArray, ends: FloatArray, reach: float, ahead: float, probability: float
) -> tuple[IntArray, IntArray]:
    """Rows and columns of the ink round a line.

    Args:
        ink: (H, W) probabilities.
        ends: (2, 2) of the line.
        reach: How far beside it ink is looked for.
        ahead: How far beyond its ends.
        probability: Of ink, at least.
    """
    along = (ends[1] - ends[0]) / max(float(np.hypot(*(ends[1] - ends[0]))), 1e-6)
    beside = reach * np.array([-along[1], along[0]])
    middles = np.array([ends[0] - ahead * along, ends[1] + ahead * along])
    corners = np.concatenate([middles - beside, middles + beside])
    left, top = np.floor(corners.min(axis=0)).astype(int).clip(0).tolist()
    right, bottom = np.ceil(corners.max(axis=0)).astype(int).tolist()
    rows, columns = np.nonzero(ink[top:bottom, left:right] >= probability)
    return rows + top, columns + left


def _is_free(
    maps: DetectionMaps, cells: tuple[IntArray, IntArray], rows: IntArray, columns: IntArray
) -> npt.NDArray[np.bool_]:
    """(N,) whether cells may belong to a line: they show no sign, and are not next to another line's.

    Args:
        maps: With the cells.
        cells: Rows and columns of those on the line.
        rows: (N,) of the cells in question.
        columns: (N,) of the same.
    """
    height, width = maps.line.shape
    rows, columns = rows.clip(max=height - 1), columns.clip(max=width - 1)
    if not len(rows):
        return np.zeros(0, bool)
    top, left = max(0, int(rows.min()) - 2), max(0, int(columns.min()) - 2)
    part = np.s_[top : int(rows.max()) + 3, left : int(columns.max()) + 3]
    own = np.zeros((height, width), bool)
    own[cells] = True
    others = ((maps.line[part] >= OF_ANOTHER) & ~own[part]).astype(np.uint8)
    free: npt.NDArray[np.bool_] = cv2.dilate(others, np.ones((5, 5), np.uint8)) == 0
    return free[rows - top, columns - left] & (maps.sign[rows, columns] < LEAST_SIGN)


def _grown(u: FloatArray, length: float, gap: float) -> tuple[float, float]:
    """Where a line from 0 to its length begins and ends with the ink that follows in either direction.

    Args:
        u: (N,) places of ink along it.
        length: Of the line.
        gap: Widest without ink.
    """
    after, before = np.sort(u[u > length]), np.sort(-u[u < 0])
    last = _reached(np.append(length, after), gap)
    return -_reached(np.append(0.0, before), gap), last


def _reached(places: FloatArray, gap: float) -> float:
    """The last of rising places before the first gap that is too wide."""
    wide = np.flatnonzero(np.diff(places) > gap)
    return float(places[wide[0] if len(wide) else -1])


def _quantiles(values: FloatArray, shares: tuple[float, ...]) -> list[float]:
    """What `numpy.quantile` says, in a tenth of its time for the few values of a line."""
    found: list[float] = np.interp(
        np.array(shares) * (len(values) - 1), np.arange(len(values)), np.sort(values)
    ).tolist()
    return found


def _direction(along: FloatArray, weight: FloatArray) -> tuple[FloatArray, float]:
    """(2,) unit vector, the mean direction or, in doubt, the upright one; and how sure its sign is."""
    mean = along.astype(np.float64) @ weight
    length = float(np.hypot(*mean))
    if length >= LEVEL:
        return np.asarray(mean / length), length
    x, y = along.astype(np.float64)
    double = np.array([(x * x - y * y) @ weight, (2 * x * y) @ weight])
    angle = np.arctan2(double[1], double[0]) / 2  # -90 to 90 degrees: to the right
    return np.array([np.cos(angle), np.sin(angle)]), length


def _merit(line: TextLine) -> float:
    """How much a line counts beside another at the same place: sure, and of the height its scale is for."""
    low, high = HEIGHTS_PX
    matrix = line.maps.picture_from_map
    height = line.height_px / float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    outside = max(0.0, np.log2(low / height), np.log2(height / high))
    return line.probability - float(outside)


def _same(line: TextLine, other: TextLine) -> bool:
    """Whether two bands lie on each other."""
    shared = cv2.intersectConvexConvex(line.band(0.8, 0.1), other.band(0.8, 0.1))[0]
    areas = [each.height_px * 0.8 * (each.length_px + 0.2 * each.height_px) for each in (line, other)]
    return bool(shared > ALIKE * min(areas))


def _in_reading_order(lines: Sequence[TextLine]) -> list[TextLine]:
    """Row by row from top to bottom, each from left to right, as most of the lines run."""
    if len(lines) < 2:
        return list(lines)
    weights = np.array([line.length_px for line in lines])
    along, _ = _direction(np.stack([line.along for line in lines], axis=1), weights / weights.sum())
    down = np.array([-along[1], along[0]])
    middle = [(line.start + line.end) / 2 for line in lines]
    left = sorted(range(len(lines)), key=lambda place: float(middle[place] @ down))
    ordered: list[TextLine] = []
    while left:
        first = left[0]
        reach = float(middle[first] @ down) + lines[first].height_px / 2
        row = [place for place in left if float(middle[place] @ down) < reach]
        row.sort(key=lambda place: float(middle[place] @ along))
        ordered += [lines[place] for place in row]
        left = [place for place in left if place not in row]
    return ordered
