"""Pages to train on: lines that people might have written, on paper that might be found anywhere.

A page goes through the preprocessing that a real picture goes through; what comes out, a strip and the
digits on it, is all that string training needs. No page is stored: each is made again from its seed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from sdnn.datasets.digits import DigitSource, plain_part
from sdnn.datasets.documents import DocumentRecipe, OtherWriting, random_document
from sdnn.datasets.handwriting import random_line_style, random_marks, write_line
from sdnn.datasets.paper import DegradationConfig, degrade
from sdnn.datasets.strips import Layout, set_side_by_side
from sdnn.detection import Detector, LineCrop, TextLine, crop_line
from sdnn.preprocessing import to_strip
from sdnn.results import Box, FloatArray, Geometry

ENDS_OFF: Final = 0.45
"""How far an end of a line may lie from that of its string, in heights of its digits."""
NEAR: Final = 0.75
"""Distance of a line from a string, over the sum of their heights, up to which it may be along its digits."""


@dataclass(frozen=True)
class GeometryJitter:
    """Bounds of the variation with which a line is brought to the size of a strip; each drawn evenly.

    Preprocessing errs, and a reader takes several views: the net is to read them all.

    Attributes:
        log_scale: Of the text height, as a natural logarithm.
        log_aspect: Of the width against the height, as a natural logarithm.
        shear: Slant left over, in pixels to the side for each pixel up.
        drop: Displacement up or down, as a share of the text height.
        upright: Whether the slant that preprocessing finds is taken away.
    """

    log_scale: float = 0.3
    log_aspect: float = 0.25
    shear: float = 0.25
    drop: float = 0.12
    upright: bool = True

    @classmethod
    def none(cls, upright: bool = True) -> "GeometryJitter":
        """Every line at its usual size, set upright."""
        return cls(log_scale=0.0, log_aspect=0.0, shear=0.0, drop=0.0, upright=upright)


@dataclass(frozen=True)
class PageRecipe:
    """How pages are made.

    Attributes:
        most_digits: Digits on a line, at most; every number from 1 up is equally likely.
        repeated: How many of the digits repeat the one before, over what chance does.
        rounded: How many of the longer numbers end in two or more zeros, as amounts do.
        clean_share: How many pages are plain digits side by side, with nothing else on the page. Of a mixed
            source these are the plain ones.
        clean_gap_px: Bounds of the gaps on those.
        marked_share: How many of the other lines have marks that are no digits.
        paper: What the others are written on.
        jitter: How the line is brought to the size of a strip.
        views: Strips made of one line, each seen in a way of its own.
        other_ink: Bounds of the share of its darkness that other ink keeps.
        widest_px: Strips wider than this are left out.
        document_share: How many of the pages are documents, where there are hands to write words on them.
        document: How those are made.
    """

    most_digits: int = 8
    repeated: float = 0.12
    rounded: float = 0.1
    clean_share: float = 0.28
    clean_gap_px: tuple[int, int] = (-4, 12)
    marked_share: float = 0.5
    paper: DegradationConfig = field(default_factory=DegradationConfig)
    jitter: GeometryJitter = field(default_factory=GeometryJitter)
    views: int = 3
    other_ink: tuple[float, float] = (0.3, 0.8)
    widest_px: int = 720
    document_share: float = 0.45
    document: DocumentRecipe = field(
        default_factory=lambda: DocumentRecipe(
            size_px=(160, 400), heights_px=((13.0, 60.0, 1.0),), crop_share=1.0, most_digits=9
        )
    )


@dataclass(frozen=True, eq=False)
class SyntheticPage:
    """A page and what is written on it.

    Attributes:
        brightness: (H, W) float32, 0 black to 1 white.
        text: The digits.
        text_box: Where they are, with marks.
    """

    brightness: FloatArray
    text: str
    text_box: Box


@dataclass(frozen=True, eq=False)
class LabelledStrip:
    """What string training learns from.

    Attributes:
        ink: (H, W) uint8, 0 paper to 255 ink.
        text: The digits.
    """

    ink: npt.NDArray[np.uint8]
    text: str


def random_page(
    source: DigitSource, recipe: PageRecipe, rng: np.random.Generator, text: str | None = None
) -> SyntheticPage:
    """A page with one line by one writer.

    Args:
        source: Where the digits come from.
        recipe: How the page is made.
        rng: Decides everything.
        text: What the line says; by default random digits.
    """
    text = text or _random_text(recipe, rng)
    if rng.random() < recipe.clean_share:
        return _clean_page(plain_part(source), text, recipe, rng)
    writer = source.writer(rng, scale=2)
    marks = random_marks(len(text), rng) if rng.random() < recipe.marked_share else {}
    line = write_line(writer, text, marks, random_line_style(rng), rng)
    margins = np.minimum(np.abs(rng.normal(0, (0.5, 0.5, 0.7, 0.7))), 1.5) * line.text_px
    top, bottom, left, right = (round(margin) for margin in margins)
    height, width = line.ink.shape
    ink = np.zeros((top + height + bottom, left + width + right), np.float32)
    ink[top : top + height, left : left + width] = line.ink
    ink /= 255
    neighbours = [np.roll(ink[top : top + height], int(rng.integers(ink.shape[1])), axis=1) for _ in range(2)]
    text_box = Box(left, top, left + width, top + height)
    return SyntheticPage(degrade(ink, text_box, recipe.paper, rng, neighbours), text, text_box)


def _clean_page(
    source: DigitSource, text: str, recipe: PageRecipe, rng: np.random.Generator
) -> SyntheticPage:
    writer = source.writer(rng)
    digits = [writer.draw(int(digit), rng) for digit in text]
    low, high = recipe.clean_gap_px
    middle = rng.integers(low, high, endpoint=True)
    gaps = np.clip(rng.integers(middle - 3, middle + 3, endpoint=True, size=len(text) - 1), low, high)
    strip = set_side_by_side(digits, gaps.tolist(), Layout.margin_px)
    return SyntheticPage(strip.page, text, Box.around(list(strip.boxes)))


def _random_text(recipe: PageRecipe, rng: np.random.Generator) -> str:
    count = int(rng.integers(1, recipe.most_digits, endpoint=True))
    labels = rng.integers(10, size=count)
    for place in np.flatnonzero(rng.random(count - 1) < recipe.repeated) + 1:
        labels[place] = labels[place - 1]
    if count > 2 and rng.random() < recipe.rounded:
        labels[-int(rng.integers(2, count)) :] = 0
    return "".join(map(str, labels))


@dataclass(frozen=True)
class LineSource:
    """Where the lines come from that string training learns; goes to other processes.

    Attributes:
        digits: Hands whose digits are written.
        detector: Finds the lines.
        words: Hands that write words on documents; without them there are only pages with one line.
    """

    digits: DigitSource
    detector: Detector
    words: OtherWriting | None = None


def random_strips(
    source: LineSource, count: int, recipe: PageRecipe, geometry: Geometry, rng: np.random.Generator
) -> list[LabelledStrip]:
    """Fresh strips: lines that the detector found in their full length, and some that are no digits."""
    strips: list[LabelledStrip] = []
    while len(strips) < count:
        documents = source.words is not None and rng.random() < recipe.document_share * (
            1 - recipe.clean_share
        )
        for crop, text in (_document_lines if documents else _page_lines)(source, recipe, rng):
            for _ in range(recipe.views):
                ink = _seen(crop, recipe, geometry, rng)
                if ink.shape[1] <= recipe.widest_px:
                    strips.append(LabelledStrip(ink, text))
    return strips[:count]


def _page_lines(
    source: LineSource, recipe: PageRecipe, rng: np.random.Generator
) -> Iterator[tuple[LineCrop, str]]:
    """The line of a page, unless the detector sees less or more of it."""
    page = random_page(source.digits, recipe, rng)
    text = page.text_box
    middle = (text.top + text.bottom) / 2
    ends = np.array([(text.left, middle), (text.right, middle)])
    lines = source.detector(page.brightness).lines
    yield from _matched(page.brightness, lines, [(ends, page.text)])


def _document_lines(
    source: LineSource, recipe: PageRecipe, rng: np.random.Generator
) -> Iterator[tuple[LineCrop, str]]:
    """The lines of a document with one string each, in its full length, and those where no digits are.

    Struck-out digits are not read; of strings of nothing else no line is made.
    """
    assert source.words is not None  # else there are no documents
    document = random_document(source.digits, source.words, recipe.document, rng)
    strings = [
        (
            string.centre,
            "".join(digit for place, digit in enumerate(string.text) if place not in string.struck),
        )
        for string in document.strings
    ]
    lines = source.detector(document.picture).lines
    yield from _matched(document.picture, lines, strings)
    for line in lines:
        if not any(_near(line, string.centre, string.height_px) for string in document.strings):
            yield from _written(document.picture, line, "")


def _near(line: TextLine, ends: FloatArray, height_px: float) -> bool:
    """Whether a line may be along some of the digits of a string with the given ends and height."""
    start, end = ends
    along = end - start
    steps = max(2, round(4 * line.length_px / line.height_px))  # closer to each other than digits are wide
    places = line.start + np.linspace(0, 1, steps)[:, None] * (line.end - line.start)
    share = ((places - start) @ along / max(1e-9, along @ along)).clip(0, 1)
    away = np.hypot(*(places - start - share[:, None] * along).T).min()
    return bool(away < NEAR * (line.height_px + height_px))


def _holds(line: TextLine, ends: FloatArray) -> bool:
    """Whether a line runs along a string from one end to the other, or further: words may stand beside it."""
    off = ENDS_OFF * line.height_px
    along = (ends - line.start) @ line.along
    across = (ends - line.start) @ [-line.along[1], line.along[0]]
    return bool(-off <= along[0] < along[1] <= line.length_px + off and np.abs(across).max() <= off)


def _matched(
    picture: FloatArray, lines: Sequence[TextLine], strings: Sequence[tuple[FloatArray, str]]
) -> Iterator[tuple[LineCrop, str]]:
    """The writing of each line that runs along all of one string and along no other, with the string's text.

    Args:
        picture: (H, W) brightness.
        lines: Found on it.
        strings: (2, 2) ends and text of each string.
    """
    for line in lines:
        along = [(ends, text) for ends, text in strings if _near(line, ends, 0.0)]
        if len(along) == 1 and along[0][1] and _holds(line, along[0][0]):
            yield from _written(picture, line, along[0][1])


def _written(picture: FloatArray, line: TextLine, text: str) -> Iterator[tuple[LineCrop, str]]:
    """The writing along a line and what it says, where there is ink."""
    _, crop = crop_line(picture, line)
    if crop is not None:
        yield crop, text


def _seen(
    crop: LineCrop, recipe: PageRecipe, geometry: Geometry, rng: np.random.Generator
) -> npt.NDArray[np.uint8]:
    jitter = recipe.jitter
    scale, aspect, shear, drop = rng.uniform(-1, 1, 4)
    down = jitter.drop * drop * crop.text.height
    text = Box(crop.text.left, crop.text.top + down, crop.text.right, crop.text.bottom + down)
    strip = to_strip(
        crop.ink(float(rng.uniform(*recipe.other_ink))),
        text,
        geometry,
        slant=crop.slant * jitter.upright + jitter.shear * shear,
        scale=float(np.exp(jitter.log_scale * scale)),
        aspect=float(np.exp(jitter.log_aspect * aspect)),
    )
    return np.rint(strip.ink * 255).astype(np.uint8)
