"""Strings as digits that each take a stretch of columns: the graph of 1992, as a trellis.

A net of zones scores, at each column, every digit as wide as each kind of zone. A *segmentation* of a map
sets such digits one behind another, none on the columns of another; columns that no digit takes are left out.
Its score is the product of its digits' scores.

As a path through a trellis it gives every column a label: a digit of some width begins here, the column lies
inside a digit that began before, or it is left out. Only the first of these costs what the net says. Every
segmentation is one path, so the recursion over columns goes through segments as it goes through classes.

Four columns, digits of two widths, small enough to multiply by hand; in each column the probability of a 7
that begins there, of width 2 and of width 3, the rest being that of a 1:

    column     first  second  third  fourth
    width 2      .6     .9     .3      –
    width 3      .8     .5      –      –

    one digit    the best is 7 of width 2 in the second column: .9;
                 7 in all: .6 + .9 + .3 + .8 + .5 = 3.1 of 5, as each of the five zones may be the digit
    two digits   the best is 71, both of width 2, in the first and third column: .6 · .7 = .42
    any number   at a price of a half for each column left out 71 still has .42, the one digit best now is
                 7 of width 3 in the first column: .8 · .5 = .4, and no digit at all has .5⁴ = .0625

A test holds this to the code.

Reference:
    Matan et al. 1992: softmax scores on a directed acyclic graph, the best path by Viterbi, the number of
    digits known. What may lie between two digits the paper leaves open. Here any number of columns, at no
    cost, as each path has as many factors; where the number of digits is not known every column left out
    costs the same price, or the empty string would always be best.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from sdnn.decoding.automaton import Automaton, any_string, string_automata
from sdnn.decoding.dynamic_programming import best_paths, forward_scores, log_plus
from sdnn.decoding.trellis import Trellis, from_arcs, repeated_trellis
from sdnn.results import FloatArray, IntArray, Span


@dataclass(frozen=True)
class SegmentWidths:
    """How wide digits are, and which label of a class map stands for what.

    Label z · D + d is a digit of class d, of D, as wide as zone z, that begins in the column.

    Attributes:
        widths: Columns of each kind of zone, each at least 2.
        digits: Number of digit classes D.

    Raises:
        ValueError: When a zone is narrower.
    """

    widths: tuple[int, ...]
    digits: int = 10

    def __post_init__(self) -> None:
        if min(self.widths) < 2:  # the columns after the first are what two zones in a row meet at
            raise ValueError(f"zones of {self.widths} columns: each takes at least 2")

    @property
    def inside(self) -> int:
        """Label of a column within a digit, after its first."""
        return len(self.widths) * self.digits

    @property
    def left_out(self) -> int:
        """Label of a column that no digit takes."""
        return self.inside + 1

    def class_map(self, log_probs: FloatArray, price: float = 0.0) -> FloatArray:
        """The map that trellises of these zones are for.

        Args:
            log_probs: (..., T, Z, D) log-scores of the digits of each width that begin at each column.
            price: Log-score of a column that is left out.

        Returns:
            (..., T, Z · D + 2) log-scores of the labels.
        """
        begun = log_probs.reshape(*log_probs.shape[:-2], self.inside)
        others = np.broadcast_to([0.0, price], (*begun.shape[:-1], 2))
        return np.concatenate([begun, others], axis=-1)

    def collapse(self, path: Sequence[int] | IntArray) -> list[Span]:
        """The digits along a path, (T,) labels, from left to right."""
        spans = []
        for first, label in enumerate(np.asarray(path).tolist()):
            if label < self.inside:
                zone, digit = divmod(label, self.digits)
                spans.append(Span(digit, first, first + self.widths[zone] - 1))
        return spans


def segments_of(automaton: Automaton, zones: SegmentWidths, maps: IntArray | None = None) -> Trellis:
    """The trellis of the segmentations whose digits make a string that an automaton allows.

    Its states are those of the automaton, between two digits; then, for each zone, the arcs of the automaton,
    each as the first column of its digit; then the columns inside a digit, the last of them before the last
    but one and so on, each once for all digits that lead to the same state of the automaton. Only a state
    between two digits may follow itself.

    Args:
        automaton: Over digits below `zones.digits`.
        zones: How wide the digits are.
        maps: (Q,) number of the map that each state of the automaton reads; one map by default.

    Raises:
        ValueError: When the automaton has other digits.
    """
    source, digit, target = automaton.arcs.T
    if not ((digit >= 0) & (digit < zones.digits)).all():
        raise ValueError(f"digit classes are 0 to {zones.digits - 1}")
    if maps is None:
        maps = np.zeros(len(automaton), np.intp)
    widths, kinds = np.array(zones.widths), len(zones.widths)
    reached, place = np.unique(target, return_inverse=True)

    between = np.arange(len(automaton))
    first = len(between) + np.arange(kinds * len(digit)).reshape(kinds, -1)
    # Row r has the columns inside a digit with r more of them to come.
    inside = np.arange((max(widths) - 1) * len(reached)).reshape(max(widths) - 1, len(reached))
    inside += len(between) + first.size
    last_before = np.full(len(automaton), -1)
    last_before[reached] = inside[0]
    touching = last_before[source] >= 0
    arcs = [
        (between, between),
        (reached, inside[0]),
        (inside[:-1], inside[1:]),
        (inside[(widths - 2)[:, None], place], first),
        (first, np.tile(source, (kinds, 1))),
        (first[:, touching], np.tile(last_before[source[touching]], (kinds, 1))),
    ]
    begin = np.where(automaton.initial, 0.0, -np.inf)
    never = np.full(inside.size, -np.inf)
    final = never.copy()
    final[: len(reached)] = automaton.final[reached]
    return from_arcs(
        labels=np.concatenate(
            [
                np.full(len(between), zones.left_out),
                (np.arange(kinds)[:, None] * zones.digits + digit).ravel(),
                np.full(inside.size, zones.inside),
            ]
        ),
        maps=np.concatenate([maps, np.tile(maps[source], kinds), np.tile(maps[reached], len(inside))]),
        arcs=np.concatenate([np.column_stack([after.ravel(), before.ravel()]) for after, before in arcs]),
        initial=np.concatenate([begin, np.tile(begin[source], kinds), never]),
        final=np.concatenate([automaton.final, np.full(first.size, -np.inf), final]),
    )


@lru_cache(maxsize=8)
def any_segments(zones: SegmentWidths) -> Trellis:
    """The trellis of all segmentations of one map, with any number of digits."""
    return segments_of(any_string(zones.digits), zones)


@lru_cache(maxsize=8)
def segments_of_length(lengths: tuple[int, ...], zones: SegmentWidths) -> Trellis:
    """The trellis of N maps, of each of which the number of digits is known.

    Args:
        lengths: N numbers of digits.
        zones: How wide the digits are.
    """
    chains, maps = string_automata([[0] * length for length in lengths])
    arcs = np.tile(chains.arcs, (zones.digits, 1))
    arcs[:, 1] = np.repeat(np.arange(zones.digits), len(chains.arcs))
    return segments_of(Automaton(arcs, chains.initial, chains.final), zones, maps)


def segments_of_each(strings: Sequence[Sequence[int]], zones: SegmentWidths) -> Trellis:
    """The trellis of N maps, each of which is to spell a string of its own.

    Args:
        strings: N strings of digit classes, each below `zones.digits`; may be empty.
        zones: How wide the digits are.

    Raises:
        ValueError: When a string holds anything but digit classes.
    """
    chains, maps = string_automata(strings)
    return segments_of(chains, zones, maps)


def best_segments(
    log_probs: FloatArray,
    zones: SegmentWidths,
    lengths: Sequence[int] | None,
    columns: npt.ArrayLike | None = None,
    price: float = 0.0,
) -> tuple[IntArray, FloatArray]:
    """The best segmentation of each map, whatever its digits (Viterbi).

    As any digit may stand where any other may, it has the best digit of each of its zones: one is left for
    the trellis.

    Args:
        log_probs: (B, T, Z, D) log-scores of the digits of each width that begin at each column.
        zones: How wide the digits are.
        lengths: (B,) digits on each map; None where they are not known.
        columns: (B,) columns that count in each map; all by default.
        price: Log-score of a column that is left out.

    Returns:
        (B, T) labels, and (B,) log-scores, minus infinity where a map has no room and the labels mean
        nothing. Past a map's last column no digit begins.
    """
    alike = SegmentWidths(zones.widths, digits=1)
    class_map = alike.class_map(log_probs.max(axis=3, keepdims=True), price)
    paths, best = best_paths(class_map, _any_digits(alike, len(log_probs), lengths), columns)
    digit = log_probs.argmax(axis=3) + zones.digits * np.arange(len(zones.widths))
    others = np.broadcast_to([zones.inside, zones.left_out], (*paths.shape, 2))
    labels = np.take_along_axis(np.concatenate([digit, others], axis=2), paths[..., None], axis=2)
    return labels[..., 0], best


def segment_marginals(
    log_probs: FloatArray,
    zones: SegmentWidths,
    lengths: Sequence[int] | None,
    columns: npt.ArrayLike | None = None,
    price: float = 0.0,
) -> tuple[FloatArray, FloatArray]:
    """How probable each digit is to be part of a segmentation, in proportion to their scores.

    Args:
        log_probs: (B, T, Z, D) log-scores of the digits of each width that begin at each column.
        zones: How wide the digits are.
        lengths: (B,) digits on each map; None where they are not known.
        columns: (B,) columns that count in each map; all by default.
        price: Log-score of a column that is left out.

    Returns:
        (B, T, Z, D) probabilities, all 0 where a map has no room, and (B,) logs of the summed scores. Where
        the digits of every zone sum to 1, and no column has a price, the sum is the number of ways to place
        so many zones, whatever the net says.
    """
    alike = SegmentWidths(zones.widths, digits=1)
    of_zone = np.logaddexp.reduce(log_probs, axis=3, keepdims=True)
    trellis = _any_digits(alike, len(log_probs), lengths)
    probs, total = marginals(alike.class_map(of_zone, price), trellis, columns)
    share = np.exp(log_probs - np.where(np.isfinite(of_zone), of_zone, 0.0))
    return probs[..., : alike.inside, None] * share, total


def marginals(
    log_probs: FloatArray, trellis: Trellis, columns: npt.ArrayLike | None = None
) -> tuple[FloatArray, FloatArray]:
    """How probable each label is in each column, paths counting in proportion to their scores.

    The paths through a state are those up to it, scored from the left, each with all those from it on, scored
    from the right.

    Args:
        log_probs: (B, T, C) log-scores of the labels.
        trellis: Of B maps; any, not only one of segments.
        columns: (B,) columns that count in each map; all by default.

    Returns:
        (B, T, C) probabilities that sum to 1 in every column that counts, all 0 in others and where no path
        is possible; and (B,) logs of the summed scores, minus infinity where none is.
    """
    batch, length, classes = log_probs.shape
    last = np.full(batch, length) if columns is None else np.asarray(columns)
    # Each map turned round within the columns that count: what others then hold does not matter.
    turned = (last[:, None] - 1 - np.arange(length)) % length
    backwards = np.take_along_axis(log_probs, turned[..., None], axis=1)
    states = np.arange(len(trellis.labels))
    ahead = forward_scores(log_probs, trellis, log_plus, last)
    behind = forward_scores(backwards, trellis.reversed, log_plus, last)[turned[trellis.maps].T, states]
    prices = log_probs[trellis.maps, :, trellis.labels].T  # counted from either side
    through = ahead + behind - np.where(np.isfinite(prices), prices, 0.0)
    total = np.full(batch, -np.inf)
    np.logaddexp.at(total, trellis.maps, through[0])
    through -= np.where(np.isfinite(total), total, 0.0)[trellis.maps]
    through[np.arange(length)[:, None] >= last[trellis.maps]] = -np.inf
    entries = (trellis.maps * length + np.arange(length)[:, None]) * classes + trellis.labels
    probs = np.bincount(entries.ravel(), np.exp(through).ravel(), minlength=log_probs.size)
    return np.asarray(probs.reshape(log_probs.shape), float), total


def _any_digits(zones: SegmentWidths, maps: int, lengths: Sequence[int] | None) -> Trellis:
    if lengths is None:
        return repeated_trellis(any_segments(zones), maps)
    return segments_of_length(tuple(lengths), zones)
