"""Class maps side by side, so that one step of the recursion takes a column of each of them."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

import numpy as np

from sdnn.bucketing import bucket_by_length
from sdnn.results import FloatArray, IntArray

MOST_SCORES: Final = 1_000_000
"""Scores, of a state at a column, that are held at once: 8 MB."""

Found = TypeVar("Found")


def pad_batch(maps: Sequence[FloatArray]) -> tuple[FloatArray, IntArray]:
    """Maps as one array, shorter ones filled up with columns that do not count.

    Args:
        maps: B maps, at least one, (T, C) log-probabilities each, with T of their own.

    Returns:
        (B, T, C) log-probabilities, and (B,) the columns that count.
    """
    columns = np.array([len(log_probs) for log_probs in maps])
    batch = np.zeros((len(maps), columns.max(), maps[0].shape[1]))
    for row, log_probs in zip(batch, maps, strict=True):
        row[: len(log_probs)] = log_probs
    return batch, columns


def in_batches(
    maps: Sequence[FloatArray],
    states: int,
    found: Callable[[FloatArray, IntArray, list[int]], Iterable[Found]],
) -> list[Found]:
    """What is found on each map, those of similar length done together.

    Args:
        maps: (T, C) log-probabilities each, with T of their own.
        states: Of a trellis, for each map.
        found: From some of the maps as `pad_batch` gives them, and their places among all, to what is
            found on each of them.
    """
    of_maps: dict[int, Found] = {}
    for group in bucket_by_length([len(log_probs) for log_probs in maps], MOST_SCORES // max(1, states)):
        log_probs, columns = pad_batch([maps[place] for place in group])
        of_maps.update(zip(group, found(log_probs, columns, group), strict=True))
    return [of_maps[place] for place in range(len(maps))]


def most_states(strings: Sequence[Sequence[int]]) -> int:
    """States of the trellis of the longest of the strings."""
    return 2 * max(map(len, strings), default=0) + 1
