"""How probable a string is, and each digit within it: forward scores turned into probabilities."""

from collections.abc import Sequence

import numpy as np

from sdnn.choices import Topology
from sdnn.decoding.recursion import totals
from sdnn.decoding.trellis import any_string, one_string, stack
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
) -> tuple[float, FloatArray]:
    """Probability of a string, and of every digit at each of its positions with the others as they are.

    Args:
        log_probs: (T, C) log-probabilities.
        string: L digit classes.
        topology: Which paths are allowed.

    Returns:
        p(string | map), and an (L, C-1) array: row i is p(digit at i | the other digits of the string),
        which sums to 1 wherever the string itself is possible.
    """
    digits = log_probs.shape[1] - 1
    variants = [[*string[:i], digit, *string[i + 1 :]] for i in range(len(string)) for digit in range(digits)]
    scored = string_log_probs(log_probs, [string, *variants], topology)
    joint = scored[1:].reshape(len(string), digits)
    highest = joint.max(axis=1, keepdims=True, initial=-np.inf)
    weights = np.exp(joint - np.where(np.isfinite(highest), highest, 0.0))
    row_totals = weights.sum(axis=1, keepdims=True)
    probs = np.divide(weights, row_totals, out=np.zeros_like(weights), where=row_totals > 0)
    return float(np.exp(scored[0])), probs
