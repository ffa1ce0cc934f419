"""Synthetic pages with written lines, and the labelled strips of string training made from them.

Pages go through the detector and the preprocessing like real pictures. No page is stored: each is made again
from its seed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from sdnn.datasets.digits import DigitSource, plain_part
from sdnn.datasets.documents import DocumentRecipe, WordSource, random_document
from sdnn.datasets.handwriting import random_line_style, write_line
from sdnn.datasets.paper import DegradationConfig, degrade
from sdnn.datasets.rasterizer import Ink
from sdnn.datasets.signs import random_signs
from sdnn.datasets.strips import Layout, set_side_by_side
from sdnn.detection import Detector, LineCrop, TextLine, crop_line
from sdnn.preprocessing import to_strip
from sdnn.results import Box, FloatArray, Geometry
from sdnn.validation import Bound, Length, Number, PixelBounds, Share, ShareBounds

MAX_END_OFFSET: Final = 0.45
"""Distance of a line's ends from those of its string, in line heights, up to which it covers the string."""
MAX_DISTANCE: Final = 0.75
"""Distance of a line from a string, over the sum of their heights, up to which it may have its digits."""


@dataclass(frozen=True)
class GeometryJitter:
    """Bounds of the random geometry of training strips; each value is uniform.

    It stands for the errors of preprocessing and for the views that a reader takes of one line.

    Attributes:
        log_scale: Natural logarithm of the text height.
        log_aspect: Natural logarithm of the width over the height.
        shear: Remaining slant, in pixels to the side per pixel up.
        drop: Vertical displacement, as a share of the text height.
        upright: Whether the slant is corrected.
    """

    log_scale: Bound = 0.3
    log_aspect: Bound = 0.25
    shear: Bound = 0.25
    drop: Bound = 0.12
    upright: bool = True

    @classmethod
    def none(cls, upright: bool = True) -> "GeometryJitter":
        """No variation."""
        return cls(log_scale=0.0, log_aspect=0.0, shear=0.0, drop=0.0, upright=upright)


@dataclass(frozen=True)
class PageRecipe:
    """Settings of `random_page` and `random_strips`.

    Attributes:
        most_digits: Upper bound of the digits on a line; every number from 1 up is equally likely.
        repeated: Probability that a digit repeats the one before, beside chance.
        rounded: Share of the longer numbers that end in two or more zeros, as amounts do.
        clean_share: Share of the pages with plain digits side by side and nothing else; of a mixed source
            they have the plain digits.
        clean_gap_px: Bounds of the gaps on clean pages.
        marked_share: Share of the other lines that have signs.
        paper: Degradations of the others.
        jitter: Geometry of the strips.
        views: Strips made of each line, each with a geometry of its own.
        other_ink: Bounds of the share of its darkness that other ink keeps.
        widest_px: Upper bound of a strip's width; wider ones are left out.
        document_share: Share of documents among the pages that are not clean, given a source of words.
        document: Settings of the documents.
    """

    most_digits: Number = 8
    repeated: Share = 0.12
    rounded: Share = 0.1
    clean_share: Share = 0.28
    clean_gap_px: PixelBounds = (-4, 12)
    marked_share: Share = 0.5
    paper: DegradationConfig = field(default_factory=DegradationConfig)
    jitter: GeometryJitter = field(default_factory=GeometryJitter)
    views: Number = 3
    other_ink: ShareBounds = (0.3, 0.8)
    widest_px: Length = 720
    document_share: Share = 0.15
    document: DocumentRecipe = field(
        default_factory=lambda: DocumentRecipe(
            size_px=(160, 400), heights_px=((13.0, 60.0, 1.0),), crop_share=1.0, most_digits=9
        )
    )


@dataclass(frozen=True, eq=False)
class SyntheticPage:
    """A page with one line.

    Attributes:
        brightness: (H, W) float32, 0 black to 1 white.
        text: Its digits.
        text_box: Box of the digits and signs.
    """

    brightness: FloatArray
    text: str
    text_box: Box


@dataclass(frozen=True, eq=False)
class LabelledStrip:
    """A strip of string training.

    Attributes:
        ink: (H, W) uint8, 0 paper to 255 ink.
        text: Its digits.
    """

    ink: Ink
    text: str


