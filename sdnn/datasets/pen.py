"""Digits drawn with a pen: strokes through a few control points, no font and no download.

`ALLOGRAPHS` says how people shape each digit; a `Hand` says how one writer draws them all. Together they
make pictures like MNIST's: 28 x 28 pixels, the digit fitted into about 20 x 20, its ink centred by mass.
"""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from sdnn.results import FloatArray

IMAGE_PX: Final = 28
TEXT_PX: Final = 20
"""The digit's larger extent before the size variation, pen width included."""

_MARGIN_PX: Final = 1.25
"""Paper kept at every edge, so that no stroke is cut; more than 1 because the fine raster rounds."""
_FINE: Final = 8
"""Fine pixels per pixel across; 64 of them shade one pixel, which gives MNIST's soft edges."""
_FRACTION_BITS: Final = 4
"""OpenCV draws at fixed-point coordinates; 1/16 of a fine pixel keeps the curves smooth."""
_STEPS: Final = 6
"""Straight pieces between two control points; in a digit of 20 pixels their corners do not show."""


@dataclass(frozen=True)
class Allograph:
    """One way of shaping a digit.

    Attributes:
        name: How it is asked for; unique within its digit.
        strokes: Points `x y` with commas between them, in the order of writing, in hundredths of the digit's
            height, x to the right, y down. The pen runs smoothly through them; at a point marked `!` it turns
            a sharp corner, at a slash it is lifted. Points with equal coordinates are one point and move
            together, so strokes that meet go on meeting.
    """

    name: str
    strokes: str


ALLOGRAPHS: Final[dict[int, tuple[Allograph, ...]]] = {
    0: (
        Allograph("closed", "52 6, 35 0, 12 14, 2 48, 12 86, 35 100, 60 86, 70 50, 62 16, 52 6, 35 0"),
        Allograph(
            "overlap",
            "62 2, 46 8, 26 5, 8 26, 2 58, 14 90, 36 100, 60 84, 69 48, 58 16, 40 2, 26 5, 24 18",
        ),
    ),
    1: (
        Allograph("plain", "10 0, 10 50, 10 100"),
        Allograph("upstroke", "6 28, 21 0!, 21 50, 21 100"),
        Allograph("foot", "8 26, 25 0!, 25 50, 25 100 / 4 100, 25 100, 47 99"),
    ),
    2: (
        Allograph("straight", "3 22, 13 5, 33 0, 55 10, 56 32, 38 62, 2 98!, 36 97, 68 96"),
        Allograph(
            "looped", "6 20, 18 4, 37 0, 55 13, 53 36, 38 64, 18 93, 4 98, 0 86, 12 77, 30 84, 50 98, 74 90"
        ),
    ),
    3: (
        Allograph("round", "4 12, 22 1, 44 3, 54 20, 43 38, 22 46!, 46 50, 60 70, 50 92, 26 100, 0 89"),
        Allograph("flat", "4 2, 30 3, 56 1!, 40 20, 25 38!, 48 44, 60 66, 50 91, 26 100, 0 90"),
    ),
    4: (
        Allograph("open", "12 0, 7 30, 2 58!, 34 58, 68 55 / 54 14, 51 54, 47 100"),
        Allograph("closed", "46 0!, 24 34, 0 66!, 32 66, 66 64 / 46 0, 46 50, 45 100"),
    ),
    5: (
        Allograph("detached", "14 8, 11 26, 8 47!, 30 38, 54 47, 60 69, 47 92, 22 100, 0 91 / 26 3, 72 0"),
        Allograph("joined", "66 0, 38 1, 14 2!, 11 22, 8 44!, 30 37, 53 46, 60 68, 48 91, 24 100, 0 92"),
    ),
    6: (
        Allograph("curved", "48 0, 24 14, 8 42, 2 72, 14 95, 34 100, 54 88, 56 66, 38 52, 18 58, 3 78"),
        Allograph("straight", "38 0, 20 32, 5 64, 6 88, 24 100, 46 94, 55 74, 42 58, 22 60, 6 76"),
    ),
    7: (
        Allograph("plain", "0 1, 33 2, 70 4!, 43 46, 20 100"),
        Allograph("crossed", "0 4, 32 3, 67 2!, 42 46, 21 100 / 12 52, 34 50, 58 49"),
    ),
    8: (
        Allograph(
            "one stroke",
            "54 10, 34 0, 12 8, 10 28, 32 47, 57 68, 55 90, 30 100, 5 90, 5 68, 30 47, 53 26, 54 10, 34 0",
        ),
        Allograph(
            "two rings",
            "44 4, 30 0, 12 10, 12 34, 30 46, 50 34, 52 14, 44 4, 30 0"
            "/ 46 52, 30 46, 8 58, 4 82, 28 100, 54 86, 58 66, 46 52, 30 46",
        ),
    ),
    9: (
        Allograph("straight", "52 14, 34 0, 10 8, 2 30, 16 48, 38 42, 52 14!, 52 50, 48 100"),
        Allograph("curled", "52 14, 34 0, 10 8, 2 30, 16 47, 38 42, 52 14!, 55 46, 50 80, 30 99, 4 92"),
    ),
}


