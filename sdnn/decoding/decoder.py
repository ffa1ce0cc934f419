"""From a class map to the digits on it."""

from collections.abc import Sequence

import numpy as np

from sdnn.choices import Decoder, Topology
from sdnn.decoding.nms import pick_peaks
from sdnn.decoding.recursion import best_path
from sdnn.decoding.trellis import any_string
from sdnn.results import FloatArray, IntArray, Span


def decode(
    log_probs: FloatArray, decoder: Decoder = Decoder.VITERBI, topology: Topology = Topology.CTC
) -> tuple[IntArray, list[Span]]:
    """The decoder's path through the map, and the digits on it.

    Args:
        log_probs: (T, C) log-probabilities of the classes in each column, T at least 1; the last class is
            no-digit.
        decoder: Best path through the trellis, or peaks.
        topology: Which paths the trellis allows; peak picking has no trellis.

    Returns:
        (T,) class of each column, and the digits from left to right.
    """
    no_digit = log_probs.shape[1] - 1
    if decoder is Decoder.NMS:
        spans = pick_peaks(log_probs)
        path = np.full(len(log_probs), no_digit)
        for span in spans:
            path[span.first] = span.label
        return path, spans
    path, _ = best_path(log_probs, any_string(no_digit + 1, topology))
    return path, spell(path, no_digit)


def spell(path: Sequence[int] | IntArray, no_digit: int) -> list[Span]:
    """The digits along a path: runs of equal columns, without those of no-digit."""
    edges = np.flatnonzero(np.diff(path)) + 1
    firsts = [0, *edges.tolist()]
    lasts = [*(edges - 1).tolist(), len(path) - 1]
    return [
        Span(int(path[first]), first, last)
        for first, last in zip(firsts, lasts, strict=True)
        if path[first] != no_digit
    ]
