"""Documents: pages with printed words, rulings and frames, and digit strings among them, all places known.

No document is stored: each is made again from its seed.
"""

from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from sdnn.datasets.digits import TEXT_PX, DigitSource
from sdnn.datasets.documents.distractors import LABELS, WORDS, scribble
from sdnn.datasets.rasterizer import Ink
from sdnn.datasets.strips import Layout, SyntheticStrip, random_strip
from sdnn.datasets.typefaces import TYPEFACES, render_text
from sdnn.results import Box, FloatArray

INKED: Final = 64
"""Ink, of 255, above which a pixel counts to the box of a digit: a quarter, as in the reader's boxes."""
TRIES: Final = 40
"""Places that are tried for a thing before the document does without it."""


@dataclass(frozen=True)
class DocumentRecipe:
    """How documents are made; each value is drawn evenly between its bounds.

    Attributes:
        width_px: Of the page.
        height_px: Of the page.
        strings: How many digit strings, where there is room for the most.
        layout: How the digits are set.
        scale: Size of the digits, over MNIST's.
        tilt_deg: How far a string is turned, to either side.
        clear: Paper round a string, in heights of its digits.
        framed: How many strings have a frame round them.
        underlined: How many of the others stand on a ruling.
        labelled: How many strings have a label to their left.
        paragraphs: How many paragraphs of words.
        capital_px: Height of the capitals of a paragraph or label.
        rulings: How many further rulings.
        frames: How many further frames.
        signatures: How many.
    """

    width_px: tuple[int, int] = (900, 1800)
    height_px: tuple[int, int] = (600, 1400)
    strings: tuple[int, int] = (3, 6)
    layout: Layout = field(default_factory=lambda: Layout(digits=(3, 8)))
    scale: tuple[float, float] = (0.8, 4.0)
    tilt_deg: float = 5.0
    clear: float = 0.5
    framed: float = 0.25
    underlined: float = 0.25
    labelled: float = 0.5
    paragraphs: tuple[int, int] = (4, 10)
    capital_px: tuple[float, float] = (10.0, 45.0)
    rulings: tuple[int, int] = (0, 5)
    frames: tuple[int, int] = (0, 3)
    signatures: tuple[int, int] = (0, 2)


@dataclass(frozen=True, eq=False)
class WrittenString:
    """A digit string on a document.

    Attributes:
        text: The digits.
        corners: (4, 2) x and y of the corners of the turned rectangle that its ink was put down in, clockwise
            from the upper left.
        digits: The ink of each digit, in pixels of the document.
        strip: The string before it was scaled and turned.
    """

    text: str
    corners: FloatArray
    digits: tuple[Box, ...]
    strip: SyntheticStrip

    @property
    def box(self) -> Box:
        """The ink of all its digits."""
        return Box.around(list(self.digits))


@dataclass(frozen=True, eq=False)
class Document:
    """A page and the digit strings on it.

    Attributes:
        brightness: (H, W) float32, 0 black to 1 white.
        strings: In the order in which they were put down.
    """

    brightness: FloatArray
    strings: tuple[WrittenString, ...]


def random_document(source: DigitSource, recipe: DocumentRecipe, rng: np.random.Generator) -> Document:
    """A document with strings and clutter.

    Args:
        source: Where the digits come from.
        recipe: How it is made.
        rng: Decides everything.
    """
    sheet = _Sheet(int(rng.integers(*recipe.height_px)), int(rng.integers(*recipe.width_px)), rng)
    wanted = int(rng.integers(*recipe.strings, endpoint=True))
    strings = [string for _ in range(wanted) if (string := _write_string(sheet, source, recipe, rng))]
    for _ in range(rng.integers(*recipe.frames, endpoint=True)):
        side, thickness = rng.integers(30, 200), int(rng.integers(1, 5))
        sheet.put(frame(int(side), int(side * rng.uniform(1, 5)), thickness))
    for _ in range(rng.integers(*recipe.signatures, endpoint=True)):
        height = int(rng.integers(40, 120))
        sheet.put(scribble(height, int(height * rng.uniform(2, 4)), rng))
    for _ in range(rng.integers(*recipe.rulings, endpoint=True)):
        length = int(rng.uniform(0.2, 0.9) * sheet.ink.shape[1])
        sheet.put(np.full((int(rng.integers(1, 5)), length), 255, np.uint8), clear_px=6)
    for _ in range(rng.integers(*recipe.paragraphs, endpoint=True)):
        _write_paragraph(sheet, float(rng.uniform(*recipe.capital_px)), rng)
    return Document(_on_paper(sheet.ink, rng), tuple(strings))


