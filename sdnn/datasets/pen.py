"""Digits drawn with a pen: strokes through a few control points, no font and no download.

`ALLOGRAPHS` says how people shape each digit; a `WriterStyle` says how one writer draws them all,
the same through a whole string.
"""

from bisect import bisect
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, pairwise
from math import hypot
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from sdnn.datasets.allographs import ALLOGRAPHS, Allograph
from sdnn.results import FloatArray

__all__ = [
    "ALLOGRAPHS",
    "IMAGE_PX",
    "TEXT_PX",
    "Allograph",
    "AllographPreference",
    "WriterStyle",
    "draw_digit",
    "draw_lines",
    "random_writer_style",
]

IMAGE_PX: Final = 28
"""Rows of a drawn digit, MNIST's."""
TEXT_PX: Final = 20
"""Height of a digit 100 hundredths high, before the size variation, pen width included."""

_MARGIN_PX: Final = 1.25
"""Paper kept at every edge, so that no stroke is cut; more than 1 because the fine raster rounds."""
_FINE: Final = 8
"""Fine pixels per pixel across at scale 1; 64 of them shade one pixel, which gives MNIST's soft edges."""
_FRACTION_BITS: Final = 4
"""OpenCV draws at fixed-point coordinates; 1/16 of a fine pixel keeps the curves smooth."""
_STEPS: Final = 6
"""Straight pieces between two control points; in a digit of 40 pixels their corners do not show."""
_LEVELS: Final = 5
"""Steps between a quill's thickest and thinnest line; averaged over the fine raster they do not show."""
_WIDEST: Final = 2.0
"""Bound of a single digit's width over that in `ALLOGRAPHS`; beyond it the digit is no longer read."""
_BALLPOINT_PX: Final = 3.0
"""Broadest pen that leaves the least aspect of every allograph legible."""


@dataclass(frozen=True, eq=False)
class AllographPreference:
    """How one writer is used to shaping one digit.

    Attributes:
        allograph: Name of the usual allograph.
        bend: (5, 2) how the writer bends any allograph of the digit, as shares of the height: x and y moved
            by each of x / 2, y / 2, 2 x x, 2 x y and 2 y y, counted from the middle of the digit.
    """

    allograph: str
    bend: FloatArray


@dataclass(frozen=True)
class WriterStyle:
    """How one writer draws digits; the same for a whole string.

    Attributes:
        slant_deg: Lean of upright strokes, positive to the right; most people lean that way.
        aspect: Width over the width in `ALLOGRAPHS`: cramped below 1, generous above.
        rotation_deg: Clockwise turn of the whole digit, as on a sheet laid askew.
        pen_px: Width of the line beside digits of 20 pixels: 0.7 is a fine nib, 1.5 a ballpoint, 4 a marker.
        pressure: Share of the line's width lost where the pen does not move straight down: 0 is a ballpoint,
            0.6 a quill.
        size: Height of the digits over `TEXT_PX`; digits of one line are not all as tall as the line.
        unevenness: Spread of the size from digit to digit, as a share of it.
        width_spread: Spread of the aspect from digit to digit, in natural logarithms.
        warp: How far each digit is bent as a whole, as a share of its height: no one writes it twice alike.
        jitter: How far each control point strays by itself, as a share of the height: the unsteady hand.
        roundness: How far the sharp corners are rounded: 0 not at all, 1 to a smooth curve.
        sloppiness: Spread of how far a stroke begins and ends late or early, as a share of the height: loops
            stay open or overlap.
        habits: One for each digit; none where every digit is any allograph.
        loyalty: Probability that a digit is drawn after its habit.
    """

    slant_deg: float = 6.0
    aspect: float = 1.0
    rotation_deg: float = 0.0
    pen_px: float = 2.6
    pressure: float = 0.0
    size: float = 1.0
    unevenness: float = 0.02
    width_spread: float = 0.05
    warp: float = 0.04
    jitter: float = 0.012
    roundness: float = 0.1
    sloppiness: float = 0.01
    habits: tuple[AllographPreference, ...] = ()
    loyalty: float = 0.85


