"""Making confidence a probability: one temperature, fitted on strips whose text is known."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from sdnn.decoding.dynamic_programming import log_partition, log_plus
from sdnn.decoding.padding import pad_batch
from sdnn.decoding.trellis import each_string
from sdnn.results import FloatArray, log_softmax

TEMPERATURES: Final = (0.25, 4.0)
"""Bounds of the search; a net that needs more is broken, not ill calibrated."""


def fit_temperature(maps: Sequence[FloatArray], strings: Sequence[Sequence[int]]) -> float:
    """The temperature under which the true strings are most probable, in CTC's topology.

    Strings that need more columns than their map has say nothing about it and are left out.

    Args:
        maps: N class maps, (T, C) log-probabilities at temperature 1 each.
        strings: The digit classes on each.

    Returns:
        A temperature within `TEMPERATURES`; 1 where there is nothing to fit on.

    Raises:
        ValueError: When there are not as many strings as maps.

    Reference:
        Guo et al. 2017 scale one label's logits; here the likelihood is the whole string's, summed over its
        paths, since that is the probability that a reading reports.
    """
    if len(maps) != len(strings):
        raise ValueError(f"{len(strings)} strings for {len(maps)} maps: must be the same number")
    if not maps:
        return 1.0
    batch, columns = pad_batch(maps)
    trellis = each_string(strings, batch.shape[2])
    fits = np.isfinite(log_partition(batch, trellis, log_plus, columns))
    if not fits.any():
        return 1.0

    def log_likelihood(log_temperature: float) -> float:
        of_strings = log_partition(log_softmax(batch, np.exp(log_temperature)), trellis, log_plus, columns)
        return float(of_strings[fits].mean())

    # The likelihood is taken to have one peak: two grids, the second between neighbours in the first.
    low, high = np.log(TEMPERATURES)
    for points in (17, 9):
        grid = np.linspace(low, high, points)
        best = int(np.argmax([log_likelihood(value) for value in grid]))
        low, high = grid[max(0, best - 1)], grid[min(points - 1, best + 1)]
    return float(np.exp(grid[best]))