class _Sheet:
    """Ink on a page, and where there is room for more."""

    def __init__(self, height_px: int, width_px: int, rng: np.random.Generator) -> None:
        self.ink = np.zeros((height_px, width_px), np.uint8)
        self._taken = np.zeros((height_px, width_px), bool)
        self._rng = rng

    def put(self, ink: Ink, clear_px: int = 4) -> tuple[int, int] | None:
        """Puts it down anywhere with so much paper round it; its left and top, None without room."""
        height, width = np.subtract(self.ink.shape, ink.shape) - 2 * clear_px
        for _ in range(TRIES if min(height, width) > 0 else 0):
            left = clear_px + int(self._rng.integers(width))
            top = clear_px + int(self._rng.integers(height))
            if self.put_at(ink, left, top, clear_px):
                return left, top
        return None

    def put_at(self, ink: Ink, left: int, top: int, clear_px: int = 0, darkness: float | None = None) -> bool:
        """Puts it down there, unless something else is within so many pixels."""
        height, width = ink.shape
        inside = 0 <= left <= self.ink.shape[1] - width and 0 <= top <= self.ink.shape[0] - height
        clear = slice(max(0, top - clear_px), top + height + clear_px)
        across = slice(max(0, left - clear_px), left + width + clear_px)
        if not inside or self._taken[clear, across].any():
            return False
        place = self.ink[top : top + height, left : left + width]
        darkness = darkness or float(self._rng.uniform(0.6, 0.95))
        np.maximum(place, np.rint(ink * darkness).astype(np.uint8), out=place)
        self._taken[clear, across] = True
        return True

    def draw_round(self, box: Box, beyond_px: int, *, whole: bool) -> None:
        """A frame so far round a box, or only its lower side; nothing where it would meet something."""
        left, top, right, bottom = box.rounded()
        thickness = int(self._rng.integers(1, 4))
        around = beyond_px + thickness
        outline = frame(bottom - top + 2 * around, right - left + 2 * around, thickness)
        if not whole:
            outline[:-thickness] = 0
        left, top = left - around, top - around
        height, width = outline.shape
        if left < 0 or top < 0 or left + width > self.ink.shape[1] or top + height > self.ink.shape[0]:
            return
        taken = self._taken[top : top + height, left : left + width]
        if not (taken & (outline > 0)).any():
            place = self.ink[top : top + height, left : left + width]
            np.maximum(place, np.rint(outline * 0.9).astype(np.uint8), out=place)
            taken[:] = True


def _write_string(
    sheet: _Sheet, source: DigitSource, recipe: DocumentRecipe, rng: np.random.Generator
) -> WrittenString | None:
    """Puts a string down, with what belongs to its field; None where there is no room."""
    strip = random_strip(source, recipe.layout, rng)
    scale, tilt = float(rng.uniform(*recipe.scale)), float(rng.uniform(-1, 1) * recipe.tilt_deg)
    patches, corners = _turned(strip, scale, tilt)
    ink = np.asarray(np.max(patches, axis=0))
    clear = round(recipe.clear * TEXT_PX * scale) + 1
    place = sheet.put(ink, clear)
    if place is None:
        return None
    digits = tuple(_moved(_ink_box(patch), *place) for patch in patches)
    string = WrittenString(strip.text, corners + place, digits, strip)
    beyond = round(clear * rng.uniform(1.0, 1.5))
    if rng.random() < recipe.framed:
        sheet.draw_round(string.box, beyond, whole=True)
    elif rng.random() < recipe.underlined:
        sheet.draw_round(string.box, beyond, whole=False)
    if rng.random() < recipe.labelled:
        text, typeface = str(rng.choice(LABELS)), int(rng.integers(TYPEFACES))
        label = render_text(text, typeface, rng.uniform(*recipe.capital_px))
        middle = (string.box.top + string.box.bottom) / 2
        left = round(string.box.left) - beyond - 6 - label.shape[1]
        sheet.put_at(label, left, round(middle - label.shape[0] / 2))
    return string


