"""The values of the pipeline, from strip to reading.

Axes everywhere: B batch, C classes, H and W pixels (down, across), T columns of the class map.
Pixel coordinates are edges: a box from 0 to 1 covers the first pixel.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sdnn.affine import apply_affine, compose_affine, invert_affine
from sdnn.enums import Status
from sdnn.rectangle import Box as Box
from sdnn.validation import Size

FloatArray = npt.NDArray[np.floating[Any]]
IntArray = npt.NDArray[np.intp]

DIGITS: Final = "0123456789"
NO_DIGIT: Final = 10
"""Class of a window without a digit at its centre; classes 0 to 9 are the digits."""
CLASSES: Final = 11
MIN_LOG_PROB: Final = -1e4
"""Smallest log-probability in a class map: sums over thousands of columns stay exact to a millionth."""


@dataclass(frozen=True)
class Geometry:
    """Sizes of the net's strips, and of the windows behind the columns of its class maps.

    Attributes:
        height_px: Height of a strip and of a window.
        text_height_px: Height of the text in a strip; the rest is for parts that stick out of it.
        window_px: Width of a window.
        stride_px: Distance from one window to the next.
    """

    height_px: Size
    text_height_px: Size
    window_px: Size
    stride_px: Size

    def columns(self, width_px: int) -> int:
        """Number of columns T of the class map of a strip of the given width."""
        return max(0, (width_px - self.window_px) // self.stride_px + 1)


@dataclass(frozen=True, eq=False)
class Strip:
    """A line of text at the size and contrast that the net was trained on.

    Attributes:
        ink: (H, W) float32, 0 paper to 1 ink.
        page_from_strip: (2, 3) affine map from pixels of the strip to pixels of the picture.
        digit_ink: (H, W) ink of digits alone, by the detector; None without one.
    """

    ink: FloatArray
    page_from_strip: FloatArray = field(default_factory=lambda: np.eye(2, 3))
    digit_ink: FloatArray | None = None

    def on_page(self, page_from_line: FloatArray) -> "Strip":
        """The same strip, mapped to the page that its line is a part of.

        Args:
            page_from_line: (2, 3) affine map from the line to the page.
        """
        return replace(self, page_from_strip=compose_affine(page_from_line, self.page_from_strip))

    def to_page(self, box: Box) -> Box:
        """The smallest box in the picture that holds a box of the strip."""
        return _mapped(box, self.page_from_strip)

    def from_page(self, box: Box) -> Box:
        """The smallest box in the strip that holds a box of the picture."""
        return _mapped(box, invert_affine(self.page_from_strip))


def _mapped(box: Box, matrix: FloatArray) -> Box:
    """The smallest box that holds the given one after an affine map."""
    corners = np.array([(x, y) for x in (box.left, box.right) for y in (box.top, box.bottom)])
    points = apply_affine(matrix, corners)
    return Box(*points.min(axis=0).tolist(), *points.max(axis=0).tolist())


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
    """Output of the net for every window of a strip.

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
        """The middle of a column's window, in pixels of the strip."""
        return self.offset_px + column * self.stride_px + self.window_px / 2


@dataclass(frozen=True)
class Span:
    """A digit on the class map: its class and its first and last column, both included."""

    label: int
    first: int
    last: int

    @property
    def centre(self) -> float:
        """The middle column; halves occur."""
        return (self.first + self.last) / 2


def text_of(spans: Iterable[Span]) -> str:
    """The digits of spans."""
    return "".join(DIGITS[span.label] for span in spans)


@dataclass(frozen=True)
class Digit:
    """One digit of a reading.

    Attributes:
        digit: The character.
        confidence: Probability of this digit at its position, given the other digits; of several views, in
            the one that is most confident in the text.
        box: Box of the digit, in pixels of the picture (upright by its EXIF tag).
        columns: First and last column of the digit on the class map.
        alternatives: Other digits at this position with their probabilities, most probable first.
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
        box: Box of the sign, in pixels of the picture (upright by its EXIF tag).
    """

    place: int
    box: Box


@dataclass(frozen=True, eq=False)
class Evidence:
    """Inputs and outputs of the stages behind a reading; `sdnn read --explain` draws them.

    Attributes:
        page: (H, W) brightness of the picture, 0 black to 1 white.
        strip: Input of the net.
        class_map: Output of the net.
        path: (T,) class of every column on the decoder's path.
        spans: Digits on that path.
        boxes: Boxes of those digits, in pixels of the strip.
        digit_ink: (H, W) probability of each pixel of the picture to be ink of a digit.
    """

    page: FloatArray
    strip: Strip
    class_map: ClassMap
    path: IntArray
    spans: tuple[Span, ...]
    boxes: tuple[Box, ...]
    digit_ink: FloatArray | None = None

    @classmethod
    def without_line(cls, page: FloatArray, digit_ink: FloatArray | None) -> "Evidence":
        """Evidence of a picture without a line: no strip and no class map."""
        strip, path = Strip(np.zeros((0, 0), np.float32)), np.zeros(0, np.intp)
        return cls(page, strip, ClassMap(np.zeros((0, CLASSES)), 1, 1), path, (), (), digit_ink)


@dataclass(frozen=True, eq=False)
class Reading:
    """The text of one line, or the reason why there is none.

    Attributes:
        text: Digits, leading zeros kept, with the literals of a pattern between them; empty without any.
        confidence: Probability of exactly this text, given the strip and the constraint; the mean of several
            views.
        status: Accepted, rejected, empty (no digit was found) or error.
        reason: Why the reading is not accepted.
        box: Box of the text, in pixels of the picture.
        digits: One entry per digit of the text.
        views: Number of views that were read.
        constraint_probability: Probability of all texts that the constraint allows; 1 without one.
        unconstrained: The text without the constraint; None where nothing was read.
        nbest: The most probable texts with their probabilities, most probable first.
        residual_probability: Probability of all other texts.
        evidence: Inputs and outputs of the stages behind the reading; None unless it is kept.
        source: Name of the picture; empty where it has none.
        page: Number of the page in its file, from 1.
        page_size_px: Width and height of that page.
        elapsed_ms: Time for the reading, with its share of the time for a batch.
        signs: Signs between and beside the digits, from left to right.
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
        """The text with a question mark for every digit of a probability below the given one."""
        digits = iter(self.digits)
        return "".join(
            "?" if letter in DIGITS and next(digits).confidence < below else letter for letter in self.text
        )