def random_writer_style(rng: np.random.Generator) -> WriterStyle:
    """A writer drawn at random, within what leaves every digit unmistakable."""
    aspect = float(np.clip(rng.lognormal(0.02, 0.24), 0.6, 1.7))
    # Two schools: the upright hand of today and the sloping one of the old registers.
    slant_deg = float(rng.uniform(20, 45) if rng.random() < 0.25 else np.clip(rng.normal(9, 11), -20, 40))
    # A broad pen fills the loops of digits that are cramped or lean much.
    broadest_px = 4.6 * min(1.09, aspect) * np.cos(np.radians(slant_deg))
    bends = rng.uniform(0.02, 0.06) * _bounded_normal(rng, (len(ALLOGRAPHS), 5, 2))
    return WriterStyle(
        slant_deg=slant_deg,
        aspect=aspect,
        rotation_deg=float(np.clip(rng.normal(0, 2), -4, 4)),
        pen_px=float(np.clip(rng.lognormal(np.log(1.7), 0.48), 0.6, broadest_px)),
        pressure=float(rng.uniform(0.35, 0.7)) if rng.random() < 0.2 else 0.0,
        size=float(rng.uniform(0.88, 1.06)),
        unevenness=float(rng.uniform(0.0, 0.09)),
        width_spread=float(rng.uniform(0.02, 0.16)),
        warp=float(rng.uniform(0.02, 0.06)),
        jitter=float(rng.uniform(0.006, 0.026)),
        roundness=float(rng.uniform(0, 0.6)),
        sloppiness=float(rng.uniform(0, 0.06)),
        habits=tuple(
            AllographPreference(_any(label, share).name, bend)
            for label, (bend, share) in enumerate(zip(bends, rng.random(len(bends)).tolist(), strict=True))
        ),
    )


def draw_digit(
    label: int,
    hand: WriterStyle,
    rng: np.random.Generator,
    allograph: str | None = None,
    scale: int = 1,
    rows_px: int = IMAGE_PX,
) -> npt.NDArray[np.uint8]:
    """Draw one digit.

    Args:
        label: The digit, 0 to 9.
        hand: The writer.
        rng: Source of what differs between two digits of one writer.
        allograph: Name of one of the digit's `ALLOGRAPHS`; where not given mostly the writer's habit, else
            any, the usual ones more often.
        scale: Pixels for every pixel of MNIST, 1 to 4; the line is as many times as broad.
        rows_px: Height of the picture in pixels of MNIST; with MNIST's own long tails have no room.

    Returns:
        (rows_px * scale, W) picture, 0 paper to 255 ink. The digit is `TEXT_PX * scale * hand.size` high, pen
        included, give or take the hand's unevenness and a quill's thin lines; more or less where its
        allograph has a tail or is small, and never so much that it would be cut. The box around it is
        centred, and W is that box's width and at least `scale` columns of paper at each side.

    Raises:
        ValueError: When there is no such digit or no such allograph of it.
    """
    chosen = _choose(label, hand, rng, allograph)
    trace = _trace(chosen)
    bend = hand.warp * _bounded_normal(rng, (trace.bends.shape[1], 2))
    if hand.habits:
        bend += hand.habits[label].bend
    points = trace.points + trace.bends @ bend + hand.jitter * _bounded_normal(rng, trace.points.shape)
    curve = (trace.curve_from_points + hand.roundness * trace.rounding) @ points
    strokes = _loose_ends(curve @ _shape(hand, rng, chosen.least_aspect).T, trace, hand.sloppiness, rng)

    pen_px = hand.pen_px * scale
    size = hand.size * (1 + hand.unevenness * float(_bounded_normal(rng, ())))
    height_px = scale * min(TEXT_PX * size * trace.height, rows_px - 2 * _MARGIN_PX)
    drawn = np.concatenate(strokes)
    low, high = drawn.min(axis=0), drawn.max(axis=0)
    px_per_unit = (height_px - pen_px) / (high - low)[1]
    width = int(np.ceil((high - low)[0] * px_per_unit + pen_px + 2 * _MARGIN_PX * scale))
    shift = np.array([width, rows_px * scale]) / 2 - px_per_unit * (low + high) / 2
    lines = [px_per_unit * stroke + shift for stroke in strokes]
    return draw_lines(lines, pen_px, hand.pressure, (width, rows_px * scale), scale)


def _choose(label: int, hand: WriterStyle, rng: np.random.Generator, name: str | None) -> Allograph:
    if label not in ALLOGRAPHS:
        raise ValueError(f"no digit {label!r}: the digits are 0 to 9")
    if name is None:
        if not hand.habits or rng.random() >= hand.loyalty:
            return _any(label, rng.random())
        name = hand.habits[label].allograph
    for allograph in ALLOGRAPHS[label]:
        if allograph.name == name:
            return allograph
    known = ", ".join(allograph.name for allograph in ALLOGRAPHS[label])
    raise ValueError(f"digit {label} has no allograph {name!r}: it has {known}")