@dataclass(frozen=True)
class Hand:
    """How one writer draws digits; the same for a whole string.

    Attributes:
        slant_deg: Lean of upright strokes, positive to the right; most people lean a little that way.
        aspect: Width over the width in `ALLOGRAPHS`: cramped below 1, generous above.
        rotation_deg: Clockwise turn of the whole digit, as on a sheet laid askew.
        pen_px: Width of the line; beside digits of 20 pixels 1.5 is a ballpoint and 4 a marker.
        size: Extent of the digits over `TEXT_PX`; digits of one line are not all as tall as the line.
        unevenness: Spread of the size from digit to digit, as a share of it.
        warp: How far each digit is bent as a whole, as a share of its height: no one writes it twice alike.
        jitter: How far each control point strays by itself, as a share of the height: the unsteady hand.
    """

    slant_deg: float = 6.0
    aspect: float = 1.0
    rotation_deg: float = 0.0
    pen_px: float = 2.6
    size: float = 1.0
    unevenness: float = 0.02
    warp: float = 0.05
    jitter: float = 0.015


def random_hand(rng: np.random.Generator) -> Hand:
    """A writer drawn at random, within what leaves every digit unmistakable."""
    aspect = float(np.clip(rng.lognormal(0.08, 0.18), 0.72, 1.4))
    slant_deg = float(np.clip(rng.normal(10, 11), -16, 26))
    # A broad pen fills the loops of digits that are cramped, or so wide and slanted that they end up low.
    broadest_px = 3.6 * min(1, aspect, 1 / (0.7 * aspect + abs(np.tan(np.radians(slant_deg)))))
    return Hand(
        slant_deg=slant_deg,
        aspect=aspect,
        rotation_deg=float(np.clip(rng.normal(0, 2), -4, 4)),
        pen_px=float(np.clip(rng.lognormal(np.log(2.45), 0.27), 1.5, broadest_px)),
        size=float(rng.uniform(0.9, 1.03)),
        unevenness=float(rng.uniform(0.0, 0.04)),
        warp=float(rng.uniform(0.03, 0.09)),
        jitter=float(rng.uniform(0.008, 0.026)),
    )


def draw_digit(
    label: int, hand: Hand, rng: np.random.Generator, allograph: str | None = None
) -> npt.NDArray[np.uint8]:
    """Draw one digit.

    Args:
        label: The digit, 0 to 9.
        hand: The writer.
        rng: Source of what differs between two digits of one writer.
        allograph: Name of one of the digit's `ALLOGRAPHS`; any of them where not given.

    Returns:
        (28, 28) picture, 0 paper to 255 ink, the centre of the ink in the middle of it; a digit so lopsided
        that it would not fit that way is moved as far as it needs.

    Raises:
        ValueError: When there is no such digit or no such allograph of it.
    """
    trace = _trace(_choose(label, rng, allograph))
    points = trace.points + hand.jitter * _bounded_normal(rng, trace.points.shape)
    points += hand.warp * trace.bends @ _bounded_normal(rng, (trace.bends.shape[1], 2))
    curve = trace.curve_from_points @ points @ _shape(hand).T

    size = hand.size * (1 + hand.unevenness * _bounded_normal(rng, ()))
    longest_px = IMAGE_PX - 2 * _MARGIN_PX
    extent_px = min(TEXT_PX * float(size), longest_px) - hand.pen_px
    curve *= extent_px / np.ptp(curve, axis=0).max()
    reach_px = _MARGIN_PX + hand.pen_px / 2
    lowest, highest = reach_px - curve.min(axis=0), IMAGE_PX - reach_px - curve.max(axis=0)
    curve += np.clip(IMAGE_PX / 2 - trace.centre_of_mass(curve), lowest, highest)
    return _ink(np.split(curve, trace.breaks), hand.pen_px)