def random_page(
    source: DigitSource, recipe: PageRecipe, rng: np.random.Generator, text: str | None = None
) -> SyntheticPage:
    """A page with one line by one writer.

    Args:
        source: Source of the digits.
        recipe: Settings.
        rng: Random number generator.
        text: Digits of the line; by default random.
    """
    text = text or _random_text(recipe, rng)
    if rng.random() < recipe.clean_share:
        return _clean_page(plain_part(source), text, recipe, rng)
    writer = source.writer(rng, scale=2)
    signs = random_signs(len(text), rng) if rng.random() < recipe.marked_share else {}
    style = random_line_style(rng)
    line = write_line(writer, text, signs, style, rng)
    margins = np.minimum(np.abs(rng.normal(0, (0.5, 0.5, 0.7, 0.7))), 1.5) * style.text_px
    top, bottom, left, right = (round(margin) for margin in margins)
    height, width = line.shape
    ink = np.zeros((top + height + bottom, left + width + right), np.float32)
    ink[top : top + height, left : left + width] = line
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
    """Source of the lines of string training; it can be sent to other processes.

    Attributes:
        digits: Source of the digits.
        detector: Detector of the lines.
        words: Source of the words on documents; without one there are only pages with one line.
    """

    digits: DigitSource
    detector: Detector
    words: WordSource | None = None


def random_strips(
    source: LineSource, count: int, recipe: PageRecipe, geometry: Geometry, rng: np.random.Generator
) -> list[LabelledStrip]:
    """New strips: detected lines of their full length, and some without digits."""
    document_share = recipe.document_share * (1 - recipe.clean_share)
    strips: list[LabelledStrip] = []
    while len(strips) < count:
        on_document = source.words is not None and rng.random() < document_share
        picture, lines = (_document_lines if on_document else _page_lines)(source, recipe, rng)
        for line, text in lines:
            _, crop = crop_line(picture, line)
            if crop is None:
                continue
            for _ in range(recipe.views):
                ink = _jittered_strip(crop, recipe, geometry, rng)
                if ink.shape[1] <= recipe.widest_px:
                    strips.append(LabelledStrip(ink, text))
    return strips[:count]


_LabelledLines = list[tuple[TextLine, str]]


def _page_lines(
    source: LineSource, recipe: PageRecipe, rng: np.random.Generator
) -> tuple[FloatArray, _LabelledLines]:
    """A page and its line, unless the detector finds less or more of it."""
    page = random_page(source.digits, recipe, rng)
    text = page.text_box
    middle = (text.top + text.bottom) / 2
    ends = np.array([(text.left, middle), (text.right, middle)])
    lines = source.detector(page.brightness).lines
    return page.brightness, _covering_lines(lines, [(ends, page.text)])


def _document_lines(
    source: LineSource, recipe: PageRecipe, rng: np.random.Generator
) -> tuple[FloatArray, _LabelledLines]:
    """A document, its lines that cover exactly one string, and those without any digits.

    Struck-out digits are not part of the text; strings of nothing else give no line.
    """
    assert source.words is not None  # there are no documents without words
    document = random_document(source.digits, source.words, recipe.document, rng)
    strings = [
        (
            string.centre,
            "".join(digit for place, digit in enumerate(string.text) if place not in string.struck),
        )
        for string in document.strings
    ]
    lines = source.detector(document.picture).lines
    empty = [
        (line, "")
        for line in lines
        if not any(_is_near(line, string.centre, string.height_px) for string in document.strings)
    ]
    return document.picture, _covering_lines(lines, strings) + empty


def _is_near(line: TextLine, ends: FloatArray, height_px: float) -> bool:
    """Whether a line may have some of the digits of a string with the given ends and height."""
    start, end = ends
    along = end - start
    steps = max(2, round(4 * line.length_px / line.height_px))  # closer to each other than digits are wide
    places = line.start + np.linspace(0, 1, steps)[:, None] * (line.end - line.start)
    share = ((places - start) @ along / max(1e-9, along @ along)).clip(0, 1)
    distance = np.hypot(*(places - start - share[:, None] * along).T).min()
    return bool(distance < MAX_DISTANCE * (line.height_px + height_px))


def _covers(line: TextLine, ends: FloatArray) -> bool:
    """Whether a line runs from one end of a string to the other, or further: words may be beside it."""
    tolerance = MAX_END_OFFSET * line.height_px
    along = (ends - line.start) @ line.direction
    across = (ends - line.start) @ [-line.direction[1], line.direction[0]]
    inside = -tolerance <= along[0] < along[1] <= line.length_px + tolerance
    return bool(inside and np.abs(across).max() <= tolerance)


def _covering_lines(lines: Sequence[TextLine], strings: Sequence[tuple[FloatArray, str]]) -> _LabelledLines:
    """The lines that cover one string and are near no other, with its text; strings have (2, 2) ends."""
    found = []
    for line in lines:
        near = [(ends, text) for ends, text in strings if _is_near(line, ends, 0.0)]
        if len(near) == 1 and near[0][1] and _covers(line, near[0][0]):
            found.append((line, near[0][1]))
    return found


def _jittered_strip(crop: LineCrop, recipe: PageRecipe, geometry: Geometry, rng: np.random.Generator) -> Ink:
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
