"""How probable a string is, and each digit within it: forward scores turned into probabilities."""

from collections.abc import Sequence

import numpy as np

from sdnn.choices import Topology
from sdnn.decoding.automaton import Automaton
from sdnn.decoding.prefixes import ClassColumns, Prefix, empty_prefix, entering, extended
from sdnn.decoding.recursion import sum_of, totals
from sdnn.decoding.trellis import each_string, every_string, trellis_of
from sdnn.results import FloatArray


def string_log_probs(
    log_probs: FloatArray, strings: Sequence[Sequence[int]], topology: Topology = Topology.CTC
) -> FloatArray:
    """Log-posteriors log p(string | map) of N strings on one map, each summed over all of its paths.

    Args:
        log_probs: (T, C) log-probabilities of the classes in each column; the last class is no-digit.
        strings: N strings of digit classes.
        topology: Which paths are allowed; the paths left out are left out of the total, too.

    Returns:
        (N,) natural logarithms, minus infinity for a string that needs more columns than there are.
    """
    if not strings:
        return np.zeros(0)
    maps = np.broadcast_to(log_probs, (len(strings), *log_probs.shape))
    of_strings = totals(maps, each_string(strings, log_probs.shape[1], topology), sum_of)
    return of_strings - all_log_prob(log_probs, topology)


def language_log_prob(
    log_probs: FloatArray, automaton: Automaton, topology: Topology = Topology.CTC
) -> float:
    """Log-probability that the map's string is one that an automaton allows, times the weights it gives.

    Args:
        log_probs: (T, C) log-probabilities.
        automaton: Allows strings; may weigh them.
        topology: Which paths are allowed.
    """
    trellis = trellis_of(automaton, log_probs.shape[1], topology)
    return float(totals(log_probs[None], trellis, sum_of)[0]) - all_log_prob(log_probs, topology)


def all_log_prob(log_probs: FloatArray, topology: Topology = Topology.CTC) -> float:
    """Log of the probabilities of all allowed paths together; 0 where none is possible."""
    if topology is Topology.CTC:
        return float(np.logaddexp.reduce(log_probs, axis=1).sum())
    total = float(totals(log_probs[None], every_string(log_probs.shape[1], topology), sum_of)[0])
    return total if np.isfinite(total) else 0.0


def digit_probs(
    log_probs: FloatArray,
    string: Sequence[int],
    topology: Topology = Topology.CTC,
    automaton: Automaton | None = None,
) -> FloatArray:
    """Probability of every digit at each position of a string, with the others as they are.

    A path of a string with another digit at position i enters that digit from the part before it, scored from
    the left, stays on it, and leaves it for the part after it, scored from the right. Summed over the column
    where it leaves, every path counts once.

    Args:
        log_probs: (T, C) log-probabilities.
        string: L digit classes.
        topology: Which paths are allowed.
        automaton: Which strings are, with what weight; all by default.

    Returns:
        (L, C-1) array: row i is p(digit at i | the other digits of the string), which sums to 1, or is all 0
        where no digit is possible there.
    """
    ahead = ClassColumns.of(log_probs, topology)
    behind = ClassColumns.of(log_probs[::-1], topology)
    digits = log_probs.shape[1] - 1
    before, after = _prefixes(ahead, string), _prefixes(behind, string[::-1])
    weights = np.zeros((len(string), digits)) if automaton is None else _weights(automaton, string, digits)
    probs = np.zeros((len(string), digits))
    for position in range(len(string)):
        on_digit = ahead.staying(entering(ahead, before[position]), slice(0, digits))
        leave = entering(behind, after[len(string) - 1 - position])[:, ::-1]
        joint = np.logaddexp.reduce(on_digit + leave, axis=1) + weights[position]
        total = np.logaddexp.reduce(joint)
        if np.isfinite(total):
            probs[position] = np.exp(joint - total)
    return probs


def _prefixes(columns: ClassColumns, string: Sequence[int]) -> list[Prefix]:
    """The prefixes of a string, from none of its digits to all."""
    prefixes = [empty_prefix(columns)]
    for digit in string:
        enter = entering(columns, prefixes[-1])[digit]
        prefixes.append(extended(columns, enter, digit))
    return prefixes


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
