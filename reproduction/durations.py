"""A trellis in which it matters how many columns a digit takes, and how many lie between two.

In the strict trellis a stay in a state of d columns has whatever weight the net gives those columns. Here it
has, besides, the probability of d, by a Poisson distribution that is shifted to begin with one column: one
for digits, one for what lies between two of them. The paper around the string may have any width.

A state pays for its column by a label, and no arc pays anything. So the labels say it: "a digit of this class
begins, to take d columns" costs the class and the duration, and "a column of this class", for the others,
costs the class alone.

Reference:
    Schenkel et al. 1992: Poisson durations of characters and of nil, on the strict grammar. The means are
    ours to fit; that nothing is expected of the margins is our choice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import lgamma, prod
from typing import Final

import numpy as np

from sdnn.decoding.automaton import Automaton
from sdnn.decoding.trellis import Trellis, from_arcs
from sdnn.results import FloatArray, IntArray, Span

LEAST: Final = 1e-6
"""Columns beyond the first, on the average."""


@dataclass(frozen=True)
class Durations:
    """How many columns digits and the gaps between them take.

    Attributes:
        digit_mean: Of the columns of a digit.
        gap_mean: Of the columns between two digits.
        longest_digit: Columns beyond which no digit goes.
        longest_gap: The same of gaps.
        digits: Number of digit classes D.
    """

    digit_mean: float
    gap_mean: float
    longest_digit: int = 8
    longest_gap: int = 12
    digits: int = 10

    @classmethod
    def fitted(cls, strings: Sequence[Sequence[Span]]) -> "Durations":
        """With the means of digits as they were found on strips of which the string was known."""
        widths = [span.last - span.first + 1 for spans in strings for span in spans]
        gaps = [after.first - before.last - 1 for spans in strings for before, after in pairwise(spans)]
        return cls(float(np.mean(widths)), float(np.mean(gaps)))

    @cached_property
    def of_digit(self) -> FloatArray:
        """Log-probabilities that a digit takes 1, 2 ... columns."""
        return _shifted_poisson(self.digit_mean, self.longest_digit)

    @cached_property
    def of_gap(self) -> FloatArray:
        """Log-probabilities that 1, 2 ... columns lie between two digits."""
        return _shifted_poisson(self.gap_mean, self.longest_gap)

    def class_map(self, log_probs: FloatArray) -> FloatArray:
        """The map that trellises of these durations are for.

        Args:
            log_probs: (..., T, D + 1) log-probabilities of the classes in each column, the last no-digit.

        Returns:
            (..., T, L) log-scores of the labels: the classes; then, for each digit, that it begins, to take
            1, 2 ... columns; then the same of a gap.
        """
        digits, no_digit = log_probs[..., :-1], log_probs[..., -1:]
        begun = digits[..., None] + self.of_digit
        begun = begun.reshape(*digits.shape[:-1], -1)
        return np.concatenate([log_probs, begun, no_digit + self.of_gap], axis=-1)

    def class_of(self, labels: IntArray) -> IntArray:
        """The class that each label has its column be of."""
        first, after = self.digits + 1, self.digits + 1 + self.digits * self.longest_digit
        begun = np.where(labels < after, (labels - first) // self.longest_digit, self.digits)
        return np.asarray(np.where(labels < first, labels, begun))


def duration_trellis(automaton: Automaton, durations: Durations) -> Trellis:
    """The trellis of the strings that an automaton allows, with a gap between any two digits.

    Its states are, for each state of the automaton, the paper before the string and that after it; for each
    arc its digit, for each state that arcs lead to a gap, both of them as so many columns that begin and,
    further on, as one column with so many still to come.

    Args:
        automaton: Over digits below `durations.digits`.
        durations: How many columns they take.
    """
    source, digit, target = automaton.arcs.T
    reached, gap_after = np.unique(target, return_inverse=True)
    gap_before = np.full(len(automaton), -1)
    gap_before[reached] = np.arange(len(reached))
    touched = gap_before[source] >= 0
    states, longest_digit, longest_gap = len(automaton), durations.longest_digit, durations.longest_gap
    shapes = [
        (states,),  # before the string
        (states,),  # after it
        (longest_digit, len(digit)),  # row d: a digit begins, to take d + 1 columns
        (longest_digit - 1, len(digit)),  # row r: it has r more to come
        (longest_gap, len(reached)),
        (longest_gap - 1, len(reached)),
    ]
    ends = np.cumsum([prod(shape) for shape in shapes])
    count = int(ends[-1])
    numbers = np.split(np.arange(count), ends[:-1])
    before, after, digits, in_digit, gaps, in_gap = (
        block.reshape(shape) for block, shape in zip(numbers, shapes, strict=True)
    )

    last_of_digit = np.stack([digits[0], in_digit[0]])
    last_of_gap = np.stack([gaps[0], in_gap[0]])
    arcs = [
        (before, before),
        (after, after),
        (in_digit, digits[1:]),
        (in_digit[:-1], in_digit[1:]),
        (in_gap, gaps[1:]),
        (in_gap[:-1], in_gap[1:]),
        (digits, before[source]),
        *((digits[:, touched], last[gap_before[source[touched]]]) for last in last_of_gap),
        *((gaps[:, gap_after], last) for last in last_of_digit),
        *((after[target], last) for last in last_of_digit),
    ]
    begins = np.where(automaton.initial, 0.0, -np.inf)
    initial, final = np.full(count, -np.inf), np.full(count, -np.inf)
    initial[before], initial[digits] = begins, begins[source]
    final[before] = final[after] = automaton.final
    final[last_of_digit] = automaton.final[target]
    first_begun, first_gap = durations.digits + 1, durations.digits * (longest_digit + 1) + 1
    labels = [
        np.full(2 * states, durations.digits),
        (first_begun + digit * longest_digit + np.arange(longest_digit)[:, None]).ravel(),
        np.tile(digit, longest_digit - 1),
        np.repeat(first_gap + np.arange(longest_gap), len(reached)),
        np.full(in_gap.size, durations.digits),
    ]
    pairs = [np.broadcast_arrays(owner, held) for owner, held in arcs]
    return from_arcs(
        labels=np.concatenate(labels),
        maps=np.zeros(count, np.intp),
        arcs=np.concatenate([np.column_stack([owner.ravel(), held.ravel()]) for owner, held in pairs]),
        initial=initial,
        final=final,
    )


def _shifted_poisson(mean: float, longest: int) -> FloatArray:
    """Log-probabilities of 1 to `longest`: one more than Poisson's, with that mean before it is cut off."""
    more = np.arange(longest)
    log_probs = more * np.log(max(mean - 1, LEAST)) - [lgamma(count + 1) for count in more]
    return np.asarray(log_probs - np.logaddexp.reduce(log_probs))
