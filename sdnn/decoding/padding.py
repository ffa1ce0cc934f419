"""Class maps side by side, so that one step of the recursion takes a column of each of them."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

import numpy as np

from sdnn.bucketing import bucket_by_length
from sdnn.results import FloatArray, IntArray

MAX_SCORES: Final = 1_000_000
"""Scores, one per state and column, that are held at once: 8 MB."""

Result = TypeVar("Result")


def pad_batch(maps: Sequence[FloatArray]) -> tuple[FloatArray, IntArray]:
    """Maps as one array, shorter ones padded with columns that do not count.

    Args:
        maps: B maps, at least one, (T, C) log-probabilities each, T their own.

    Returns:
        (B, T, C) log-probabilities, and (B,) columns that count.
    """
    columns = np.array([len(log_probs) for log_probs in maps])
    batch = np.zeros((len(maps), columns.max(), maps[0].shape[1]))
    for row, log_probs in zip(batch, maps, strict=True):
        row[: len(log_probs)] = log_probs
    return batch, columns


def map_in_batches(
    maps: Sequence[FloatArray],
    states: int,
    function: Callable[[FloatArray, IntArray, list[int]], Iterable[Result]],
) -> list[Result]:
    """The results of a function for each map, computed in batches of maps of similar length.

    Args:
        maps: (T, C) log-probabilities each, T their own.
        states: Greatest number of trellis states for a map.
        function: Results for a batch, from the two arrays of `pad_batch` and the indices of its maps.
    """
    results: dict[int, Result] = {}
    for group in bucket_by_length([len(log_probs) for log_probs in maps], MAX_SCORES // max(1, states)):
        log_probs, columns = pad_batch([maps[index] for index in group])
        results.update(zip(group, function(log_probs, columns, group), strict=True))
    return [results[index] for index in range(len(maps))]


def max_states(strings: Sequence[Sequence[int]]) -> int:
    """Number of trellis states of the longest string."""
    return 2 * max(map(len, strings), default=0) + 1
