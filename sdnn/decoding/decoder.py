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

The last is the decoder `posterior`. The book has the same example, and a test holds both to this code.
"""

from collections.abc import Sequence
from itertools import groupby

import numpy as np

from sdnn.decoding.automaton import Automaton, any_string
from sdnn.decoding.dynamic_programming import best_paths
from sdnn.decoding.nbest import n_best
from sdnn.decoding.nms import pick_peaks
from sdnn.decoding.padding import in_batches, most_states
from sdnn.decoding.trellis import Trellis, each_string, for_each_map, trellis_of
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
        topology: Which paths the trellis allows; peak picking has no trellis.
        automaton: Which strings are allowed; all by default.

    Returns:
        (T,) class of each column; None where no allowed string is possible on the map.

    Raises:
        ValueError: When peaks, which know no strings, are to obey an automaton.
    """
    if decoder is Decoder.NMS:
        if automaton is not None:
            raise ValueError("peak picking knows no strings: it takes no automaton")
        return [_peaks(log_probs) for log_probs in maps]
    if not maps:
        return []
    classes = maps[0].shape[1]
    if automaton is None and topology is Topology.CTC:
        paths = [_free(log_probs) for log_probs in maps]
    else:
        allowed = any_string(classes - 1) if automaton is None else automaton
        paths = _best(maps, trellis_of(allowed, classes, topology))
    if decoder is Decoder.POSTERIOR:
        found = [n_best([log_probs], 1, automaton, topology).strings for log_probs in maps]
        likeliest = [place for place, strings in enumerate(found) if strings]
        spelling = forced_alignments(
            [maps[place] for place in likeliest], [found[place][0][0] for place in likeliest], topology
        )
        for place, path in zip(likeliest, spelling, strict=True):
            paths[place] = path
    return paths


def forced_alignments(
    maps: Sequence[FloatArray], strings: Sequence[Sequence[int]], topology: Topology = Topology.CTC
) -> list[IntArray | None]:
    """The best path through each map that spells its string; None where the map has too few columns for it.

    Args:
        maps: N class maps, (T, C) log-probabilities each.
        strings: N strings of digit classes.
        topology: Which paths the trellis allows.
    """

    def found(log_probs: FloatArray, columns: IntArray, places: list[int]) -> list[IntArray | None]:
        trellis = each_string([strings[place] for place in places], log_probs.shape[2], topology)
        return _possible(log_probs, trellis, columns)

    return in_batches(maps, most_states(strings), found)


def _free(log_probs: FloatArray) -> IntArray | None:
    """The best path where any class may follow any other: the best class of every column.

    It is the one that the recursion would find, of equal ones, too.
    """
    classes = log_probs.shape[1]
    best = log_probs[:, np.arange(-1, classes - 1)].argmax(axis=1) - 1  # no-digit comes first
    if (log_probs.max(axis=1) == -np.inf).any():
        return None
    return np.asarray(best % classes)


def _best(maps: Sequence[FloatArray], trellis: Trellis) -> list[IntArray | None]:
    """The best path through each map on a trellis of one map."""

    def found(log_probs: FloatArray, columns: IntArray, places: list[int]) -> list[IntArray | None]:
        return _possible(log_probs, for_each_map(trellis, len(log_probs)), columns)

    return in_batches(maps, len(trellis.labels), found)


def _possible(log_probs: FloatArray, trellis: Trellis, columns: IntArray) -> list[IntArray | None]:
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
