"""The values that travel through the pipeline, from picture to reading.

Axes are named once, here: B batch, C classes, H and W pixels (down, across), T columns of the class map.
Pixel coordinates are edges: a box from 0 to 1 covers the first pixel.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sdnn.enums import Status
from sdnn.rectangle import Box as Box  # it travels, too

FloatArray = npt.NDArray[np.floating[Any]]
IntArray = npt.NDArray[np.intp]

DIGITS: Final = "0123456789"
NO_DIGIT: Final = 10
"""Class of a column at whose centre no digit stands; classes 0 to 9 are the digits."""
CLASSES: Final = 11


@dataclass(frozen=True)
class Geometry:
    """What the net expects of a strip, and how the columns of its class map lie on it.

    Attributes:
        height_px: Height of the strip, which is also the height of the net's window.
        text_height_px: Height that the writing takes in the strip; the rest is for what rises above
            or hangs below.
        window_px: Width of the window that one column of the map sees.
        stride_px: Distance from one column's window to the next one's.
    """

    height_px: int
    text_height_px: int
    window_px: int
    stride_px: int

    def columns(self, width_px: int) -> int:
        """Number of columns T of the class map of a strip so many pixels wide."""
        return max(0, (width_px - self.window_px) // self.stride_px + 1)


@dataclass(frozen=True, eq=False)
class Strip:
    """One line of writing, brought to the size and contrast the net was trained on.

    Attributes:
        ink: (H, W) float32, 0 paper to 1 ink.
        page_from_strip: (2, 3) affine matrix that takes strip pixels to pixels of the picture.
        digits: (H, W) by itself what the detector took for ink of digits; None where it was not asked.
    """

    ink: FloatArray
    page_from_strip: FloatArray = field(default_factory=lambda: np.eye(2, 3))
    digits: FloatArray | None = None

    def on_page(self, page_from_line: FloatArray) -> "Strip":
        """The same, where what it was made of is itself a part of a page.

        Args:
            page_from_line: (2, 3) affine matrix from that part to the page.
        """
        page_from_strip = page_from_line @ np.vstack([self.page_from_strip, [0.0, 0.0, 1.0]])
        return replace(self, page_from_strip=page_from_strip)

    def to_page(self, box: Box) -> Box:
        """The box in the picture that holds the given box of the strip."""
        return _mapped(box, self.page_from_strip)

    def from_page(self, box: Box) -> Box:
        """The box in the strip that holds the given box of the picture."""
        strip_from_page = np.linalg.inv(np.vstack([self.page_from_strip, [0.0, 0.0, 1.0]]))
        return _mapped(box, strip_from_page[:2])


def _mapped(box: Box, matrix: FloatArray) -> Box:
    """The smallest upright box that holds the given one after a (2, 3) affine map."""
    corners = np.array([(x, y, 1.0) for x in (box.left, box.right) for y in (box.top, box.bottom)])
    x, y = matrix @ corners.T
    return Box(float(x.min()), float(y.min()), float(x.max()), float(y.max()))


def log_softmax(logits: FloatArray, temperature: float) -> FloatArray:
    """Log-probabilities of the classes: softmax of the logits over the temperature.

    Args:
        logits: (..., C) logits, or log-probabilities at temperature 1, which have the same softmax.
        temperature: Above 1 softens, below 1 sharpens.
    """
    scaled = logits.astype(np.float64) / temperature
    scaled -= scaled.max(axis=-1, keepdims=True)
    log_probs: FloatArray = scaled - np.log(np.exp(scaled).sum(axis=-1, keepdims=True))
    return log_probs


@dataclass(frozen=True, eq=False)
class ClassMap:
    """What the net says of every window of a strip.

    Attributes:
        log_probs: (T, C) natural logarithms of the class probabilities of each column.
        window_px: Width of the window behind a column.
        stride_px: Distance from one window to the next.
        offset_px: Left edge of the first window in the strip.
    """

    log_probs: FloatArray
    window_px: int
    stride_px: int
    offset_px: int = 0

    def __len__(self) -> int:
        return len(self.log_probs)

    def centre_px(self, column: float) -> float:
        """Where in the strip the middle of a column's window lies."""
        return self.offset_px + column * self.stride_px + self.window_px / 2