def _any(label: int, share: float) -> Allograph:
    """The allograph that a share, uniform in [0, 1), falls to by the weights."""
    up_to = _cumulative_weights(label)
    return ALLOGRAPHS[label][bisect(up_to, share * up_to[-1])]


@cache
def _cumulative_weights(label: int) -> list[float]:
    return list(accumulate(allograph.weight for allograph in ALLOGRAPHS[label]))


@dataclass(frozen=True, eq=False)
class _Trace:
    """An allograph ready to be drawn.

    Attributes:
        points: (K, 2) control points, each once, as shares of the usual height.
        height: From the highest control point to the lowest, as a share of the usual height.
        bends: (K, 5) low-order terms of a smooth warp at the points; such a warp keeps the digit's topology.
        curve_from_points: (N, K) matrix from control points to the points of the drawn curve.
        rounding: (N, K) what to add to that matrix for a curve that turns no sharp corner.
        spans: First and one past the last point of each stroke on the curve.
        lengths: Distance of each point of a stroke from the stroke's beginning and from its end, both rising,
            as shares of the usual height.
    """

    points: FloatArray
    height: float
    bends: FloatArray
    curve_from_points: FloatArray
    rounding: FloatArray
    spans: tuple[tuple[int, int], ...]
    lengths: tuple[tuple[list[float], list[float]], ...]


@cache
def _trace(allograph: Allograph) -> _Trace:
    strokes = [[_parse(point) for point in stroke.split(",")] for stroke in allograph.strokes.split("/")]
    places = list(dict.fromkeys(place for stroke in strokes for place, _ in stroke))
    points = np.array(places, dtype=np.float64) / 100
    sharp, smooth = [], []
    for stroke in strokes:
        knots = [places.index(place) for place, _ in stroke]
        corners = [k for k, (_, corner) in enumerate(stroke) if corner and 0 < k < len(stroke) - 1]
        runs = pairwise([0, *corners, len(stroke) - 1])
        sharp.append(np.vstack([_smooth(points, knots[first : last + 1]) for first, last in runs]))
        smooth.append(_smooth(points, knots))
    ends = np.cumsum([0, *map(len, sharp)]).tolist()
    curve_from_points = np.vstack(sharp)
    lengths = []
    for matrix in sharp:
        steps = np.hypot(*np.diff(matrix @ points, axis=0).T)
        lengths.append((np.append(0, steps.cumsum()).tolist(), np.append(0, steps[::-1].cumsum()).tolist()))
    x, y = (points - (points.min(axis=0) + points.max(axis=0)) / 2).T
    # Half weight to what leans, widens and turns: the hand has its own, and a 7 turned much more is a 1.
    bends = np.column_stack([x / 2, y / 2, 2 * x * x, 2 * x * y, 2 * y * y])
    return _Trace(
        points=points,
        height=float(np.ptp(points[:, 1])),
        bends=bends,
        curve_from_points=curve_from_points,
        rounding=np.vstack(smooth) - curve_from_points,
        spans=tuple(pairwise(ends)),
        lengths=tuple(lengths),
    )


def _parse(point: str) -> tuple[tuple[int, int], bool]:
    """Place of a point, and whether the pen turns a corner there."""
    x, y = point.replace("!", "").split()
    return (int(x), int(y)), "!" in point


def _smooth(points: FloatArray, knots: list[int]) -> FloatArray:
    """Matrix from all control points to a smooth curve through those at the knots.

    The curve is a centripetal Catmull-Rom spline: with parameters spaced by the root of the distance it
    neither loops nor overshoots between uneven points. It is linear in the points once the spacing is fixed,
    and the table's spacing serves for whatever a hand makes of the points.
    """
    through = np.eye(len(points))[knots]
    spacing = np.sqrt(np.hypot(*np.diff(points[knots], axis=0).T))
    at = np.append(0, np.cumsum(spacing))
    tangents = np.gradient(through, at, axis=0, edge_order=2 if len(knots) > 2 else 1)
    leave, arrive = (spacing[:, None] * tangents[:-1])[:, None], (spacing[:, None] * tangents[1:])[:, None]
    start, step = through[:-1, None], np.diff(through, axis=0)[:, None]
    t = np.linspace(0, 1, _STEPS + 1)[:, None]
    curve = start + t * leave + t**2 * (3 * step - 2 * leave - arrive) + t**3 * (leave + arrive - 2 * step)
    return np.asarray(curve).reshape(-1, len(points))


