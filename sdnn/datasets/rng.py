"""Independent random generators: one for each purpose that a seed serves."""

from enum import IntEnum

import numpy as np


class RngPurpose(IntEnum):
    """Purpose of a generator; the numbers are part of every recipe and stay as they are."""

    WINDOWS = 0
    SYNTH = 1
    STRIPS = 2
    VALIDATION = 3
    TEMPERATURE = 4
    DOCUMENTS = 7
    HELD_OUT_DOCUMENTS = 8
    OWN_STRIPS = 9
    OWN_ORDER = 10
    COMPARISON = 11
    GATE = 12


def make_rng(seed: int, number: int, purpose: RngPurpose) -> np.random.Generator:
    """The random number generator of one purpose and one item.

    Args:
        seed: Below 2**32: a greater one would take the place of the number.
        number: Number of the item, such as a batch, a call or a picture; likewise below 2**32.
        purpose: Use of the random numbers.
    """
    return np.random.default_rng([seed, number, purpose])
