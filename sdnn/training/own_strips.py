"""Training strips of the user's own lines, drawn anew from their crops in every step, and synthetic ones."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, Final

import cv2
import numpy as np

from sdnn.datasets.pages import LabelledStrip
from sdnn.datasets.rng import RngPurpose, make_rng
from sdnn.preprocessing import thicken_strokes, to_strip
from sdnn.reading.views import VIEWS
from sdnn.results import FloatArray, Geometry
from sdnn.training.finetune_recipe import OwnJitter, OwnRecipe
from sdnn.training.joined_lines import OwnLine, joined
from sdnn.training.reader_recipe import StringRecipe
from sdnn.training.string_task import StripBatch, StripMaker, bucket_by_width

WAVE_PX: Final = 16
"""Distance of the random displacements between which the ink is displaced smoothly."""
WAVY_SHARE: Final = 0.7
"""Share of the strips with displaced ink."""
NOISY_SHARE: Final = 0.5
"""Share of the strips with noise."""


def view_strips(line: OwnLine, geometry: Geometry) -> list[LabelledStrip]:
    """The strips of a line in all views of the reader."""
    inks = (view.strip_of(line.crop, geometry).ink for view in VIEWS)
    return [LabelledStrip(np.rint(255 * ink).astype(np.uint8), line.text) for ink in inks]


def jittered_strip(
    line: OwnLine, jitter: OwnJitter, geometry: Geometry, rng: np.random.Generator
) -> LabelledStrip:
    """A strip of a line with random geometry and ink round those of a random view."""
    view = VIEWS[rng.integers(len(VIEWS))]
    scale, aspect, shear, drop, left, right, other, thick, dark = rng.uniform(-1, 1, 9).tolist()
    text = line.crop.text
    height, down = text.height, jitter.drop * drop * text.height
    text = replace(
        text,
        left=text.left + jitter.end * left * height,
        top=text.top + down,
        right=text.right + jitter.end * right * height,
        bottom=text.bottom + down,
    )
    share = min(1.0, max(0.0, view.other_ink + jitter.other_ink * other))
    strip = to_strip(
        line.crop.ink(share),
        text,
        geometry,
        slant=line.crop.slant * view.upright + view.slant + jitter.shear * shear,
        scale=view.scale * float(np.exp(jitter.log_scale * scale)),
        aspect=view.aspect * float(np.exp(jitter.log_aspect * aspect)),
    )
    ink = thicken_strokes(strip.ink, max(0.0, view.thickening_px + jitter.thickening_px * thick))
    if rng.random() < WAVY_SHARE:
        ink = _displaced(ink, jitter.wave_px, rng)
    ink = ink * np.float32(np.exp(jitter.log_darkness * dark))
    if rng.random() < NOISY_SHARE:
        ink = ink + rng.normal(0, jitter.noise * rng.random(), ink.shape)
    return LabelledStrip(np.rint(255 * ink.clip(0, 1)).astype(np.uint8), line.text)


def _displaced(ink: FloatArray, by_px: float, rng: np.random.Generator) -> FloatArray:
    """Ink displaced smoothly, by random lengths of the given standard deviation."""
    rows, columns = ink.shape
    coarse = rng.normal(0, by_px, (2, max(2, rows // WAVE_PX), max(2, columns // WAVE_PX))).astype(np.float32)
    right, down = (cv2.resize(each, (columns, rows), interpolation=cv2.INTER_CUBIC) for each in coarse)
    x, y = np.meshgrid(np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32))
    return np.asarray(cv2.remap(ink, x + right, y + down, cv2.INTER_LINEAR))


@dataclass(frozen=True, eq=False)
class MixedBatch:
    """A batch of own and synthetic strips.

    Attributes:
        own: Own strips.
        synthetic: Synthetic strips.
    """

    own: StripBatch
    synthetic: StripBatch


@dataclass(frozen=True, eq=False)
class MixedMaker:
    """Maker of batches of own and synthetic strips; it can be sent to other processes.

    Attributes:
        synthetic: Maker of the synthetic strips.
        lines: Own lines, all of them as often as the others.
        own: Share and jitter of the own strips.
    """

    synthetic: StripMaker
    lines: Sequence[OwnLine]
    own: OwnRecipe

    batches_per_call: ClassVar = StripMaker.batches_per_call

    @property
    def recipe(self) -> StringRecipe:
        """Settings of the stage."""
        return self.synthetic.recipe

    def __call__(self, number: int) -> list[MixedBatch]:
        """Batches in random order."""
        synthetic, recipe, geometry = self.synthetic, self.recipe, self.synthetic.geometry
        rng = make_rng(synthetic.seed, number, RngPurpose.OWN_STRIPS)
        own = round(self.own.share * recipe.batch)
        count = own * self.batches_per_call
        strips = [self.own_strip(place, rng) for place in self._places(number * count, count)]
        others = synthetic.strips((recipe.batch - own) * self.batches_per_call, recipe.page, rng)
        batches = [
            MixedBatch(*pair)
            for pair in zip(
                bucket_by_width(strips, own, geometry),
                bucket_by_width(others, recipe.batch - own, geometry),
                strict=True,
            )
        ]
        return [batches[place] for place in rng.permutation(len(batches))]

    def own_strip(self, place: int, rng: np.random.Generator) -> LabelledStrip:
        """A strip of a line, or of its first digits and the last ones of another."""
        line, geometry, jitter = self.lines[place], self.synthetic.geometry, self.own.jitter
        if line.cuts and rng.random() < self.own.joined_share:
            other = self._cut_lines[rng.integers(len(self._cut_lines))]
            strip = jittered_strip(joined(line, other, rng), jitter, geometry, rng)
            if strip.ink.shape[1] <= self.recipe.page.widest_px:
                return strip
        return jittered_strip(line, jitter, geometry, rng)

    @cached_property
    def _cut_lines(self) -> list[OwnLine]:
        return [line for line in self.lines if line.cuts]

    def part(self, number: int, count: int) -> "MixedMaker":
        """Maker of part `number`, from 0, of each batch divided into `count`; see `distributed`."""
        return replace(self, synthetic=self.synthetic.part(number, count))

    def _places(self, first: int, count: int) -> list[int]:
        """Places of lines `first` and on, of endless rounds through all of them in random order."""
        size = len(self.lines)
        rounds = {
            number: make_rng(self.synthetic.seed, number, RngPurpose.OWN_ORDER).permutation(size)
            for number in range(first // size, (first + count - 1) // size + 1)
        }
        return [int(rounds[place // size][place % size]) for place in range(first, first + count)]