def _shape(hand: WriterStyle, rng: np.random.Generator, least_aspect: float) -> FloatArray:
    """(2, 2) matrix of the hand's aspect, slant and rotation, in the order in which they apply."""
    spread = hand.width_spread * float(_bounded_normal(rng, ()))
    # Now and then a digit is squeezed in or drawn out, but only by writers who are uneven at all.
    if rng.random() < 0.5 * hand.width_spread:
        spread *= 4
    slant, rotation = np.tan(np.radians(hand.slant_deg)), np.radians(hand.rotation_deg)
    # A broad pen needs room inside the loops, the more so the closer slant brings their sides together.
    room = max(1.0, hand.pen_px / _BALLPOINT_PX * hypot(1, slant))
    aspect = min(max(hand.aspect * np.exp(spread), least_aspect * room), _WIDEST)
    cos, sin = np.cos(rotation), np.sin(rotation)
    turned: FloatArray = np.array([[cos, -sin], [sin, cos]]) @ np.array([[aspect, -slant], [0.0, 1.0]])
    return turned


def _loose_ends(
    curve: FloatArray, trace: _Trace, sloppiness: float, rng: np.random.Generator
) -> list[FloatArray]:
    """The strokes of a curve, each cut short or prolonged a little at both ends."""
    too_short = (sloppiness * _bounded_normal(rng, (len(trace.spans), 2))).tolist()
    strokes = []
    for (first, last), lengths, cuts in zip(trace.spans, trace.lengths, too_short, strict=True):
        skipped = [
            bisect(length, cut) - 1 if cut > 0 else 0 for length, cut in zip(lengths, cuts, strict=True)
        ]
        stroke = curve[first + skipped[0] : last - skipped[1]].copy()
        for cut, end, inner in (cuts[0], 0, 1), (cuts[1], -1, -2):
            if cut < 0:
                outwards = stroke[end] - stroke[inner]
                stroke[end] -= cut / max(hypot(*outwards), 1e-6) * outwards
        strokes.append(stroke)
    return strokes


def _bounded_normal(rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
    # The rare large stray would turn a 4 into a 9.
    return np.clip(rng.standard_normal(shape), -2, 2)


def draw_lines(
    strokes: list[FloatArray], pen_px: float, pressure: float, size: tuple[int, int], scale: int
) -> npt.NDArray[np.uint8]:
    """Draw lines, in a raster several times as fine that is averaged afterwards.

    Args:
        strokes: (N, 2) x and y of each line in pixels, counted from the picture's edges.
        pen_px: Width of the lines in pixels.
        pressure: Share of that width lost where a line does not go straight down.
        size: Width and height of the picture in pixels.
        scale: 1, 2, 4 or 8: how much less fine the raster is than eight times the picture.

    Returns:
        (H, W) picture, 0 paper to 255 ink.
    """
    finer = _FINE // scale
    width, height = size
    fine = np.zeros((height * finer, width * finer), np.uint8)
    # OpenCV counts from the centre of the first pixel, not from its edge.
    lines = [np.rint((stroke * finer - 0.5) * 2**_FRACTION_BITS).astype(np.int32) for stroke in strokes]
    if pressure == 0:
        cv2.polylines(fine, lines, False, 255, _thickness(pen_px * finer), shift=_FRACTION_BITS)
    else:
        for line in lines:
            across, down = np.diff(line, axis=0).T
            light = 1 - np.maximum(down, 0) / np.maximum(np.hypot(across, down), 1)
            level = np.rint(light * _LEVELS)
            for first, last in pairwise([0, *(np.flatnonzero(np.diff(level)) + 1).tolist(), len(level)]):
                thickness = _thickness(pen_px * finer * (1 - pressure * float(level[first]) / _LEVELS))
                run = [line[first : last + 1]]
                cv2.polylines(fine, run, False, 255, thickness, shift=_FRACTION_BITS)
    return cv2.resize(fine, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def _thickness(fine_px: float) -> int:
    # OpenCV draws an even thickness one wider, so that only those lines lie evenly around their course.
    return 2 * max(1, round((fine_px - 1) / 2))
