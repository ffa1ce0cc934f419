"""Probabilities of strings, of languages, and of the digits of a string, from forward scores."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sdnn.decoding.automaton import Automaton
from sdnn.decoding.dynamic_programming import forward_scores, log_partition, log_plus
from sdnn.decoding.padding import map_in_batches, max_states, pad_batch
from sdnn.decoding.trellis import (
    Trellis,
    automaton_trellis,
    free_trellis,
    repeated_trellis,
    string_trellis,
)
from sdnn.enums import Topology
from sdnn.results import FloatArray, IntArray

MAX_WHOLE: Final = 128
"""Digits of a string whose probabilities are computed at once."""
PIECE: Final = 32
"""Digits of a piece of a longer one."""
CONTEXT: Final = 16
"""Digits on either side of a piece that it is computed with."""


def string_log_probs(
    maps: Sequence[FloatArray], strings: Sequence[Sequence[int]], topology: Topology = Topology.CTC
) -> FloatArray:
    """Log-posteriors log p(string | map) of a string on each map, summed over all of its paths.

    Args:
        maps: N class maps, (T, C) log-probabilities each, T their own; the last class is no-digit.
        strings: N strings of digit classes.
        topology: Allowed paths, those of the string and of all strings together.

    Returns:
        (N,) natural logarithms, minus infinity for a string that needs more columns than its map has.
    """

    def summed(log_probs: FloatArray, columns: IntArray, batch: list[int]) -> FloatArray:
        trellis = string_trellis([strings[index] for index in batch], log_probs.shape[2], topology)
        return log_partition(log_probs, trellis, log_plus, columns)

    return np.array(map_in_batches(maps, max_states(strings), summed)) - log_partitions(maps, topology)


def language_log_probs(
    maps: Sequence[FloatArray], automaton: Automaton, topology: Topology = Topology.CTC
) -> FloatArray:
    """(N,) log-probabilities of all strings that an automaton allows, times its weights, on N maps."""
    if not maps:
        return np.zeros(0)
    trellis = automaton_trellis(automaton, maps[0].shape[1], topology)
    return _automaton_partitions(maps, trellis) - log_partitions(maps, topology)


def log_partitions(maps: Sequence[FloatArray], topology: Topology = Topology.CTC) -> FloatArray:
    """(N,) logarithms of the probability of all allowed paths of each map; 0 where none is possible."""
    if topology is Topology.CTC:
        return np.array([np.logaddexp.reduce(log_probs, axis=1).sum() for log_probs in maps])
    if not maps:
        return np.zeros(0)
    totals = _automaton_partitions(maps, free_trellis(maps[0].shape[1], topology))
    return np.where(np.isfinite(totals), totals, 0.0)


def _automaton_partitions(maps: Sequence[FloatArray], trellis: Trellis) -> FloatArray:
    """(N,) logarithms of the probability of all paths on the trellis of one map, on each map."""

    def summed(log_probs: FloatArray, columns: IntArray, batch: list[int]) -> FloatArray:
        return log_partition(log_probs, repeated_trellis(trellis, len(batch)), log_plus, columns)

    return np.array(map_in_batches(maps, len(trellis.labels), summed))


def digit_marginals(
    maps: Sequence[FloatArray],
    strings: Sequence[Sequence[int]],
    topology: Topology = Topology.CTC,
    automaton: Automaton | None = None,
    paths: Sequence[IntArray | None] | None = None,
) -> list[FloatArray]:
    """Probability of every digit at each position of the string on each map, given the other digits.

    A path of a string with another digit at position i enters that digit from the part before it, scored from
    the left, stays on it, and leaves it for the part after it, scored from the right. Summed over the column
    where it leaves, every path counts once.

    The time grows with digits times columns. Strings of more than `MAX_WHOLE` digits are therefore taken in
    pieces, cut where their best paths enter a digit: `CONTEXT` digits away that makes no difference.

    Args:
        maps: N class maps, (T, C) log-probabilities each, T their own.
        strings: N strings of L digit classes, L their own.
        topology: Allowed paths.
        automaton: Allowed strings and their weights; all of weight 1 by default.
        paths: (T,) best path of each string on its map; without it a string is not cut.

    Returns:
        N times (L, C-1): row i is p(digit at i | the other digits of the string), which sums to 1, or is all
        0 where no digit is possible.
    """
    if not strings:
        return []
    pieces = [
        (index, piece)
        for index, string in enumerate(strings)
        for piece in _pieces(maps[index], len(string), None if paths is None else paths[index])
    ]
    parts = [strings[index][piece.digits] for index, piece in pieces]

    def substitutions(log_probs: FloatArray, columns: IntArray, batch: list[int]) -> list[FloatArray]:
        chosen = [parts[index] for index in batch]
        scores = _substitution_scores(log_probs, columns, chosen, topology)
        return np.split(scores, np.cumsum([len(string) for string in chosen])[:-1])

    # Each position of a string has a score for each digit, beside those of the string itself.
    states = max_states(parts) * maps[0].shape[1]
    of_parts = map_in_batches([maps[index][piece.columns] for index, piece in pieces], states, substitutions)
    kept: list[list[FloatArray]] = [[] for _ in strings]
    for (index, piece), of_part in zip(pieces, of_parts, strict=True):
        kept[index].append(of_part[piece.kept])
    scores = [np.concatenate(of_string) for of_string in kept]
    if automaton is not None:
        scores = [
            each + _substitution_weights(automaton, string, each.shape[1])
            for each, string in zip(scores, strings, strict=True)
        ]
    return [_normalized(each) for each in scores]


class _Piece(NamedTuple):
    """A part of a string on the columns of its map, and which of its digits it gives the probabilities of."""

    columns: slice
    digits: slice
    kept: slice


def _pieces(log_probs: FloatArray, length: int, path: IntArray | None) -> Iterator[_Piece]:
    """The whole string, or pieces of a long one, each with the digits around it."""
    if path is None or length <= MAX_WHOLE:
        yield _Piece(slice(None), slice(None), slice(None))
        return
    no_digit = log_probs.shape[1] - 1
    enters = (path != no_digit) & np.append(True, path[1:] != path[:-1])
    bounds = [0, *np.flatnonzero(enters)[1:].tolist(), len(path)]
    for begin in range(0, length, PIECE):
        end = min(length, begin + PIECE)
        first, after = max(0, begin - CONTEXT), min(length, end + CONTEXT)
        kept = slice(begin - first, end - first)
        yield _Piece(slice(bounds[first], bounds[after]), slice(first, after), kept)


def _substitution_scores(
    log_probs: FloatArray, columns: IntArray, strings: Sequence[Sequence[int]], topology: Topology
) -> FloatArray:
    """Log-scores of each string with each digit in place of one of its own.

    Args:
        log_probs: (B, T, C) maps, padded.
        columns: (B,) columns that count.
        strings: B strings.
        topology: Allowed paths.

    Returns:
        (P, C-1) scores for all P positions of all strings, those of the first string first.
    """
    backwards, _ = pad_batch([one[:last][::-1] for one, last in zip(log_probs, columns, strict=True)])
    trellis = string_trellis(strings, log_probs.shape[2], topology)
    digits = np.array([digit for string in strings for digit in string], dtype=np.intp)
    number = np.repeat(np.arange(len(strings)), [len(string) for string in strings])
    # The states of the trellis are the gaps, of which a string has one more than it has digits, then the
    # digits of all strings in turn.
    gap, first_digit = np.arange(len(digits)) + number, len(digits) + len(strings)

    def side_scores(
        table: FloatArray, gaps: IntArray, step: int
    ) -> tuple[FloatArray, FloatArray, npt.NDArray[np.bool_]]:
        """Scores of the part on one side of a position, up to the column before each column.

        Returns:
            (T, P) scores from the gap next to it, (T, P) scores from the digit beyond as well, and (P, C-1)
            where the former count: for the digit that is equal to the one beyond.
        """
        beside = np.arange(len(digits)) + step
        outermost = np.append(number, -1)[beside] != number
        from_gap = np.full((len(table), len(digits)), -np.inf)
        from_gap[0, outermost] = 0.0
        from_gap[1:] = table[:-1, gaps]
        from_any = from_gap.copy()
        if topology is Topology.CTC:  # a digit may touch another one
            inner = np.flatnonzero(~outermost)
            from_any[1:, inner] = np.logaddexp(from_gap[1:, inner], table[:-1, first_digit + beside[inner]])
        neighbour = np.where(outermost, -1, np.append(digits, -1)[beside])
        equal = neighbour[:, None] == np.arange(log_probs.shape[2] - 1)
        return from_gap, from_any, equal

    before_gap, before_any, as_before = side_scores(
        forward_scores(log_probs, trellis, log_plus, columns), gap, -1
    )
    after_gap, after_any, as_after = side_scores(
        forward_scores(backwards, trellis.reversed, log_plus, columns), gap + 1, 1
    )
    places = np.arange(len(digits))
    staying = scores = np.full(as_before.shape, -np.inf)
    for t in range(log_probs.shape[1]):
        entering = np.where(as_before, before_gap[t, :, None], before_any[t, :, None])
        staying = np.logaddexp(staying, entering) + log_probs[number, t, :-1]
        remaining = columns[number] - 1 - t  # negative for padded columns, which do not count
        leaving = np.where(as_after, after_gap[remaining, places, None], after_any[remaining, places, None])
        scores = np.logaddexp(scores, np.where(remaining[:, None] >= 0, staying + leaving, -np.inf))
    return scores


def _normalized(scores: FloatArray) -> FloatArray:
    """Probabilities in proportion to the log-scores of each row; all 0 where none is possible."""
    highest = scores.max(axis=1, keepdims=True, initial=-np.inf)
    probs = np.exp(scores - np.where(np.isfinite(highest), highest, 0.0))
    total = probs.sum(axis=1, keepdims=True)
    return np.asarray(probs / np.where(total > 0, total, 1.0))


def _substitution_weights(automaton: Automaton, string: Sequence[int], digits: int) -> FloatArray:
    """(L, C-1) log-weights of the string with each digit at each position."""
    sources, labels, targets = automaton.arcs.T
    ends = [automaton.final]
    for digit in string[::-1]:
        earlier = np.full(len(automaton), -np.inf)
        arcs = labels == digit
        np.maximum.at(earlier, sources[arcs], ends[-1][targets[arcs]])
        ends.append(earlier)
    weights = np.full((len(string), digits), -np.inf)
    states = automaton.initial
    for position, digit in enumerate(string):
        arcs = states[sources]
        np.maximum.at(weights[position], labels[arcs], ends[len(string) - 1 - position][targets[arcs]])
        states = np.zeros(len(automaton), bool)
        states[targets[arcs & (labels == digit)]] = True
    return weights
