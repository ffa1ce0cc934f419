"""One string from several class maps of the same writing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sdnn.choices import Decoder, Topology
from sdnn.decoding.automaton import Automaton
from sdnn.decoding.decoder import decode
from sdnn.decoding.nbest import n_best
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
    `posterior` proposes the most probable string of all instead, where one stands out.

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
    scores = np.array([string_log_probs(log_probs, candidates, topology) for log_probs in maps])
    weights = np.zeros(len(candidates))
    of_language = of_allowed = np.zeros(len(maps))
    if automaton is not None:
        weights = np.array([automaton.log_weight(candidate) for candidate in candidates])
        of_language = np.array([language_log_prob(log_probs, automaton, topology) for log_probs in maps])
        plain = automaton.unweighted
        of_allowed = (
            of_language
            if plain is automaton
            else np.array([language_log_prob(log_probs, plain, topology) for log_probs in maps])
        )
    mixed = np.logaddexp.reduce(scores, axis=0) + weights
    best = int(mixed.argmax())
    return Consensus(
        candidates[best],
        scores[:, best],
        min(1.0, float(np.exp(mixed[best] - np.logaddexp.reduce(of_language)))),
        min(1.0, float(np.exp(of_allowed).mean())),
    )


def _candidates(
    maps: Sequence[FloatArray], decoder: Decoder, topology: Topology, automaton: Automaton | None
) -> Iterator[tuple[int, ...]]:
    if decoder is Decoder.POSTERIOR and (found := n_best(maps, 1, automaton, topology).strings):
        yield found[0][0]
        return
    for log_probs in maps:
        try:
            _, spans = decode(log_probs, decoder, topology, automaton)
        except NoPath:  # this map has too few columns for any allowed string; another may have enough
            continue
        yield tuple(span.label for span in spans)
