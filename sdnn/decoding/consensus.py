"""One string from several class maps of the same line."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Final

import numpy as np

from sdnn.decoding.automaton import Automaton
from sdnn.decoding.decoder import collapse, decode
from sdnn.decoding.nbest import MIN_PROBABILITY, n_best
from sdnn.decoding.posterior import language_log_probs, string_log_probs
from sdnn.decoding.trellis import is_too_large
from sdnn.enums import Decoder, Topology
from sdnn.results import FloatArray, IntArray

MAX_DIGITS: Final = 1_000
"""Digits of a string that is scored; the time for longer ones grows with digits times columns."""

String = tuple[int, ...]
"""Digit classes."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """A class map and the decoder's path through it.

    Attributes:
        log_probs: (T, C) log-probabilities of the classes in each column.
        path: (T,) class of each column; None where the map has too few columns for any allowed string.
    """

    log_probs: FloatArray
    path: IntArray | None

    @cached_property
    def string(self) -> String | None:
        """Digit classes of the path; None without one."""
        if self.path is None:
            return None
        return tuple(span.label for span in collapse(self.path, self.log_probs.shape[1] - 1))


@dataclass(frozen=True, eq=False)
class Hypothesis:
    """The most probable string of several maps of the same line.

    Attributes:
        string: Digit classes.
        log_probs: (V,) log p(string | map) on each map, without the constraint.
        confidence: p(string | maps, constraint), each map being as likely as the others to be the right one.
        constraint_probability: Probability of all strings that the constraint allows; 1 without one.
    """

    string: String
    log_probs: FloatArray
    confidence: float
    constraint_probability: float


def decode_candidates(
    maps: Sequence[FloatArray],
    decoder: Decoder = Decoder.VITERBI,
    topology: Topology = Topology.CTC,
    automaton: Automaton | None = None,
) -> list[Candidate]:
    """The candidate of each map alone, for `posterior` that of `viterbi`; arguments as for `decode`."""
    of_single_map = Decoder.NMS if decoder is Decoder.NMS else Decoder.VITERBI
    return list(map(Candidate, maps, decode(maps, of_single_map, topology, automaton)))


def consensus(
    lines: Sequence[Sequence[Candidate]],
    decoder: Decoder = Decoder.VITERBI,
    topology: Topology = Topology.CTC,
    automaton: Automaton | None = None,
) -> list[Hypothesis | None]:
    """For each line the string that is most probable when any of its maps may be the right one.

    Each map scores the candidates of all maps of its line. With every map as likely as the others, the mean
    of a string's probabilities is its probability. The decoder `posterior` also searches for a more probable
    string than these.

    Args:
        lines: For each line the candidates of V maps, by the same decoder, topology and automaton.
        decoder: Decoder of the candidates.
        topology: Paths that the trellis allows.
        automaton: Allowed strings and their weights; all of weight 1 by default.

    Returns:
        A hypothesis for each line; None where its maps have too few columns for any allowed string, or one
        has too many for the automaton. A string of more than `MAX_DIGITS` has the probability 0.
    """
    maps = [[candidate.log_probs for candidate in line] for line in lines]
    found = [dict.fromkeys(candidate.string for candidate in line) for line in lines]
    strings = [[string for string in of_line if string is not None] for of_line in found]
    for candidates, of_maps in zip(strings, maps, strict=True):
        if any(is_too_large(automaton, len(log_probs)) for log_probs in of_maps):
            candidates.clear()
    hypotheses = _best_strings(maps, strings, topology, automaton)
    if decoder is not Decoder.POSTERIOR:
        return hypotheses
    rivals: dict[int, list[String]] = {}
    for index, (of_line, best) in enumerate(zip(maps, hypotheses, strict=True)):
        if best is None:
            continue
        # On an unclear map it saves most of the time to search for more probable strings only.
        min_probability = max(MIN_PROBABILITY, best.confidence)
        for string, _ in n_best(of_line, 1, automaton, topology, min_probability).strings:
            if string != best.string:
                rivals[index] = [string, best.string]
    better = _best_strings([maps[index] for index in rivals], [*rivals.values()], topology, automaton)
    for index, hypothesis in zip(rivals, better, strict=True):
        hypotheses[index] = hypothesis
    return hypotheses


def _best_strings(
    lines: Sequence[Sequence[FloatArray]],
    strings: Sequence[Sequence[String]],
    topology: Topology,
    automaton: Automaton | None,
) -> list[Hypothesis | None]:
    """For each line the one of its strings that is most probable over its maps."""
    maps = [log_probs for line in lines for log_probs in line]
    of_maps = [of_line for line, of_line in zip(lines, strings, strict=True) for _ in line]
    pairs = [(index, each) for index, of_map in enumerate(of_maps) for each in of_map]
    scores = np.full(len(pairs), -np.inf)
    short = [number for number, (_, string) in enumerate(pairs) if len(string) <= MAX_DIGITS]
    scores[short] = string_log_probs(
        [maps[pairs[number][0]] for number in short], [pairs[number][1] for number in short], topology
    )
    scores_of_maps = np.split(scores, np.cumsum([len(of_map) for of_map in of_maps])[:-1])
    weighted: FloatArray = np.zeros(len(maps))
    unweighted = weighted
    if automaton is not None:
        used = [index for index, of_map in enumerate(of_maps) if of_map]
        weighted = _of_used(maps, used, automaton, topology)
        unweighted = weighted
        if automaton.unweighted is not automaton:
            unweighted = _of_used(maps, used, automaton.unweighted, topology)
    ends = list(accumulate(len(line) for line in lines))
    slices = [slice(end - len(line), end) for line, end in zip(lines, ends, strict=True)]
    return [
        _best_string(of_line, np.array(scores_of_maps[line]), weighted[line], unweighted[line], automaton)
        if of_line
        else None
        for of_line, line in zip(strings, slices, strict=True)
    ]


def _of_used(
    maps: Sequence[FloatArray], used: Sequence[int], automaton: Automaton, topology: Topology
) -> FloatArray:
    """(N,) log-probabilities of the automaton on the maps with candidates, 0 on others."""
    log_probs = np.zeros(len(maps))
    log_probs[used] = language_log_probs([maps[index] for index in used], automaton, topology)
    return log_probs


def _best_string(
    strings: Sequence[String],
    scores: FloatArray,
    weighted: FloatArray,
    unweighted: FloatArray,
    automaton: Automaton | None,
) -> Hypothesis:
    """The most probable of K strings of one line.

    `scores` are (V, K) log p(string | map); `weighted` and `unweighted` are (V,) log-probabilities of all
    allowed strings, with and without their weights.
    """
    mixed = np.logaddexp.reduce(scores, axis=0)
    if automaton is not None:
        mixed = mixed + [automaton.log_weight(string) for string in strings]
    best = int(mixed.argmax())
    return Hypothesis(
        strings[best],
        scores[:, best],
        min(1.0, float(np.exp(mixed[best] - np.logaddexp.reduce(weighted)))),
        min(1.0, float(np.exp(unweighted).mean())),
    )
