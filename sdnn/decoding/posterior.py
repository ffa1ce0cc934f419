"""How probable a string is, and each digit within it: forward scores turned into probabilities."""

from collections.abc import Sequence

import numpy as np

from sdnn.choices import Topology
from sdnn.decoding.recursion import scores, totals
from sdnn.decoding.trellis import any_string, one_string, stack, substitutes
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
    classes = log_probs.shape[1]
    maps = np.broadcast_to(log_probs, (len(strings), *log_probs.shape))
    of_string = totals(
        maps, stack([one_string(string, classes, topology) for string in strings]), np.logaddexp
    )
    of_all = totals(log_probs[None], any_string(classes, topology), np.logaddexp)
    # Where no path is possible at all, no string is.
    return np.where(np.isfinite(of_all), of_string - np.where(np.isfinite(of_all), of_all, 0.0), -np.inf)


def digit_probs(
    log_probs: FloatArray, string: Sequence[int], topology: Topology = Topology.CTC
) -> FloatArray:
    """Probability of every digit at each position of a string, with the others as they are.

    A path of a string with another digit at position i enters that digit from the part before it, which the
    recursion has scored from the left, and leaves it for the part after it, scored together with the digit
    from the right. Summed over the column where it enters, every path counts once.

    Args:
        log_probs: (T, C) log-probabilities.
        string: L digit classes.
        topology: Which paths are allowed.

    Returns:
        (L, C-1) array: row i is p(digit at i | the other digits of the string), which sums to 1, or is all 0
        where no digit is possible there.
    """
    columns, classes = log_probs.shape
    probs = np.zeros((len(string), classes - 1))
    ahead = scores(log_probs[None], one_string(string, classes, topology), np.logaddexp)[0]
    backwards, first_substitute = substitutes(string[::-1], classes, topology)
    behind = scores(log_probs[None, ::-1], backwards, np.logaddexp)[0, ::-1, first_substitute:]
    behind = behind.reshape(columns, len(string), classes - 1)[:, ::-1]
    for position in range(len(string)):
        gap = ahead[:-1, 2 * position + 1, None]
        enter = np.full((columns, classes - 1), 0.0 if position == 0 else -np.inf)
        enter[1:] = np.broadcast_to(gap, enter[1:].shape)
        if position > 0 and topology is Topology.CTC:
            other = np.arange(classes - 1) != string[position - 1]
            enter[1:, other] = np.logaddexp(gap, ahead[:-1, 2 * position, None])
        joint = np.logaddexp.reduce(enter + behind[:, position], axis=0)
        total = np.logaddexp.reduce(joint)
        if np.isfinite(total):
            probs[position] = np.exp(joint - total)
    return probs
