"""One string from several class maps of the same writing."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from sdnn.decoding.automaton import Automaton
from sdnn.decoding.decoder import collapse, decode
from sdnn.decoding.nbest import FLOOR, n_best
from sdnn.decoding.posterior import language_log_probs, string_log_probs
from sdnn.enums import Decoder, Topology
from sdnn.results import FloatArray, IntArray, Span

Text = tuple[int, ...]
"""Digit classes."""


@dataclass(frozen=True, eq=False)
class Proposal:
    """A class map and what the decoder reads on it alone.

    Attributes:
        log_probs: (T, C) log-probabilities of the classes in each column.
        path: (T,) class of each column; None where no allowed string is possible on so few columns.
        spans: The digits along the path.
    """

    log_probs: FloatArray
    path: IntArray | None
    spans: tuple[Span, ...]

    @property
    def string(self) -> Text | None:
        """Digit classes; None where no allowed string is possible."""
        return None if self.path is None else tuple(span.label for span in self.spans)


@dataclass(frozen=True, eq=False)
class Hypothesis:
    """The string that several maps of the same writing agree on.

    Attributes:
        string: Digit classes.
        log_probs: (V,) log p(string | map) on each map, whatever else is allowed.
        confidence: p(string | maps, constraint), each map being as likely as the others to be the right one.
        constraint_probability: Probability that the constraint keeps; 1 without one.
    """

    string: Text
    log_probs: FloatArray
    confidence: float
    constraint_probability: float


def propose(
    maps: Sequence[FloatArray],
    decoder: Decoder = Decoder.VITERBI,
    topology: Topology = Topology.CTC,
    automaton: Automaton | None = None,
) -> list[Proposal]:
    """The decoder's reading of each map alone; the decoder `posterior` begins with that of `viterbi`.

    Args:
        maps: (T, C) log-probabilities each, with T of their own.
        decoder: Finds the candidates.
        topology: Which paths the trellis allows.
        automaton: Which strings are allowed; all by default.
    """
    proposer = Decoder.NMS if decoder is Decoder.NMS else Decoder.VITERBI
    return [
        Proposal(log_probs, path, () if path is None else tuple(collapse(path, log_probs.shape[1] - 1)))
        for path, log_probs in zip(decode(maps, proposer, topology, automaton), maps, strict=True)
    ]


def consensus(
    lines: Sequence[Sequence[Proposal]],
    decoder: Decoder = Decoder.VITERBI,
    topology: Topology = Topology.CTC,
    automaton: Automaton | None = None,
) -> list[Hypothesis | None]:
    """For each line the string that is most probable when any of its maps may be the right one.

    Each map scores what all maps of its line propose; one that has too few columns for any allowed string
    proposes none. With every map as likely as the others, the mean of a string's probabilities is its
    probability. The decoder `posterior` looks for one more probable than all of these besides.

    Args:
        lines: For each line what its V maps propose, made with the same decoder, topology and automaton.
        decoder: Finds the candidates.
        topology: Which paths the trellis allows.
        automaton: Which strings are allowed, with what weight; all by default.

    Returns:
        None for a line where no allowed string is possible: its maps have too few columns for any.
    """
    maps = [[proposal.log_probs for proposal in line] for line in lines]
    proposed = [dict.fromkeys(proposal.string for proposal in line) for line in lines]
    candidates = [[string for string in strings if string is not None] for strings in proposed]
    agreed = _agreed(maps, candidates, topology, automaton)
    if decoder is not Decoder.POSTERIOR:
        return agreed
    rivals: dict[int, list[Text]] = {}
    for place, (of_line, before) in enumerate(zip(maps, agreed, strict=True)):
        if before is None:
            continue
        # Only what is likelier than the best path's string is looked for: on a doubtful map that saves most.
        for string, _ in n_best(of_line, 1, automaton, topology, max(FLOOR, before.confidence)).strings:
            if string != before.string:
                rivals[place] = [string, before.string]
    again = _agreed([maps[place] for place in rivals], [*rivals.values()], topology, automaton)
    for place, hypothesis in zip(rivals, again, strict=True):
        agreed[place] = hypothesis
    return agreed


def _agreed(
    lines: Sequence[Sequence[FloatArray]],
    candidates: Sequence[Sequence[Text]],
    topology: Topology,
    automaton: Automaton | None,
) -> list[Hypothesis | None]:
    """For each line the candidate that is most probable over its maps."""
    maps = [log_probs for line in lines for log_probs in line]
    weighed = [strings for line, strings in zip(lines, candidates, strict=True) for _ in line]
    scores = string_log_probs(
        [log_probs for log_probs, strings in zip(maps, weighed, strict=True) for _ in strings],
        [string for strings in weighed for string in strings],
        topology,
    )
    of_maps = np.split(scores, np.cumsum([len(strings) for strings in weighed])[:-1])
    of_language: FloatArray = np.zeros(len(maps))
    of_allowed = of_language
    if automaton is not None:
        of_language = of_allowed = language_log_probs(maps, automaton, topology)
        if automaton.unweighted is not automaton:
            of_allowed = language_log_probs(maps, automaton.unweighted, topology)
    return [
        _most_probable(strings, np.array(of_maps[line]), of_language[line], of_allowed[line], automaton)
        if strings
        else None
        for strings, line in zip(candidates, _of_lines(lines), strict=True)
    ]


def _most_probable(
    candidates: Sequence[Text],
    scores: FloatArray,
    of_language: FloatArray,
    of_allowed: FloatArray,
    automaton: Automaton | None,
) -> Hypothesis:
    """The best candidate of one line.

    Args:
        candidates: K strings.
        scores: (V, K) log p(string | map).
        of_language: (V,) log-probability of all that is allowed, times the weights.
        of_allowed: (V,) the same without the weights.
        automaton: Gives the weights.
    """
    mixed = np.logaddexp.reduce(scores, axis=0)
    if automaton is not None:
        mixed = mixed + [automaton.log_weight(candidate) for candidate in candidates]
    best = int(mixed.argmax())
    return Hypothesis(
        candidates[best],
        scores[:, best],
        min(1.0, float(np.exp(mixed[best] - np.logaddexp.reduce(of_language)))),
        min(1.0, float(np.exp(of_allowed).mean())),
    )


def _of_lines(lines: Sequence[Sequence[FloatArray]]) -> list[slice]:
    """Where the maps of each line are among all maps in turn."""
    ends = list(accumulate(len(line) for line in lines))
    return [slice(end - len(line), end) for line, end in zip(lines, ends, strict=True)]
