"""One string from several class maps of the same writing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sdnn.choices import Decoder, Topology
from sdnn.decoding.automaton import Automaton
from sdnn.decoding.decoder import decode
from sdnn.decoding.nbest import FLOOR, n_best
from sdnn.decoding.posterior import language_log_prob, string_log_probs
from sdnn.decoding.recursion import NoPath
from sdnn.results import FloatArray


@dataclass(frozen=True, eq=False)
class Consensus:
    """What several maps agree on.

    Attributes:
        string: Digit classes.
        log_probs: (V,) log p(string | map) on each map, whatever else is allowed.
        confidence: p(string | maps, constraint), each map being as likely as the others to be the right one.
        fit: Probability that the constraint keeps; 1 without one.
    """

    string: tuple[int, ...]
    log_probs: FloatArray
    confidence: float
    fit: float


def consensus(
    maps: Sequence[FloatArray],
    decoder: Decoder = Decoder.VITERBI,
    topology: Topology = Topology.CTC,
    automaton: Automaton | None = None,
) -> Consensus | None:
    """The string that is most probable when any of the maps may be the right one.

    Each map proposes the string that the decoder finds on it, and scores what all of them propose. With every
    map as likely as the others, the mean of a string's probabilities is its probability. The decoder
    `posterior` looks for one more probable than all of these besides.

    Args:
        maps: V class maps, (T, C) log-probabilities each, with T of their own.
        decoder: Finds the candidates.
        topology: Which paths the trellis allows.
        automaton: Which strings are allowed, with what weight; all by default.

    Returns:
        None where no allowed string is possible: the maps have too few columns for any.
    """
    candidates = list(dict.fromkeys(_candidates(maps, decoder, topology, automaton)))
    if not candidates:
        return None
    agreed = _agreed(maps, candidates, topology, automaton)
    if decoder is Decoder.POSTERIOR:
        # Only what is likelier than the best path's string is looked for: on a doubtful map that saves most.
        floor = max(FLOOR, agreed.confidence)
        for string, _ in n_best(maps, 1, automaton, topology, floor).strings:
            if string != agreed.string:
                agreed = _agreed(maps, [string, agreed.string], topology, automaton)
    return agreed


def _agreed(
    maps: Sequence[FloatArray],
    candidates: Sequence[tuple[int, ...]],
    topology: Topology,
    automaton: Automaton | None,
) -> Consensus:
    """The candidate that is most probable over the maps."""
    scores = np.array([string_log_probs(log_probs, candidates, topology) for log_probs in maps])
    weights = np.zeros(len(candidates))
    of_language: FloatArray = np.zeros(len(maps))
    of_allowed = of_language
    if automaton is not None:
        weights = np.array([automaton.log_weight(candidate) for candidate in candidates])
        of_language = of_allowed = _language_log_probs(maps, automaton, topology)
        if automaton.unweighted is not automaton:
            of_allowed = _language_log_probs(maps, automaton.unweighted, topology)
    mixed = np.logaddexp.reduce(scores, axis=0) + weights
    best = int(mixed.argmax())
    return Consensus(
        candidates[best],
        scores[:, best],
        min(1.0, float(np.exp(mixed[best] - np.logaddexp.reduce(of_language)))),
        min(1.0, float(np.exp(of_allowed).mean())),
    )


def _language_log_probs(maps: Sequence[FloatArray], automaton: Automaton, topology: Topology) -> FloatArray:
    return np.array([language_log_prob(log_probs, automaton, topology) for log_probs in maps])


def _candidates(
    maps: Sequence[FloatArray], decoder: Decoder, topology: Topology, automaton: Automaton | None
) -> Iterator[tuple[int, ...]]:
    proposer = Decoder.NMS if decoder is Decoder.NMS else Decoder.VITERBI
    for log_probs in maps:
        try:
            _, spans = decode(log_probs, proposer, topology, automaton)
        except NoPath:  # this map has too few columns for any allowed string; another may have enough
            continue
        yield tuple(span.label for span in spans)
