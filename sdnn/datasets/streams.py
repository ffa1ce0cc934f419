"""Streams of random numbers that never meet: one for each use that a seed is put to."""

from enum import IntEnum

import numpy as np


class Use(IntEnum):
    """What a stream is for; the numbers are part of every recipe and stay as they are."""

    WINDOWS = 0
    SYNTH = 1
    STRIPS = 2
    VALIDATION = 3
    TEMPERATURE = 4
    DOCUMENTS = 7
    HELD_OUT_DOCUMENTS = 8


def stream(seed: int, number: int, use: Use) -> np.random.Generator:
    """The stream of one use, for one of the many things made for it.

    Args:
        seed: Below 2**32: a greater one would take the place of the number.
        number: Of the batch, portion or picture; likewise below 2**32.
        use: What it is for.
    """
    return np.random.default_rng([seed, number, use])
