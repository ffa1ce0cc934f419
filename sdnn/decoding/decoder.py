"""From a class map to the digits on it.

Which digits they are depends on the question. Three columns, two digits and no-digit, small enough to
multiply by hand:

    column    0    1   no-digit
    first    .6   .2   .2
    second   .1   .7   .2
    third    .5   .3   .2

    010   most probable class in each column, which is Viterbi on the default trellis:
          .6 · .7 · .5 = .210
    1     peak picking (NMS):
          the .7 in the middle silences its neighbours
    00    Viterbi, strict trellis (no-digit between any two digits):
          path 0–0: .6 · .2 · .5 = .060
    01    most probable string, its paths summed:
          011 + 01– + 0–1 + 001 + –01 = .126 + .084 + .036 + .018 + .006 = .270

The last is the decoder `posterior`. The README has the same example, and a test holds both to this code.
"""

from collections.abc import Sequence

import numpy as np

from sdnn.choices import Decoder, Topology
from sdnn.decoding.automaton import Automaton, any_string
from sdnn.decoding.nbest import n_best
from sdnn.decoding.nms import pick_peaks
from sdnn.decoding.recursion import best_path
from sdnn.decoding.trellis import one_string, trellis_of
from sdnn.results import FloatArray, IntArray, Span


def decode(
    log_probs: FloatArray,
    decoder: Decoder = Decoder.VITERBI,
    topology: Topology = Topology.CTC,
    automaton: Automaton | None = None,
) -> tuple[IntArray, list[Span]]:
    """The decoder's path through the map, and the digits on it.

    Args:
        log_probs: (T, C) log-probabilities of the classes in each column, T at least 1; the last class is
            no-digit.
        decoder: Best path through the trellis, best path of the most probable string, or peaks.
        topology: Which paths the trellis allows; peak picking has no trellis.
        automaton: Which strings are allowed; all by default.

    Returns:
        (T,) class of each column, and the digits from left to right.

    Raises:
        NoPath: When no allowed string is possible, because the map has too few columns, say.
        ValueError: When peaks, which know no strings, are to obey an automaton.
    """
    classes = log_probs.shape[1]
    if decoder is Decoder.NMS:
        if automaton is not None:
            raise ValueError("peak picking knows no strings: it takes no automaton")
        return _peaks(log_probs)
    allowed = any_string(classes - 1) if automaton is None else automaton
    trellis = trellis_of(allowed, classes, topology)
    if decoder is Decoder.POSTERIOR and (found := n_best([log_probs], 1, allowed, topology).strings):
        trellis = one_string(found[0][0], classes, topology)
    path, _ = best_path(log_probs, trellis)
    return path, spell(path, classes - 1)


def _peaks(log_probs: FloatArray) -> tuple[IntArray, list[Span]]:
    spans = pick_peaks(log_probs)
    path = np.full(len(log_probs), log_probs.shape[1] - 1)
    for span in spans:
        path[span.first] = span.label
    return path, spans


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