@dataclass(frozen=True)
class Span:
    """A digit on the class map: its class and its first and last column, both included."""

    label: int
    first: int
    last: int

    @property
    def centre(self) -> float:
        """The middle column, a half where the span has an even number of columns."""
        return (self.first + self.last) / 2


def text_of(spans: Iterable[Span]) -> str:
    """The digits of spans, in their order."""
    return "".join(DIGITS[span.label] for span in spans)


@dataclass(frozen=True)
class Digit:
    """One digit of a reading.

    Attributes:
        digit: The character.
        confidence: Probability of this digit at this position, with the other digits as read; where several
            views were taken, in the one that was surest of the text.
        box: Where it stands, in pixels of the picture (upright, as its EXIF tag says).
        columns: First and last column of the class map that the decoder gave to it.
        alternatives: Other digits at this position with their probabilities, likeliest first.
    """

    digit: str
    confidence: float
    box: Box
    columns: tuple[int, int]
    alternatives: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Sign:
    """A sign that is no digit, such as the point of 12.50.

    Attributes:
        place: Number of digits of the string before the sign: 0 in front of the first digit.
        box: Place of the sign, in pixels of the picture (upright, as its EXIF tag says).
    """

    place: int
    box: Box


@dataclass(frozen=True, eq=False)
class Evidence:
    """What a reading rests on; `sdnn read --explain` draws it.

    Attributes:
        page: (H, W) brightness of the picture, 0 black to 1 white.
        strip: The strip as the net saw it.
        class_map: The net's answer.
        path: (T,) class of every column on the decoder's path.
        spans: The digits on that path.
        boxes: Where those digits stand, in pixels of the strip.
        heat: (H, W) probability of each pixel of the picture to be ink of a digit.
    """

    page: FloatArray
    strip: Strip
    class_map: ClassMap
    path: IntArray
    spans: tuple[Span, ...]
    boxes: tuple[Box, ...]
    heat: FloatArray | None = None

    @classmethod
    def without_line(cls, page: FloatArray, heat: FloatArray | None) -> "Evidence":
        """Of a picture on which no line was found: nothing went through the net."""
        strip, none = Strip(np.zeros((0, 0), np.float32)), np.zeros(0, np.intp)
        return cls(page, strip, ClassMap(np.zeros((0, CLASSES)), 1, 1), none, (), (), heat)


@dataclass(frozen=True, eq=False)
class Reading:
    """What was read from one strip.

    Attributes:
        text: The digits, leading zeros kept, with what a pattern puts between them; empty without any.
        confidence: Probability of exactly this text, given the strip and the constraint; with several views
            the mean over them.
        status: Accepted, rejected, or empty where no digit was found.
        reason: Why the reading is not accepted.
        box: The text in the picture, in pixels.
        digits: One entry per digit of the text.
        views: How many ways of bringing the writing to the size of a strip were tried.
        constraint_probability: Probability that the constraint keeps; 1 without one.
        unconstrained: What would have been read without the constraint; None where nothing was.
        nbest: The most probable texts with their probabilities, likeliest first.
        residual_probability: Probability of all the texts that are not among these.
        evidence: What the reading rests on; None unless it is kept.
        source: Name of the picture; empty where it has none.
        page: Number of the page in its file, from 1.
        page_size_px: Width and height of that page.
        elapsed_ms: Time it took, with its share of what was done for several pictures at once.
        signs: Signs that are no digits, seen between and beside the digits, from left to right.
        printed: Whether the string is printed, not handwritten.
    """

    text: str
    confidence: float
    status: Status
    reason: str | None = None
    box: Box | None = None
    digits: tuple[Digit, ...] = ()
    views: int = 1
    constraint_probability: float = 1.0
    unconstrained: str | None = None
    nbest: tuple[tuple[str, float], ...] = ()
    residual_probability: float = 0.0
    evidence: Evidence | None = field(default=None, repr=False)
    source: str = ""
    page: int = 1
    page_size_px: tuple[int, int] = (0, 0)
    elapsed_ms: float = 0.0
    signs: tuple[Sign, ...] = ()
    printed: bool = False

    @property
    def string(self) -> str:
        """The digits alone."""
        return "".join(digit.digit for digit in self.digits)

    def masked(self, below: float) -> str:
        """The text with a question mark for every digit that is less probable than `below`."""
        digits = iter(self.digits)
        return "".join(
            "?" if letter in DIGITS and next(digits).confidence < below else letter for letter in self.text
        )
