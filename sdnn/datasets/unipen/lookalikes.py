"""Digits unlike all others of their label: incomplete ones, two in one, and wrong labels."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from sdnn.datasets.rasterizer import SUBPIXEL_BITS
from sdnn.datasets.unipen.sample import Sample, bounds, split_of
from sdnn.enums import Split

NEIGHBOURS: Final = 10
"""Number of the most similar digits of other writers without the label of a lookalike."""
MIN_GAP: Final = 0.1
"""Lower bound of the difference in cosine to another label; less is an unusual style, which is kept."""
_RANK: Final = 3
"""Rank of the digit whose similarity counts for its label: a single one may be wrongly labelled."""

_SIDE: Final = 16
_FINE: Final = 4
_FILLED: Final = 0.85
"""Longer side of the digit over that of the picture."""


def lookalikes(samples: Sequence[Sample]) -> list[str | None]:
    """The other label that each digit looks like; None for nearly all.

    Digits are compared as pictures of 16 x 16 pixels with those of the training split by other writers. An
    unusual digit is no lookalike: none of the nearest has its label, and another label is far nearer.
    """
    if not samples:
        return []
    pictures = np.stack([_picture(sample) for sample in samples])
    kinds, labels = np.unique([sample.label for sample in samples], return_inverse=True)
    names, writers = np.unique([sample.writer for sample in samples], return_inverse=True)
    fits = np.array([split_of(str(name)) is Split.TRAIN for name in names])
    known = np.argsort(labels, kind="stable")
    known = known[fits[writers[known]]]
    counts = np.bincount(labels[known], minlength=len(kinds))
    ends = counts.cumsum()
    found: list[str | None] = [None] * len(samples)
    for writer in range(len(names)):
        own = np.flatnonzero(writers == writer)
        cosines = pictures[own] @ pictures[known].T
        cosines[:, writers[known] == writer] = -1
        for row, place in enumerate(own.tolist()):
            by_kind = [cosines[row, end - count : end] for end, count in zip(ends, counts, strict=True)]
            nearest = by_kind[labels[place]].max(initial=0)
            if (cosines[row] > nearest).sum() < NEIGHBOURS:
                continue
            closeness = [_closeness(each) for each in by_kind]
            if 0 < closeness[labels[place]] < max(closeness) - MIN_GAP:
                found[place] = str(kinds[np.argmax(closeness)])
    return found


def _closeness(cosines: npt.NDArray[np.float32]) -> float:
    """Similarity of a label's digits: the third highest cosine; 0 for fewer digits."""
    return float(np.partition(cosines, -_RANK)[-_RANK]) if len(cosines) >= _RANK else 0.0


def _picture(sample: Sample) -> npt.NDArray[np.float32]:
    """(256,) blurred ink of length 1, the box centred and scaled to equal longer sides."""
    low, high = bounds(sample.strokes)
    side = _SIDE * _FINE
    scale = _FILLED * side / max(float((high - low).max()), 1e-6)
    shift = side / 2 - scale * (low + high) / 2
    fine = np.zeros((side, side), np.uint8)
    # A stroke of one point needs an end, too.
    lines = [
        np.rint((scale * stroke + shift) * 2**SUBPIXEL_BITS)[[*range(len(stroke)), -1]]
        for stroke in sample.strokes
    ]
    cv2.polylines(fine, [line.astype(np.int32) for line in lines], False, 255, 5, shift=SUBPIXEL_BITS)
    small = cv2.resize(fine, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    blurred = cv2.GaussianBlur(small, (0, 0), 1).ravel()
    length = np.linalg.norm(blurred)
    return np.asarray(blurred / max(float(length), 1e-6), np.float32)
