"""Labelled windows for the single-digit net: what the sweep will show it, cut from strips.

Each window comes with the set of classes that are right for it. With its centre near the middle of a digit
that is the digit alone, whatever the neighbours do; far from every digit it is no-digit alone; in between it
is either, so that the net is free to hand over where it likes, but never to a third class.

The strips are brought to size as those of a real picture are.

Reference:
    LeCun et al. 1998, section VII: centre digit flanked by two random neighbours, box gap -1 to +4 px, a
    blank class, 10 % salt-and-pepper. Ours differs: off-centre windows are no-digit as well (Martin and
    Rashid 1991), windows in between may be either, wide gaps occur, and only some windows are noisy, so that
    clean digits stay familiar.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sdnn.datasets.digits import DigitSource
from sdnn.datasets.distortion import Distortion, distorted_windows, salt_and_pepper
from sdnn.datasets.strips import Layout, SyntheticStrip, random_strip
from sdnn.preprocessing import to_strip
from sdnn.preprocessing.slant import slant_of
from sdnn.results import CLASSES, NO_DIGIT, Box, FloatArray, Geometry, Strip


@dataclass(frozen=True)
class WindowRecipe:
    """How windows are made.

    Attributes:
        layout: Strips that the windows are cut from.
        anywhere_share: How many of the windows lie anywhere on the strip; the others lie on digits.
        near: A window is its digit's as long as its centre is no farther from the digit's middle than this
            share of the digit's width (but at least 2 px: half a stride).
        far: It is no-digit beyond this share of the width (but at least 4 px) from every digit.
        noisy_share: How many windows get salt-and-pepper noise.
        noise: Greatest share of pixels that the noise hits.
        distortion: Bounds of the affine distortion.
    """

    layout: Layout = field(
        default_factory=lambda: Layout(digits=(1, 12), gap_px=(-1, 4), wide_gap_px=(5, 30), wide_share=0.15)
    )
    anywhere_share: float = 0.55
    near: float = 0.08
    far: float = 0.2
    noisy_share: float = 0.25
    noise: float = 0.1
    distortion: Distortion = field(default_factory=Distortion)

    def near_px(self, widths_px: FloatArray) -> FloatArray:
        """Up to which distance a window belongs to digits of the given widths."""
        return np.asarray(np.maximum(2.0, self.near * widths_px))

    def far_px(self, widths_px: FloatArray) -> FloatArray:
        """From which distance on a window does not belong to them any more."""
        return np.asarray(np.maximum(4.0, self.far * widths_px))

    @classmethod
    def isolated(cls) -> "WindowRecipe":
        """No window shows more than one digit: the recipe to compare the flanked one with."""
        # Distortion, writing that is smaller on the strip, and a tall neighbour, which makes it even smaller,
        # bring digits closer than they were.
        return cls(layout=Layout(digits=(1, 12), gap_px=(100, 118)))


def make_windows(
    source: DigitSource, count: int, recipe: WindowRecipe, geometry: Geometry, rng: np.random.Generator
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """A batch of labelled windows, cut from fresh strips.

    Args:
        source: Where the digits come from.
        count: Number of windows B.
        recipe: How they are made.
        geometry: Sizes that the net expects.
        rng: Decides everything.

    Returns:
        (B, 48, 68) float32 windows, 0 paper to 1 ink, and (B, 11) whether each class is right for it.
    """
    windows: list[FloatArray] = []
    right: list[npt.NDArray[np.bool_]] = []
    while len(windows) < count:
        synthetic = random_strip(source, recipe.layout, rng)
        strip = clean_strip(synthetic, geometry)
        digits = _digits_on(strip, synthetic)
        first, last = geometry.window_px / 2, strip.ink.shape[1] - geometry.window_px / 2
        places = _places(digits, (first, last), recipe, rng)
        windows += distorted_windows(strip.ink, places, geometry.window_px, recipe.distortion, rng)
        right.append(right_classes(places, digits, recipe))
    noisy = np.flatnonzero(rng.random(count) < recipe.noisy_share)
    batch = np.stack(windows[:count])
    batch[noisy] = salt_and_pepper(batch[noisy], rng.uniform(0, recipe.noise, (len(noisy), 1, 1)), rng)
    return batch, np.concatenate(right)[:count]


def clean_strip(synthetic: SyntheticStrip, geometry: Geometry) -> Strip:
    """A synthetic strip as the reader's net would see it, had the detector found its line exactly."""
    boxes = synthetic.boxes
    height = float(np.median([box.height for box in boxes]))
    middle = float(np.median([(box.top + box.bottom) / 2 for box in boxes]))
    around = Box.around(list(boxes))
    text = Box(around.left, middle - height / 2, around.right, middle + height / 2)
    rows, columns = np.nonzero(synthetic.ink > 127)
    slant = slant_of(np.stack([columns, rows], axis=1).astype(np.float64), text)
    return to_strip(synthetic.ink.astype(np.float32) / 255, text, geometry, slant=slant)


@dataclass(frozen=True, eq=False)
class DigitsOnStrip:
    """The digits of a strip, (L,) each: labels, and middles and widths in pixels of the strip."""

    labels: npt.NDArray[np.integer]
    middles: FloatArray
    widths: FloatArray


def right_classes(
    places_px: FloatArray, digits: DigitsOnStrip, recipe: WindowRecipe
) -> npt.NDArray[np.bool_]:
    """Which classes are right for windows whose centres lie at the given places of a strip.

    Args:
        places_px: (B,) pixels from the strip's left edge.
        digits: What stands on the strip.
        recipe: Says what is near a digit, and what far.

    Returns:
        (B, 11): one class, or no-digit and the digits that a window lies between near and far of.
    """
    distance = np.abs(places_px[:, None] - digits.middles)
    right = np.zeros((len(places_px), CLASSES), bool)
    right[:, NO_DIGIT] = True
    window, digit = np.nonzero(distance < recipe.far_px(digits.widths))
    right[window, digits.labels[digit]] = True

    nearest = distance.argmin(axis=1)
    least = distance[np.arange(len(places_px)), nearest]
    sure = np.flatnonzero(least <= recipe.near_px(digits.widths)[nearest])
    right[sure] = False
    right[sure, digits.labels[nearest[sure]]] = True
    return right


def _digits_on(strip: Strip, synthetic: SyntheticStrip) -> DigitsOnStrip:
    """The truth of a synthetic page, in pixels of the strip that preprocessing made of it."""
    middles, widths = [], []
    for box, x in zip(synthetic.boxes, synthetic.middles_px, strict=True):
        y = (box.top + box.bottom) / 2  # half-way up: a strip set upright moves what is above and below
        middles.append(strip.from_page(Box(x, y, x, y)).left)
        widths.append(strip.from_page(Box(box.left, y, box.right, y)).width)
    labels = [digit.label for digit in synthetic.digits]
    return DigitsOnStrip(np.array(labels), np.array(middles), np.array(widths))


def _places(
    digits: DigitsOnStrip, ends_px: tuple[float, float], recipe: WindowRecipe, rng: np.random.Generator
) -> FloatArray:
    """Centres of windows: one near the middle of each digit, the others wherever the sweep comes by."""
    near = recipe.near_px(digits.widths)
    anywhere = rng.binomial(round(len(near) / (1 - recipe.anywhere_share)), recipe.anywhere_share)
    return np.concatenate([digits.middles + rng.uniform(-near, near), rng.uniform(*ends_px, anywhere)])
