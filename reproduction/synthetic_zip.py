"""Strips with what US mail had, made of MNIST digits: the paper's 5-digit ZIP codes are not public.

As in the paper, the picture is normalised by the largest digit; the others are smaller and stand higher or
lower. A strip is by one hand: digits of one thickness, one slant, one width.
Neighbours may touch, and specks, dashes and the noise of scanning are left in.

Reference:
    Matan et al. 1992: 6,000 strips to train on, 3,000 to test, height normalised by the largest digit.
    Theirs were deskewed; a slant is left in here, for MNIST's digits look cleaner than mail's must have been.
    LeCun et al. 1998, section VII: `flanked_digits`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from sdnn.datasets.distortion import salt_and_pepper
from sdnn.datasets.mnist import load_mnist
from sdnn.enums import Split
from sdnn.results import DIGITS, NO_DIGIT, FloatArray, IntArray

TRAIN_STRIPS: Final = 6_000
TEST_STRIPS: Final = 3_000
TEST_SEED: Final = 1992
"""Of the strips that are read; all but those of experiment 9 are read the same."""
LENGTH: Final = 5
HEIGHT_PX: Final = 28
WINDOW_PX: Final = 32
FIRST_USE: Final = 100
"""Of the random streams here, one for each use and split; those of `sdnn.datasets.rng` come before."""

MNIST_PX: Final = 20.0
"""Greater side of a digit in MNIST."""
PITCH_PX: Final = 16
"""From one digit to the next, about."""
BOX_PX: Final = 56
"""Room for the widest digit, enlarged and slanted."""
FAINT: Final = 40
"""Ink beyond this counts as ink of a digit when digits are set side by side."""
FAR_PX: Final = 4.0
"""A window whose middle is this far from the middle of every digit shows none."""
SPECKS: Final = 0.5
"""Of the marks; the others are dashes."""
STEEPNESS: Final = 2.5
"""Of the edge between ink and paper."""
SHADES: Final = np.arange(256) / 255
INVERSE: Final = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
BESIDE_PX: Final = 20
"""How far beyond the outer digits such windows lie at most."""

Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class ZipRecipe:
    """How strips look. Each pair is a least and a greatest value; values are drawn evenly in between.

    Attributes:
        text_px: Height of the largest digit; the rest is for digits that stand higher or lower.
        size: Of the other digits, before all are normalised by the largest.
        aspect: Width against height, the same for a strip.
        slant: Pixels to the right for each pixel up, the same for a strip.
        own_slant: How much of its own slant a digit keeps besides: a hand is not quite even.
        pen_share: Digits of a strip lie within this share of all, ordered by thickness: it has one pen.
        level: Darkness from which on a blurred line counts as ink: low thickens, high thins.
        blur_px: Of that line.
        gap_px: Between the ink of neighbours; less than 0 where they overlap. The middle is drawn per strip.
        uneven_px: Standard deviation of its gaps from that.
        drop_px: Standard deviation of the place up and down.
        rise: Pixels up for each pixel to the right, of the line that the digits stand on.
        margin_px: Paper on either side.
        marked_share: How many of the places between and beside digits hold a speck or a dash.
        contrast: Darkness of full ink.
        noise: Standard deviation of the scanner's noise, drawn per strip.
    """

    text_px: float = 20.0
    size: tuple[float, float] = (0.72, 1.0)
    aspect: tuple[float, float] = (0.75, 1.2)
    slant: tuple[float, float] = (-0.3, 0.5)
    own_slant: float = 0.4
    pen_share: float = 0.25
    level: tuple[float, float] = (0.26, 0.5)
    blur_px: float = 0.7
    gap_px: tuple[float, float] = (-2.0, 6.0)
    uneven_px: float = 1.8
    drop_px: float = 1.2
    rise: tuple[float, float] = (-0.04, 0.04)
    margin_px: tuple[int, int] = (16, 24)
    marked_share: float = 0.08
    contrast: tuple[float, float] = (0.75, 1.0)
    noise: tuple[float, float] = (0.01, 0.05)


ZIP_CODES: Final = ZipRecipe()


@dataclass(frozen=True, eq=False)
class ZipStrip:
    """A strip.

    Attributes:
        ink: (28, W) uint8, 0 paper to 255 ink.
        text: The digits on it.
        middles_px: Centre of mass of each digit, across.
        indices: Place of each digit in its MNIST file, for intervals by bootstrap over digits.
    """

    ink: Picture
    text: str
    middles_px: tuple[float, ...]
    indices: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Windows:
    """Labelled windows: (N, 28, W) uint8, 0 paper to 255 ink, and (N,) 0 to 9, or 10 for no digit."""

    ink: Picture
    labels: IntArray


@dataclass(frozen=True, eq=False)
class Digits:
    """One split of MNIST, measured.

    Attributes:
        images: (N, 28, 28), 0 paper to 255 ink.
        by_thickness: For each label its images, from the thinnest line to the thickest.
        rows_px: (N, 2) upper and lower edge of the ink.
        middle_px: (N, 2) centre of mass, across and down.
        slant: (N,) pixels to the right for each pixel up, beside what is usual for the label, and with the
            slant of the ones, which stands for that of the writers.
        first_index: Place of the first image in its file.
    """

    images: Picture
    by_thickness: tuple[IntArray, ...]
    rows_px: FloatArray
    middle_px: FloatArray
    slant: FloatArray
    first_index: int


@lru_cache
def measured_digits(split: Split) -> Digits:
    """One split of MNIST; takes a second."""
    cv2.setNumThreads(1)  # digits and strips are too small to share out
    mnist = load_mnist(split)
    inked = np.asarray(mnist.images.any(axis=2))
    rows = np.stack([inked.argmax(axis=1), HEIGHT_PX - inked[:, ::-1].argmax(axis=1)], axis=1)
    measures = [_measures(mnist.images[first : first + 5_000]) for first in range(0, len(mnist), 5_000)]
    x, y, slant, thickness = np.concatenate(measures, axis=1)
    of_label = [np.flatnonzero(mnist.labels == label) for label in range(10)]
    usual = np.array([slant[places].mean() for places in of_label])
    return Digits(
        mnist.images,
        tuple(places[np.argsort(thickness[places], kind="stable")] for places in of_label),
        rows.astype(np.float64),
        np.stack([x, y], axis=1),
        slant - usual[mnist.labels] + usual[1],
        mnist.first_index,
    )


def _measures(images: Picture) -> FloatArray:
    """(4, N) centre of mass across and down, slant, and thickness of the line in pixels."""
    ink = images.astype(np.float32) / 255
    mass = ink.sum(axis=(1, 2))
    at = np.arange(HEIGHT_PX, dtype=np.float32) + 0.5
    across, down = ink.sum(axis=1), ink.sum(axis=2)
    x, y = across @ at / mass, down @ at / mass
    together = np.einsum("nyx,y,x->n", ink, at, at, optimize=True) / mass - x * y
    slant = -together / (down @ at**2 / mass - y**2)
    edges = np.abs(np.diff(ink, axis=1)).sum(axis=(1, 2)) + np.abs(np.diff(ink, axis=2)).sum(axis=(1, 2))
    return np.stack([x, y, slant, 2 * mass / edges])


@lru_cache(maxsize=6)
def zip_strips(
    split: Split,
    count: int,
    seed: int,
    repertoire: tuple[str, ...] | None = None,
    recipe: ZipRecipe = ZIP_CODES,
) -> tuple[ZipStrip, ...]:
    """Strips of five digits; number k is the same however many are made.

    The last ones are kept, for it takes 3 ms to make one and several nets read the same.

    Args:
        split: Part of MNIST that the digits come from. Splits share neither digits nor random numbers.
        count: Number of strips.
        seed: Decides everything, with the number of the strip.
        repertoire: Texts that the strips say, in turn, whatever the seed; any digits by default.
        recipe: How they look.
    """
    digits = measured_digits(split)
    strips = []
    for number in range(count):
        rng = _stream(seed, number, split, use=0)
        text = repertoire[number % len(repertoire)] if repertoire else _random_text(LENGTH, rng)
        strips.append(_strip(digits, text, recipe, rng))
    return tuple(strips)


def distinct_strings(count: int, seed: int, but: Sequence[str] = ()) -> tuple[str, ...]:
    """Different texts of five digits; every digit is equally frequent at every place, as far as that goes.

    So even a few of them show all digits at all places, and lack only the orders that they do not have.

    Args:
        count: Number of texts.
        seed: Decides which.
        but: Texts that are not among them.
    """
    rng = np.random.default_rng([seed, 0, FIRST_USE - 1])
    found: dict[str, None] = {}
    barred = set(but)
    while len(found) < count:
        columns = [rng.permutation(np.resize(np.arange(10), max(10, count))) for _ in range(LENGTH)]
        texts = ("".join(map(str, row)) for row in np.stack(columns, axis=1))
        found |= dict.fromkeys(text for text in texts if text not in barred)
    return tuple(found)[:count]


@lru_cache(maxsize=1)
def lone_digits(split: Split, count: int, seed: int, recipe: ZipRecipe = ZIP_CODES) -> Windows:
    """Single digits in the middle of 28x32 windows, as they look on strips but without neighbours.

    Args:
        split: Part of MNIST that they come from.
        count: Number of windows.
        seed: Decides everything.
        recipe: How they look.
    """
    digits = measured_digits(split)
    recipe = _roomy(recipe, WINDOW_PX)
    ink = np.zeros((count, HEIGHT_PX, WINDOW_PX), np.uint8)
    labels = np.zeros(count, np.intp)
    for number in range(count):
        rng = _stream(seed, number, split, use=1)
        strip = _strip(digits, _random_text(1, rng), recipe, rng)
        ink[number] = _window(strip.ink, strip.middles_px[0], WINDOW_PX)
        labels[number] = int(strip.text)
    return Windows(ink, labels)


def flanked_digits(
    split: Split,
    count: int,
    seed: int,
    width_px: int = WINDOW_PX,
    jitter_px: float = 1.0,
    noise: float = 0.1,
    between: int = 2,
    length: int = LENGTH,
    recipe: ZipRecipe = ZIP_CODES,
) -> Windows:
    """Windows with a digit in the middle and its neighbours, or with none there: what makes a sweep safe.

    They are cut from strips of five: one window for each digit, and some that are far from every digit.
    Ours differs from the 1998 recipe in that: a strip's outer digits have a neighbour on one side only.
    Strips of one digit make the same windows without neighbours.

    Args:
        split: Part of MNIST that the digits come from.
        count: Number of windows.
        seed: Decides everything.
        width_px: Of the windows.
        jitter_px: Greatest distance of a digit from the middle.
        noise: Share of the pixels that are turned to paper or ink.
        between: Windows without a digit for every five with one.
        length: Digits on the strips that they are cut from.
        recipe: How they look, aside from the gaps.

    Reference:
        LeCun et al. 1998, section VII: two random neighbours, box gap -1 to 4 px, a blank class, 10 %
        salt-and-pepper.
    """
    digits = measured_digits(split)
    recipe = replace(_roomy(recipe, width_px), gap_px=(-1.0, 4.0))
    ink: list[Picture] = []
    labels: list[int] = []
    number = 0
    while len(labels) < count:
        rng = _stream(seed, number, split, use=2)
        strip = _strip(digits, _random_text(length, rng), recipe, rng)
        middles = np.array(strip.middles_px)
        centred = middles + rng.uniform(-jitter_px, jitter_px, length)
        far = _far_places(middles, rng)[: int(between * length / LENGTH + rng.random())]
        places = np.concatenate([centred, far])
        windows = np.stack([_window(strip.ink, place, width_px) for place in places])
        if noise:
            noisy = salt_and_pepper(windows.astype(np.float32) / 255, noise, rng)
            windows = np.rint(255 * noisy).astype(np.uint8)
        ink.append(windows)
        labels += [*map(int, strip.text), *[NO_DIGIT] * len(far)]
        number += 1
    return Windows(np.concatenate(ink)[:count], np.array(labels[:count], np.intp))


def strings_right(texts: Sequence[str], truths: Sequence[str]) -> int:
    """How many strips were read without an error."""
    return sum(text == truth for text, truth in zip(texts, truths, strict=True))


def _strip(digits: Digits, text: str, recipe: ZipRecipe, rng: np.random.Generator) -> ZipStrip:
    """Draws one strip."""
    places = _by_one_pen(digits, text, recipe, rng)
    placed = _set_in_a_row(_by_one_hand(digits, places, recipe, rng), recipe, rng)
    canvas = np.zeros((HEIGHT_PX, placed.width_px), np.uint8)
    for left, ink in zip(placed.lefts_px, placed.inks, strict=True):
        there = canvas[:, left : left + ink.shape[1]]
        np.maximum(there, ink, out=there)
    _draw_marks(canvas, placed, recipe, rng)
    ink = _scanned(canvas, recipe, rng)
    indices = tuple(digits.first_index + place for place in places)
    return ZipStrip(ink, text, placed.middles_px, indices)


def _by_one_pen(digits: Digits, text: str, recipe: ZipRecipe, rng: np.random.Generator) -> list[int]:
    """An image for each letter of the text, all at about the same place in the order of thickness."""
    shares = rng.uniform(0, 1 - recipe.pen_share) + recipe.pen_share * rng.random(len(text))
    of_labels = [digits.by_thickness[int(label)] for label in text]
    return [int(images[int(share * len(images))]) for images, share in zip(of_labels, shares, strict=True)]


def _by_one_hand(
    digits: Digits, places: list[int], recipe: ZipRecipe, rng: np.random.Generator
) -> list[tuple[Picture, float]]:
    """The digits with the size, width, slant and height that they have on the strip.

    Returns:
        Inked columns, (28, W) each, and where in them the centre of mass lies, across.
    """
    aspect, slant = rng.uniform(*recipe.aspect), rng.uniform(*recipe.slant)
    rise, drop = rng.uniform(*recipe.rise), recipe.drop_px * rng.standard_normal(len(places))
    top, bottom = digits.rows_px[places].T
    x, y = digits.middle_px[places].T
    # A lone digit, too, has the size that it would have beside others.
    sizes = rng.uniform(*recipe.size, max(LENGTH, len(places)))
    heights = np.full(len(sizes), MNIST_PX)
    heights[: len(places)] = bottom - top
    scale = (recipe.text_px / (sizes * heights).max()) * sizes[: len(places)]
    on_line = rng.random()  # 0: the middles stand on one line, 1: the feet do
    shear = slant - (1 - recipe.own_slant) * digits.slant[places]

    height = scale * (bottom - top)
    along = PITCH_PX * (np.arange(len(places)) - (len(places) - 1) / 2)
    middle = HEIGHT_PX / 2 + on_line * (recipe.text_px - height) / 2 + drop - rise * along
    middle = np.clip(middle, height / 2 + 0.5, HEIGHT_PX - height / 2 - 0.5)
    down = middle - scale * ((top + bottom) / 2 - y)
    # Pixel i has its middle at i + 0.5; the matrices go from the strip to the image.
    flat, up = 1 / (scale * aspect), 1 / scale
    lean = shear * flat
    from_x = x - 0.5 - flat * (BOX_PX / 2 - 0.5) - lean * (down - 0.5)
    from_y = y - 0.5 - up * (down - 0.5)
    matrices = np.stack([flat, lean, from_x, np.zeros(len(places)), up, from_y], axis=1).reshape(-1, 2, 3)
    drawn = []
    for place, matrix in zip(places, matrices, strict=True):
        image = digits.images[place]
        ink = np.asarray(cv2.warpAffine(image, matrix, (BOX_PX, HEIGHT_PX), flags=INVERSE), np.uint8)
        inked = np.flatnonzero(ink.max(axis=0) > FAINT)
        first, last = int(inked[0]), int(inked[-1])
        drawn.append((ink[:, first : last + 1], BOX_PX / 2 - first))
    return drawn


@dataclass(frozen=True, eq=False)
class Placed:
    """Digits in a row: their inked columns, left edges and centres of mass, and how long the strip is."""

    inks: list[Picture]
    lefts_px: list[int]
    middles_px: tuple[float, ...]
    width_px: int

    @property
    def between_px(self) -> list[tuple[int, int]]:
        """From where to where there is paper to mark: on the left, between digits, on the right."""
        rights = [left + ink.shape[1] for left, ink in zip(self.lefts_px, self.inks, strict=True)]
        return list(zip([2, *rights], [*self.lefts_px, self.width_px - 2], strict=True))


def _set_in_a_row(drawn: list[tuple[Picture, float]], recipe: ZipRecipe, rng: np.random.Generator) -> Placed:
    """Puts gaps between digits, and paper on either side."""
    least, most = recipe.gap_px
    usual = rng.uniform(least + 1, most - 1)
    gaps = np.clip(usual + recipe.uneven_px * rng.standard_normal(len(drawn) - 1), least, most)
    first, last = rng.integers(*recipe.margin_px, 2, endpoint=True).tolist()
    lefts = [first]
    for (ink, _), gap in zip(drawn, np.rint(gaps).astype(int).tolist(), strict=False):
        lefts.append(max(lefts[-1] + 1, lefts[-1] + ink.shape[1] + gap))
    right = max(left + ink.shape[1] for left, (ink, _) in zip(lefts, drawn, strict=True))
    middles = tuple(left + middle for left, (_, middle) in zip(lefts, drawn, strict=True))
    return Placed([ink for ink, _ in drawn], lefts, middles, right + last)


def _draw_marks(canvas: Picture, placed: Placed, recipe: ZipRecipe, rng: np.random.Generator) -> None:
    """Specks and dashes, some of them across the digit beside them."""
    between = placed.between_px
    for place in np.flatnonzero(rng.random(len(between)) < recipe.marked_share):
        left, right = between[place]
        x, y = rng.uniform(min(left, right) - 1, max(left, right) + 1), rng.uniform(3, HEIGHT_PX - 3)
        lean, length = rng.uniform(-0.6, 0.6), rng.uniform(2, 6)
        if rng.random() < SPECKS:
            length = rng.uniform(0, 1.2)
        across, down = length / 2 * np.cos(lean), length / 2 * np.sin(lean)
        ends = ((x - across, y - down), (x + across, y + down))
        start, end = ([round(16 * float(value)) for value in point] for point in ends)  # 16ths of a pixel
        cv2.line(canvas, start, end, 255, int(rng.integers(1, 3)), cv2.LINE_AA, 4)


def _scanned(canvas: Picture, recipe: ZipRecipe, rng: np.random.Generator) -> Picture:
    """What pen and scanner make of the lines: their thickness, their darkness, noise."""
    level, contrast, noise = (
        rng.uniform(*bounds) for bounds in (recipe.level, recipe.contrast, recipe.noise)
    )
    blurred = cv2.GaussianBlur(canvas, (5, 5), recipe.blur_px)
    darkness = np.clip((SHADES - level) * STEEPNESS + 0.5, 0, 1)
    darkness[0] = 0
    inked = cv2.LUT(blurred, np.rint(255 * contrast * darkness).astype(np.uint8)).astype(np.float32)
    inked += rng.standard_normal(canvas.shape, np.float32) * np.float32(255 * noise)
    return np.clip(inked, 0, 255, out=inked).astype(np.uint8)


def _far_places(middles: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Middles of windows without a digit: half-way between two, or anywhere far enough from all."""
    around = rng.uniform(middles[0] - BESIDE_PX, middles[-1] + BESIDE_PX, 4 * len(middles))
    candidates = np.concatenate([(middles[1:] + middles[:-1]) / 2, around])
    return rng.permutation(candidates[np.abs(candidates[:, None] - middles).min(axis=1) >= FAR_PX])


def _window(ink: Picture, middle_px: float, width_px: int) -> Picture:
    """The window with that middle, to the pixel; the strip has to have room for it."""
    left = min(max(0, round(middle_px - width_px / 2)), ink.shape[1] - width_px)
    return ink[:, left : left + width_px]


def _roomy(recipe: ZipRecipe, width_px: int) -> ZipRecipe:
    """With margins that windows around the outer digits, and beside them, do not leave."""
    return replace(recipe, margin_px=(width_px, width_px + 8))


def _random_text(length: int, rng: np.random.Generator) -> str:
    return "".join(DIGITS[label] for label in rng.integers(10, size=length))


def _stream(seed: int, number: int, split: Split, use: int) -> np.random.Generator:
    return np.random.default_rng([seed, number, FIRST_USE + 10 * use + list(Split).index(split)])
