"""Labelled windows for the single-digit net, cut from strips as its sweep will see them.

Each window has a set of right classes: the digit alone where its centre is near the middle of a digit,
whatever the neighbours are; no-digit alone far from every digit; both in between, so that the net is free in
where it hands over, but never to a third class. The strips are normalised like those of real pictures.

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
from sdnn.validation import NotNegative, Share


@dataclass(frozen=True)
class WindowRecipe:
    """Settings of `make_windows`.

    Attributes:
        layout: Layout of the strips.
        anywhere_share: Share of the windows anywhere on the strip; the others lie on digits.
        near: Distance of a window's centre from a digit's middle, over the digit's width, up to which the
            window is that digit; at least 2 px, half a stride.
        far: Distance, over the width and at least 4 px, beyond which it is not that digit.
        noisy_share: Share of the windows with salt-and-pepper noise.
        noise: Upper bound of the share of noisy pixels.
        distortion: Bounds of the affine distortion.
    """

    layout: Layout = field(
        default_factory=lambda: Layout(digits=(1, 12), gap_px=(-1, 4), wide_gap_px=(5, 30), wide_share=0.15)
    )
    anywhere_share: Share = 0.55
    near: NotNegative = 0.08
    far: NotNegative = 0.2
    noisy_share: Share = 0.25
    noise: Share = 0.1
    distortion: Distortion = field(default_factory=Distortion)

    def near_px(self, widths_px: FloatArray) -> FloatArray:
        """Distance up to which a window is a digit of each width."""
        return np.asarray(np.maximum(2.0, self.near * widths_px))

    def far_px(self, widths_px: FloatArray) -> FloatArray:
        """Distance from which on it is not."""
        return np.asarray(np.maximum(4.0, self.far * widths_px))

    @classmethod
    def isolated(cls) -> "WindowRecipe":
        """At most one digit in each window, for comparison with flanked digits."""
        # Distortion, small writing and a tall neighbour, which makes it even smaller, bring digits closer.
        return cls(layout=Layout(digits=(1, 12), gap_px=(100, 118)))


def make_windows(
    source: DigitSource, count: int, recipe: WindowRecipe, geometry: Geometry, rng: np.random.Generator
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """A batch of labelled windows, cut from fresh strips.

    Args:
        source: Source of the digits.
        count: Number of windows B.
        recipe: Settings.
        geometry: Input size of the net.
        rng: Random number generator.

    Returns:
        (B, 48, 68) float32 windows, 0 paper to 1 ink, and (B, 11) whether each class is right.
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
    """The normalised strip that the reader makes of a line that the detector has found exactly."""
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
    """(L,) labels of a strip's digits, and their middles and widths in pixels of the strip."""

    labels: npt.NDArray[np.integer]
    middles: FloatArray
    widths: FloatArray


def right_classes(
    places_px: FloatArray, digits: DigitsOnStrip, recipe: WindowRecipe
) -> npt.NDArray[np.bool_]:
    """The right classes of windows of a strip.

    Args:
        places_px: (B,) centres of the windows, in pixels from the strip's left edge.
        digits: Digits of the strip.
        recipe: Bounds of near and far.

    Returns:
        (B, 11): one class, or no-digit and the digits at a distance between near and far.
    """
    distance = np.abs(places_px[:, None] - digits.middles)
    right = np.zeros((len(places_px), CLASSES), bool)
    right[:, NO_DIGIT] = True
    window, digit = np.nonzero(distance < recipe.far_px(digits.widths))
    right[window, digits.labels[digit]] = True

    nearest = distance.argmin(axis=1)
    centred = np.flatnonzero(distance.min(axis=1) <= recipe.near_px(digits.widths)[nearest])
    right[centred] = False
    right[centred, digits.labels[nearest[centred]]] = True
    return right


def _digits_on(strip: Strip, synthetic: SyntheticStrip) -> DigitsOnStrip:
    """The digits of a synthetic strip, in pixels of its normalised strip."""
    middles, widths = [], []
    for box, x in zip(synthetic.boxes, synthetic.middles_px, strict=True):
        y = (box.top + box.bottom) / 2  # half-way up: slant correction moves everything above and below
        middles.append(strip.from_page(Box(x, y, x, y)).left)
        widths.append(strip.from_page(Box(box.left, y, box.right, y)).width)
    labels = [digit.label for digit in synthetic.digits]
    return DigitsOnStrip(np.array(labels), np.array(middles), np.array(widths))


def _places(
    digits: DigitsOnStrip, ends_px: tuple[float, float], recipe: WindowRecipe, rng: np.random.Generator
) -> FloatArray:
    """Centres of windows: one near the middle of each digit, the others anywhere."""
    near = recipe.near_px(digits.widths)
    anywhere = rng.binomial(round(len(near) / (1 - recipe.anywhere_share)), recipe.anywhere_share)
    return np.concatenate([digits.middles + rng.uniform(-near, near), rng.uniform(*ends_px, anywhere)])
