"""Which of the lines read on a page are digit strings: the net knows no letters, and reads them, too.

The two rules were chosen on documents with MNIST validation digits; `benchmarks/pages.py` measures them.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from sdnn.results import Box, ClassMap, Reading

WAVERING: Final = 0.15
"""Entropy of the first view's columns, in nats, beyond which a line is not one of digits: all of 184 strings
on validation documents stay below, and 4 of 10 other lines."""
LEAST_DIGITS: Final = 2
"""Digits of a string at least: a letter alone may look just like a digit."""
CERTAIN: Final = 0.85
"""Certainty from which on a line is one of digits: 99 of 100 strings on validation documents reach it."""
INSIDE: Final = 0.5
"""Share of the smaller of two boxes from which on it lies in the other one."""
AS_HIGH: Final = 0.5
"""Height of a part over that of the whole from which on it says something about it; specks do not."""


def may_be_digits(class_map: ClassMap) -> bool:
    """Whether the first view of a line leaves it possible that it is a digit string; else others are vain."""
    return _entropy(class_map) <= WAVERING


def certainty(reading: Reading) -> float:
    """How much a line looks like digits: 1 at most, often far below 0 for words.

    The confidence for each digit, less twice the entropy of a column of the class map in nats. On letters the
    net may end up with some text, but its columns waver between classes, and the views disagree. A constraint
    makes no line more certain: what counts is the probability of its text among all texts.

    Args:
        reading: With its evidence.
    """
    if reading.evidence is None or not reading.string:
        return float("-inf")
    of_all_texts = reading.confidence * reading.fit
    return float(of_all_texts ** (1 / len(reading.string))) - 2 * _entropy(reading.evidence.class_map)


def looks_like_digits(reading: Reading) -> bool:
    """Whether a line that was read is a digit string and not a word."""
    return len(reading.string) >= LEAST_DIGITS and certainty(reading) >= CERTAIN


def digit_strings(readings: Sequence[Reading]) -> list[Reading]:
    """The digit strings among all that was read on a page, none of them twice.

    Where a string was read in parts and as a whole, the whole counts if each of its parts may be digits: a
    label beside a number is none.

    Args:
        readings: One for each cutout of `preprocessing.strings.find_strings`, with their evidence.

    Returns:
        In the same order.
    """
    doubtful = [reading.box for reading in readings if reading.box and certainty(reading) < CERTAIN]
    kept: list[int] = []
    boxes: list[Box] = []
    found = [place for place, reading in enumerate(readings) if reading.box and looks_like_digits(reading)]
    for place in sorted(found, key=lambda place: -_width(readings[place])):
        box = readings[place].box
        assert box is not None  # of those with a box only
        if not any(_part_of(other, box) for other in doubtful) and not any(
            _overlap(box, other) for other in boxes
        ):
            kept.append(place)
            boxes.append(box)
    return [readings[place] for place in sorted(kept)]


def _entropy(class_map: ClassMap) -> float:
    """Mean entropy of the columns, in nats."""
    log_probs = class_map.log_probs
    return -float((np.exp(log_probs) * log_probs).sum(axis=1).mean())


def _width(reading: Reading) -> float:
    return reading.box.width if reading.box else 0.0


def _part_of(part: Box, whole: Box) -> bool:
    """Whether a box is a narrower one in another, and no speck."""
    return part.width < whole.width and part.height >= AS_HIGH * whole.height and _overlap(part, whole)


def _overlap(box: Box, other: Box) -> bool:
    """Whether the smaller of two boxes lies in the other one."""
    shared = box.shared_area(other)
    return shared > 0 and shared >= INSIDE * min(box.width * box.height, other.width * other.height)
