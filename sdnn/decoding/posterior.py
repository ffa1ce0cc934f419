"""How probable a string is, and each digit within it: forward scores turned into probabilities."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sdnn.decoding.automaton import Automaton
from sdnn.decoding.dynamic_programming import forward_scores, log_partition, log_plus
from sdnn.decoding.padding import in_batches, most_states, pad_batch
from sdnn.decoding.trellis import Trellis, each_string, every_string, for_each_map, trellis_of
from sdnn.enums import Topology
from sdnn.results import FloatArray, IntArray


def string_log_probs(
    maps: Sequence[FloatArray], strings: Sequence[Sequence[int]], topology: Topology = Topology.CTC
) -> FloatArray:
    """Log-posteriors log p(string | map) of a string on each map, summed over all of its paths.

    Args:
        maps: N class maps, (T, C) log-probabilities each, with T of their own; the last class is no-digit.
        strings: N strings of digit classes.
        topology: Which paths are allowed; the paths left out are left out of the total, too.

    Returns:
        (N,) natural logarithms, minus infinity for a string that needs more columns than its map has.
    """

    def found(log_probs: FloatArray, columns: IntArray, places: list[int]) -> FloatArray:
        trellis = each_string([strings[place] for place in places], log_probs.shape[2], topology)
        return log_partition(log_probs, trellis, log_plus, columns)

    return np.array(in_batches(maps, most_states(strings), found)) - log_partitions(maps, topology)


def language_log_probs(
    maps: Sequence[FloatArray], automaton: Automaton, topology: Topology = Topology.CTC
) -> FloatArray:
    """Log-probability that a map's string is one that an automaton allows, times the weights it gives.

    Args:
        maps: N class maps, (T, C) log-probabilities each.
        automaton: Allows strings; may weigh them.
        topology: Which paths are allowed.

    Returns:
        (N,) natural logarithms.
    """
    if not maps:
        return np.zeros(0)
    trellis = trellis_of(automaton, maps[0].shape[1], topology)
    return _totals(maps, trellis) - log_partitions(maps, topology)


def log_partitions(maps: Sequence[FloatArray], topology: Topology = Topology.CTC) -> FloatArray:
    """(N,) logs of the probabilities of all allowed paths of a map together; 0 where none is possible."""
    if topology is Topology.CTC:
        return np.array([np.logaddexp.reduce(log_probs, axis=1).sum() for log_probs in maps])
    if not maps:
        return np.zeros(0)
    of_paths = _totals(maps, every_string(maps[0].shape[1], topology))
    return np.where(np.isfinite(of_paths), of_paths, 0.0)


def digit_marginals(
    maps: Sequence[FloatArray],
    strings: Sequence[Sequence[int]],
    topology: Topology = Topology.CTC,
    automaton: Automaton | None = None,
) -> list[FloatArray]:
    """Probability of every digit at each position of the string on each map, with the others as they are.

    A path of a string with another digit at position i enters that digit from the part before it, scored from
    the left, stays on it, and leaves it for the part after it, scored from the right. Summed over the column
    where it leaves, every path counts once.

    Args:
        maps: N class maps, (T, C) log-probabilities each, with T of their own.
        strings: N strings of L digit classes, L their own.
        topology: Which paths are allowed.
        automaton: Which strings are, with what weight; all by default.

    Returns:
        N times (L, C-1): row i is p(digit at i | the other digits of the string), which sums to 1, or is all
        0 where no digit is possible there.
    """

    def found(log_probs: FloatArray, columns: IntArray, places: list[int]) -> list[FloatArray]:
        chosen = [strings[place] for place in places]
        joint = _substituted(log_probs, columns, chosen, topology)
        return np.split(joint, np.cumsum([len(string) for string in chosen])[:-1])

    if not strings:
        return []
    # Each position of a string keeps as many scores as there are digits, beside those of the string itself.
    joints = in_batches(maps, most_states(strings) * maps[0].shape[1], found)
    if automaton is not None:
        joints = [
            joint + _weights(automaton, string, joint.shape[1])
            for joint, string in zip(joints, strings, strict=True)
        ]
    return [_shares(joint) for joint in joints]


def _substituted(
    log_probs: FloatArray, columns: IntArray, strings: Sequence[Sequence[int]], topology: Topology
) -> FloatArray:
    """Log-scores of the strings with each digit in the place of one of theirs.

    Args:
        log_probs: (B, T, C) maps, shorter ones filled up.
        columns: (B,) columns that count.
        strings: B strings.
        topology: Which paths are allowed.

    Returns:
        (P, C-1) for all P positions of all strings, those of the first string first.
    """
    backwards, _ = pad_batch([one[:last][::-1] for one, last in zip(log_probs, columns, strict=True)])
    trellis = each_string(strings, log_probs.shape[2], topology)
    digits = np.array([digit for string in strings for digit in string], dtype=np.intp)
    number = np.repeat(np.arange(len(strings)), [len(string) for string in strings])
    # The states of the trellis are the gaps, of which a string has one more than it has digits, then the
    # digits of all strings in turn.
    gap, on_digit = np.arange(len(digits)) + number, len(digits) + len(strings)

    def reached(
        table: FloatArray, gaps: IntArray, step: int
    ) -> tuple[FloatArray, FloatArray, npt.NDArray[np.bool_]]:
        """Scores of what lies on one side of a position, up to the column before each column.

        Returns:
            (T, P) from the gap beside it alone, (T, P) from the digit beyond as well, and (P, C-1) where the
            first of them counts: for the digit that is equal to the one beyond.
        """
        beside = np.arange(len(digits)) + step
        outermost = np.append(number, -1)[beside] != number
        from_gap = np.full((len(table), len(digits)), -np.inf)
        from_gap[0, outermost] = 0.0
        from_gap[1:] = table[:-1, gaps]
        from_any = from_gap.copy()
        if topology is Topology.CTC:  # a digit may touch another one
            inner = np.flatnonzero(~outermost)
            from_any[1:, inner] = np.logaddexp(from_gap[1:, inner], table[:-1, on_digit + beside[inner]])
        neighbour = np.where(outermost, -1, np.append(digits, -1)[beside])
        equal = neighbour[:, None] == np.arange(log_probs.shape[2] - 1)
        return from_gap, from_any, equal

    before_gap, before_any, as_before = reached(
        forward_scores(log_probs, trellis, log_plus, columns), gap, -1
    )
    after_gap, after_any, as_after = reached(
        forward_scores(backwards, trellis.reversed, log_plus, columns), gap + 1, 1
    )
    places = np.arange(len(digits))
    staying = joint = np.full(as_before.shape, -np.inf)
    for t in range(log_probs.shape[1]):
        arriving = np.where(as_before, before_gap[t, :, None], before_any[t, :, None])
        staying = np.logaddexp(staying, arriving) + log_probs[number, t, :-1]
        left = columns[number] - 1 - t  # columns; those beyond a map's last one do not count
        leaving = np.where(as_after, after_gap[left, places, None], after_any[left, places, None])
        joint = np.logaddexp(joint, np.where(left[:, None] >= 0, staying + leaving, -np.inf))
    return joint


def _shares(joint: FloatArray) -> FloatArray:
    """Probabilities in proportion to the log-scores of each row; all 0 where none is possible."""
    highest = joint.max(axis=1, keepdims=True, initial=-np.inf)
    probs = np.exp(joint - np.where(np.isfinite(highest), highest, 0.0))
    total = probs.sum(axis=1, keepdims=True)
    return np.asarray(probs / np.where(total > 0, total, 1.0))


def _weights(automaton: Automaton, string: Sequence[int], digits: int) -> FloatArray:
    """(L, C-1) log-weights of the strings with another digit at a position."""
    sources, labels, targets = automaton.arcs.T
    ends = [automaton.final]
    for digit in string[::-1]:
        earlier = np.full(len(automaton), -np.inf)
        arcs = labels == digit
        np.maximum.at(earlier, sources[arcs], ends[-1][targets[arcs]])
        ends.append(earlier)
    weights = np.full((len(string), digits), -np.inf)
    for position in range(len(string)):
        arcs = automaton.runs(string[:position])[sources]
        np.maximum.at(weights[position], labels[arcs], ends[len(string) - 1 - position][targets[arcs]])
    return weights


def _totals(maps: Sequence[FloatArray], trellis: Trellis) -> FloatArray:
    """(N,) log of all paths of a trellis of one map, on each map."""

    def found(log_probs: FloatArray, columns: IntArray, places: list[int]) -> FloatArray:
        return log_partition(log_probs, for_each_map(trellis, len(log_probs)), log_plus, columns)

    return np.array(in_batches(maps, len(trellis.labels), found))
