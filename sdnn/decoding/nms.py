"""Peak picking: the decoder without a trellis, kept for comparison with Viterbi."""

from typing import Final

import numpy as np

from sdnn.results import FloatArray, Span

RADIUS_COLUMNS: Final = 3
"""Columns suppressed on either side of a peak; chosen on validation strips."""


def pick_peaks(log_probs: FloatArray, radius: int = RADIUS_COLUMNS, threshold: float = 0.5) -> list[Span]:
    """Digits at the peaks of the class map, by class-agnostic non-maximum suppression.

    Columns come in the order of their best digit's probability. Each suppresses its neighbours whatever their
    class: suppression class by class would let a 4 and a 9 stand on the same place.

    Args:
        log_probs: (T, C) log-probabilities; the last class is no-digit.
        radius: Columns that a peak suppresses on either side.
        threshold: Smallest probability of a peak to be some digit.

    Returns:
        One-column spans from left to right.
    """
    suppressed = 1.0 - np.exp(log_probs[:, -1]) < threshold
    peaks: list[Span] = []
    for column in np.argsort(-log_probs[:, :-1].max(axis=1), kind="stable"):
        if not suppressed[column]:
            peaks.append(Span(int(log_probs[column, :-1].argmax()), int(column), int(column)))
            suppressed[max(0, column - radius) : column + radius + 1] = True
    return sorted(peaks, key=lambda span: span.first)