def _turned(strip: SyntheticStrip, scale: float, tilt_deg: float) -> tuple[list[Ink], FloatArray]:
    """Each digit of a strip on a picture of its own, all scaled and turned alike; the strip's corners."""
    around = Box.around(list(strip.boxes))
    cos, sin = scale * np.cos(np.deg2rad(tilt_deg)), scale * np.sin(np.deg2rad(tilt_deg))
    turn = np.array([[cos, -sin], [sin, cos]])
    edges = [
        (around.left, around.top),
        (around.right, around.top),
        (around.right, around.bottom),
        (around.left, around.bottom),
    ]
    corners = np.array(edges) @ turn.T
    corner = np.floor(corners.min(axis=0)) - 1  # a pixel more for the soft edges
    corners -= corner
    size = tuple(int(length) for length in np.ceil(corners.max(axis=0)) + 1)
    half = np.array([0.5, 0.5])  # pixel i has its middle at i + 0.5
    matrix = np.column_stack([turn, turn @ half - corner - half])
    patches = []
    for box, digit in zip(strip.boxes, strip.digits, strict=True):
        alone = np.zeros_like(strip.ink)
        alone[: digit.ink.shape[0], int(box.left) : int(box.right)] = digit.ink
        patches.append(
            np.asarray(cv2.warpAffine(alone, matrix, size, flags=cv2.INTER_LINEAR), dtype=np.uint8)
        )
    return patches, corners


def frame(height_px: int, width_px: int, thickness_px: int) -> Ink:
    """The outline of a box."""
    canvas = np.full((height_px, width_px), 255, np.uint8)
    canvas[thickness_px:-thickness_px, thickness_px:-thickness_px] = 0
    return canvas


def _ink_box(ink: Ink) -> Box:
    rows, columns = np.nonzero(ink > INKED)
    return Box(int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1)


def _moved(box: Box, right_px: int, down_px: int) -> Box:
    return Box(box.left + right_px, box.top + down_px, box.right + right_px, box.bottom + down_px)


def _write_paragraph(sheet: _Sheet, capital_px: float, rng: np.random.Generator) -> None:
    """Lines of words in one typeface; words that would meet something are left out."""
    typeface = int(rng.integers(TYPEFACES))
    darkness = float(rng.uniform(0.6, 0.95))
    height, width = sheet.ink.shape
    first, line_px = int(rng.integers(5, max(6, width // 2))), capital_px * rng.uniform(1.7, 2.5)
    baseline = rng.uniform(2 * capital_px, height)
    length = rng.uniform(0.2, 0.9) * width
    for _ in range(rng.integers(1, 7)):
        left = float(first)
        while left < first + length:
            ink = render_text(str(rng.choice(WORDS)), typeface, capital_px)
            sheet.put_at(ink, round(left), round(baseline - min(ink.shape[0], capital_px)), 2, darkness)
            left += ink.shape[1] + capital_px * rng.uniform(0.5, 0.9)
        baseline += line_px


def _on_paper(ink: npt.NDArray[np.uint8], rng: np.random.Generator) -> FloatArray:
    """The ink on paper that is a little grey, rough, and darker to one side."""
    height, width = ink.shape
    paper = rng.normal(rng.uniform(0.8, 0.98), rng.uniform(0.004, 0.02), ink.shape).astype(np.float32)
    right, down = rng.uniform(-0.08, 0.08, 2).astype(np.float32)
    paper -= np.abs(right) + np.abs(down)
    paper += right * np.linspace(-1, 1, width, dtype=np.float32)
    paper += down * np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    inked: FloatArray = paper.clip(0.0, 1.0) * (1 - ink.astype(np.float32) / 255)
    return inked
