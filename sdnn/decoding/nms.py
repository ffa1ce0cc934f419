"""Peak picking: the decoder without a trellis, kept beside Viterbi for comparison."""

import numpy as np

from sdnn.results import FloatArray, Span

RADIUS_COLUMNS = 3
"""Columns suppressed on either side of a peak: 6 px, the best of 2 to 14 on validation strips."""


def pick_peaks(log_probs: FloatArray, radius: int = RADIUS_COLUMNS, threshold: float = 0.5) -> list[Span]:
    """Digits at the peaks of the class map, by class-agnostic non-maximum suppression.

    The column surest of its best digit comes first; it silences its neighbours whatever their class
    (suppression class by class would let a 4 and a 9 stand on the same place), then the next, and so on.

    Args:
        log_probs: (T, C) log-probabilities; the last class is no-digit.
        radius: Columns on either side of a peak that it silences.
        threshold: Least probability of "some digit" at a peak.

    Returns:
        One-column spans from left to right.
    """
    some_digit = 1.0 - np.exp(log_probs[:, -1])
    sureness = log_probs[:, :-1].max(axis=1)
    silenced = some_digit < threshold
    peaks: list[Span] = []
    for column in np.argsort(-sureness, kind="stable"):
        if not silenced[column]:
            peaks.append(Span(int(log_probs[column, :-1].argmax()), int(column), int(column)))
            silenced[max(0, column - radius) : column + radius + 1] = True
    return sorted(peaks, key=lambda span: span.first)
