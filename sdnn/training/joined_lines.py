"""The user's labelled lines, cut between their digits and joined to new ones.

A few hundred strips have as many strings, and a net learns strings by heart; their digits, in other company,
make ever new ones in the same hands. Where the digits are on a line is not labelled: the net that the
fine-tuning begins from aligns the label with the line.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import cv2
import numpy as np

from sdnn.decoding.decoder import collapse, decode, forced_alignments
from sdnn.detection import LineCrop
from sdnn.models.engine import Engine
from sdnn.preprocessing.normalization import average, warp
from sdnn.reading.views import VIEWS
from sdnn.results import NO_DIGIT, Strip

PROFILE_PX: Final = 1.0
"""Standard deviation of the blur of the ink in which a cut is looked for, in pixels of the strip."""


@dataclass(frozen=True, eq=False)
class OwnLine:
    """A line to learn.

    Attributes:
        crop: Its ink.
        text: Its digits; empty for a line that has none.
        cuts: Places between neighbouring digits, half-way up, in pixels of the crop; a cut leans as they do.
            Empty where they are not known.
    """

    crop: LineCrop
    text: str
    cuts: tuple[float, ...] = ()


def with_cuts(lines: Sequence[OwnLine], engine: Engine) -> list[OwnLine]:
    """The lines with their cuts, of those that the net reads with as many digits as they have."""
    geometry = engine.metadata.geometry
    strips = [VIEWS[0].strip_of(line.crop, geometry) for line in lines]
    maps = engine.class_maps(strips)
    digits = [[int(digit) for digit in line.text] for line in lines]
    logs = [each.log_probs for each in maps]
    aligned = forced_alignments(logs, digits)
    cut = []
    for line, strip, class_map, path, read in zip(lines, strips, maps, aligned, decode(logs), strict=True):
        assert read is not None  # any string is possible
        if path is None or len(line.text) < 2 or len(collapse(read, NO_DIGIT)) != len(line.text):
            cut.append(line)
            continue
        middles = [class_map.centre_px(span.centre) for span in collapse(path, NO_DIGIT)]
        cut.append(replace(line, cuts=tuple(_cuts(strip, middles))))
    return cut


def _cuts(strip: Strip, middles: Sequence[float]) -> list[float]:
    """Where the ink between two digits is least, half-way up, in pixels of the crop."""
    profile = cv2.GaussianBlur(strip.ink.sum(axis=0)[None], (0, 0), PROFILE_PX)[0]
    half = len(strip.ink) / 2
    cuts = []
    for left, right in pairwise(middles):
        first, last = round(left + (right - left) / 4), round(right - (right - left) / 4)
        place = first + int(profile[first : max(first + 1, last)].argmin()) + 0.5
        cuts.append(float((strip.page_from_strip @ [place, half, 1])[0]))
    return cuts


def joined(first: OwnLine, second: OwnLine, rng: np.random.Generator) -> OwnLine:
    """A line of the first digits of one and the last digits of another, upright, as high as the first."""
    left_cut, right_cut = rng.integers(len(first.cuts)), rng.integers(len(second.cuts))
    text, other = first.crop.text, second.crop.text
    scale = other.height / text.height
    end, begin = first.cuts[left_cut], second.cuts[right_cut]
    width = round(end + (second.crop.layers.shape[1] - begin) / scale)
    rows = len(first.crop.layers)
    middle, other_middle = (text.top + text.bottom) / 2, (other.top + other.bottom) / 2
    lean, other_lean = -first.crop.slant, -second.crop.slant
    # Pixels of the first and of the second crop from those of the joined one.
    from_first = np.array([[1.0, lean, -lean * middle], [0.0, 1.0, 0.0]])
    from_second = np.array(
        [
            [scale, scale * other_lean, begin - scale * end - scale * other_lean * middle],
            [0.0, scale, other_middle - scale * middle],
        ]
    )
    layers = warp(first.crop.layers, from_first, (width, rows))
    reduction = max(1, int(scale))
    # Averaged first where the line shrinks, so that thin strokes survive.
    tail = second.crop.layers if reduction == 1 else average(second.crop.layers, reduction)
    tail = warp(tail, from_second / reduction, (width, rows))
    place = round(end)
    layers[:, place:] = tail[:, place:]
    right = end + (other.right - begin) / scale
    crop = LineCrop(layers, replace(text, right=right), 0.0)
    return OwnLine(crop, first.text[: left_cut + 1] + second.text[right_cut + 1 :])
