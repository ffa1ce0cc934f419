"""The functions that take many class maps, asked about one."""

from collections.abc import Sequence

import numpy as np

from sdnn.decoding import posterior
from sdnn.decoding.automaton import Automaton
from sdnn.decoding.consensus import Hypothesis, decode_candidates
from sdnn.decoding.consensus import consensus as consensus_of_proposals
from sdnn.decoding.decoder import collapse, decode
from sdnn.decoding.dynamic_programming import best_paths
from sdnn.decoding.trellis import Trellis, string_trellis
from sdnn.enums import Decoder, Topology
from sdnn.results import FloatArray, IntArray, Span


class NoPath(ValueError):
    """No path of a trellis is possible on a map: it has too few columns, say."""


def decode_map(
    log_probs: FloatArray,
    decoder: Decoder = Decoder.VITERBI,
    topology: Topology = Topology.CTC,
    automaton: Automaton | None = None,
) -> tuple[IntArray, list[Span]]:
    """The path, and the digits on it; raises NoPath where there is none."""
    (path,) = decode([log_probs], decoder, topology, automaton)
    if path is None:
        raise NoPath
    return path, collapse(path, log_probs.shape[1] - 1)


def one_string(string: Sequence[int], classes: int, topology: Topology = Topology.CTC) -> Trellis:
    return string_trellis([string], classes, topology)


def best_path(log_probs: FloatArray, trellis: Trellis) -> tuple[IntArray, float]:
    """Raises NoPath where there is none."""
    paths, best = best_paths(log_probs[None], trellis)
    if best[0] == -np.inf:
        raise NoPath(f"no path of the trellis is possible on this map of {len(log_probs)} columns")
    return paths[0], float(best[0])


def string_log_probs(
    log_probs: FloatArray, strings: Sequence[Sequence[int]], topology: Topology = Topology.CTC
) -> FloatArray:
    return posterior.string_log_probs([log_probs] * len(strings), strings, topology)


def language_log_prob(
    log_probs: FloatArray, automaton: Automaton, topology: Topology = Topology.CTC
) -> float:
    return float(posterior.language_log_probs([log_probs], automaton, topology)[0])


def log_partition_of(log_probs: FloatArray, topology: Topology = Topology.CTC) -> float:
    return float(posterior.log_partitions([log_probs], topology)[0])


def digit_marginals(
    log_probs: FloatArray,
    string: Sequence[int],
    topology: Topology = Topology.CTC,
    automaton: Automaton | None = None,
) -> FloatArray:
    (probs,) = posterior.digit_marginals([log_probs], [string], topology, automaton)
    return probs


def consensus(
    maps: Sequence[FloatArray],
    decoder: Decoder = Decoder.VITERBI,
    topology: Topology = Topology.CTC,
    automaton: Automaton | None = None,
) -> Hypothesis | None:
    (agreed,) = consensus_of_lines([maps], decoder, topology, automaton)
    return agreed


def consensus_of_lines(
    lines: Sequence[Sequence[FloatArray]],
    decoder: Decoder = Decoder.VITERBI,
    topology: Topology = Topology.CTC,
    automaton: Automaton | None = None,
) -> list[Hypothesis | None]:
    proposed = [decode_candidates(maps, decoder, topology, automaton) for maps in lines]
    return consensus_of_proposals(proposed, decoder, topology, automaton)