def _choose(label: int, rng: np.random.Generator, name: str | None) -> Allograph:
    if label not in ALLOGRAPHS:
        raise ValueError(f"no digit {label!r}: the digits are 0 to 9")
    allographs = ALLOGRAPHS[label]
    if name is None:
        return allographs[rng.integers(len(allographs))]
    for allograph in allographs:
        if allograph.name == name:
            return allograph
    known = ", ".join(allograph.name for allograph in allographs)
    raise ValueError(f"digit {label} has no allograph {name!r}: it has {known}")


@dataclass(frozen=True, eq=False)
class _Trace:
    """An allograph ready to be drawn.

    Attributes:
        points: (K, 2) control points, each once, as shares of the height.
        bends: (K, 5) low-order terms of a smooth warp at the points; such a warp keeps the digit's topology.
        curve_from_points: (N, K) matrix from control points to the points of the drawn curve.
        breaks: Where in the curve each stroke but the first begins.
        pen_down: (N - 1,) 1 between neighbours on the curve, 0 between the end of a stroke and the next.
    """

    points: FloatArray
    bends: FloatArray
    curve_from_points: FloatArray
    breaks: npt.NDArray[np.intp]
    pen_down: FloatArray

    def centre_of_mass(self, curve: FloatArray) -> FloatArray:
        """(2,) centre of the line, all of it equally heavy."""
        length = np.hypot(*np.diff(curve, axis=0).T) * self.pen_down
        centre: FloatArray = length @ (curve[1:] + curve[:-1]) / (2 * length.sum())
        return centre


@cache
def _trace(allograph: Allograph) -> _Trace:
    strokes = [[_parse(point) for point in stroke.split(",")] for stroke in allograph.strokes.split("/")]
    places = list(dict.fromkeys(place for stroke in strokes for place, _ in stroke))
    points = np.array(places, dtype=np.float64) / 100
    curves = []
    for stroke in strokes:
        knots = [places.index(place) for place, _ in stroke]
        corners = [k for k, (_, corner) in enumerate(stroke) if corner and 0 < k < len(stroke) - 1]
        runs = pairwise([0, *corners, len(stroke) - 1])
        curves.append(np.vstack([_smooth(points, knots[first : last + 1]) for first, last in runs]))
    breaks = np.cumsum([len(curve) for curve in curves])[:-1]
    pen_down = np.ones(sum(map(len, curves)) - 1)
    pen_down[breaks - 1] = 0
    x, y = (points - (points.min(axis=0) + points.max(axis=0)) / 2).T
    # Half weight to what leans, widens and turns: the hand has its own, and a 7 turned much more is a 1.
    bends = np.column_stack([x / 2, y / 2, 2 * x * x, 2 * x * y, 2 * y * y])
    return _Trace(points, bends, np.vstack(curves), breaks, pen_down)


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


def _shape(hand: Hand) -> FloatArray:
    """(2, 2) matrix of the hand's aspect, slant and rotation, in the order in which they apply."""
    slant, rotation = np.tan(np.radians(hand.slant_deg)), np.radians(hand.rotation_deg)
    cos, sin = np.cos(rotation), np.sin(rotation)
    turned: FloatArray = np.array([[cos, -sin], [sin, cos]]) @ np.array([[hand.aspect, -slant], [0.0, 1.0]])
    return turned


def _bounded_normal(rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
    # The rare large stray would turn a 4 into a 9.
    return np.clip(rng.standard_normal(shape), -2, 2)


def _ink(strokes: list[FloatArray], pen_px: float) -> npt.NDArray[np.uint8]:
    """Picture of lines given in pixels by edges, drawn in the fine raster and averaged."""
    fine = np.zeros((IMAGE_PX * _FINE, IMAGE_PX * _FINE), np.uint8)
    # OpenCV draws an even thickness one wider, and counts from the centre of the first pixel, not its edge.
    thickness = 2 * max(1, round((pen_px * _FINE - 1) / 2))
    lines = [np.rint((stroke * _FINE - 0.5) * 2**_FRACTION_BITS).astype(np.int32) for stroke in strokes]
    cv2.polylines(fine, lines, False, 255, thickness=thickness, shift=_FRACTION_BITS)
    return cv2.resize(fine, (IMAGE_PX, IMAGE_PX), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
