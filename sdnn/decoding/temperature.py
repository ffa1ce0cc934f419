"""Calibration of confidence: one temperature, fitted on strips of known text."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from sdnn.decoding.dynamic_programming import log_partition, log_plus
from sdnn.decoding.padding import pad_batch
from sdnn.decoding.trellis import string_trellis
from sdnn.results import FloatArray, log_softmax

TEMPERATURES: Final = (0.25, 4.0)
"""Bounds of the search; a net beyond them is broken, not badly calibrated."""


def fit_temperature(maps: Sequence[FloatArray], strings: Sequence[Sequence[int]]) -> float:
    """The temperature at which the true strings are most probable, in CTC's topology.

    Strings that need more columns than their map has are left out.

    Args:
        maps: N class maps, (T, C) log-probabilities at temperature 1 each.
        strings: N strings of digit classes.

    Returns:
        A temperature within `TEMPERATURES`; 1 without strings that fit.

    Raises:
        ValueError: When there are not as many strings as maps.

    Reference:
        Guo et al. 2017 scale one label's logits; here the likelihood is that of the whole string, summed over
        its paths, which is the probability that a reading reports.
    """
    if len(maps) != len(strings):
        raise ValueError(f"{len(strings)} strings for {len(maps)} maps: must be the same number")
    if not maps:
        return 1.0
    batch, columns = pad_batch(maps)
    trellis = string_trellis(strings, batch.shape[2])
    fits = np.isfinite(log_partition(batch, trellis, log_plus, columns))
    if not fits.any():
        return 1.0

    def log_likelihood(log_temperature: float) -> float:
        log_probs = log_partition(log_softmax(batch, np.exp(log_temperature)), trellis, log_plus, columns)
        return float(log_probs[fits].mean())

    # The likelihood has one peak: two grids, the second between neighbours in the first.
    low, high = np.log(TEMPERATURES)
    for points in (17, 9):
        grid = np.linspace(low, high, points)
        best = int(np.argmax([log_likelihood(value) for value in grid]))
        low, high = grid[max(0, best - 1)], grid[min(points - 1, best + 1)]
    return float(np.exp(grid[best]))
