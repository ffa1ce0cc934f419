"""From a class map to the digits on it.

The decoders differ. Three columns, two digits and no-digit, small enough to multiply by hand:

    column    0    1   no-digit
    first    .6   .2   .2
    second   .1   .7   .2
    third    .5   .3   .2

    010   most probable class in each column, which is Viterbi on the default trellis:
          .6 · .7 · .5 = .210
    1     peak picking (NMS):
          the .7 in the middle suppresses its neighbours
    00    Viterbi, strict trellis (no-digit between any two digits):
          path 0–0: .6 · .2 · .5 = .060
    01    most probable string, its paths summed:
          011 + 01– + 0–1 + 001 + –01 = .126 + .084 + .036 + .018 + .006 = .270

The last is the decoder `posterior`. The book has the same example, and a test holds both to this code.
"""

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from sdnn.decoding.automaton import Automaton, any_string
from sdnn.decoding.dynamic_programming import best_paths
from sdnn.decoding.nbest import n_best
from sdnn.decoding.nms import pick_peaks
from sdnn.decoding.padding import map_in_batches, max_states
from sdnn.decoding.trellis import Trellis, automaton_trellis, is_too_large, repeated_trellis, string_trellis
from sdnn.enums import Decoder, Topology
from sdnn.results import FloatArray, IntArray, Span


def decode(
    maps: Sequence[FloatArray],
    decoder: Decoder = Decoder.VITERBI,
    topology: Topology = Topology.CTC,
    automaton: Automaton | None = None,
) -> list[IntArray | None]:
    """The decoder's path through each map.

    Args:
        maps: (T, C) log-probabilities of the classes in each column, T at least 1 and each map's own; the
            last class is no-digit.
        decoder: Best path through the trellis, best path of the most probable string, or peaks.
        topology: Paths that the trellis allows; peak picking has no trellis.
        automaton: Allowed strings; all by default.

    Returns:
        (T,) class of each column; None where no allowed string is possible on the map, or the automaton is
        too large for it.

    Raises:
        ValueError: When peak picking gets an automaton.
    """
    if decoder is Decoder.NMS:
        if automaton is not None:
            raise ValueError("peak picking knows no strings: it takes no automaton")
        return [_peaks(log_probs) for log_probs in maps]
    if not maps:
        return []
    classes = maps[0].shape[1]
    if automaton is None and topology is Topology.CTC:
        paths = [_best_free_path(log_probs) for log_probs in maps]
    else:
        allowed = any_string(classes - 1) if automaton is None else automaton
        paths = [None] * len(maps)
        small = [index for index, log_probs in enumerate(maps) if not is_too_large(allowed, len(log_probs))]
        trellis = automaton_trellis(allowed, classes, topology)
        for index, path in zip(
            small, _best_automaton_paths([maps[index] for index in small], trellis), strict=True
        ):
            paths[index] = path
    if decoder is Decoder.POSTERIOR:
        best = [n_best([log_probs], 1, automaton, topology).strings for log_probs in maps]
        found = [index for index, strings in enumerate(best) if strings]
        strings = [best[index][0][0] for index in found]
        for index, path in zip(
            found, forced_alignments([maps[index] for index in found], strings, topology), strict=True
        ):
            paths[index] = path
    return paths


def forced_alignments(
    maps: Sequence[FloatArray], strings: Sequence[Sequence[int]], topology: Topology = Topology.CTC
) -> list[IntArray | None]:
    """The best path through each of N maps that spells its string; None where the map has too few columns."""

    def aligned(log_probs: FloatArray, columns: IntArray, batch: list[int]) -> list[IntArray | None]:
        trellis = string_trellis([strings[index] for index in batch], log_probs.shape[2], topology)
        return _best_paths(log_probs, trellis, columns)

    return map_in_batches(maps, max_states(strings), aligned)


def _best_free_path(log_probs: FloatArray) -> IntArray | None:
    """The best class of every column: the best path where any class may follow any other.

    Of equal paths it is the one that the recursion finds.
    """
    classes = log_probs.shape[1]
    best = log_probs[:, np.arange(-1, classes - 1)].argmax(axis=1) - 1  # no-digit comes first
    if (log_probs.max(axis=1) == -np.inf).any():
        return None
    return np.asarray(best % classes)


def _best_automaton_paths(maps: Sequence[FloatArray], trellis: Trellis) -> list[IntArray | None]:
    """The best path through each map on the trellis of one map."""

    def decoded(log_probs: FloatArray, columns: IntArray, batch: list[int]) -> list[IntArray | None]:
        return _best_paths(log_probs, repeated_trellis(trellis, len(batch)), columns)

    return map_in_batches(maps, len(trellis.labels), decoded)


def _best_paths(log_probs: FloatArray, trellis: Trellis, columns: IntArray) -> list[IntArray | None]:
    paths, scores = best_paths(log_probs, trellis, columns)
    return [
        path[:last] if np.isfinite(score) else None
        for path, score, last in zip(paths, scores, columns, strict=True)
    ]


def _peaks(log_probs: FloatArray) -> IntArray:
    path = np.full(len(log_probs), log_probs.shape[1] - 1)
    for span in pick_peaks(log_probs):
        path[span.first] = span.label
    return path


def collapse(path: Sequence[int] | IntArray, no_digit: int) -> list[Span]:
    """The digits along a path: runs of equal columns, without those of no-digit."""
    spans = []
    first = 0
    for label, run in groupby(np.asarray(path).tolist()):
        after = first + len(list(run))
        if label != no_digit:
            spans.append(Span(label, first, after - 1))
        first = after
    return spans
